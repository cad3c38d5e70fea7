import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { CreateJob, Job } from "@/api/types";
import { DropArea } from "@/uploads/DropArea";
import { DEFAULT_OPTIONS } from "@/uploads/job-options";
import { fingerprintOf, rememberedUploads, rememberUpload } from "@/uploads/resume-memory";
import { UploadList } from "@/uploads/UploadList";
import { subscribeJobStarted, uploads } from "@/uploads/upload-store";
import { FakeLocks } from "./locks";
import { JOB_ID, jobOf, problem, requests, service, UPLOAD_ID } from "./service";

vi.mock("@/uploads/local-checks", async (original) => ({
  ...(await original<object>()),
  // No length is known here: happy-dom reads no audio.
  refusalOf: async (file: File) =>
    (await original<typeof import("@/uploads/local-checks")>()).refusalOf(file, async () => undefined),
}));

beforeAll(() => service.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  requests.length = 0;
  vi.stubGlobal("navigator", Object.create(navigator, { locks: { value: new FakeLocks() } }));
});
afterEach(() => {
  service.resetHandlers();
  vi.unstubAllGlobals();
});
afterAll(() => service.close());

let files = 0;

/** A file that no other test has used: the page knows those of this visit. */
function songFile(name = "song.mp3"): File {
  files += 1;
  return new File([new Uint8Array([1, 2, 3, 4])], name, { type: "audio/mpeg", lastModified: files });
}

function page() {
  return render(
    <>
      <DropArea />
      <UploadList />
    </>,
  );
}

function chooser(): HTMLElement {
  return screen.getByLabelText("Choose songs", { selector: "input" });
}

function jobRequests() {
  return requests.filter(({ method, path }) => method === "POST" && path === "/v1/jobs");
}

it("takes a chosen file to a job and tells about it", async () => {
  const started = vi.fn<(job: Job) => void>();
  const stop = subscribeJobStarted(started);
  page();

  await userEvent.upload(chooser(), songFile());

  await waitFor(() => expect(started).toHaveBeenCalledTimes(1));
  stop();
  expect(started.mock.calls[0]?.[0].job_id).toBe(JOB_ID);
  expect(jobRequests()).toMatchObject([{ idempotencyKey: UPLOAD_ID, body: { upload_id: UPLOAD_ID } }]);
  await waitFor(() => expect(screen.queryByRole("article")).not.toBeInTheDocument());
  expect(screen.getByText("song.mp3: the separation has started.")).toBeInTheDocument();
  expect(rememberedUploads()).toEqual({});
});

it("takes several dropped files", async () => {
  const started = vi.fn();
  const stop = subscribeJobStarted(started);
  page();
  const dataTransfer = { types: ["Files"], files: [songFile("one.mp3"), songFile("two.mp3")] };

  const drop = Object.assign(new Event("drop", { bubbles: true, cancelable: true }), { dataTransfer });
  window.dispatchEvent(drop);

  await waitFor(() => expect(started).toHaveBeenCalledTimes(2));
  stop();
  expect(drop.defaultPrevented).toBe(true);
});

it("says why a file is refused, and lets it be removed", async () => {
  page();
  await userEvent.upload(chooser(), new File(["text"], "notes.mp3.txt", { lastModified: 1 }), {
    applyAccept: false,
  });

  const card = await screen.findByRole("article", { name: "notes.mp3.txt" });
  await waitFor(() => expect(card).toHaveTextContent("not a format that can be read"));
  await userEvent.click(within(card).getByRole("button", { name: "Remove: notes.mp3.txt" }));
  expect(screen.queryByRole("article")).not.toBeInTheDocument();
  expect(requests).toEqual([]);
});

it("shows a refusal of the service, and tries again when asked to", async () => {
  service.use(
    http.post("http://service.test/v1/jobs", () => problem(422, "unknown_model", "There is no such model."), {
      once: true,
    }),
  );
  page();
  await userEvent.upload(chooser(), songFile());

  const card = await screen.findByRole("article", { name: "song.mp3" });
  await waitFor(() => expect(card).toHaveTextContent("There is no such model."));
  await userEvent.click(within(card).getByRole("button", { name: "Try again: song.mp3" }));

  await waitFor(() => expect(screen.queryByRole("article")).not.toBeInTheDocument());
  // The file had arrived, so only the job was asked for again.
  expect(requests.filter(({ path }) => path === "/v1/uploads")).toHaveLength(1);
  expect(jobRequests()).toHaveLength(1);
});

