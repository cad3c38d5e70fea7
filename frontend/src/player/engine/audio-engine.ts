import type { Lane } from "@/api/types";
import { strings } from "@/strings";
import { ClickTrack } from "./click-track";
import { DirectOutput } from "./direct-output";
import { LaneSource } from "./lane-source";
import { isStretched, lanesOf } from "./mix-settings";
import { Mixer } from "./mixer";
import { PlaybackProblem } from "./playback-problem";
import type { SongRange } from "./preview-range";
import { Programme } from "./programme";
import { Session, type SessionStatus } from "./session";
import { StretchOutput } from "./stretch-output";
import type { Level, MixSettings, PlayerSource } from "./types";
import type { WindowOutput } from "./window-output";

const ADVANCE_MILLISECONDS = 100;

/** What is kept ahead of seven lanes (six stems and the song) fits the memory that is meant for it; more get less. */
const LANES_AT_FULL_LENGTH = 7;

/** Whom the engine tells what happens. */
export interface EngineListener {
  onStatus(status: SessionStatus): void;
  onProblem(error: unknown): void;
  /** The system took the sound away: a call came in, or another app plays. */
  onInterrupted(): void;
}

/** The audio context, what is connected in it, and the session that plays now. */
export class AudioEngine {
  readonly context: AudioContext;
  private readonly mixer: Mixer;
  private readonly source: LaneSource;
  private readonly lanes: readonly Lane[];
  private readonly clicks: ClickTrack;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly direct: DirectOutput;
  private stretcher: Promise<StretchOutput> | undefined;
  private session: Session | undefined;
  private programme: Programme | undefined;
  /** Sample of the song at which the session begins. */
  private start = 0;
  /** Changes with every session, so that what was prepared for an old one is not used. */
  private epoch = 0;
  /** Changes with every wish to sound or to stand still: what an earlier one waited for is over. */
  private intent = 0;
  private playing = false;
  private clicking = false;

  constructor(
    private readonly previews: PlayerSource,
    private readonly listener: EngineListener,
  ) {
    const { index } = previews;
    this.context = new AudioContext({ sampleRate: index.sample_rate_hz, latencyHint: "interactive" });
    this.lanes = lanesOf(index);
    this.mixer = new Mixer(this.context, this.lanes, index.gain_db);
    this.source = new LaneSource(previews, this.context);
    this.direct = new DirectOutput(this.context, this.mixer, () => this.advance());
    const beats = index.beats.map((seconds) => Math.round(seconds * index.sample_rate_hz));
    this.clicks = new ClickTrack(this.context, beats, this.mixer.masterInput);
    this.timer = setInterval(() => this.advance(), ADVANCE_MILLISECONDS);
    this.context.addEventListener("statechange", () => {
      if (this.playing && this.context.state !== "running") {
        listener.onInterrupted();
      }
    });
  }

  /** Must be called from what the listener does, or browsers refuse to play. */
  async resume(): Promise<void> {
    const intent = ++this.intent;
    await this.context.resume();
    if (intent === this.intent) {
      this.playing = true;
      this.mixer.open(this.context.currentTime);
    }
  }

  /** Stands still; what is loaded and laid out stays. */
  async suspend(): Promise<void> {
    const intent = ++this.intent;
    this.playing = false;
    await this.reached(this.mixer.close());
    if (intent === this.intent) {
      await this.context.suspend();
    }
  }

  /** Plays from a sample of the song on, instead of what played. */
  begin(sample: number, loop: SongRange | undefined, settings: MixSettings): void {
    this.endSession();
    this.start = sample;
    this.openSession(this.epoch, loop, settings).catch((error: unknown) => this.listener.onProblem(error));
  }

  endSession(): void {
    this.epoch++;
    this.clicks.reset();
    // What stands still would be heard for a moment when the context runs again.
    this.session?.stop(this.playing ? this.mixer.close() : this.context.currentTime);
    this.session = undefined;
    this.programme = undefined;
  }

  hasSession(): boolean {
    return this.session !== undefined;
  }

  sessionStatus(): SessionStatus {
    return this.session?.status ?? "waiting";
  }

  /** Sample of the song that is heard now; `undefined` while nothing is under way. */
  heardSample(): number | undefined {
    if (!this.session) {
      return undefined;
    }
    // What is computed now is heard when it has gone through the device.
    const heard = this.context.currentTime - (this.context.outputLatency || 0);
    return this.session.timeline.started ? this.session.songAt(heard) : this.start;
  }

  /** `false` when a new session has to follow the loop. */
  setLoop(loop: SongRange | undefined): boolean {
    this.clicks.reset();
    return this.session?.setLoop(loop) ?? false;
  }

  /** Follows another speed or key while both, before and after, are not neutral. */
  steer(settings: MixSettings): void {
    void this.stretcher?.then((output) => {
      output.semitones = settings.semitones;
      this.clicks.reset();
      this.session?.steer(settings.speed);
    });
  }

  applyMix(settings: MixSettings, comparing: boolean): void {
    this.mixer.apply(settings, comparing);
  }

  setClick(on: boolean): void {
    this.clicking = on;
    this.clicks.reset();
  }

  level(lane: Lane | "master"): Level {
    return this.mixer.level(lane);
  }

  decodedBytes(): number {
    return (this.session?.decodedBytes() ?? 0) + this.source.decodedBytes();
  }

  dispose(): void {
    this.intent++;
    this.playing = false;
    clearInterval(this.timer);
    this.endSession();
    this.source.dispose();
    void this.context.close();
  }

  private async openSession(
    epoch: number,
    loop: SongRange | undefined,
    settings: MixSettings,
  ): Promise<void> {
    const output = await this.outputFor(settings);
    if (epoch !== this.epoch) {
      return;
    }
    const scale = Math.min(1, LANES_AT_FULL_LENGTH / this.lanes.length);
    this.programme = new Programme(this.previews.index, this.start, loop, scale);
    this.session = new Session(
      {
        context: this.context,
        lanes: this.lanes,
        source: this.source,
        output,
        programme: this.programme,
        scale,
        onStatus: this.listener.onStatus,
        onStart: (time) => this.onStart(time),
        onProblem: this.listener.onProblem,
      },
      settings.speed,
    );
    this.session.advance();
  }

  private async outputFor(settings: MixSettings): Promise<WindowOutput> {
    if (!isStretched(settings)) {
      return this.direct;
    }
    this.stretcher ??= this.createStretcher();
    const output = await this.stretcher;
    output.semitones = settings.semitones;
    return output;
  }

  private async createStretcher(): Promise<StretchOutput> {
    const broken = (cause?: unknown) => {
      this.stretcher = undefined;
      return new PlaybackProblem(strings.playback.noStretching, { cause });
    };
    try {
      return await StretchOutput.create(this.context, this.mixer, this.lanes, () =>
        this.listener.onProblem(broken()),
      );
    } catch (cause) {
      throw broken(cause);
    }
  }

  private onStart(time: number): void {
    this.clicks.reset();
    if (this.playing) {
      this.mixer.open(time);
    }
  }

  private advance(): void {
    this.session?.advance();
    if (this.clicking && this.playing && this.session?.status === "running" && this.programme) {
      this.clicks.advance(this.programme, this.session.timeline);
    }
  }

  /** Waits for a time of the context. Unlike a timer, this is on time in a hidden tab too. */
  private reached(time: number): Promise<void> {
    return new Promise((resolve) => {
      const silence = new ConstantSourceNode(this.context, { offset: 0 });
      silence.addEventListener("ended", () => resolve(), { once: true });
      silence.connect(this.context.destination);
      silence.start();
      silence.stop(time);
    });
  }
}
