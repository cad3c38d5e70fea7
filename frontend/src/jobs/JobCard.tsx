import { useId } from "react";
import { isFinal } from "@/api/polling";
import type { DeletionReceipt, Job } from "@/api/types";
import { ProgressBar } from "@/shared/ProgressBar";
import { strings } from "@/strings";
import { JobActions } from "./JobActions";
import { type JobView, jobView } from "./job-view";
import { useNow } from "./use-now";
import "./jobs.css";

const text = strings.jobs;

interface JobCardProps {
  job: Job;
  onDeleted: (job: Job, receipt: DeletionReceipt) => void;
  /** Level of the heading that bears the song's name. */
  heading?: "h1" | "h3";
}

/** What the service wrote about a failure, and the id that its operator needs. */
function FailureDetails({ job }: { job: Job }) {
  return (
    <details className="small soft">
      <summary>{text.details}</summary>
      {job.error ? <p>{text.serviceSays(job.error.message)}</p> : null}
      <p>
        {text.jobId} <code className="figures">{job.job_id}</code>
      </p>
    </details>
  );
}

function Movement({ job, view }: { job: Job; view: JobView }) {
  return (
    <ProgressBar
      label={text.progressOf(job.filename)}
      value={view.progress}
      text={[view.title, ...view.details].join(" ")}
    />
  );
}

/** One job: what it is doing, why, and the one or two things that can be done about it. */
export function JobCard({ job, onDeleted, heading: Heading = "h3" }: JobCardProps) {
  const title = useId();
  const now = useNow(!isFinal(job.state));
  const view = jobView(job, now);
  return (
    <article className={`card job-card ${view.kind}`} aria-labelledby={title}>
      <div className="job-head">
        <Heading id={title} className="song-name">
          {job.filename}
        </Heading>
        <span className="job-state small">{view.title}</span>
      </div>
      {view.isMoving ? <Movement job={job} view={view} /> : null}
      {view.details.map((sentence) => (
        <p key={sentence} className="job-detail soft small">
          {sentence}
        </p>
      ))}
      {view.kind === "failed" ? <FailureDetails job={job} /> : null}
      <JobActions job={job} actions={view.actions} onDeleted={onDeleted} />
    </article>
  );
}
