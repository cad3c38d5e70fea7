import { screen, within } from "@testing-library/react";
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";
import type { Job } from "@/api/types";
import { JobCard } from "@/jobs/JobCard";
import { strings } from "@/strings";
import { JOB_ID, makeJob, renderWith } from "./fixtures";

function show(changes: Partial<Job>): HTMLElement {
  renderWith(<JobCard job={makeJob(changes)} onDeleted={vi.fn()} />);
  return screen.getByRole("article", { name: "song.mp3" });
}

const moving: [string, Partial<Job>][] = [
  ["Starting a GPU", { stage: "starting_gpu" }],
  ["Fetching the song", { state: "processing", stage: "downloading" }],
  ["Reading the audio", { state: "processing", stage: "decoding" }],
  ["Separating", { state: "processing", stage: "separating" }],
  ["Writing the stems", { state: "processing", stage: "encoding" }],
  ["Storing the stems", { state: "processing", stage: "uploading" }],
  ["Stopping", { state: "processing", stage: "separating", cancel_requested: true }],
];
const still: [string, Partial<Job>][] = [
  ["Waiting", {}],
  ["Done", { state: "completed" }],
  ["Done at once", { state: "completed", cached: true }],
  ["Failed", { state: "failed", error: { code: "not_audio", message: "It is a text." } }],
  ["Cancelled", { state: "cancelled" }],
  ["Removed", { state: "completed", retention_ends_at: "2020-01-01T00:00:00Z" }],
];

describe("JobCard", () => {
  it.each(moving)("%s: a bar without a share", (state, changes) => {
    const card = show(changes);
    expect(within(card).getByText(state)).toBeVisible();
    expect(within(card).getByRole("progressbar", { name: "Progress of song.mp3" })).not.toHaveAttribute(
      "aria-valuenow",
    );
  });

  it.each(still)("%s: no bar", (state, changes) => {
    const card = show(changes);
    expect(within(card).getByText(state)).toBeVisible();
    expect(within(card).queryByRole("progressbar")).toBeNull();
  });

  it.each([...moving, ...still])("%s: nothing that axe objects to", async (_, changes) => {
    const card = show(changes);
    const { violations } = await axe.run(card, { rules: { "color-contrast": { enabled: false } } });
    expect(violations).toEqual([]);
  });

  it("shows the share that is done, also in words", () => {
    const card = show({ state: "processing", stage: "separating", progress: 0.42, eta_seconds: 30 });
    const bar = within(card).getByRole("progressbar");
    expect(bar).toHaveAttribute("aria-valuenow", "42");
    expect(bar).toHaveAttribute("aria-valuetext", "Separating 42 % · about 30 seconds left");
  });

  it("can be cancelled while it runs", () => {
    const card = show({ state: "processing", stage: "separating" });
    expect(within(card).getByRole("button", { name: "Cancel: song.mp3" })).toBeVisible();
    expect(within(card).queryByRole("link")).toBeNull();
  });

  it("leads to the song when it is done", () => {
    const card = show({ state: "completed" });
    expect(within(card).getByRole("link", { name: "Open: song.mp3" })).toHaveAttribute(
      "href",
      `/jobs/${JOB_ID}`,
    );
    expect(within(card).getByText(/^Kept until/)).toBeVisible();
  });

  it("says of a failure why, what to do, what the service says, and the id to quote", () => {
    const card = show({ state: "failed", error: { code: "decoding_failed", message: "Frame 3 is broken." } });
    const { why, advice } = strings.jobs.failures.decoding_failed;
    for (const text of [why, advice, "The service says: Frame 3 is broken.", JOB_ID]) {
      expect(within(card).getByText(text)).toBeInTheDocument();
    }
  });

  it("offers nothing for a song whose time is over", () => {
    const card = show({ state: "completed", retention_ends_at: "2020-01-01T00:00:00Z" });
    expect(within(card).queryByRole("button")).toBeNull();
    expect(within(card).queryByRole("link")).toBeNull();
  });
});
