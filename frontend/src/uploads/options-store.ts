import { useSyncExternalStore } from "react";
import { onStoredChange, readStored, writeStored } from "@/shared/storage";
import { type JobOptions, parseOptions } from "./job-options";

const KEY = "job-options";

let current: JobOptions | undefined;
const listeners = new Set<() => void>();

/** What the listener has chosen, here or in an earlier visit. */
export function jobOptions(): JobOptions {
  current ??= parseOptions(readStored(KEY));
  return current;
}

export function changeJobOptions(change: Partial<JobOptions>): void {
  current = { ...jobOptions(), ...change };
  writeStored(KEY, current);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const unlisten = onStoredChange(KEY, () => {
    current = undefined;
    listener();
  });
  return () => {
    listeners.delete(listener);
    unlisten();
  };
}

export function useJobOptions(): JobOptions {
  return useSyncExternalStore(subscribe, jobOptions);
}