it("waits as long as the service asks for, and says so", async () => {
  const answers = vi.fn<() => void>();
  service.use(
    http.post("http://service.test/v1/jobs", async ({ request }) => {
      answers();
      return answers.mock.calls.length === 1
        ? problem(429, "too_many_active_jobs", "You have 5 jobs in work.", { "Retry-After": "1" })
        : HttpResponse.json(jobOf((await request.json()) as CreateJob), { status: 202 });
    }),
  );
  page();
  await userEvent.upload(chooser(), songFile());

  const card = await screen.findByRole("article", { name: "song.mp3" });
  await waitFor(() => expect(card).toHaveTextContent("as soon as there is room: You have 5 jobs in work."));
  await waitFor(() => expect(answers).toHaveBeenCalledTimes(2), { timeout: 3000 });
});

it("offers to go on with an upload of an earlier page, and only with the same file", async () => {
  const file = new File([new Uint8Array(20)], "long.flac", { lastModified: 7 });
  rememberUpload(fingerprintOf(file), {
    uploadId: UPLOAD_ID,
    partSizeBytes: 10,
    filename: file.name,
    sizeBytes: file.size,
    storedBytes: 10,
    isComplete: false,
    options: DEFAULT_OPTIONS,
  });
  const sentParts: string[] = [];
  service.use(
    http.get("http://service.test/v1/uploads/:id/parts", () =>
      HttpResponse.json({
        upload_id: UPLOAD_ID,
        state: "open",
        part_size_bytes: 10,
        part_count: 2,
        parts: [{ part_number: 1, size_bytes: 10, etag: "1" }],
      }),
    ),
    http.post("http://service.test/v1/uploads/:id/parts", async ({ request }) => {
      const { part_numbers } = (await request.json()) as { part_numbers: number[] };
      const parts = part_numbers.map((number) => ({
        part_number: number,
        url: `http://store.test/part-${number}`,
        headers: {},
      }));
      return HttpResponse.json({ parts, expires_at: "2030-01-01T00:00:00Z" });
    }),
    http.put("http://store.test/:part", ({ params }) => {
      sentParts.push(String(params.part));
      return new HttpResponse(null, { status: 200 });
    }),
  );
  page();

  const card = await screen.findByRole("article", { name: "long.flac" });
  await waitFor(() => expect(card).toHaveTextContent("Pick long.flac again to continue at 50 %"));
  const input = within(card).getByLabelText("Pick the file: long.flac", { selector: "input" });
  await userEvent.upload(input, songFile("other.mp3"));
  await waitFor(() => expect(card).toHaveTextContent("That is another file"));
  await userEvent.upload(input, file);

  await waitFor(() => expect(screen.queryByRole("article")).not.toBeInTheDocument());
  expect(sentParts).toEqual(["part-2"]);
  expect(rememberedUploads()).toEqual({});
});

it("makes the job of a file that had arrived before the reload without asking for the file", async () => {
  const started = vi.fn();
  const stop = subscribeJobStarted(started);
  rememberUpload("arrived", {
    uploadId: UPLOAD_ID,
    partSizeBytes: 4,
    filename: "arrived.mp3",
    sizeBytes: 4,
    storedBytes: 4,
    isComplete: true,
    options: { ...DEFAULT_OPTIONS, format: "flac" },
  });
  page();

  await waitFor(() => expect(started).toHaveBeenCalledTimes(1));
  stop();
  expect(jobRequests()).toMatchObject([{ body: { output: { format: "flac" } } }]);
});

