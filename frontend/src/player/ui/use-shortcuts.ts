import { useEffect, useRef } from "react";
import { type KeyTargets, shortcutFor } from "./shortcuts";

/** Listens for the player's keys on the whole page while they are switched on. */
export function useShortcuts(targets: KeyTargets, on: boolean): void {
  const latest = useRef(targets);
  useEffect(() => {
    latest.current = targets;
  });

  useEffect(() => {
    if (!on) return;
    let pointed: EventTarget | null = null;
    let spaceTaken = false;
    const press = (event: PointerEvent) => {
      pointed =
        event.target instanceof Element ? event.target.closest("button, summary, a, label, input") : null;
    };
    const down = (event: KeyboardEvent) => {
      if (event.key === "Tab") pointed = null;
      const action = shortcutFor(event, latest.current, pointed);
      if (!action) return;
      event.preventDefault();
      spaceTaken = event.key === " ";
      action();
    };
    // Firefox presses a button when the space bar is let go.
    const up = (event: KeyboardEvent) => {
      if (event.key === " " && spaceTaken) event.preventDefault();
      spaceTaken = false;
    };
    window.addEventListener("pointerdown", press);
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    return () => {
      window.removeEventListener("pointerdown", press);
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
    };
  }, [on]);
}
