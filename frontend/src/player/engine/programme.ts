import type { PreviewIndex } from "@/api/types";
import { fittingEnd, type SongRange } from "./preview-range";

/** A piece of the song that was put into the programme. */
export interface Segment {
  /** Its first sample in the programme. */
  readonly sample: number;
  /** Its first sample in the song. */
  readonly song: number;
  readonly length: number;
}

/** Lengths of the first windows in seconds: a short one sounds soon, and buys time for a longer one. */
const WINDOW_SECONDS = [0.5, 1.5, 4.5];
const LONG_WINDOW_SECONDS = 5;

/**
 * What is played after another: pieces of the song, and where loops jump. All numbers are samples.
 *
 * @param scale shortens long windows, so that many lanes do not fill the memory; 1 for no change.
 */
export class Programme {
  private segments: Segment[] = [];
  private windows = 0;
  private songEnd: number;
  /** Up to where the programme is laid out. */
  end = 0;

  constructor(
    private readonly index: PreviewIndex,
    begin: number,
    private loop: SongRange | undefined,
    private readonly scale = 1,
  ) {
    this.songEnd = begin;
  }

  /** The piece to get next; `undefined` at the end of the song. */
  next(): SongRange | undefined {
    const from = this.loop && this.songEnd === this.loop.to ? this.loop.from : this.songEnd;
    const limit = this.loop && from < this.loop.to ? this.loop.to : this.index.samples;
    if (from >= limit) {
      return undefined;
    }
    const seconds = Math.min(
      WINDOW_SECONDS[this.windows] ?? LONG_WINDOW_SECONDS,
      LONG_WINDOW_SECONDS * this.scale,
    );
    const to = fittingEnd(this.index, from, seconds * this.index.sample_rate_hz);
    return { from, to: Math.min(to, limit) };
  }

  append(range: SongRange): Segment {
    const segment = { sample: this.end, song: range.from, length: range.to - range.from };
    this.segments.push(segment);
    this.windows++;
    this.end += segment.length;
    this.songEnd = range.to;
    return segment;
  }

  /** Forgets what ends at or before a sample of the programme. */
  forgetBefore(sample: number): void {
    this.segments = this.segments.filter((segment) => segment.sample + segment.length > sample);
  }

  /**
   * Follows another loop. What is laid out already stays as far as it fits: the programme now ends at `end`.
   *
   * @param from sample of the programme from which on it may be changed.
   */
  setLoop(loop: SongRange | undefined, from: number): void {
    this.loop = loop;
    const kept = this.segments.filter((segment) => segment.sample + segment.length <= from);
    let expected: number | undefined;
    for (const segment of this.segments.slice(kept.length)) {
      if (expected !== undefined && segment.song !== expected) {
        break;
      }
      const begin = segment.song + Math.max(0, from - segment.sample);
      const end = segment.song + segment.length;
      const cut = loop && begin < loop.to && end > loop.to ? loop.to : end;
      kept.push({ ...segment, length: cut - segment.song });
      this.songEnd = cut;
      if (cut < end) {
        break;
      }
      expected = loop && end === loop.to ? loop.from : end;
    }
    this.segments = kept;
    const last = kept.at(-1);
    this.end = last ? last.sample + last.length : this.end;
  }

  /** The sample of the song at a sample of the programme. */
  songAt(sample: number): number {
    const segment = this.segments.findLast((other) => other.sample <= sample) ?? this.segments[0];
    return segment
      ? segment.song + Math.min(Math.max(0, sample - segment.sample), segment.length)
      : this.songEnd;
  }

  /** Where in `[from, to)` of the programme the given samples of the song sound, in order. */
  occurrences(songSamples: readonly number[], from: number, to: number): number[] {
    return this.segments.flatMap(({ sample, song, length }) =>
      songSamples
        .filter((wanted) => wanted >= song && wanted < song + length)
        .map((wanted) => sample + wanted - song)
        .filter((found) => found >= from && found < to),
    );
  }

  /** Samples that are laid out and not forgotten. */
  heldSamples(): number {
    return this.segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  /** Whether a piece is all of the loop, so that every pass needs the same. */
  isWholeLoop(range: SongRange): boolean {
    return this.loop !== undefined && range.from === this.loop.from && range.to === this.loop.to;
  }
}
