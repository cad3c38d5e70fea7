/** What is used of the package, which has no types of its own; its README describes all of it. */
declare module "signalsmith-stretch" {
  export interface StretchChange {
    /** When it is heard, in seconds of the audio context. */
    output: number;
    active: boolean;
    /** Position in the input, in seconds. */
    input?: number;
    rate?: number;
    semitones?: number;
  }

  export interface StretchNode extends AudioWorkletNode {
    schedule(change: StretchChange): Promise<unknown>;
    addBuffers(channels: Float32Array[], transfer: ArrayBuffer[]): Promise<number>;
    dropBuffers(beforeSeconds?: number): Promise<unknown>;
    latency(): Promise<number>;
  }

  interface CreateStretch {
    (context: BaseAudioContext, options: AudioWorkletNodeOptions): Promise<StretchNode>;
    /** File of the worklet; without it the package makes a `blob:` address, which the page's policy forbids. */
    moduleUrl?: string;
  }

  const createStretch: CreateStretch;
  export default createStretch;
}
