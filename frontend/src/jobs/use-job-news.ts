import { useEffect, useRef, useState } from "react";
import { isFinal } from "@/api/polling";
import type { Job } from "@/api/types";
import { percent } from "@/shared/format";
import { strings } from "@/strings";
import { type JobKind, jobKind, jobView } from "./job-view";
import { notify } from "./notifications";

/** The title of the page while this job runs, for example `42 % · song.mp3`. */
function runningTitle(job: Job): string {
  const { title, progress } = jobView(job, Date.now());
  const state = progress === undefined ? title : strings.jobs.percent(percent(progress));
  return strings.jobs.title(state, job.filename);
}

/** Whether the page is looked at. */
function useVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const update = () => setVisible(!document.hidden);
    document.addEventListener("visibilitychange", update);
    return () => document.removeEventListener("visibilitychange", update);
  }, []);
  return isVisible;
}

function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = strings.common.productName;
    };
  }, [title]);
}

function tellOfEnd(job: Job, kind: JobKind): void {
  const { body } = strings.jobs.notify;
  const title = strings.jobs.title(strings.jobs.states[kind], job.filename);
  if (kind === "failed") notify(title, body.failed, job.job_id);
  else if (kind === "done" || kind === "cached") notify(title, body.done, job.job_id);
}

/**
 * Tells of what changes: in the title of the page, by a notification when a song ends while nobody looks, and in
 * words for a screen reader.
 *
 * @param idleTitle title of the page while nothing runs.
 * @returns the latest change of a state, to be put where it is read out.
 */
export function useJobNews(jobs: readonly Job[], idleTitle: string): string {
  const known = useRef(new Map<string, JobKind>());
  const [news, setNews] = useState("");
  const [finishedUnseen, setFinishedUnseen] = useState<string>();
  const isVisible = useVisible();

  useEffect(() => {
    const changes: string[] = [];
    for (const job of jobs) {
      const kind = jobKind(job, Date.now());
      const before = known.current.get(job.job_id);
      known.current.set(job.job_id, kind);
      if (before === undefined || before === kind) continue;
      changes.push(strings.jobs.announcement(job.filename, strings.jobs.states[kind]));
      if (isFinal(job.state) && document.hidden) {
        setFinishedUnseen(strings.jobs.title(strings.jobs.states[kind], job.filename));
        tellOfEnd(job, kind);
      }
    }
    if (changes.length > 0) setNews(changes.join(" "));
  }, [jobs]);

  useEffect(() => {
    if (isVisible) setFinishedUnseen(undefined);
  }, [isVisible]);

  const running =
    jobs.find(({ state }) => state === "processing") ?? jobs.find(({ state }) => !isFinal(state));
  useDocumentTitle(finishedUnseen ?? (running ? runningTitle(running) : idleTitle));
  return news;
}
