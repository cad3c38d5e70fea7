import type { Programme } from "./programme";
import type { Timeline } from "./timeline";

const CLICK_HERTZ = 1500;
const CLICK_SECONDS = 0.03;
const CLICK_GAIN = 0.4;

/** A hidden tab may be called only once a second. */
const AHEAD_SECONDS = 2.5;

/** A click on every beat of the song, at the times at which the beats are heard. */
export class ClickTrack {
  private readonly sound: AudioBuffer;
  private scheduled: AudioBufferSourceNode[] = [];
  private until = 0;

  /** @param beats samples of the song. */
  constructor(
    private readonly context: BaseAudioContext,
    private readonly beats: readonly number[],
    private readonly output: AudioNode,
  ) {
    this.sound = clickSound(context);
  }

  /** Puts in the clicks of the next seconds. */
  advance(programme: Programme, timeline: Timeline): void {
    const from = Math.max(this.until, timeline.sampleAt(this.context.currentTime));
    const to = Math.min(timeline.sampleAt(this.context.currentTime + AHEAD_SECONDS), programme.end);
    for (const sample of programme.occurrences(this.beats, from, to)) {
      const node = new AudioBufferSourceNode(this.context, { buffer: this.sound });
      node.connect(this.output);
      node.start(timeline.timeOf(sample));
      node.addEventListener("ended", () => {
        this.scheduled = this.scheduled.filter((other) => other !== node);
      });
      this.scheduled.push(node);
    }
    this.until = Math.max(from, to);
  }

  /** Takes back what has not sounded yet: speed or place have changed. */
  reset(): void {
    for (const node of this.scheduled) {
      node.stop();
    }
    this.scheduled = [];
    this.until = 0;
  }
}

function clickSound(context: BaseAudioContext): AudioBuffer {
  const length = Math.round(CLICK_SECONDS * context.sampleRate);
  const buffer = context.createBuffer(1, length, context.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let sample = 0; sample < length; sample++) {
    const fade = (1 - sample / length) ** 3;
    samples[sample] = CLICK_GAIN * fade * Math.sin((2 * Math.PI * CLICK_HERTZ * sample) / context.sampleRate);
  }
  return buffer;
}
