import { useCallback, useRef, useState } from "react";
import type { Player } from "@/player/engine/types";
import { useFrame } from "./frame-loop";
import { isMoving } from "./player-context";
import { following, moved, type Viewport, wholeSong, zoomed } from "./viewport";

/** What the tracks show, and how it is changed. */
export interface ViewportControl {
  readonly view: Viewport;
  zoom(factor: number): void;
  fit(): void;
  scroll(seconds: number): void;
}

/**
 * The view of the tracks; it turns its page when the playhead leaves it.
 *
 * @param shortest least seconds that may be shown.
 */
export function useViewport(player: Player, duration: number, shortest: number): ViewportControl {
  const [view, setView] = useState<Viewport>(() => wholeSong(duration));
  const previous = useRef(0);

  useFrame(() => {
    const position = player.position();
    const next = following(view, previous.current, position, duration);
    previous.current = position;
    if (next !== view) setView(next);
    return isMoving(player.getState());
  });

  return {
    view,
    zoom: (factor) => setView((old) => zoomed(old, factor, player.position(), duration, shortest)),
    fit: useCallback(() => setView(wholeSong(duration)), [duration]),
    scroll: (seconds) => {
      if (seconds !== 0) setView((old) => moved(old, seconds, duration));
    },
  };
}
