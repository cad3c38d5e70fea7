/** From `output` seconds of the audio context on, the input is read from `input` seconds on at `rate`. */
interface TimeMapping {
  active: boolean;
  output: number;
  input: number;
  rate: number;
}

/** What is used of the processor of signalsmith-stretch 1.3.2. */
export interface StretchProcessor {
  /** Channels of one buffer after another. */
  audioBuffers: Float32Array[][];
  /** Place of the first buffer in the input, samples. */
  audioBuffersStart: number;
  /** How many samples the next block reads. */
  readonly bufferLength: number;
  readonly channels: number;
  readonly inputLatencySeconds: number;
  readonly outputLatencySeconds: number;
  readonly timeMap: readonly TimeMapping[];
  process(inputs: unknown, outputs: unknown, parameters: unknown): boolean;
}

/** A stretch of the input. */
export interface InputWindow {
  /** Place of its first sample in the input. */
  start: number;
  channels: Float32Array[];
}

/** Scratch memory of each processor: an audio thread should not make garbage. */
const scratch = new WeakMap<StretchProcessor, Float32Array[]>();

/** The samples that the processor reads for its next block; `undefined` while it pauses. */
export function windowOf(
  processor: StretchProcessor,
  currentTime: number,
  sampleRate: number,
): InputWindow | undefined {
  const outputTime = currentTime + processor.outputLatencySeconds;
  const mapping = processor.timeMap.findLast(({ output }) => output <= outputTime) ?? processor.timeMap[0];
  if (!mapping?.active || !(processor.bufferLength > 0)) {
    return undefined;
  }
  const inputTime =
    mapping.input + (outputTime - mapping.output) * mapping.rate + processor.inputLatencySeconds;
  const start = Math.round(inputTime * sampleRate) - processor.bufferLength;
  return { start, channels: assemble(processor, start) };
}

/** So many samples from `start` on, of all buffers they are in; silence where there are none. */
function assemble(processor: StretchProcessor, start: number): Float32Array[] {
  const channels = scratchOf(processor);
  const end = start + processor.bufferLength;
  for (const channel of channels) {
    channel.fill(0);
  }
  let place = processor.audioBuffersStart;
  for (const buffer of processor.audioBuffers) {
    const length = buffer[0]?.length ?? 0;
    const from = Math.max(start, place);
    const to = Math.min(end, place + length);
    if (from < to) {
      for (const [number, channel] of channels.entries()) {
        channel.set(buffer[number % buffer.length]?.subarray(from - place, to - place) ?? [], from - start);
      }
    }
    place += length;
  }
  return channels;
}

function scratchOf(processor: StretchProcessor): Float32Array[] {
  const known = scratch.get(processor);
  if (known && known.length === processor.channels && known[0]?.length === processor.bufferLength) {
    return known;
  }
  const made = Array.from({ length: processor.channels }, () => new Float32Array(processor.bufferLength));
  scratch.set(processor, made);
  return made;
}
