import { type UseQueryResult, useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { jobQueryOptions } from "@/api/job-query";
import { isFinal } from "@/api/polling";
import { ApiProblem } from "@/api/problems";
import { refreshJobs } from "@/api/queries";
import type { Job } from "@/api/types";
import { useNotificationChoice } from "./notifications";

export interface LiveJobs {
  jobs: Job[];
  /** Why some of them may be out of date. */
  problem: Error | undefined;
}

function isGone(problem: Error | null): boolean {
  return problem instanceof ApiProblem && (problem.status === 404 || problem.status === 410);
}

function isSettled({ data, error }: UseQueryResult<Job>): boolean {
  return isGone(error) || (data !== undefined && isFinal(data.state));
}

/**
 * The listed jobs, those that are not final followed one by one: only then the service tells of the queue and of
 * the time that is left. The list is fetched anew when one of them ends or is deleted elsewhere.
 */
export function useLiveJobs(listed: readonly Job[]): LiveJobs {
  const client = useQueryClient();
  const whileHidden = useNotificationChoice() === "on";
  const active = listed.filter(({ state }) => !isFinal(state));
  const results = useQueries({
    queries: active.map(({ job_id }) => jobQueryOptions(job_id, { whileHidden })),
  });
  const settled = results.filter(isSettled).length;
  useEffect(() => {
    if (settled > 0) void refreshJobs(client);
  }, [settled, client]);

  const fresh = new Map(results.flatMap(({ data }) => (data ? [[data.job_id, data]] : [])));
  const failed = results.find(({ error }) => error !== null && !isGone(error));
  return {
    jobs: listed.map((job) => fresh.get(job.job_id) ?? job),
    problem: failed?.error ?? undefined,
  };
}
