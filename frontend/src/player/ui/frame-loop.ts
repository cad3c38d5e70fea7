import { createContext, useContext, useEffect, useRef } from "react";

/** Draws once; tells whether what it draws is still moving. */
export type Draw = (time: number) => boolean;

/**
 * One animation frame for everything that moves. It stops when nothing moves any more or the page is hidden, and
 * goes on after `wake`.
 */
export class FrameLoop {
  readonly #draws = new Set<Draw>();
  #request: number | undefined;

  add(draw: Draw): () => void {
    if (this.#draws.size === 0) document.addEventListener("visibilitychange", this.wake);
    this.#draws.add(draw);
    this.wake();
    return () => {
      this.#draws.delete(draw);
      if (this.#draws.size === 0) this.#stop();
    };
  }

  /** Asks for a frame: something has changed. */
  readonly wake = (): void => {
    if (document.hidden || this.#draws.size === 0) return;
    this.#request ??= requestAnimationFrame(this.#run);
  };

  readonly #run = (time: number): void => {
    this.#request = undefined;
    let moving = false;
    for (const draw of this.#draws) moving = draw(time) || moving;
    if (moving) this.wake();
  };

  #stop(): void {
    document.removeEventListener("visibilitychange", this.wake);
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }
}

export const FrameLoopContext = createContext<FrameLoop | undefined>(undefined);

export function useFrameLoop(): FrameLoop {
  const frames = useContext(FrameLoopContext);
  if (!frames) throw new Error("There is no frame loop above this component.");
  return frames;
}

/** Calls `draw` in every frame while something moves, and once after every render of the component. */
export function useFrame(draw: Draw): void {
  const frames = useFrameLoop();
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
    frames.wake();
  });
  useEffect(() => frames.add((time) => latest.current(time)), [frames]);
}
