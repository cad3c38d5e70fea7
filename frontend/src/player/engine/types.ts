import type { Lane, PreviewIndex } from "@/api/types";

/** Where a player gets its audio from: the previews of a job, or the demo's files. */
export interface PlayerSource {
  readonly index: PreviewIndex;
  /** The link of a lane's preview, as it is now. */
  url(lane: Lane): string;
  /** Gets fresh links after one was refused (403). Calls that run side by side share one request. */
  refresh(): Promise<void>;
}

/** What the listener chose for one lane. */
export interface LaneMix {
  /** Linear gain, 0 to 1.5; 1 is the level of the stem in the song. */
  volume: number;
  /** -1 (left) to 1 (right). */
  pan: number;
  muted: boolean;
  soloed: boolean;
}

/** A stretch of the song that is repeated, in seconds of the song. */
export interface LoopRegion {
  start: number;
  end: number;
}

/** Everything that shapes the sound; the offline render of "the mix I hear" takes the same. */
export interface MixSettings {
  lanes: Partial<Record<Lane, LaneMix>>;
  /** Linear gain, 0 to 1.5. */
  masterVolume: number;
  /** Playback speed, 0.5 to 1.5; 1 is neutral. */
  speed: number;
  /** Transposition in semitones, -6 to 6; drums and their parts keep their pitch. */
  semitones: number;
}

export type PlayerStatus = "idle" | "loading" | "playing" | "paused" | "buffering" | "ended" | "failed";

export interface PlayerState extends MixSettings {
  status: PlayerStatus;
  /** Song length in seconds. */
  duration: number;
  loop: LoopRegion | undefined;
  /** Whether a click sounds on every beat. */
  click: boolean;
  /** Why `status` is `failed`, for people. */
  problem: string | undefined;
}

export interface Level {
  /** Largest absolute sample of the last moment, linear. */
  peak: number;
  /** Root mean square of the last moment, linear. */
  rms: number;
}

/**
 * Plays the lanes of one song on one clock. State changes are told to subscribers; position and levels change
 * all the time and are read when a frame is drawn.
 *
 * A/B comparison: `mixture` is a lane like the others; `setComparison(true)` makes it the only one that sounds, in
 * place and without a gap, and leaves the settings of the lanes as they are.
 */
export interface Player {
  getState(): PlayerState;
  subscribe(listener: () => void): () => void;
  /** Seconds of the song that are heard now. */
  position(): number;
  level(lane: Lane | "master"): Level;
  play(): Promise<void>;
  pause(): void;
  seek(seconds: number): void;
  setLoop(region: LoopRegion | undefined): void;
  setLane(lane: Lane, change: Partial<LaneMix>): void;
  setMasterVolume(volume: number): void;
  setSpeed(speed: number): void;
  setSemitones(semitones: number): void;
  setClick(on: boolean): void;
  setComparison(mixtureOnly: boolean): void;
  isComparing(): boolean;
  /** Stops and frees everything; the player cannot be used again. */
  dispose(): void;
}
