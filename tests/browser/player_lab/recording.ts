/** What the lanes (and last the master) sounded like, from a frame of the context on. */
export interface Recording {
  frame: number;
  lanes: Float32Array[];
}

interface Block {
  /** Roughly: Chromium now and then tells blocks in a row the same frame, and then leaps. */
  frame: number;
  lanes: Float32Array[];
}

/** A render quantum of the Web Audio API. */
const BLOCK_SAMPLES = 128;

/** Taps the real nodes of a player while it plays. */
export class Recorder {
  private constructor(private readonly node: AudioWorkletNode) {}

  static async tap(context: AudioContext, sources: readonly AudioNode[]): Promise<Recorder> {
    await context.audioWorklet.addModule(new URL("./recorder.js", import.meta.url).href);
    const node = new AudioWorkletNode(context, "recorder", {
      numberOfInputs: sources.length,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    for (const [input, source] of sources.entries()) {
      source.connect(node, 0, input);
    }
    node.connect(context.destination);
    return new Recorder(node);
  }

  /** All since the last time, 11 s at most. */
  async take(): Promise<Recording> {
    const blocks = await new Promise<Block[]>((resolve) => {
      this.node.port.onmessage = ({ data }) => resolve(data);
      this.node.port.postMessage("take");
    });
    const first = blocks[0];
    if (!first) {
      return { frame: 0, lanes: [] };
    }
    // No block is ever left out, so one follows the other whatever frame it was told.
    const lanes = first.lanes.map((_, lane) => {
      const samples = new Float32Array(blocks.length * BLOCK_SAMPLES);
      for (const [number, block] of blocks.entries()) {
        samples.set(block.lanes[lane] ?? [], number * BLOCK_SAMPLES);
      }
      return samples;
    });
    return { frame: first.frame, lanes };
  }
}

/** Where in `reference` the samples stand, exactly; -1 when nowhere. */
export function locate(samples: Float32Array, reference: Float32Array): number {
  for (let place = 0; place + samples.length <= reference.length; place++) {
    let same = 0;
    while (same < samples.length && Math.abs(samples[same] - reference[place + same]) < 1e-6) {
      same++;
    }
    if (same === samples.length) {
      return place;
    }
  }
  return -1;
}

export function largestDifference(samples: Float32Array, reference: Float32Array, place: number): number {
  let largest = 0;
  for (let sample = 0; sample < samples.length; sample++) {
    largest = Math.max(largest, Math.abs(samples[sample] - (reference[place + sample] ?? 0)));
  }
  return largest;
}

export function peakAt(samples: Float32Array): number {
  let peak = 0;
  let place = 0;
  for (let sample = 0; sample < samples.length; sample++) {
    if (Math.abs(samples[sample]) > peak) {
      peak = Math.abs(samples[sample]);
      place = sample;
    }
  }
  return place;
}

/** Frequency of a tone from how often it crosses zero upwards, between its first and last crossing. */
export function frequency(samples: Float32Array, rate: number): number {
  const crossings: number[] = [];
  for (let sample = 1; sample < samples.length; sample++) {
    const before = samples[sample - 1];
    const after = samples[sample];
    if (before < 0 && after >= 0) {
      crossings.push(sample - 1 + before / (before - after));
    }
  }
  return ((crossings.length - 1) * rate) / (crossings[crossings.length - 1] - crossings[0]);
}
