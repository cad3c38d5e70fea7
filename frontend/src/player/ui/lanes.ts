import type { Lane, PreviewIndex, Stem } from "@/api/types";
import { DRUM_LANES, DRUM_PARTS, INSTRUMENTS, laneGain } from "@/player/engine/mix-settings";
import type { LaneMix, MixSettings } from "@/player/engine/types";

const ORDER: readonly Stem[] = [
  "vocals",
  "drums",
  ...DRUM_PARTS,
  "bass",
  "guitar",
  "piano",
  "other",
  "instrumental",
];

const NEUTRAL_LANE: LaneMix = { volume: 1, pan: 0, muted: false, soloed: false };

/** The stems of an index in the order that the tracks have, without the song itself. */
export function stemsOf(index: PreviewIndex): Stem[] {
  return ORDER.filter((stem) => stem in index.lanes);
}

/**
 * The stem that already holds the sound of another, where both are there: heard together they would double it.
 */
export function holderOf(stem: Stem, stems: readonly Stem[]): Stem | "stems" | undefined {
  if (stem === "drums") return undefined;
  if (DRUM_LANES.has(stem)) return stems.includes("drums") ? "drums" : undefined;
  if (stem === "instrumental")
    return stems.some((other) => INSTRUMENTS.includes(other)) ? "stems" : undefined;
  return undefined;
}

/** The same things in the order that the tracks of their stems have. */
export function inTrackOrder<T>(things: readonly T[], stemOf: (thing: T) => Stem): T[] {
  return things.toSorted((one, other) => ORDER.indexOf(stemOf(one)) - ORDER.indexOf(stemOf(other)));
}

/** What was chosen for a lane; neutral where nothing was. */
export function laneMix(settings: MixSettings, lane: Lane): LaneMix {
  return settings.lanes[lane] ?? NEUTRAL_LANE;
}

/** Whether a lane sounds with these settings. */
export function isAudible(settings: MixSettings, lane: Lane): boolean {
  return laneGain(settings, lane) > 0;
}