it("gives an interrupted upload up at the service when it is discarded", async () => {
  rememberUpload("interrupted", {
    uploadId: UPLOAD_ID,
    partSizeBytes: 10,
    filename: "long.flac",
    sizeBytes: 20,
    storedBytes: 10,
    isComplete: false,
    options: DEFAULT_OPTIONS,
  });
  page();
  await userEvent.click(await screen.findByRole("button", { name: "Discard: long.flac" }));

  await waitFor(() => expect(rememberedUploads()).toEqual({}));
  expect(requests).toContainEqual(
    expect.objectContaining({ method: "DELETE", path: `/v1/uploads/${UPLOAD_ID}` }),
  );
  expect(screen.queryByRole("article")).not.toBeInTheDocument();
});

it("shows how far a running upload is, pauses, resumes and warns before the page is left", async () => {
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  service.use(
    http.put("http://store.test/*", async () => {
      await held;
      return new HttpResponse(null, { status: 200 });
    }),
  );
  page();
  await userEvent.upload(chooser(), songFile());
  const card = await screen.findByRole("article", { name: "song.mp3" });
  const pause = await within(card).findByRole("button", { name: "Pause: song.mp3" });
  expect(within(card).getByRole("progressbar", { name: "Upload of song.mp3" })).toBeInTheDocument();
  const leaving = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leaving);
  expect(leaving.defaultPrevented).toBe(true);

  await userEvent.click(pause);
  await waitFor(() => expect(card).toHaveTextContent("Paused"));
  expect(within(card).getByRole("button", { name: "Resume: song.mp3" })).toHaveFocus();
  answer();
  await userEvent.click(within(card).getByRole("button", { name: "Resume: song.mp3" }));
  await waitFor(() => expect(screen.queryByRole("article")).not.toBeInTheDocument());

  const leavingLater = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leavingLater);
  expect(leavingLater.defaultPrevented).toBe(false);
});

it("leaves an upload alone that another tab works on, and says so when it is wanted here", async () => {
  const file = songFile("shared.mp3");
  const fingerprint = fingerprintOf(file);
  rememberUpload(fingerprint, {
    uploadId: UPLOAD_ID,
    partSizeBytes: 10,
    filename: file.name,
    sizeBytes: file.size,
    storedBytes: 0,
    isComplete: false,
    options: DEFAULT_OPTIONS,
  });
  let finish = () => {};
  const otherTab = navigator.locks.request(
    `stem-foundry-upload:${fingerprint}`,
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  page();
  await userEvent.upload(chooser(), file);

  const card = await screen.findByRole("article", { name: "shared.mp3" });
  await waitFor(() => expect(card).toHaveTextContent("maybe in another tab"));
  await userEvent.click(within(card).getByRole("button", { name: "Discard: shared.mp3" }));
  expect(screen.queryByRole("article")).not.toBeInTheDocument();
  expect(requests).toEqual([]);
  expect(rememberedUploads()).toHaveProperty([fingerprint]);
  finish();
  await otherTab;
});

it("stops a running upload and gives it up at the service when it is cancelled", async () => {
  service.use(http.put("http://store.test/*", () => new Promise<never>(() => {})));
  page();
  await userEvent.upload(chooser(), songFile());
  await screen.findByRole("progressbar");
  await userEvent.click(screen.getByRole("button", { name: "Cancel: song.mp3" }));

  await waitFor(() =>
    expect(requests).toContainEqual(
      expect.objectContaining({ method: "DELETE", path: `/v1/uploads/${UPLOAD_ID}` }),
    ),
  );
  expect(screen.queryByRole("article")).not.toBeInTheDocument();
  expect(jobRequests()).toEqual([]);
});

it("keeps the keyboard's place when a button goes away", async () => {
  page();
  await userEvent.upload(chooser(), new File([], "empty.mp3", { lastModified: 1 }));
  await userEvent.click(await screen.findByRole("button", { name: "Remove: empty.mp3" }));
  expect(screen.queryByRole("article")).not.toBeInTheDocument();
  expect(screen.getByText("empty.mp3 cannot be used.").parentElement).toHaveFocus();
});

it("ignores the same file while it is on its way", async () => {
  page();
  const file = songFile();
  uploads.addFiles([file, file]);
  expect(await screen.findAllByRole("article")).toHaveLength(1);
  await waitFor(() => expect(screen.queryByRole("article")).not.toBeInTheDocument());
  expect(jobRequests()).toHaveLength(1);
});
