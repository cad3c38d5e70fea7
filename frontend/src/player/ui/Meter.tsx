import { useRef } from "react";
import type { Lane } from "@/api/types";
import { useFrame } from "./frame-loop";
import { usePlayerScope } from "./player-context";

const FLOOR_DB = -54;
const FALL_DB_PER_SECOND = 30;

/** Place of a linear level on a meter that ends at full scale, 0 to 1. */
export function meterFraction(level: number): number {
  if (level <= 0) return 0;
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(level)) / FLOOR_DB));
}

/** A level that rises at once and falls slowly, and a mark when full scale is reached. For the eye only. */
export function Meter({ lane }: { lane: Lane | "master" }) {
  const { player } = usePlayerScope();
  const bar = useRef<HTMLSpanElement>(null);
  const shown = useRef({ fraction: 0, time: 0 });

  useFrame((time) => {
    const level = player.level(lane).peak;
    const fallen = (FALL_DB_PER_SECOND * Math.max(0, time - shown.current.time)) / 1000 / -FLOOR_DB;
    const fraction = Math.max(meterFraction(level), shown.current.fraction - fallen, 0);
    shown.current = { fraction, time };
    if (bar.current) {
      bar.current.style.transform = `scaleX(${fraction.toFixed(3)})`;
      bar.current.dataset.full = String(level >= 1);
    }
    return fraction > 0;
  });

  return (
    <span className="meter" aria-hidden="true">
      <span ref={bar} />
    </span>
  );
}
