import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "@/api/types";
import JobPage from "@/pages/JobPage";
import { JOB_ID, makeJob, renderWith, signIn } from "./fixtures";

vi.mock("@/results/SongView", () => ({
  SongView: ({ job }: { job: Job }) => <p>The player of {job.filename}</p>,
}));

const URL_OF_JOB = `http://service.test/v1/jobs/${JOB_ID}`;
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(signIn);
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const serveJob = (job: Job) => server.use(http.get(URL_OF_JOB, () => HttpResponse.json(job)));
const refuse = (status: number, code: string) =>
  server.use(http.get(URL_OF_JOB, () => HttpResponse.json({ code, detail: "Refused." }, { status })));
const open = () => renderWith(<JobPage jobId={JOB_ID} />);

describe("JobPage", () => {
  it("shows how far a song is, under its name", async () => {
    serveJob(makeJob({ state: "processing", stage: "separating", progress: 0.3 }));
    open();
    expect(await screen.findByRole("heading", { level: 1, name: "song.mp3" })).toBeVisible();
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "30");
    expect(document.title).toBe("30 % · song.mp3");
  });

  it("becomes the player when the song is done", async () => {
    serveJob(makeJob({ state: "processing", stage: "uploading", poll_after_seconds: 0.05 }));
    open();
    await screen.findByText("Storing the stems");
    serveJob(makeJob({ state: "completed" }));
    expect(await screen.findByText("The player of song.mp3")).toBeVisible();
    expect(screen.getByText("song.mp3: Done.")).toHaveAttribute("aria-live", "polite");
    expect(document.title).toBe("song.mp3 · Stem Foundry");
  });

  it.each([
    [404, "job_not_found", "There is no such song"],
    [422, "invalid_request", "There is no such song"],
    [410, "job_expired", "This song is no longer here"],
  ])("says why there is nothing to show: %i", async (status, code, title) => {
    refuse(status, code);
    open();
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
    expect(screen.getByRole("link", { name: "Upload a song" })).toHaveAttribute("href", "/");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("can be tried again when the service was not to be had", async () => {
    refuse(503, "service_unavailable");
    open();
    expect(await screen.findByText("Refused.")).toBeVisible();
    serveJob(makeJob({ state: "completed" }));
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("The player of song.mp3")).toBeVisible();
  });

  it("shows the receipt of a deletion instead of the song", async () => {
    serveJob(makeJob({ state: "completed" }));
    server.use(
      http.delete(URL_OF_JOB, () =>
        HttpResponse.json({
          job_id: JOB_ID,
          deleted_at: "2026-03-01T12:00:00Z",
          objects_removed: 1,
          bytes_removed: 1000,
          upload_removed: true,
          still_stopping: false,
        }),
      ),
    );
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Delete: song.mp3" }));
    await userEvent.click(screen.getByRole("button", { name: "Delete for good" }));
    expect(await screen.findByText("song.mp3 was deleted.")).toBeVisible();
    expect(screen.queryByText("The player of song.mp3")).toBeNull();
    expect(screen.getByRole("link", { name: /All songs/ })).toHaveAttribute("href", "/");
  });
});
