import { screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DeletionReceipt, Job } from "@/api/types";
import { JobList } from "@/jobs/JobList";
import { JOB_ID, makeJob, renderWith, signIn } from "./fixtures";

const API = "http://service.test/v1";
const OTHER_ID = "11111111-58a4-4a5c-9f49-0d9d8a3a6d01";
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(signIn);
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const unavailable = () =>
  HttpResponse.json({ code: "service_unavailable", detail: "The service is busy." }, { status: 503 });

/** A service with these jobs, newest first; a test may change them. */
function serveJobs(...jobs: Job[]): Map<string, Job> {
  const kept = new Map(jobs.map((job) => [job.job_id, job]));
  server.use(
    http.get(`${API}/jobs`, () => HttpResponse.json({ jobs: [...kept.values()], next_cursor: null })),
    http.get(`${API}/jobs/:id`, ({ params }) => {
      const job = kept.get(String(params.id));
      return job
        ? HttpResponse.json(job)
        : HttpResponse.json({ code: "job_not_found", detail: "There is no such job." }, { status: 404 });
    }),
  );
  return kept;
}

function serveDeletion(kept: Map<string, Job>, changes: Partial<DeletionReceipt> = {}): void {
  server.use(
    http.delete(`${API}/jobs/:id`, ({ params }) => {
      const jobId = String(params.id);
      kept.delete(jobId);
      return HttpResponse.json({
        job_id: jobId,
        deleted_at: "2026-03-01T12:00:00Z",
        objects_removed: 11,
        bytes_removed: 43_200_000,
        upload_removed: true,
        still_stopping: false,
        ...changes,
      } satisfies DeletionReceipt);
    }),
  );
}

const card = (name: string) => screen.findByRole("article", { name });
const region = () => screen.getByRole("region", { name: "Your songs" });

describe("JobList", () => {
  it("says so when there is nothing yet", async () => {
    serveJobs();
    renderWith(<JobList />);
    expect(await screen.findByText(/Nothing here yet/)).toBeVisible();
  });

  it("shows what only the job itself tells: its place in the queue", async () => {
    const kept = serveJobs(makeJob());
    kept.set(JOB_ID, makeJob({ jobs_ahead: 2 }));
    server.use(http.get(`${API}/jobs`, () => HttpResponse.json({ jobs: [makeJob()], next_cursor: null })));
    renderWith(<JobList />);
    expect(await screen.findByText("2 songs are ahead of it.")).toBeVisible();
  });

  it("follows a job to its end and announces the change once, in words", async () => {
    const kept = serveJobs(
      makeJob({ state: "processing", stage: "separating", progress: 0.42, poll_after_seconds: 0.05 }),
    );
    renderWith(<JobList />);
    await screen.findByText("42 %");
    await waitFor(() => expect(document.title).toBe("42 % · song.mp3"));
    kept.set(JOB_ID, makeJob({ state: "completed", progress: 1 }));
    expect(await screen.findByRole("link", { name: "Open: song.mp3" })).toBeVisible();
    expect(screen.getByText("song.mp3: Done.")).toHaveAttribute("aria-live", "polite");
    expect(document.title).toBe("Stem Foundry");
  });

  it("fetches older songs on request", async () => {
    serveJobs();
    server.use(
      http.get(`${API}/jobs`, ({ request }) => {
        const older = new URL(request.url).searchParams.get("cursor") === "page-2";
        const job = older
          ? makeJob({ job_id: OTHER_ID, filename: "older.mp3", state: "completed" })
          : makeJob({ state: "completed" });
        return HttpResponse.json({ jobs: [job], next_cursor: older ? null : "page-2" });
      }),
    );
    renderWith(<JobList />);
    await userEvent.click(await screen.findByRole("button", { name: "Show older songs" }));
    await card("older.mp3");
    await card("song.mp3");
    expect(screen.queryByRole("button", { name: "Show older songs" })).toBeNull();
  });

  it("says that the list could not be loaded, and loads it on request", async () => {
    server.use(http.get(`${API}/jobs`, unavailable));
    renderWith(<JobList />);
    expect(await screen.findByRole("alert")).toHaveTextContent(
      "Your songs could not be loaded. The service is busy.",
    );
    serveJobs(makeJob({ state: "completed" }));
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await card("song.mp3");
    expect(screen.queryByText(/could not be loaded/)).toBeNull();
  });

  it("keeps the songs on screen when they cannot be loaded anew", async () => {
    serveJobs(makeJob({ state: "cancelled" }), makeJob({ job_id: OTHER_ID, filename: "other.mp3" }));
    renderWith(<JobList />);
    await card("song.mp3");
    server.use(
      http.get(`${API}/jobs`, unavailable),
      http.post(`${API}/jobs/:id/cancel`, () =>
        HttpResponse.json(makeJob({ job_id: OTHER_ID, filename: "other.mp3", state: "cancelled" })),
      ),
    );
    await userEvent.click(screen.getByRole("button", { name: "Cancel: other.mp3" }));
    expect(await screen.findByText(/may be out of date. The service is busy./)).toBeVisible();
    await card("song.mp3");
    await card("other.mp3");
  });
});

