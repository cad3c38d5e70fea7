import type { Job, JobState } from "./types";

const SHORTEST_MILLISECONDS = 2_000;
const LONGEST_MILLISECONDS = 15_000;
/** A queue moves slower than the work on a song. */
const SHORTEST_QUEUED_MILLISECONDS = 5_000;
const GROWTH_PER_UNCHANGED_POLL = 1.5;

const FINAL: ReadonlySet<JobState> = new Set<JobState>(["completed", "failed", "cancelled"]);

/** Whether a job can never change its state again. */
export function isFinal(state: JobState): boolean {
  return FINAL.has(state);
}

/**
 * Milliseconds until it is worth asking about a job again; false: never.
 *
 * The service knows best. Where it says nothing, the wait grows from 2 to 15 seconds with every answer that
 * brought nothing new.
 *
 * @param unchangedPolls answers in a row that were the same as the one before.
 */
export function pollDelay(job: Job, unchangedPolls: number): number | false {
  if (isFinal(job.state)) return false;
  const asked = job.poll_after_seconds;
  if (asked !== undefined && asked !== null) return asked * 1000;
  const shortest = job.state === "queued" ? SHORTEST_QUEUED_MILLISECONDS : SHORTEST_MILLISECONDS;
  return Math.min(shortest * GROWTH_PER_UNCHANGED_POLL ** unchangedPolls, LONGEST_MILLISECONDS);
}

/**
 * A job that was not sent again because nothing that matters changed: its estimates are older now.
 *
 * @param seconds since the answer that holds them.
 * @param pollAfterSeconds when the service says to ask again.
 */
export function agedJob(job: Job, seconds: number, pollAfterSeconds: number | undefined): Job {
  const left = (job.eta_seconds ?? 0) - seconds;
  // An estimate that ran out is none: better nothing than "0 seconds left" for minutes.
  return { ...job, eta_seconds: left > 0 ? left : null, poll_after_seconds: pollAfterSeconds ?? null };
}
