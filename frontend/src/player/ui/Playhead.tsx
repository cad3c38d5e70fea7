import { useRef } from "react";
import type { LoopRegion } from "@/player/engine/types";
import { useFrame } from "./frame-loop";
import { isMoving, usePlayerScope } from "./player-context";
import { fractionAt, type Viewport } from "./viewport";

/** The line at what is heard now, over whatever it lies in. */
export function Playhead({ view }: { view: Viewport }) {
  const { player } = usePlayerScope();
  const line = useRef<HTMLSpanElement>(null);
  useFrame(() => {
    const fraction = fractionAt(view, player.position());
    if (line.current) {
      line.current.style.transform = `translateX(${(fraction * 100).toFixed(4)}%)`;
      line.current.hidden = fraction < 0 || fraction > 1;
    }
    return isMoving(player.getState());
  });
  return <span className="playhead" ref={line} aria-hidden="true" />;
}

/** The shade of the loop, over whatever it lies in. */
export function LoopShade({ view, loop }: { view: Viewport; loop: LoopRegion | undefined }) {
  if (!loop) return null;
  const left = Math.max(0, fractionAt(view, loop.start));
  const right = Math.min(1, fractionAt(view, loop.end));
  if (right <= left) return null;
  return (
    <span
      className="loop-shade"
      style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
      aria-hidden="true"
    />
  );
}
