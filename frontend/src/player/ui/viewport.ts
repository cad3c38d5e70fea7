/** The stretch of the song that the tracks show, in seconds. */
export interface Viewport {
  readonly start: number;
  readonly end: number;
}

/** Where a turned page puts the playhead: a little after the left edge. */
const PAGE_MARGIN = 0.1;

export function wholeSong(duration: number): Viewport {
  return { start: 0, end: Math.max(duration, Number.EPSILON) };
}

/** Where a moment lies in the view: 0 is the left edge, 1 the right. */
export function fractionAt(view: Viewport, seconds: number): number {
  return (seconds - view.start) / (view.end - view.start);
}

/** The moment at a place in the view. */
export function secondsAt(view: Viewport, fraction: number): number {
  return view.start + fraction * (view.end - view.start);
}

/** The same view, moved; it never leaves the song. */
export function moved(view: Viewport, seconds: number, duration: number): Viewport {
  const length = view.end - view.start;
  const start = Math.min(Math.max(0, view.start + seconds), Math.max(0, duration - length));
  return { start, end: start + length };
}

/**
 * A view of another length that keeps a moment where it is on the screen.
 *
 * @param factor new length over old: below 1 zooms in.
 * @param shortest least length in seconds.
 */
export function zoomed(
  view: Viewport,
  factor: number,
  around: number,
  duration: number,
  shortest: number,
): Viewport {
  const length = Math.min(Math.max((view.end - view.start) * factor, Math.min(shortest, duration)), duration);
  if (length >= duration) return wholeSong(duration);
  const anchor = Math.min(Math.max(fractionAt(view, around), 0), 1);
  const centre = secondsAt(view, anchor);
  return moved({ start: centre - anchor * length, end: centre + (1 - anchor) * length }, 0, duration);
}

/**
 * Turns the page when the position has left the view. A view that was moved away from the position by hand stays.
 *
 * @param previous position when this was last asked.
 */
export function following(view: Viewport, previous: number, position: number, duration: number): Viewport {
  if (position === previous || isIn(view, position)) return view;
  const jumped = Math.abs(position - previous) > (view.end - view.start) * PAGE_MARGIN;
  if (!jumped && !isIn(view, previous)) return view;
  const length = view.end - view.start;
  return moved(view, position - PAGE_MARGIN * length - view.start, duration);
}

function isIn(view: Viewport, seconds: number): boolean {
  return seconds >= view.start && seconds <= view.end;
}
