import { isFinal } from "@/api/polling";
import type { Job, JobStage } from "@/api/types";
import { configuration } from "@/config";
import { moment, percent } from "@/shared/format";
import { strings } from "@/strings";
import type { FailureText } from "./failures";
import { about, clock } from "./format";

/** How often the service tries a song when machines are lost. */
export const MAX_ATTEMPTS = 3;

type RunningStage = Exclude<JobStage, "waiting" | "starting_gpu">;

export type JobKind =
  | "queued"
  | "starting_gpu"
  | RunningStage
  | "stopping"
  | "done"
  | "cached"
  | "failed"
  | "cancelled"
  | "expired";

export type JobAction = "open" | "cancel" | "delete";

/** What is shown of a job. */
export interface JobView {
  kind: JobKind;
  title: string;
  /** Sentences in the order of their weight. */
  details: string[];
  /** Whether something goes on that a bar stands for. */
  isMoving: boolean;
  /** Share that is done, 0 to 1; undefined: not known. */
  progress: number | undefined;
  /** What can be done, the most sensible first. */
  actions: readonly JobAction[];
}

const ACTIONS: Record<JobKind, readonly JobAction[]> = {
  queued: ["cancel"],
  starting_gpu: ["cancel"],
  downloading: ["cancel"],
  decoding: ["cancel"],
  separating: ["cancel"],
  encoding: ["cancel"],
  uploading: ["cancel"],
  stopping: ["delete"],
  done: ["open", "delete"],
  cached: ["open", "delete"],
  failed: ["delete"],
  cancelled: ["delete"],
  expired: [],
};

const STILL: ReadonlySet<JobKind> = new Set<JobKind>([
  "queued",
  "done",
  "cached",
  "failed",
  "cancelled",
  "expired",
]);

/**
 * In which of the situations that a card can show a job is.
 *
 * @param now milliseconds since 1970.
 */
export function jobKind(job: Job, now: number): JobKind {
  if (isFinal(job.state)) {
    if (Date.parse(job.retention_ends_at) <= now) return "expired";
    if (job.state === "failed") return "failed";
    if (job.state === "cancelled") return "cancelled";
    return job.cached ? "cached" : "done";
  }
  if (job.cancel_requested) return "stopping";
  if (job.state === "queued") return job.stage === "starting_gpu" ? "starting_gpu" : "queued";
  return runningStage(job.stage);
}

function runningStage(stage: JobStage | null | undefined): RunningStage {
  // Between taking a job and its first word, a worker fetches the song.
  return !stage || stage === "waiting" || stage === "starting_gpu" ? "downloading" : stage;
}

/** Why a job failed and what can be done, also for a code that is newer than this page. */
export function failureOf(job: Job): FailureText {
  const known: Partial<Record<string, FailureText>> = strings.jobs.failures;
  return (
    known[job.error?.code ?? ""] ?? {
      why: job.error?.message ?? strings.jobs.failureUnknown,
      advice: strings.jobs.failureUnknownAdvice,
    }
  );
}

function startingDetail(job: Job, now: number): string {
  const waited = Math.max(0, (now - Date.parse(job.created_at)) / 1000);
  const typical = configuration().coldStartSeconds;
  const text = strings.jobs;
  if (typical <= 0) return text.starting(clock(waited));
  const sentence = waited > typical ? text.startingLate : text.startingTypically;
  return sentence(about(typical), clock(waited));
}

function queuedDetails({ jobs_ahead, eta_seconds }: Job): string[] {
  const text = strings.jobs;
  return [
    jobs_ahead === undefined || jobs_ahead === null ? text.waiting : text.ahead(jobs_ahead),
    ...(eta_seconds ? [text.readyIn(about(eta_seconds))] : []),
  ];
}

function runningDetails(job: Job): string[] {
  const text = strings.jobs;
  const share = shareDone(job);
  const parts = [
    ...(share === undefined ? [] : [text.percent(percent(share))]),
    ...(job.eta_seconds ? [text.left(about(job.eta_seconds))] : []),
  ];
  return parts.length > 0 ? [parts.join(" · ")] : [];
}

/** What a worker has told of its progress. All or nothing says nothing: there is still something to do. */
function shareDone({ state, progress }: Job): number | undefined {
  return state === "processing" && progress > 0 && progress < 1 ? progress : undefined;
}

function doneDetails(job: Job, kind: "done" | "cached"): string[] {
  const text = strings.jobs;
  const stems = text.stemCount(job.stems.length);
  const length = job.duration_seconds;
  return [
    length ? text.done(stems, clock(length)) : stems,
    ...(kind === "cached" ? [text.cached] : []),
    text.keptUntil(moment(job.retention_ends_at)),
  ];
}

function details(job: Job, kind: JobKind, now: number): string[] {
  const text = strings.jobs;
  switch (kind) {
    case "queued":
      return queuedDetails(job);
    case "starting_gpu":
      return [startingDetail(job, now), text.stayInformed];
    case "downloading":
    case "decoding":
    case "separating":
    case "encoding":
    case "uploading":
      return runningDetails(job);
    case "stopping":
      return [text.stopping];
    case "done":
    case "cached":
      return doneDetails(job, kind);
    case "failed":
      return Object.values(failureOf(job));
    case "cancelled":
      return [text.cancelled];
    case "expired":
      return [text.expired(moment(job.retention_ends_at))];
  }
}

/**
 * Everything a card says about a job.
 *
 * @param now milliseconds since 1970.
 */
export function jobView(job: Job, now: number): JobView {
  const kind = jobKind(job, now);
  const isAgain = !isFinal(job.state) && kind !== "stopping" && job.attempt > 1;
  return {
    kind,
    title: strings.jobs.states[kind],
    details: [
      ...details(job, kind, now),
      ...(isAgain ? [strings.jobs.attempt(job.attempt, MAX_ATTEMPTS)] : []),
    ],
    isMoving: !STILL.has(kind),
    progress: kind === "stopping" ? undefined : shareDone(job),
    actions: ACTIONS[kind],
  };
}
