import type { LoopRegion } from "@/player/engine/types";

/** Shorter ones are heard as a buzz, and are mostly a slip of the hand. */
export const SHORTEST_LOOP_SECONDS = 0.25;
const DEFAULT_BEATS = 16;
const DEFAULT_SECONDS = 8;

/** The region between two moments, in whichever order; undefined when it is too short to be meant. */
export function regionBetween(one: number, other: number, duration: number): LoopRegion | undefined {
  const start = Math.max(0, Math.min(one, other));
  const end = Math.min(duration, Math.max(one, other));
  return end - start >= SHORTEST_LOOP_SECONDS ? { start, end } : undefined;
}

/** The region with its start moved here; its end goes to the song's when it would lie before. */
export function startingAt(
  position: number,
  region: LoopRegion | undefined,
  duration: number,
): LoopRegion | undefined {
  const end = region && region.end - position >= SHORTEST_LOOP_SECONDS ? region.end : duration;
  return regionBetween(position, end, duration);
}

/** The region with its end moved here; its start goes to the song's when it would lie behind. */
export function endingAt(
  position: number,
  region: LoopRegion | undefined,
  duration: number,
): LoopRegion | undefined {
  const start = region && position - region.start >= SHORTEST_LOOP_SECONDS ? region.start : 0;
  return regionBetween(start, position, duration);
}

/** What to loop when nothing was chosen: sixteen beats from here on, or eight seconds where none were found. */
export function regionFrom(
  position: number,
  beats: readonly number[],
  duration: number,
): LoopRegion | undefined {
  const next = beats.findIndex((beat) => beat >= position - SHORTEST_LOOP_SECONDS);
  const start = beats[next];
  const end = beats[next + DEFAULT_BEATS];
  if (next >= 0 && start !== undefined && end !== undefined) return regionBetween(start, end, duration);
  const from = Math.max(0, Math.min(position, duration - DEFAULT_SECONDS));
  return regionBetween(from, from + DEFAULT_SECONDS, duration);
}

/** The nearest beat, if one is near enough. */
export function snapped(seconds: number, beats: readonly number[], reachSeconds: number): number {
  let nearest = seconds;
  let distance = reachSeconds;
  for (const beat of beats) {
    if (Math.abs(beat - seconds) <= distance) {
      nearest = beat;
      distance = Math.abs(beat - seconds);
    }
  }
  return nearest;
}

/** The beat before or behind a position; a second away where there is none. */
export function beatBeside(position: number, direction: -1 | 1, beats: readonly number[]): number {
  const margin = 0.05;
  const beat =
    direction === 1
      ? beats.find((time) => time > position + margin)
      : beats.findLast((time) => time < position - margin);
  return beat ?? position + direction;
}
