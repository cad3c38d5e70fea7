import { useState } from "react";
import { Link } from "wouter";
import { useCancelJob, useDeleteJob } from "@/api/queries";
import type { DeletionReceipt, Job } from "@/api/types";
import { strings } from "@/strings";
import { DeleteDialog } from "./DeleteDialog";
import type { JobAction } from "./job-view";

interface JobActionsProps {
  job: Job;
  actions: readonly JobAction[];
  onDeleted: (job: Job, receipt: DeletionReceipt) => void;
}

const text = strings.jobs;

function CancelButton({ job }: { job: Job }) {
  const cancel = useCancelJob();
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={text.nameOf(text.cancel, job.filename)}
        aria-disabled={cancel.isPending}
        onClick={() => {
          if (!cancel.isPending) cancel.mutate(job.job_id);
        }}
      >
        {text.cancel}
      </button>
      <div role="alert" className="job-problem">
        {cancel.error ? <p className="notice bad small">{text.actionFailed(cancel.error.message)}</p> : null}
      </div>
    </>
  );
}

function DeleteButton({ job, onDeleted }: Omit<JobActionsProps, "actions">) {
  // A closed dialog tells so a moment later, when it may have been asked for again: every question has a number.
  const [question, setQuestion] = useState(0);
  const [answered, setAnswered] = useState(0);
  const removal = useDeleteJob((receipt) => onDeleted(job, receipt));
  const confirm = () => {
    if (!removal.isPending) removal.mutate(job.job_id);
  };
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={text.nameOf(text.delete, job.filename)}
        onClick={() => setQuestion(question + 1)}
      >
        {text.delete}
      </button>
      {question > answered ? (
        <DeleteDialog
          key={question}
          filename={job.filename}
          isDeleting={removal.isPending}
          problem={removal.error ? text.actionFailed(removal.error.message) : undefined}
          onConfirm={confirm}
          onClose={() => {
            setAnswered(question);
            removal.reset();
          }}
        />
      ) : null}
    </>
  );
}

/** What can be done with a job. Buttons carry the song's name, so that a list of them can be told apart. */
export function JobActions({ job, actions, onDeleted }: JobActionsProps) {
  return (
    <div className="row job-actions">
      {actions.includes("open") ? (
        <Link
          href={`/jobs/${job.job_id}`}
          className="button primary"
          aria-label={text.nameOf(text.open, job.filename)}
        >
          {text.open}
        </Link>
      ) : null}
      {actions.includes("cancel") ? <CancelButton job={job} /> : null}
      {actions.includes("delete") ? <DeleteButton job={job} onDeleted={onDeleted} /> : null}
    </div>
  );
}
