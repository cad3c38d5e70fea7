import type { PreviewEntry, PreviewIndex } from "@/api/types";
import type { LaneMix, Level, LoopRegion, Player, PlayerState } from "@/player/engine/types";

const SECONDS = 60;

function makeEntry(level: number): PreviewEntry {
  return {
    size_bytes: 1000,
    samples: SECONDS * 44_100,
    frames: 10,
    encoder_delay_samples: 0,
    encoder_padding_samples: 0,
    offsets: [0],
    peaks: Array.from({ length: SECONDS }, () => level),
    rms: Array.from({ length: SECONDS }, () => level / 2),
  };
}

/** The index of a song of one minute: a point each second, a beat each half. */
export function makeIndex(
  lanes: readonly string[] = ["mixture", "vocals", "drums", "bass", "other"],
): PreviewIndex {
  return {
    version: 1,
    sample_rate_hz: 44_100,
    bitrate_kbps: 160,
    gain_db: -3,
    frame_samples: 1152,
    frames_per_offset: 32,
    preroll_frames: 10,
    delay_samples: 1105,
    samples: SECONDS * 44_100,
    duration_seconds: SECONDS,
    point_samples: 44_100,
    beats: Array.from({ length: SECONDS * 2 }, (_, beat) => beat / 2),
    lanes: Object.fromEntries(lanes.map((lane) => [lane, makeEntry(200)])),
  };
}

/** A player without sound that does at once what it is told. */
export class FakePlayer implements Player {
  at = 0;
  peak = 0;
  disposed = false;
  private comparing = false;
  private readonly listeners = new Set<() => void>();
  private state: PlayerState = {
    lanes: {},
    masterVolume: 1,
    speed: 1,
    semitones: 0,
    status: "idle",
    duration: SECONDS,
    loop: undefined,
    click: false,
    problem: undefined,
  };

  getState = (): PlayerState => this.state;
  position = (): number => this.at;
  level = (): Level => ({ peak: this.peak, rms: this.peak / 2 });
  isComparing = (): boolean => this.comparing;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  change(change: Partial<PlayerState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }

  play(): Promise<void> {
    this.change({ status: "playing" });
    return Promise.resolve();
  }

  pause(): void {
    this.change({ status: "paused" });
  }

  seek(seconds: number): void {
    this.at = seconds;
  }

  setLoop(loop: LoopRegion | undefined): void {
    this.change({ loop });
  }

  setLane(lane: keyof PlayerState["lanes"], change: Partial<LaneMix>): void {
    const before = this.state.lanes[lane] ?? { volume: 1, pan: 0, muted: false, soloed: false };
    this.change({ lanes: { ...this.state.lanes, [lane]: { ...before, ...change } } });
  }

  setMasterVolume(masterVolume: number): void {
    this.change({ masterVolume });
  }

  setSpeed(speed: number): void {
    this.change({ speed });
  }

  setSemitones(semitones: number): void {
    this.change({ semitones });
  }

  setClick(click: boolean): void {
    this.change({ click });
  }

  setComparison(mixtureOnly: boolean): void {
    this.comparing = mixtureOnly;
    this.change({});
  }

  dispose(): void {
    this.disposed = true;
  }
}
