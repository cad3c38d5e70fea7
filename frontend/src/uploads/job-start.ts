import { ApiProblem } from "@/api/problems";
import type { Job } from "@/api/types";
import { createJobBody, type JobOptions } from "./job-options";
import { createJob } from "./upload-api";
import { sleep, untilOnline } from "./waiting";

/** Longer waits, such as for the next day, are left to the listener, in seconds. */
const LONGEST_WAIT_SECONDS = 10 * 60;
const MAX_FAILURES = 5;

/** The service has no room for the job yet. */
export interface RoomWait {
  /** What the service says about it. */
  readonly reason: string;
  /** Milliseconds since 1970 of the next try. */
  readonly until: number;
}

/** @throws the problem when it has lasted too long, or would. */
function secondsBeforeRetry(problem: ApiProblem, failures: number): number {
  const seconds = problem.retryAfterSeconds ?? 2 ** failures / 2;
  if (seconds > LONGEST_WAIT_SECONDS || failures > MAX_FAILURES) throw problem;
  return seconds;
}

/**
 * Makes a job of a complete upload, and waits its turn where the service asks for that. The upload's id is the
 * idempotency key, so that a try whose answer was lost does not make a second job.
 *
 * @param onWaiting told what is being waited for; undefined when the wait is over.
 * @throws ApiProblem for a refusal; the reason of the signal when that was aborted.
 */
export async function startJob(
  uploadId: string,
  options: JobOptions,
  { signal, onWaiting }: { signal: AbortSignal; onWaiting: (wait: RoomWait | undefined) => void },
): Promise<Job> {
  const body = createJobBody(uploadId, options);
  for (let failures = 1; ; ) {
    await untilOnline(signal);
    signal.throwIfAborted();
    onWaiting(undefined);
    try {
      return await createJob(body, uploadId);
    } catch (problem) {
      if (!(problem instanceof ApiProblem && problem.isTemporary)) throw problem;
      const seconds = secondsBeforeRetry(problem, failures);
      // A full queue is no failure: it may take as long as it takes.
      if (problem.status === 429) onWaiting({ reason: problem.message, until: Date.now() + seconds * 1000 });
      else failures += 1;
      await sleep(seconds * 1000, signal);
    }
  }
}
