import type { Lane } from "@/api/types";
import { BYTES_PER_SAMPLE, type LaneSource } from "./lane-source";
import { isAbort } from "./playback-problem";
import type { SongRange } from "./preview-range";
import type { Programme } from "./programme";
import { Timeline } from "./timeline";
import type { LaneBuffers, WindowOutput } from "./window-output";

/** Decoded audio ahead of what is heard, and so what the connection may be late. */
const AHEAD_SECONDS = 10;

export type SessionStatus = "waiting" | "running" | "finished";

/** What a session works with and whom it tells. */
export interface SessionParts {
  readonly context: BaseAudioContext;
  readonly lanes: readonly Lane[];
  readonly source: LaneSource;
  readonly output: WindowOutput;
  readonly programme: Programme;
  /** Shortens what is kept ahead, so that many lanes do not fill the memory; 1 for no change. */
  readonly scale: number;
  onStatus(status: SessionStatus): void;
  /** Sound begins, or begins again, at a time of the context. */
  onStart(time: number): void;
  onProblem(error: unknown): void;
}

/**
 * Plays from one place of the song on, until it is stopped: a seek makes a new session, and what the old one was still
 * fetching can never sound. Windows hold all lanes or are not played, so lanes start, wait and go on together.
 */
export class Session {
  readonly timeline: Timeline;
  status: SessionStatus = "waiting";
  private readonly stopped = new AbortController();
  private loading: AbortController | undefined;
  private loadedBytes = 0;
  /** The window that is a whole loop, decoded once for all its passes. */
  private loopWindow: { range: SongRange; buffers: LaneBuffers } | undefined;

  constructor(
    private readonly parts: SessionParts,
    private speed: number,
  ) {
    this.timeline = new Timeline(parts.context.sampleRate);
  }

  /** Sample of the song that sounds at a time of the context. */
  songAt(time: number): number {
    return this.parts.programme.songAt(this.timeline.sampleAt(time));
  }

  decodedBytes(): number {
    const held = this.parts.programme.heldSamples() * this.parts.lanes.length * BYTES_PER_SAMPLE;
    return held + this.loadedBytes;
  }

  /** Does what is due. Called often, and whenever something happened. */
  advance(): void {
    if (this.stopped.signal.aborted) {
      return;
    }
    const heard = this.timeline.sampleAt(this.parts.context.currentTime);
    this.parts.programme.forgetBefore(heard);
    this.parts.output.release(heard);
    const next = this.parts.programme.next();
    if (this.status === "running" && heard >= this.parts.programme.end) {
      this.change(next ? "waiting" : "finished");
    }
    if (next && !this.loading && this.hasRoom(next, heard)) {
      void this.load(next);
    }
  }

  /** Goes on at another speed, or with what else the output was set to, from a moment on. */
  steer(speed: number): void {
    this.speed = speed;
    if (this.status === "running") {
      const time = this.parts.context.currentTime + this.parts.output.leadSeconds;
      this.anchor(time, this.timeline.sampleAt(time));
    }
  }

  /** Follows another loop without a gap; `false` when a new session has to do that. */
  setLoop(loop: SongRange | undefined): boolean {
    const { context, output, programme } = this.parts;
    const soon = this.timeline.sampleAt(context.currentTime + output.leadSeconds);
    if (this.status !== "running" || soon >= programme.end || !output.canCut) {
      return false;
    }
    this.loading?.abort();
    this.loading = undefined;
    this.loopWindow = undefined;
    programme.setLoop(loop, soon);
    output.cutAt(programme.end, this.timeline);
    this.advance();
    return true;
  }

  /** Ends everything; silent from `time` on. */
  stop(time: number): void {
    this.stopped.abort();
    this.loading?.abort();
    this.parts.output.stop(time);
  }

  private hasRoom(next: SongRange, heard: number): boolean {
    const ahead = this.parts.programme.end - heard + (next.to - next.from);
    return (
      ahead <= AHEAD_SECONDS * this.parts.scale * this.parts.context.sampleRate || this.status === "waiting"
    );
  }

  private async load(range: SongRange): Promise<void> {
    const loading = new AbortController();
    this.loading = loading;
    this.loadedBytes = 0;
    try {
      const buffers = this.knownWindow(range) ?? (await this.fetchWindow(range, loading.signal));
      loading.signal.throwIfAborted();
      this.append(range, buffers);
    } catch (error) {
      if (!loading.signal.aborted && !isAbort(error)) {
        loading.abort();
        this.parts.onProblem(error);
      }
      return;
    } finally {
      if (this.loading === loading) {
        this.loading = undefined;
        this.loadedBytes = 0;
      }
    }
    this.advance();
  }

  /** All lanes side by side; the browser itself opens no more connections to a host than are good. */
  private async fetchWindow(range: SongRange, signal: AbortSignal): Promise<LaneBuffers> {
    const pairs = await Promise.all(
      this.parts.lanes.map(async (lane) => {
        const buffer = await this.parts.source.load(lane, range, signal);
        this.loadedBytes += buffer.length * BYTES_PER_SAMPLE;
        return [lane, buffer] as const;
      }),
    );
    return new Map(pairs);
  }

  private knownWindow(range: SongRange): LaneBuffers | undefined {
    const known = this.loopWindow;
    return known && known.range.from === range.from && known.range.to === range.to
      ? known.buffers
      : undefined;
  }

  private append(range: SongRange, buffers: LaneBuffers): void {
    const { context, output, programme } = this.parts;
    const sample = programme.end;
    // Closer to its time than this, not all of the window would start: everything waits for it instead.
    const tooLate = this.timeline.timeOf(sample) < context.currentTime + output.leadSeconds / 2;
    const starts = this.status === "waiting" || tooLate;
    if (starts) {
      this.anchor(context.currentTime + output.leadSeconds, sample);
    }
    const segment = programme.append(range);
    this.loopWindow = programme.isWholeLoop(range) ? { range, buffers } : undefined;
    output.add(segment, buffers, this.timeline);
    if (starts) {
      this.parts.onStart(this.timeline.timeOf(sample));
      this.change("running");
    }
  }

  private anchor(time: number, sample: number): void {
    const frame = Math.ceil(time * this.parts.context.sampleRate);
    const anchor = { frame, sample: Math.round(sample), speed: this.speed };
    this.timeline.anchor(anchor);
    this.parts.output.begin(anchor);
  }

  private change(status: SessionStatus): void {
    if (this.status !== status) {
      this.status = status;
      this.parts.onStatus(status);
    }
  }
}
