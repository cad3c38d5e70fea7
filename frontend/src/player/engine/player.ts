import type { Lane } from "@/api/types";
import { strings } from "@/strings";
import { AudioEngine } from "./audio-engine";
import {
  clamp,
  isStretched,
  lanesOf,
  MAX_SEMITONES,
  MAX_SPEED,
  MAX_VOLUME,
  MIN_SPEED,
  neutralSettings,
} from "./mix-settings";
import { PlaybackProblem } from "./playback-problem";
import type { SongRange } from "./preview-range";
import type { SessionStatus } from "./session";
import type { LaneMix, Level, LoopRegion, Player, PlayerSource, PlayerState } from "./types";

/** Shorter loops are lengthened: below this they are a buzz, and thousands of pieces to play. */
export const MIN_LOOP_SECONDS = 0.25;

/** Plays the previews of a song: see `Player`. */
export class PreviewPlayer implements Player {
  private state: PlayerState;
  private comparing = false;
  private engine: AudioEngine | undefined;
  /** Sample of the song to go on from while nothing plays. */
  private resting = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly source: PlayerSource) {
    this.state = {
      ...neutralSettings(lanesOf(source.index)),
      status: "idle",
      duration: source.index.duration_seconds,
      loop: undefined,
      click: false,
      problem: undefined,
    };
  }

  getState(): PlayerState {
    return this.state;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  position(): number {
    return (this.engine?.heardSample() ?? this.resting) / this.source.index.sample_rate_hz;
  }

  level(lane: Lane | "master"): Level {
    return this.engine?.level(lane) ?? { peak: 0, rms: 0 };
  }

  /** Bytes of decoded audio that are held now. */
  decodedBytes(): number {
    return this.engine?.decodedBytes() ?? 0;
  }

  async play(): Promise<void> {
    if (this.isActive()) {
      return;
    }
    const status = this.state.status;
    if (status === "ended") {
      this.resting = this.loopRange()?.from ?? 0;
    }
    this.change({ status: status === "idle" ? "loading" : "buffering", problem: undefined });
    try {
      this.engine ??= this.createEngine();
      const resumed = this.engine.resume();
      if (this.engine.hasSession()) {
        this.onStatus(this.engine.sessionStatus());
      } else {
        this.begin(this.resting);
      }
      await resumed;
    } catch (cause) {
      this.fail(new PlaybackProblem(strings.playback.noAudio, { cause }));
    }
  }

  pause(): void {
    if (this.isActive()) {
      this.change({ status: "paused" });
      void this.engine?.suspend();
    }
  }

  seek(seconds: number): void {
    const sample = Math.round(clamp(seconds, 0, this.state.duration, 0) * this.source.index.sample_rate_hz);
    this.resting = Math.min(sample, this.source.index.samples);
    if (this.isActive()) {
      this.begin(this.resting);
    } else {
      this.engine?.endSession();
      if (this.state.status === "ended" || this.state.status === "failed") {
        this.change({ status: "paused", problem: undefined });
      }
    }
  }

  setLoop(region: LoopRegion | undefined): void {
    this.change({ loop: region && this.fitting(region) });
    const range = this.loopRange();
    const heard = this.engine?.heardSample() ?? this.resting;
    if (range && heard >= range.to) {
      this.seek(range.from / this.source.index.sample_rate_hz);
    } else if (this.engine?.hasSession() && !this.engine.setLoop(range)) {
      this.seek(heard / this.source.index.sample_rate_hz);
    }
  }

  setLane(lane: Lane, change: Partial<LaneMix>): void {
    const before = this.state.lanes[lane];
    if (!before) {
      return;
    }
    const after = { ...before, ...change };
    const mix = {
      ...after,
      volume: clamp(after.volume, 0, MAX_VOLUME, before.volume),
      pan: clamp(after.pan, -1, 1, before.pan),
    };
    this.change({ lanes: { ...this.state.lanes, [lane]: mix } });
    this.applyMix();
  }

  setMasterVolume(volume: number): void {
    this.change({ masterVolume: clamp(volume, 0, MAX_VOLUME, this.state.masterVolume) });
    this.applyMix();
  }

  setSpeed(speed: number): void {
    this.bend({ speed: clamp(speed, MIN_SPEED, MAX_SPEED, this.state.speed) });
  }

  setSemitones(semitones: number): void {
    this.bend({ semitones: clamp(semitones, -MAX_SEMITONES, MAX_SEMITONES, this.state.semitones) });
  }

  setClick(on: boolean): void {
    this.change({ click: on });
    this.engine?.setClick(on);
  }

  setComparison(mixtureOnly: boolean): void {
    if ("mixture" in this.source.index.lanes && mixtureOnly !== this.comparing) {
      this.comparing = mixtureOnly;
      this.change({});
      this.applyMix();
    }
  }

  isComparing(): boolean {
    return this.comparing;
  }

  dispose(): void {
    this.listeners.clear();
    this.engine?.dispose();
    this.engine = undefined;
  }

  private isActive(): boolean {
    return ["loading", "playing", "buffering"].includes(this.state.status);
  }

  private createEngine(): AudioEngine {
    const engine = new AudioEngine(this.source, {
      onStatus: (status) => this.onStatus(status),
      onProblem: (error) => this.fail(error),
      onInterrupted: () => this.pause(),
    });
    engine.applyMix(this.state, this.comparing);
    engine.setClick(this.state.click);
    return engine;
  }

  /** Plays from a sample of the song on. */
  private begin(sample: number): void {
    if (this.state.status === "playing") {
      this.change({ status: "buffering" });
    }
    this.engine?.begin(sample, this.loopRange(), this.state);
  }

  private bend(change: Partial<Pick<PlayerState, "speed" | "semitones">>): void {
    const wasStretched = isStretched(this.state);
    this.change(change);
    const heard = this.engine?.heardSample();
    if (heard === undefined) {
      // What is being prepared to play was made for other settings.
      if (this.isActive()) {
        this.begin(this.resting);
      }
      return;
    }
    if (isStretched(this.state) !== wasStretched) {
      this.seek(heard / this.source.index.sample_rate_hz);
    } else if (wasStretched) {
      this.engine?.steer(this.state);
    }
  }

  private onStatus(status: SessionStatus): void {
    if (!this.isActive()) {
      return;
    }
    if (status === "finished") {
      this.resting = this.source.index.samples;
      this.engine?.endSession();
      this.change({ status: "ended" });
    } else if (status === "running" || this.state.status === "playing") {
      this.change({ status: status === "running" ? "playing" : "buffering" });
    }
  }

  private fail(error: unknown): void {
    if (!(error instanceof PlaybackProblem)) {
      reportError(error);
    }
    this.resting = this.engine?.heardSample() ?? this.resting;
    this.engine?.endSession();
    this.change({
      status: "failed",
      problem: error instanceof PlaybackProblem ? error.message : strings.playback.notPlayable,
    });
  }

  private applyMix(): void {
    this.engine?.applyMix(this.state, this.comparing);
  }

  private fitting(region: LoopRegion): LoopRegion {
    const { duration } = this.state;
    const start = clamp(Math.min(region.start, region.end), 0, Math.max(0, duration - MIN_LOOP_SECONDS), 0);
    const end = clamp(Math.max(region.start, region.end), 0, duration, duration);
    return { start, end: Math.min(duration, Math.max(end, start + MIN_LOOP_SECONDS)) };
  }

  private loopRange(): SongRange | undefined {
    const { loop } = this.state;
    const rate = this.source.index.sample_rate_hz;
    return (
      loop && {
        from: Math.round(loop.start * rate),
        to: Math.min(Math.round(loop.end * rate), this.source.index.samples),
      }
    );
  }

  private change(change: Partial<PlayerState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) {
      listener();
    }
  }
}
