import {
  type InfiniteData,
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, bodyOf } from "./client";
import { type Following, forgetJob, jobQueryOptions, keepJob } from "./job-query";
import { fetchResult } from "./result-files";
import type { DeletionReceipt, Job, JobPage, ModelDescription, PreviewIndex, Report } from "./types";

export { createDownloads } from "./downloads";

const PAGE_SIZE = 20;

type ListedJobs = InfiniteData<JobPage, string>;

/** Names of what is kept of the API's answers. */
const queryKeys = {
  models: ["models"],
  jobs: ["jobs"],
  report: (jobId: string) => ["report", jobId],
  previewIndex: (jobId: string) => ["preview-index", jobId],
} as const;

const modelsQuery = queryOptions({
  queryKey: queryKeys.models,
  queryFn: async ({ signal }): Promise<ModelDescription[]> =>
    (await bodyOf(api().GET("/v1/models", { signal }))).models,
  staleTime: 10 * 60 * 1000,
});

/** The models of this service, song models and others. */
export function useModels() {
  return useQuery(modelsQuery);
}

/** Own jobs, newest first, page by page. */
export function useJobs() {
  return useInfiniteQuery({
    queryKey: queryKeys.jobs,
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        api().GET("/v1/jobs", {
          params: { query: { limit: PAGE_SIZE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
}

/** Makes the list of jobs be fetched anew, because one has come, ended or gone. */
export function refreshJobs(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: queryKeys.jobs });
}

/** One job, kept up to date until it is final. */
export function useJob(jobId: string, following?: Following) {
  return useQuery(jobQueryOptions(jobId, following));
}

/** The report of a finished job. */
export function useReport(job: Job) {
  return useQuery({
    queryKey: queryKeys.report(job.job_id),
    queryFn: ({ signal }) => fetchResult<Report>(job, ({ report }) => report, signal),
    enabled: job.state === "completed",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Where in the previews each moment lies. Only for jobs that have previews. */
export function usePreviewIndex(job: Job) {
  return useQuery({
    queryKey: queryKeys.previewIndex(job.job_id),
    queryFn: ({ signal }) => fetchResult<PreviewIndex>(job, ({ preview_index }) => preview_index, signal),
    enabled: job.state === "completed" && job.extras.previews,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Stops a job: at once while it waits, at the next segment while it is worked on. */
export function useCancelJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (jobId: string): Promise<Job> =>
      bodyOf(api().POST("/v1/jobs/{job_id}/cancel", { params: { path: { job_id: jobId } } })),
    onSuccess: async (job) => {
      await keepJob(client, job);
      await refreshJobs(client);
    },
  });
}

function without(listed: ListedJobs, jobId: string): ListedJobs {
  const pages = listed.pages.map((page) => ({
    ...page,
    jobs: page.jobs.filter(({ job_id }) => job_id !== jobId),
  }));
  return { ...listed, pages };
}

/**
 * Removes a job with everything it owns.
 *
 * @param onDeleted is told before the job leaves the page, and also when what asked for it has left already.
 */
export function useDeleteJob(onDeleted: (receipt: DeletionReceipt) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (jobId: string): Promise<DeletionReceipt> =>
      bodyOf(api().DELETE("/v1/jobs/{job_id}", { params: { path: { job_id: jobId } } })),
    onSuccess: (receipt) => {
      onDeleted(receipt);
      client.setQueryData<ListedJobs>(queryKeys.jobs, (listed) => listed && without(listed, receipt.job_id));
      forgetJob(client, receipt.job_id);
      void refreshJobs(client);
    },
  });
}
