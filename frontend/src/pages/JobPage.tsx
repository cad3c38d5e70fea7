import { useState } from "react";
import { Link } from "wouter";
import { ApiProblem } from "@/api/problems";
import { useJob } from "@/api/queries";
import type { DeletionReceipt, Job } from "@/api/types";
import { JobActions } from "@/jobs/JobActions";
import { JobCard } from "@/jobs/JobCard";
import { jobView } from "@/jobs/job-view";
import { NotifyToggle } from "@/jobs/NotifyToggle";
import { useNotificationChoice } from "@/jobs/notifications";
import { Receipt } from "@/jobs/Receipt";
import { useJobNews } from "@/jobs/use-job-news";
import { SongView } from "@/results/SongView";
import { strings } from "@/strings";
import "./job-page.css";

const text = strings.jobs.page;

interface Deleted {
  job: Job;
  receipt: DeletionReceipt;
}

type OnDeleted = (job: Job, receipt: DeletionReceipt) => void;

/** Says why there is no song to show and what to do. */
function Absence({ title, advice, onRetry }: { title: string; advice: string; onRetry?: () => void }) {
  return (
    <section className="stack">
      <h1>{title}</h1>
      <p>{advice}</p>
      <p className="row">
        {onRetry ? (
          <button type="button" className="button primary" onClick={onRetry}>
            {strings.common.retry}
          </button>
        ) : null}
        <Link href="/" className="button">
          {text.upload}
        </Link>
      </p>
    </section>
  );
}

function FailureView({ problem, onRetry }: { problem: Error; onRetry: () => void }) {
  const status = problem instanceof ApiProblem ? problem.status : undefined;
  if (status === 410) return <Absence title={text.goneTitle} advice={text.gone} />;
  // 422: the address is no job id at all.
  if (status === 404 || status === 422) return <Absence title={text.missingTitle} advice={text.missing} />;
  return <Absence title={text.failedTitle} advice={problem.message} onRetry={onRetry} />;
}

/** A finished song: its name, what can be done with it, then everything to hear and to know. */
function FinishedSong({ job, onDeleted }: { job: Job; onDeleted: OnDeleted }) {
  return (
    <>
      <div className="row job-page-head">
        <h1 className="song-name">{job.filename}</h1>
        <JobActions job={job} actions={["delete"]} onDeleted={onDeleted} />
      </div>
      <SongView job={job} />
    </>
  );
}

function LoadedJob({ job, onDeleted }: { job: Job; onDeleted: OnDeleted }) {
  const news = useJobNews([job], strings.jobs.title(job.filename, strings.common.productName));
  const { kind, isMoving } = jobView(job, Date.now());
  return (
    <>
      <p className="visually-hidden" aria-live="polite">
        {news}
      </p>
      {kind === "done" || kind === "cached" ? (
        <FinishedSong job={job} onDeleted={onDeleted} />
      ) : (
        <>
          <JobCard job={job} onDeleted={onDeleted} heading="h1" />
          {isMoving || kind === "queued" ? <NotifyToggle /> : null}
        </>
      )}
    </>
  );
}

function CurrentJob({ jobId, onDeleted }: { jobId: string; onDeleted: OnDeleted }) {
  const query = useJob(jobId, { whileHidden: useNotificationChoice() === "on" });
  const isGone = query.error instanceof ApiProblem && !query.error.isTemporary;
  if (query.data && !isGone) {
    return (
      <>
        {query.error ? (
          <p className="notice warn" role="alert">
            {strings.jobs.page.stale(query.error.message)}
          </p>
        ) : null}
        <LoadedJob job={query.data} onDeleted={onDeleted} />
      </>
    );
  }
  if (query.error) return <FailureView problem={query.error} onRetry={() => void query.refetch()} />;
  return (
    <p className="soft" role="status">
      {text.loading}
    </p>
  );
}

/** One song: how far it is, and when it is done, its player and its results. */
export default function JobPage({ jobId }: { jobId: string }) {
  const [deleted, setDeleted] = useState<Deleted>();
  return (
    <>
      <p>
        <Link href="/">← {text.back}</Link>
      </p>
      {deleted?.job.job_id === jobId ? (
        <Receipt filename={deleted.job.filename} receipt={deleted.receipt} />
      ) : (
        <CurrentJob jobId={jobId} onDeleted={(job, receipt) => setDeleted({ job, receipt })} />
      )}
    </>
  );
}
