import { describe, expect, it } from "vitest";
import type { ErrorCode, Job, JobStage } from "@/api/types";
import { configuration, setConfiguration } from "@/config";
import { about, clock } from "@/jobs/format";
import { failureOf, type JobAction, type JobKind, jobView } from "@/jobs/job-view";
import { strings } from "@/strings";
import { makeJob, NOW } from "./fixtures";

const running = (stage: JobStage | null, changes: Partial<Job> = {}) =>
  makeJob({ state: "processing", stage, ...changes });
const PAST = { retention_ends_at: "2026-03-01T11:59:59Z" };

const situations: [JobKind, Job, readonly JobAction[]][] = [
  ["queued", makeJob(), ["cancel"]],
  ["queued", makeJob({ stage: null }), ["cancel"]],
  ["starting_gpu", makeJob({ stage: "starting_gpu" }), ["cancel"]],
  ["downloading", running("downloading"), ["cancel"]],
  ["downloading", running(null), ["cancel"]],
  ["decoding", running("decoding"), ["cancel"]],
  ["separating", running("separating"), ["cancel"]],
  ["encoding", running("encoding"), ["cancel"]],
  ["uploading", running("uploading"), ["cancel"]],
  ["stopping", running("separating", { cancel_requested: true }), ["delete"]],
  ["done", makeJob({ state: "completed" }), ["open", "delete"]],
  ["cached", makeJob({ state: "completed", cached: true }), ["open", "delete"]],
  ["failed", makeJob({ state: "failed" }), ["delete"]],
  ["cancelled", makeJob({ state: "cancelled", cancel_requested: true }), ["delete"]],
  ["expired", makeJob({ state: "completed", ...PAST }), []],
  ["expired", makeJob({ state: "failed", ...PAST }), []],
];

describe("jobView", () => {
  it.each(situations)("%s", (kind, job, actions) => {
    const view = jobView(job, NOW);
    expect(view.kind).toBe(kind);
    expect(view.title).toBe(strings.jobs.states[kind]);
    expect(view.actions).toEqual(actions);
  });

  it("tells how many songs are ahead and when it will be ready", () => {
    expect(jobView(makeJob({ jobs_ahead: 3, eta_seconds: 140 }), NOW).details).toEqual([
      "3 songs are ahead of it.",
      "Ready in about 2 minutes.",
    ]);
    expect(jobView(makeJob({ jobs_ahead: 1 }), NOW).details).toEqual(["1 song is ahead of it."]);
    expect(jobView(makeJob({ jobs_ahead: 0 }), NOW).details).toEqual(["It is next."]);
  });

  it("invents no place in the queue", () => {
    expect(jobView(makeJob(), NOW).details).toEqual(["It waits for its turn."]);
  });

  it("counts up while a GPU starts, and says so when that takes longer than usual", () => {
    const job = makeJob({ stage: "starting_gpu" });
    const [usual] = jobView(job, NOW).details;
    expect(usual).toContain("about 7 minutes; 2:00 so far");
    const [late] = jobView(job, NOW + 6 * 60_000).details;
    expect(late).toContain("today it takes longer: 8:00 so far");
  });

  it("names no usual time where the service has none", () => {
    setConfiguration({ ...configuration(), coldStartSeconds: 0 });
    expect(jobView(makeJob({ stage: "starting_gpu" }), NOW).details[0]).toBe(
      "A machine is being started; 2:00 so far.",
    );
  });

  it("does not count below zero when the clocks differ", () => {
    const [detail] = jobView(makeJob({ stage: "starting_gpu" }), NOW - 10 * 60_000).details;
    expect(detail).toContain("0:00 so far");
  });

  it("shows progress and the time that is left", () => {
    const view = jobView(running("separating", { progress: 0.427, eta_seconds: 33 }), NOW);
    expect(view).toMatchObject({
      progress: 0.427,
      isMoving: true,
      details: ["42 % · about 35 seconds left"],
    });
  });

  it("shows a bar without a share before and after what the worker counts", () => {
    for (const progress of [0, 1]) {
      const view = jobView(running("encoding", { progress }), NOW);
      expect(view).toMatchObject({ progress: undefined, isMoving: true, details: [] });
    }
  });

  it("explains a further attempt", () => {
    const { details } = jobView(running("separating", { attempt: 2 }), NOW);
    expect(details.at(-1)).toContain("Attempt 2 of 3");
    expect(jobView(makeJob({ state: "completed", attempt: 2 }), NOW).details.join()).not.toContain("Attempt");
  });

  it("tells of a finished song what it has and how long it is kept", () => {
    const { details } = jobView(makeJob({ state: "completed", duration_seconds: 201.5 }), NOW);
    expect(details[0]).toBe("4 stems · 3:21");
    expect(details.at(-1)).toMatch(/^Kept until .*2099/);
  });
});

describe("failureOf", () => {
  const failed = (code: ErrorCode, message = "What the service says.") =>
    makeJob({ state: "failed", error: { code, message } });

  it.each(Object.keys(strings.jobs.failures) as (keyof typeof strings.jobs.failures)[])(
    "says why and what to do: %s",
    (code) => {
      const { why, advice } = strings.jobs.failures[code];
      expect(jobView(failed(code), NOW).details).toEqual([why, advice]);
    },
  );

  it("passes on what the service says about a code that it does not know", () => {
    expect(failureOf(failed("newer_code" as ErrorCode)).why).toBe("What the service says.");
  });

  it("has an answer even without a reason", () => {
    expect(failureOf(makeJob({ state: "failed" }))).toEqual({
      why: strings.jobs.failureUnknown,
      advice: strings.jobs.failureUnknownAdvice,
    });
  });
});

describe("times", () => {
  it.each([
    [1, "5 seconds"],
    [33, "35 seconds"],
    [89, "90 seconds"],
    [90, "2 minutes"],
    [420, "7 minutes"],
    [7200, "2 hours"],
  ])("%i s is about %s", (seconds, text) => expect(about(seconds)).toBe(text));

  it.each([
    [0, "0:00"],
    [125.9, "2:05"],
    [3725, "1:02:05"],
    [-3, "0:00"],
  ])("%d s on the clock is %s", (seconds, text) => expect(clock(seconds)).toBe(text));
});
