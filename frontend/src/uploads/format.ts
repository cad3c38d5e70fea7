import { strings } from "@/strings";

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
