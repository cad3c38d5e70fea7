import { useId, useRef, useState } from "react";
import { isFinal } from "@/api/polling";
import { useJobs } from "@/api/queries";
import type { DeletionReceipt, Job } from "@/api/types";
import { strings } from "@/strings";
import { JobCard } from "./JobCard";
import { NotifyToggle } from "./NotifyToggle";
import { Receipt } from "./Receipt";
import { useJobNews } from "./use-job-news";
import { useLiveJobs } from "./use-live-jobs";

const text = strings.jobs.list;

interface ProblemProps {
  message: string;
  isRetrying: boolean;
  onRetry: () => void;
}

function Problem({ message, isRetrying, onRetry }: ProblemProps) {
  return (
    <div className="notice warn row" role="alert">
      <p>{message}</p>
      <button type="button" className="button" aria-disabled={isRetrying} onClick={onRetry}>
        {text.retry}
      </button>
    </div>
  );
}

interface Deleted {
  job: Job;
  receipt: DeletionReceipt;
}

/** Own songs, as the service knows them: they are there again after a reload. */
export function JobList() {
  const list = useJobs();
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const [deleted, setDeleted] = useState<Deleted>();
  const pages = list.data?.pages ?? [];
  const { jobs, problem } = useLiveJobs(pages.flatMap((page) => page.jobs));
  const news = useJobNews(jobs, strings.common.productName);
  const failure = list.error ?? problem;

  return (
    <section className="stack" aria-labelledby={title}>
      <div className="row job-list-head">
        <h2 id={title} ref={heading} tabIndex={-1}>
          {text.title}
        </h2>
        {jobs.some(({ state }) => !isFinal(state)) ? <NotifyToggle /> : null}
      </div>
      <p className="visually-hidden" aria-live="polite">
        {news}
      </p>
      {deleted ? (
        <Receipt
          key={deleted.job.job_id}
          filename={deleted.job.filename}
          receipt={deleted.receipt}
          onClose={() => {
            setDeleted(undefined);
            heading.current?.focus();
          }}
        />
      ) : null}
      {failure ? (
        <Problem
          message={list.data ? text.stale(failure.message) : text.failed(failure.message)}
          isRetrying={list.isFetching}
          onRetry={() => void list.refetch()}
        />
      ) : null}
      {list.isPending ? <p className="soft">{text.loading}</p> : null}
      {list.data && jobs.length === 0 ? <p className="soft">{text.empty}</p> : null}
      <ul className="job-list">
        {jobs.map((job) => (
          <li key={job.job_id}>
            <JobCard job={job} onDeleted={(gone, receipt) => setDeleted({ job: gone, receipt })} />
          </li>
        ))}
      </ul>
      {list.hasNextPage ? (
        <button
          type="button"
          className="button"
          aria-disabled={list.isFetchingNextPage}
          onClick={() => {
            if (!list.isFetchingNextPage) void list.fetchNextPage();
          }}
        >
          {list.isFetchingNextPage ? text.loadingMore : text.more}
        </button>
      ) : null}
    </section>
  );
}
