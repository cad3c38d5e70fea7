import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fetchResult } from "@/api/result-files";
import type { Download, Downloads } from "@/api/types";
import { JOB_ID, makeJob, signIn } from "./fixtures";

const STORE = "http://store.test";
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
beforeEach(signIn);
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const link = (signature: string): Download => ({
  url: `${STORE}/report.json?signature=${signature}`,
  filename: "report.json",
  content_type: "application/json",
  size_bytes: 10,
  sha256: "0".repeat(64),
});
const downloads = (signature: string): Downloads => ({
  stems: {},
  report: link(signature),
  archive: null,
  previews: {},
  preview_index: null,
  expires_at: "2026-03-01T13:00:00Z",
});
const finished = (signature: string | undefined) =>
  makeJob({ state: "completed", downloads: signature === undefined ? null : downloads(signature) });
const report = (job: ReturnType<typeof finished>) =>
  fetchResult<{ ok: boolean }>(job, (links) => links.report, new AbortController().signal);

/** A store that accepts one signature only. */
function serveStore(): string[] {
  const asked: string[] = [];
  server.use(
    http.get(`${STORE}/report.json`, ({ request }) => {
      expect(request.headers.get("Authorization")).toBeNull();
      const signature = new URL(request.url).searchParams.get("signature") ?? "";
      asked.push(signature);
      return signature === "fresh"
        ? HttpResponse.json({ ok: true })
        : new HttpResponse("<Error/>", { status: 403 });
    }),
    http.post(`http://service.test/v1/jobs/${JOB_ID}/downloads`, () => {
      asked.push("renewed");
      return HttpResponse.json(downloads("fresh"));
    }),
  );
  return asked;
}

describe("fetchResult", () => {
  it("uses the link that came with the job", async () => {
    const asked = serveStore();
    await expect(report(finished("fresh"))).resolves.toEqual({ ok: true });
    expect(asked).toEqual(["fresh"]);
  });

  it("renews a link that has ended", async () => {
    const asked = serveStore();
    await expect(report(finished("old"))).resolves.toEqual({ ok: true });
    expect(asked).toEqual(["old", "renewed", "fresh"]);
  });

  it("asks for links when the job came without", async () => {
    const asked = serveStore();
    await expect(report(finished(undefined))).resolves.toEqual({ ok: true });
    expect(asked).toEqual(["renewed", "fresh"]);
  });

  it("passes on that the job is gone", async () => {
    serveStore();
    server.use(
      http.post(`http://service.test/v1/jobs/${JOB_ID}/downloads`, () =>
        HttpResponse.json({ code: "job_expired", detail: "Its time is over." }, { status: 410 }),
      ),
    );
    await expect(report(finished("old"))).rejects.toMatchObject({
      status: 410,
      message: "Its time is over.",
    });
  });

  it("tells of a file that is not there", async () => {
    serveStore();
    const missing = fetchResult(
      finished("old"),
      (links) => links.preview_index,
      new AbortController().signal,
    );
    await expect(missing).rejects.toMatchObject({ status: 404 });
  });

  it("tells of a lost connection as one that may come back", async () => {
    server.use(http.get(`${STORE}/report.json`, () => HttpResponse.error()));
    await expect(report(finished("fresh"))).rejects.toMatchObject({ code: "offline", isTemporary: true });
  });
});
