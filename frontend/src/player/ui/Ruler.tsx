import { type PointerEvent, useCallback, useRef } from "react";
import type { LoopRegion } from "@/player/engine/types";
import { strings } from "@/strings";
import { Canvas, type Surface } from "./Canvas";
import { clock } from "./format";
import { regionBetween, snapped } from "./loop-region";
import { tickSeconds } from "./outline";
import { LoopShade, Playhead } from "./Playhead";
import { usePlayerScope, useSeek } from "./player-context";
import { fractionAt, secondsAt, type Viewport } from "./viewport";

const DRAG_PIXELS = 5;
const SNAP_PIXELS = 8;

interface RulerProps {
  readonly view: Viewport;
  readonly loop: LoopRegion | undefined;
  /** Shows a region while it is dragged; undefined when nothing is. */
  readonly onDrag: (region: LoopRegion | undefined) => void;
}

/** The time line above the tracks: a drag makes a loop that snaps to beats, a click goes there. */
export function Ruler({ view, loop, onDrag }: RulerProps) {
  const { player, index } = usePlayerScope();
  const seek = useSeek();
  const origin = useRef<{ x: number; dragged: boolean } | undefined>(undefined);

  const draw = useCallback(
    ({ context, width, height, style }: Surface) => {
      context.fillStyle = style.color;
      context.font = style.font;
      context.textBaseline = "middle";
      for (const seconds of tickSeconds(view, width)) {
        const place = fractionAt(view, seconds) * width;
        context.fillRect(place, height * 0.55, 1, height * 0.45);
        context.fillText(clock(seconds, Number.isInteger(seconds) ? 0 : 1), place + 4, height / 2);
      }
    },
    [view],
  );

  const regionTo = (event: PointerEvent<HTMLDivElement>): LoopRegion | undefined => {
    const box = event.currentTarget.getBoundingClientRect();
    const reach = (SNAP_PIXELS / box.width) * (view.end - view.start);
    const at = (x: number) => snapped(secondsAt(view, (x - box.left) / box.width), index.beats, reach);
    return (
      origin.current && regionBetween(at(origin.current.x), at(event.clientX), player.getState().duration)
    );
  };
  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    origin.current = { x: event.clientX, dragged: false };
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!origin.current) return;
    if (Math.abs(event.clientX - origin.current.x) >= DRAG_PIXELS) origin.current.dragged = true;
    if (origin.current.dragged) onDrag(regionTo(event));
  };
  const release = (event: PointerEvent<HTMLDivElement>) => {
    if (!origin.current) return;
    const box = event.currentTarget.getBoundingClientRect();
    const region = origin.current.dragged ? regionTo(event) : undefined;
    if (region) player.setLoop(region);
    else if (!origin.current.dragged) seek(secondsAt(view, (event.clientX - box.left) / box.width));
    cancel();
  };
  const cancel = () => {
    origin.current = undefined;
    onDrag(undefined);
  };

  return (
    // For the pointer; the loop's buttons and keys do the same.
    <div
      className="ruler"
      aria-hidden="true"
      title={strings.player.ruler}
      onPointerDown={press}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={cancel}
    >
      <Canvas className="ruler-canvas small" draw={draw} />
      <LoopShade view={view} loop={loop} />
      <Playhead view={view} />
    </div>
  );
}
