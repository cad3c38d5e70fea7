import { describe, expect, it } from "vitest";
import { agedJob, isFinal, pollDelay } from "@/api/polling";
import { makeJob } from "./fixtures";

describe("pollDelay", () => {
  it("never asks again about a job that is final", () => {
    for (const state of ["completed", "failed", "cancelled"] as const) {
      expect(pollDelay(makeJob({ state, poll_after_seconds: 3 }), 0)).toBe(false);
    }
  });

  it("asks when the service says so", () => {
    expect(pollDelay(makeJob({ poll_after_seconds: 0.25 }), 0)).toBe(250);
    expect(pollDelay(makeJob({ poll_after_seconds: 40 }), 9)).toBe(40_000);
  });

  it("grows from 2 to 15 seconds while nothing changes", () => {
    const job = makeJob({ state: "processing", stage: "separating" });
    const delays = [0, 1, 2, 3, 4, 5, 20].map((unchanged) => pollDelay(job, unchanged));
    expect(delays).toEqual([2000, 3000, 4500, 6750, 10_125, 15_000, 15_000]);
  });

  it("asks less often while a job waits", () => {
    expect(pollDelay(makeJob(), 0)).toBe(5000);
    expect(pollDelay(makeJob(), 10)).toBe(15_000);
  });
});

describe("agedJob", () => {
  it("counts the time that is left down", () => {
    expect(agedJob(makeJob({ eta_seconds: 60 }), 20, 5)).toMatchObject({
      eta_seconds: 40,
      poll_after_seconds: 5,
    });
  });

  it("drops an estimate that ran out", () => {
    expect(agedJob(makeJob({ eta_seconds: 10 }), 20, undefined)).toMatchObject({
      eta_seconds: null,
      poll_after_seconds: null,
    });
  });
});

it("knows the states that end a job", () => {
  expect((["queued", "processing"] as const).some(isFinal)).toBe(false);
  expect((["completed", "failed", "cancelled"] as const).every(isFinal)).toBe(true);
});
