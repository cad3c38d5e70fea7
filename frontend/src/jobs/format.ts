import { strings } from "@/strings";

const SECONDS_SHOWN_EXACTLY = 90;
const SECONDS_STEP = 5;

/** An estimate in one unit, no finer than it can be trusted: `15 seconds`, `7 minutes`. */
export function about(seconds: number): string {
  const text = strings.jobs.about;
  if (seconds < SECONDS_SHOWN_EXACTLY) {
    return text.seconds(Math.max(1, Math.ceil(seconds / SECONDS_STEP)) * SECONDS_STEP);
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? text.minutes(minutes) : text.hours(Math.round(minutes / 60));
}

/** A running time, `2:05` or `1:02:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}
