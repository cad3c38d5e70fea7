import type { Lane } from "@/api/types";
import type { Segment } from "./programme";
import type { Anchor, Timeline } from "./timeline";

/** Decoded audio of all lanes for one stretch of the song. */
export type LaneBuffers = ReadonlyMap<Lane, AudioBuffer>;

/** Makes decoded windows sound, all lanes of one together. */
export interface WindowOutput {
  /** Seconds that it needs between being told to sound and sounding. */
  readonly leadSeconds: number;
  /** Runs the programme from this anchor on. */
  begin(anchor: Anchor): void;
  add(segment: Segment, lanes: LaneBuffers, timeline: Timeline): void;
  /** Whether `cutAt` works. */
  readonly canCut: boolean;
  /** Takes back what lies behind a sample of the programme. */
  cutAt(sample: number, timeline: Timeline): void;
  /** Frees what sounded before a sample of the programme. */
  release(sample: number): void;
  /** Silent from `time` on, in seconds of the context; nothing is kept. */
  stop(time: number): void;
}
