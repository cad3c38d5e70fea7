import { useCallback, useEffect, useMemo, useRef } from "react";
import { strings } from "@/strings";
import { Canvas, type Surface } from "./Canvas";
import { spokenTime } from "./format";
import { useFrame } from "./frame-loop";
import { drawOutline, highestPeak, outlineColumns, songOutline } from "./outline";
import { LoopShade, Playhead } from "./Playhead";
import { isMoving, usePlayerScope, usePlayerState, useSeek } from "./player-context";
import { fractionAt, type Viewport, wholeSong } from "./viewport";

/** The whole song with the position as a slider; what the tracks show of it is framed. */
export function Overview({ view }: { view: Viewport }) {
  const { player, index } = usePlayerScope();
  const { loop, duration } = usePlayerState(player);
  const whole = useMemo(() => wholeSong(duration), [duration]);
  const outline = useMemo(() => songOutline(index.lanes), [index]);
  const pointSeconds = index.point_samples / index.sample_rate_hz;

  const draw = useCallback(
    ({ context, width, height, style }: Surface) => {
      context.fillStyle = style.color;
      const columns = outlineColumns(outline, pointSeconds, whole, Math.ceil(width / 2));
      drawOutline(context, columns, highestPeak([outline]), width, height);
    },
    [outline, pointSeconds, whole],
  );

  const zoomed = view.end - view.start < duration;
  return (
    <div className="overview">
      <Canvas className="overview-canvas" draw={draw} />
      <LoopShade view={whole} loop={loop} />
      {zoomed && (
        <span
          className="view-frame"
          style={{
            left: `${fractionAt(whole, view.start) * 100}%`,
            width: `${((view.end - view.start) / duration) * 100}%`,
          }}
        />
      )}
      <Playhead view={whole} />
      <PositionSlider duration={duration} />
    </div>
  );
}

/** Follows the player by itself; a dragged thumb seeks once, when it is let go. */
function PositionSlider({ duration }: { duration: number }) {
  const { player } = usePlayerScope();
  const slider = useRef<HTMLInputElement>(null);
  const dragging = useRef(false);
  const seek = useSeek();

  useEffect(() => {
    const input = slider.current;
    if (!input) return;
    const settle = () => {
      dragging.current = false;
      seek(input.valueAsNumber);
    };
    const drag = () => {
      dragging.current = true;
      tell(input, input.valueAsNumber, duration);
    };
    // React's onChange is the input event; this one comes once, when a value was settled on.
    input.addEventListener("change", settle);
    input.addEventListener("input", drag);
    return () => {
      input.removeEventListener("change", settle);
      input.removeEventListener("input", drag);
    };
  }, [seek, duration]);

  useFrame(() => {
    const input = slider.current;
    if (input && !dragging.current) {
      const position = player.position();
      input.value = String(position);
      tell(input, position, duration);
    }
    return isMoving(player.getState());
  });

  return (
    <input
      ref={slider}
      className="position-slider"
      type="range"
      data-seek="true"
      aria-label={strings.player.position}
      min={0}
      max={duration}
      step={0.01}
      defaultValue={0}
    />
  );
}

function tell(input: HTMLInputElement, seconds: number, duration: number): void {
  const text = strings.player.positionOf(spokenTime(seconds), spokenTime(duration));
  if (input.getAttribute("aria-valuetext") !== text) input.setAttribute("aria-valuetext", text);
}
