import { percent } from "./format";
import "./progress-bar.css";

interface ProgressBarProps {
  /** What goes on, for those who cannot see the bar. */
  label: string;
  /** Share that is done, 0 to 1; undefined: nobody knows, and the bar only shows that something goes on. */
  value?: number | undefined;
  /** The state in words, read instead of the bare number. */
  text?: string | undefined;
}

export function ProgressBar({ label, value, text }: ProgressBarProps) {
  if (value === undefined) {
    return (
      <div className="bar indeterminate" role="progressbar" aria-label={label} aria-valuetext={text}>
        <span />
      </div>
    );
  }
  const share = Math.min(Math.max(value, 0), 1);
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent(share)}
      aria-valuetext={text}
    >
      <span style={{ transform: `scaleX(${share})` }} />
    </div>
  );
}
