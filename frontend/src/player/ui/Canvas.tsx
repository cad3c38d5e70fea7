import { useEffect, useRef } from "react";
import { useFrame, useFrameLoop } from "./frame-loop";

/** Something to draw on, in CSS pixels. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Computed style of the canvas: colours and fonts come from the style sheet. */
  readonly style: CSSStyleDeclaration;
}

interface CanvasProps {
  /** Has to be the same function as long as the picture is the same. */
  readonly draw: (surface: Surface) => void;
  readonly className: string;
  readonly colour?: string;
}

const DARK = "(prefers-color-scheme: dark)";

/** A canvas that is drawn again when its picture, its size, the screen's density or the colour theme changes. */
export function Canvas({ draw, className, colour }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useRef<unknown>(undefined);
  const frames = useFrameLoop();

  useEffect(() => {
    const redraw = () => {
      drawn.current = undefined;
      frames.wake();
    };
    const resized = new ResizeObserver(redraw);
    if (canvas.current) resized.observe(canvas.current);
    const theme = matchMedia(DARK);
    theme.addEventListener("change", redraw);
    return () => {
      resized.disconnect();
      theme.removeEventListener("change", redraw);
    };
  }, [frames]);

  useFrame(() => {
    if (drawn.current !== draw && canvas.current) paint(canvas.current, draw);
    drawn.current = draw;
    return false;
  });

  return <canvas ref={canvas} className={className} style={{ color: colour }} />;
}

function paint(canvas: HTMLCanvasElement, draw: (surface: Surface) => void): void {
  const context = canvas.getContext("2d");
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!context || width === 0 || height === 0) return;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  context.scale(canvas.width / width, canvas.height / height);
  draw({ context, width, height, style: getComputedStyle(canvas) });
}
