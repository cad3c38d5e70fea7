import { Choice, useChoice } from "@/shared/choice";
import { type JobOptions, parseOptions } from "./job-options";

const options = new Choice<JobOptions>("job-options", { read: parseOptions, write: (chosen) => chosen });

/** What the listener has chosen, here or in an earlier visit. */
export function jobOptions(): JobOptions {
  return options.get();
}

export function changeJobOptions(change: Partial<JobOptions>): void {
  options.set({ ...options.get(), ...change });
}

export function useJobOptions(): JobOptions {
  return useChoice(options);
}