describe("cancelling", () => {
  it("shows that the job is stopping", async () => {
    const kept = serveJobs(makeJob({ state: "processing", stage: "separating" }));
    server.use(
      http.post(`${API}/jobs/:id/cancel`, () => {
        const stopping = makeJob({ state: "processing", stage: "separating", cancel_requested: true });
        kept.set(JOB_ID, stopping);
        return HttpResponse.json(stopping, { status: 202 });
      }),
    );
    renderWith(<JobList />);
    await userEvent.click(await screen.findByRole("button", { name: "Cancel: song.mp3" }));
    expect(await screen.findByText("Stopping")).toBeVisible();
  });

  it("says why it did not work", async () => {
    serveJobs(makeJob());
    server.use(
      http.post(`${API}/jobs/:id/cancel`, () =>
        HttpResponse.json({ code: "job_already_finished", detail: "The job is completed." }, { status: 409 }),
      ),
    );
    renderWith(<JobList />);
    await userEvent.click(await screen.findByRole("button", { name: "Cancel: song.mp3" }));
    expect(await screen.findByText("That did not work. The job is completed.")).toBeVisible();
  });
});

describe("deleting", () => {
  const ask = async () => userEvent.click(await screen.findByRole("button", { name: "Delete: song.mp3" }));
  const dialog = () => screen.getByRole("dialog", { name: "Delete song.mp3?" });

  it("asks first, and keeps the song when told so", async () => {
    serveJobs(makeJob({ state: "completed" }));
    renderWith(<JobList />);
    await ask();
    expect(dialog()).toHaveTextContent("It cannot be undone.");
    await userEvent.click(within(dialog()).getByRole("button", { name: "Keep it" }));
    expect(screen.queryByRole("dialog")).toBeNull();
    await card("song.mp3");
  });

  it("shows the receipt, takes the focus there, and gives it back to the list", async () => {
    const kept = serveJobs(makeJob({ state: "completed" }));
    serveDeletion(kept);
    renderWith(<JobList />);
    await ask();
    await userEvent.click(within(dialog()).getByRole("button", { name: "Delete for good" }));
    const receipt = (await screen.findByText("song.mp3 was deleted.")).closest('[role="status"]');
    expect(receipt).toHaveTextContent(/11 files removed, 43 MB freed, .*2026/);
    expect(receipt).toHaveTextContent("The uploaded song was removed too.");
    expect(receipt).toHaveFocus();
    expect(screen.queryByRole("article")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(within(region()).getByRole("heading", { name: "Your songs" })).toHaveFocus();
  });

  it("says when a machine still has to stop and an upload is kept", async () => {
    const kept = serveJobs(makeJob({ state: "processing", cancel_requested: true }));
    serveDeletion(kept, { still_stopping: true, upload_removed: false });
    renderWith(<JobList />);
    await ask();
    await userEvent.click(within(dialog()).getByRole("button", { name: "Delete for good" }));
    expect(await screen.findByText(/that stops now/)).toBeVisible();
    expect(screen.getByText(/kept for another job/)).toBeVisible();
  });

  it("says why it did not work and can be tried again", async () => {
    const kept = serveJobs(makeJob({ state: "completed" }));
    server.use(http.delete(`${API}/jobs/:id`, unavailable));
    renderWith(<JobList />);
    await ask();
    const confirm = () => userEvent.click(within(dialog()).getByRole("button", { name: "Delete for good" }));
    await confirm();
    expect(await within(dialog()).findByText("That did not work. The service is busy.")).toBeVisible();
    serveDeletion(kept);
    await confirm();
    expect(await screen.findByText("song.mp3 was deleted.")).toBeVisible();
  });
});
