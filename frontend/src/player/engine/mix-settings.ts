import type { Lane, PreviewIndex, Stem } from "@/api/types";
import type { LaneMix, MixSettings } from "./types";

/** What the drums are split into. */
export const DRUM_PARTS = [
  "kick",
  "snare",
  "toms",
  "cymbals",
  "percussion_rest",
] as const satisfies readonly Stem[];
/** The drums and their parts: never transposed, because a drum has no key. */
export const DRUM_LANES: ReadonlySet<Lane> = new Set(["drums", ...DRUM_PARTS]);
/** What the instrumental is the sum of. */
export const INSTRUMENTS: readonly Lane[] = ["drums", "bass", "other", "guitar", "piano"];

const NEUTRAL_LANE: LaneMix = { volume: 1, pan: 0, muted: false, soloed: false };

export const MAX_VOLUME = 1.5;
export const MIN_SPEED = 0.5;
export const MAX_SPEED = 1.5;
export const MAX_SEMITONES = 6;

/** The lanes of a job, the song itself among them. */
export function lanesOf(index: PreviewIndex): Lane[] {
  return Object.keys(index.lanes) as Lane[];
}

/**
 * The song as it is: every lane at its own level.
 *
 * What another lane holds already is muted, or it would sound twice: the parts of the drums beside the drums, and
 * the instrumental beside instruments.
 */
export function neutralSettings(lanes: readonly Lane[]): MixSettings {
  const held = new Set(lanes);
  const doubled = new Set<Lane>(held.has("drums") ? DRUM_PARTS : []);
  if (INSTRUMENTS.some((lane) => held.has(lane))) {
    doubled.add("instrumental");
  }
  return {
    lanes: Object.fromEntries(lanes.map((lane) => [lane, { ...NEUTRAL_LANE, muted: doubled.has(lane) }])),
    masterVolume: 1,
    speed: 1,
    semitones: 0,
  };
}

/** Linear gain of a lane as mute and solo of all lanes leave it. The mixture is heard in comparisons only. */
export function laneGain(settings: MixSettings, lane: Lane, comparing = false): number {
  const mix = settings.lanes[lane] ?? NEUTRAL_LANE;
  if (comparing || lane === "mixture") {
    return comparing && lane === "mixture" ? mix.volume : 0;
  }
  const soloing = Object.entries(settings.lanes).some(([name, other]) => name !== "mixture" && other.soloed);
  return mix.muted || (soloing && !mix.soloed) ? 0 : mix.volume;
}

/** Whether speed or key are changed, so that the sound has to go through the stretcher. */
export function isStretched(settings: Pick<MixSettings, "speed" | "semitones">): boolean {
  return settings.speed !== 1 || settings.semitones !== 0;
}

/** `value` within limits; what is no number becomes `fallback`. */
export function clamp(value: number, minimum: number, maximum: number, fallback: number): number {
  return Number.isFinite(value) ? Math.min(maximum, Math.max(minimum, value)) : fallback;
}
