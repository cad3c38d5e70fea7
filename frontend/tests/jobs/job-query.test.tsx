import { focusManager, QueryClient } from "@tanstack/react-query";
import { act } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jobQueryOptions, keepJob } from "@/api/job-query";
import { useJob } from "@/api/queries";
import type { Job } from "@/api/types";
import { makeJob, renderWith, signIn } from "./fixtures";

type Answer = (request: Request) => Response;

/** Answers given one after the other; the last one again and again. */
function serve(...answers: Answer[]): Request[] {
  const requests: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (!answer) throw new Error("Nothing to answer with.");
    return answer(request);
  });
  return requests;
}

const found =
  (job: Job, etag = '"1"'): Answer =>
  () =>
    Response.json(job, { headers: { ETag: etag } });
const unchanged =
  (retryAfter?: number): Answer =>
  () =>
    new Response(null, {
      status: 304,
      headers: retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) },
    });
const refused =
  (status: number): Answer =>
  () =>
    Response.json({ code: "service_unavailable", detail: "Not now." }, { status });

function Shown({ whileHidden = false }: { whileHidden?: boolean }) {
  const { data, error } = useJob("an-id", { whileHidden });
  return (
    <p>
      {data ? `${data.state} ${data.progress} eta ${data.eta_seconds}` : "nothing"}
      {error ? ` ${error.message}` : ""}
    </p>
  );
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));
const separating = (changes: Partial<Job> = {}) =>
  makeJob({ state: "processing", stage: "separating", progress: 0.5, ...changes });

function hideTab(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  focusManager.setFocused(!hidden);
}

beforeEach(() => {
  vi.useFakeTimers();
  signIn();
});

afterEach(() => {
  focusManager.setFocused(undefined);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("following a job", () => {
  it("asks again when the service says so, and stops when the job is final", async () => {
    const requests = serve(
      found(separating({ poll_after_seconds: 4 })),
      found(makeJob({ state: "completed", progress: 1 })),
    );
    const { container } = renderWith(<Shown />);
    await pass(0);
    expect(container).toHaveTextContent("processing 0.5");
    await pass(3_900);
    expect(requests).toHaveLength(1);
    await pass(200);
    expect(container).toHaveTextContent("completed 1");
    await pass(120_000);
    expect(requests).toHaveLength(2);
  });

  it("sends the tag back, keeps the job on 304 and lets its estimate age", async () => {
    const requests = serve(
      found(separating({ poll_after_seconds: 5, eta_seconds: 60 }), '"a"'),
      unchanged(10),
    );
    const { container } = renderWith(<Shown />);
    await pass(0);
    await pass(5_100);
    expect(requests.map((request) => request.headers.get("If-None-Match"))).toEqual([null, '"a"']);
    expect(container).toHaveTextContent("processing 0.5 eta 55");
    await pass(9_000);
    expect(requests).toHaveLength(2);
    await pass(1_200);
    expect(requests).toHaveLength(3);
    expect(container).toHaveTextContent("eta 45");
  });

  it("asks less and less often while nothing changes", async () => {
    const requests = serve(found(separating()), unchanged());
    renderWith(<Shown />);
    await pass(0);
    await pass(2_100);
    expect(requests).toHaveLength(2);
    await pass(2_500);
    expect(requests).toHaveLength(2);
    await pass(700);
    expect(requests).toHaveLength(3);
  });

  it("rests in a hidden tab and asks at once on return", async () => {
    const requests = serve(found(separating({ poll_after_seconds: 2 })));
    renderWith(<Shown />);
    await pass(0);
    act(() => hideTab(true));
    await pass(60_000);
    expect(requests).toHaveLength(1);
    act(() => hideTab(false));
    await pass(0);
    expect(requests).toHaveLength(2);
  });

  it("goes on slowly in a hidden tab for those who want to be notified", async () => {
    const requests = serve(found(separating({ poll_after_seconds: 2 })));
    hideTab(true);
    renderWith(<Shown whileHidden />);
    await pass(0);
    await pass(14_000);
    expect(requests).toHaveLength(1);
    await pass(1_100);
    expect(requests).toHaveLength(2);
  });

  it("keeps what it has when asking fails, and tries again later", async () => {
    serve(
      found(separating({ poll_after_seconds: 2 })),
      refused(503),
      found(makeJob({ state: "completed", progress: 1 })),
    );
    const { container } = renderWith(<Shown />);
    await pass(0);
    await pass(2_100);
    expect(container).toHaveTextContent("processing 0.5 eta null Not now.");
    await pass(15_100);
    expect(container).toHaveTextContent("completed 1");
  });

  it("does not ask again for a job that is gone", async () => {
    const requests = serve(refused(404));
    renderWith(<Shown />);
    await pass(120_000);
    expect(requests).toHaveLength(1);
  });
});

describe("a job that came with another answer", () => {
  it("is not replaced by an older one that was still on its way", async () => {
    const client = new QueryClient();
    const onTheirWay: ((answer: Response) => void)[] = [];
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => onTheirWay.push(resolve)));
    const { queryKey, ...options } = jobQueryOptions("an-id");
    const asked = client.fetchQuery({ queryKey, ...options }).catch(() => undefined);
    await pass(0);
    expect(onTheirWay).toHaveLength(1);

    await keepJob(client, makeJob({ job_id: "an-id", state: "cancelled" }));
    onTheirWay[0]?.(Response.json(makeJob({ job_id: "an-id", state: "queued" })));
    await asked;
    await pass(0);
    expect(client.getQueryData(queryKey)).toMatchObject({ job: { state: "cancelled" } });
  });
});
