import type { PreviewEntry } from "@/api/types";
import { fractionAt, type Viewport } from "./viewport";

/** Value of an outline's point that stands for full scale. */
const FULL_SCALE = 255;
/** Pixels between the lines of the grid, at least. */
const LEAST_GRID_PIXELS = 10;
const LEAST_TICK_PIXELS = 72;
const TICK_SECONDS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

/** Level within one column of pixels, 0 to 1. */
export interface Column {
  readonly peak: number;
  readonly rms: number;
}

/**
 * The outline of a lane as columns of pixels: the largest peak and the largest root mean square under each.
 *
 * @param pointSeconds length of the song that a point stands for.
 */
export function outlineColumns(
  entry: Pick<PreviewEntry, "peaks" | "rms">,
  pointSeconds: number,
  view: Viewport,
  count: number,
): Column[] {
  const secondsPerColumn = (view.end - view.start) / count;
  return Array.from({ length: count }, (_, column) => {
    const first = (view.start + column * secondsPerColumn) / pointSeconds;
    const last = first + secondsPerColumn / pointSeconds;
    return {
      peak: levelBetween(entry.peaks, first, last) / FULL_SCALE,
      rms: levelBetween(entry.rms, first, last) / FULL_SCALE,
    };
  });
}

/** The largest of the points in a stretch; between two points where the stretch holds none. */
function levelBetween(points: readonly number[], first: number, last: number): number {
  const start = Math.ceil(first);
  const stop = Math.min(Math.ceil(last), points.length);
  if (start < stop) {
    let level = 0;
    for (let point = start; point < stop; point += 1) level = Math.max(level, points[point] ?? 0);
    return level;
  }
  const before = Math.floor(first);
  const left = points[before] ?? 0;
  const right = points[before + 1] ?? left;
  return left + (right - left) * (first - before);
}

/** The highest peak of outlines that are drawn at one scale, 0 to 1; 1 where all are silent. */
export function highestPeak(outlines: readonly Pick<PreviewEntry, "peaks">[]): number {
  const highest = outlines.reduce(
    (peak, { peaks }) => peaks.reduce((one, other) => Math.max(one, other), peak),
    0,
  );
  return highest === 0 ? 1 : highest / FULL_SCALE;
}

/**
 * Draws columns as bars around the middle: peaks pale, what is heard as loud in full colour.
 *
 * @param full the level that fills the height.
 */
export function drawOutline(
  context: CanvasRenderingContext2D,
  columns: readonly Column[],
  full: number,
  width: number,
  height: number,
): void {
  const columnWidth = width / columns.length;
  const bar = (position: number, level: number) => {
    const length = Math.max(1, (level / full) * height);
    context.fillRect(position * columnWidth, (height - length) / 2, columnWidth, length);
  };
  context.globalAlpha = 0.45;
  for (const [position, column] of columns.entries()) bar(position, column.peak);
  context.globalAlpha = 1;
  for (const [position, column] of columns.entries()) bar(position, column.rms);
}

/** Places of the beats in a view, in pixels; only every second, fourth ... one where they would crowd. */
export function beatPlaces(beats: readonly number[], view: Viewport, width: number): number[] {
  const first = beats[0];
  const last = beats.at(-1);
  if (first === undefined || last === undefined || beats.length < 2) return [];
  const pixels = (((last - first) / (beats.length - 1)) * width) / (view.end - view.start);
  let stride = 1;
  while (pixels * stride < LEAST_GRID_PIXELS) stride *= 2;
  return beats
    .filter((beat, position) => position % stride === 0 && beat >= view.start && beat <= view.end)
    .map((beat) => fractionAt(view, beat) * width);
}

/** Seconds that the ruler labels. */
export function tickSeconds(view: Viewport, width: number): number[] {
  const length = view.end - view.start;
  const step = TICK_SECONDS.find((seconds) => (seconds / length) * width >= LEAST_TICK_PIXELS) ?? 3600;
  const first = Math.ceil(view.start / step);
  const count = Math.max(0, Math.floor(view.end / step) - first + 1);
  return Array.from({ length: count }, (_, position) => (first + position) * step);
}

/** The song's own outline; where no lane holds it, the loudest lane at each point. */
export function songOutline(
  lanes: Readonly<Record<string, PreviewEntry>>,
): Pick<PreviewEntry, "peaks" | "rms"> {
  const mixture = lanes.mixture;
  if (mixture) return mixture;
  const entries = Object.values(lanes);
  const loudest = (pick: (entry: PreviewEntry) => number[]) =>
    Array.from({ length: Math.max(0, ...entries.map((entry) => pick(entry).length)) }, (_, point) =>
      Math.max(...entries.map((entry) => pick(entry)[point] ?? 0)),
    );
  return { peaks: loudest((entry) => entry.peaks), rms: loudest((entry) => entry.rms) };
}
