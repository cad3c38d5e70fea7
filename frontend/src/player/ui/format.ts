import { strings } from "@/strings";

/**
 * A moment as a clock shows it: `3:07`, or `3:07.4` with one decimal.
 *
 * @param seconds from the start of the song.
 */
export function clock(seconds: number, decimals: 0 | 1 = 0): string {
  const scale = 10 ** decimals;
  const units = Math.floor(Math.max(0, seconds) * scale + 1e-6);
  const minutes = Math.floor(units / (60 * scale));
  const rest = (units - minutes * 60 * scale) / scale;
  return `${minutes}:${rest.toFixed(decimals).padStart(decimals === 0 ? 2 : 4, "0")}`;
}

/** A moment as it is read out: `3 minutes 7 seconds`. */
export function spokenTime(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  return strings.player.minutesAndSeconds(Math.floor(whole / 60), whole % 60);
}

/** A linear gain in percent. */
export function percentOf(gain: number): string {
  return strings.player.percent(Math.round(gain * 100));
}

/** A pan of -1 to 1 in words. */
export function panWords(pan: number): string {
  const percent = Math.round(Math.abs(pan) * 100);
  if (percent === 0) return strings.player.panCentre;
  return pan < 0 ? strings.player.panLeft(percent) : strings.player.panRight(percent);
}
