import type { KeyReport, Report, Stem, TempoReport } from "@/api/types";
import { LANGUAGE } from "@/shared/format";
import { strings } from "@/strings";

const SURE = 0.7;
const LIKELY = 0.4;
/** A4 of fewer cents beside 440 Hz is in tune for the ear. */
const AUDIBLE_CENTS = 5;

const residualSteps = [
  [-60, "exact"],
  [-30, "small"],
  [-15, "audible"],
] as const;

/** A number in the page's language with so many decimals. */
export function decimal(value: number, decimals: number): string {
  return new Intl.NumberFormat(LANGUAGE, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: "negative",
  })
    .format(value)
    .replace("-", "−");
}

/** A confidence of 0 to 1 as one of three words. */
export function confidenceWord(confidence: number): "sure" | "likely" | "unsure" {
  if (confidence >= SURE) return "sure";
  return confidence >= LIKELY ? "likely" : "unsure";
}

/** What a residual, in dB of the song, means for the ear. */
export function residualWords(decibels: number): string {
  const step = residualSteps.find(([limit]) => decibels <= limit)?.[1] ?? "large";
  return strings.results.residualWords[step];
}

/** The other tempos that the same beats can be counted in; undefined where there are none. */
export function alternativeTempos(tempo: TempoReport): string | undefined {
  if (tempo.alternatives.length === 0) return undefined;
  const names = tempo.alternatives.map(({ bpm }) => strings.results.bpm(decimal(bpm, 0)));
  return new Intl.ListFormat(LANGUAGE, { type: "disjunction" }).format(names);
}

export function keyName(key: KeyReport): string {
  return strings.results.keyName(key.tonic.replace("#", "♯"), strings.results.modes[key.mode]);
}

/** How far the song is from A = 440 Hz, in words; undefined where nobody hears it. */
export function tuningWords(key: KeyReport): string | undefined {
  if (Math.abs(key.tuning_cents) < AUDIBLE_CENTS) return undefined;
  const sign = key.tuning_cents > 0 ? "+" : "−";
  return strings.results.tuning(`${sign}${decimal(Math.abs(key.tuning_cents), 0)}`);
}

/** Says which instruments the song seems to lack; undefined when all stems sound, or the whole song is silent. */
export function silentHint(report: Report): string | undefined {
  const silent = report.stems.filter((stem) => stem.silent);
  if (silent.length === 0 || silent.length === report.stems.length) return undefined;
  const names = silent.map(({ stem }) => strings.results.silentNames[stem as Stem]);
  return strings.results.silentStems(new Intl.ListFormat(LANGUAGE, { type: "disjunction" }).format(names));
}

/** How long the job took, against listening to the song. */
export function timingWords(report: Report): string {
  const total = Object.values(report.seconds).reduce((sum, seconds) => sum + seconds, 0);
  const factor = report.real_time_factor;
  return factor >= 1
    ? strings.results.timingTotal(decimal(total, 1), decimal(factor, 1))
    : strings.results.timingSlower(decimal(total, 1), decimal(factor, 2));
}
