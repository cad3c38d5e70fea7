import { strings } from "@/strings";

const LANGUAGE = document.documentElement.lang || "en";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A size in the decimal units that file managers show, for example `5.1 MB`. */
export function fileSize(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(LANGUAGE, {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

/** A length of time with its two largest units, for example `2 min 5 s`; without the second where it is zero. */
export function duration(seconds: number): string {
  const { hours, minutes, seconds: rest } = strings.upload.time;
  const whole = Math.round(seconds);
  if (whole < 60) return rest(whole);
  const [large, small, name, smallName] =
    whole < 3600
      ? [Math.floor(whole / 60), whole % 60, minutes, rest]
      : [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), hours, minutes];
  return small === 0 ? name(large) : `${name(large)} ${smallName(small)}`;
}

/** A share from 0 to 1 in whole percent, rounded down: 100 means all of it. */
export function percent(share: number): number {
  return Math.floor(Math.min(Math.max(share, 0), 1) * 100);
}
