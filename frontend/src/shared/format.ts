/** The language that numbers and dates are written in: that of the page. */
export const LANGUAGE = document.documentElement.lang || "en";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

const day = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });

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

/** A share from 0 to 1 in whole percent, rounded down: 100 means all of it. */
export function percent(share: number): number {
  return Math.floor(Math.min(Math.max(share, 0), 1) * 100);
}

/** A moment in the reader's time zone. */
export function moment(instant: string): string {
  return day.format(new Date(instant));
}
