import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import { agedJob, pollDelay } from "./polling";
import { ApiProblem, problemOf } from "./problems";
import type { Job } from "./types";

/** A job as it was last seen, and what is needed to ask for it again cheaply. */
interface JobSnapshot {
  job: Job;
  etag: string | undefined;
  /** Answers in a row that brought nothing new. */
  unchangedPolls: number;
  /** When the estimates of `job` were true, milliseconds of `Date.now()`. */
  seenAt: number;
}

/** Milliseconds between questions after one that failed, or in a tab that nobody looks at. */
const SLOW_POLL_MILLISECONDS = 15_000;

const jobKey = (jobId: string) => ["job", jobId] as const;

async function fetchJob(
  jobId: string,
  known: JobSnapshot | undefined,
  signal: AbortSignal,
): Promise<JobSnapshot> {
  const { data, error, response } = await api().GET("/v1/jobs/{job_id}", {
    params: {
      path: { job_id: jobId },
      header: known?.etag === undefined ? {} : { "if-none-match": known.etag },
    },
    // The browser's own cache would bring back a job with links that have ended.
    cache: "no-store",
    signal,
  });
  const seenAt = Date.now();
  if (known && response.status === 304) {
    const asked = Number(response.headers.get("Retry-After") ?? Number.NaN);
    const seconds = Math.round((seenAt - known.seenAt) / 1000);
    const job = agedJob(known.job, seconds, Number.isFinite(asked) ? asked : undefined);
    return { ...known, job, seenAt, unchangedPolls: known.unchangedPolls + 1 };
  }
  if (data === undefined) throw problemOf(response, error);
  return { job: data, etag: response.headers.get("ETag") ?? undefined, unchangedPolls: 0, seenAt };
}

function nextPoll(snapshot: JobSnapshot | undefined, failure: Error | null): number | false {
  if (failure) {
    const canPass = failure instanceof ApiProblem && failure.isTemporary;
    return canPass ? SLOW_POLL_MILLISECONDS : false;
  }
  if (!snapshot) return false;
  const delay = pollDelay(snapshot.job, snapshot.unchangedPolls);
  return delay !== false && document.hidden ? Math.max(delay, SLOW_POLL_MILLISECONDS) : delay;
}

const jobOf = ({ job }: JobSnapshot): Job => job;

export interface Following {
  /** Goes on asking in a tab that nobody looks at; else it rests there and asks at once on return. */
  whileHidden?: boolean;
}

/** How one job is fetched and followed until it is final. */
export function jobQueryOptions(jobId: string, { whileHidden = false }: Following = {}) {
  return queryOptions({
    queryKey: jobKey(jobId),
    queryFn: ({ client, signal }) => fetchJob(jobId, client.getQueryData<JobSnapshot>(jobKey(jobId)), signal),
    select: jobOf,
    refetchInterval: ({ state }) => nextPoll(state.data, state.error),
    refetchIntervalInBackground: whileHidden,
  });
}

/** Remembers a job that came with another answer. What is being asked for meanwhile is older and is not awaited. */
export async function keepJob(client: QueryClient, job: Job): Promise<void> {
  await client.cancelQueries({ queryKey: jobKey(job.job_id) });
  const snapshot: JobSnapshot = { job, etag: undefined, unchangedPolls: 0, seenAt: Date.now() };
  client.setQueryData(jobKey(job.job_id), snapshot);
}

/** Forgets a job that is deleted. */
export function forgetJob(client: QueryClient, jobId: string): void {
  client.removeQueries({ queryKey: jobKey(jobId) });
}
