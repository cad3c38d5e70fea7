/** From `frame` of the audio context on, the programme runs from its sample `sample` at `speed`. */
export interface Anchor {
  readonly frame: number;
  readonly sample: number;
  readonly speed: number;
}

/**
 * Which sample of the programme sounds when. The programme is everything that is played after another, loops
 * unrolled; at normal speed all its samples fall on whole frames of the audio context.
 */
export class Timeline {
  private anchors: Anchor[] = [];

  constructor(private readonly sampleRate: number) {}

  /** Whether anything was told to sound. */
  get started(): boolean {
    return this.anchors.length > 0;
  }

  /** Goes on from here in another way; what was to come later is forgotten, and what is long over too. */
  anchor(anchor: Anchor): void {
    const before = this.anchors.filter((other) => other.frame < anchor.frame);
    this.anchors = [...before.slice(-2), anchor];
  }

  /** The sample that sounds at a time of the audio context, in seconds; the first before the start. */
  sampleAt(time: number): number {
    const frame = time * this.sampleRate;
    const anchor = this.anchors.findLast((other) => other.frame <= frame) ?? this.anchors[0];
    return anchor ? anchor.sample + Math.max(0, frame - anchor.frame) * anchor.speed : 0;
  }

  /** When a sample sounds, in seconds of the audio context. */
  timeOf(sample: number): number {
    const anchor = this.anchors.findLast((other) => other.sample <= sample) ?? this.anchors[0];
    return anchor ? (anchor.frame + (sample - anchor.sample) / anchor.speed) / this.sampleRate : 0;
  }
}
