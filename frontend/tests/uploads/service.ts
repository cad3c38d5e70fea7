import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import type { CreateJob, Job } from "@/api/types";

export const UPLOAD_ID = "00000000-0000-4000-8000-000000000001";
export const JOB_ID = "00000000-0000-4000-8000-0000000000aa";
const SERVICE = "http://service.test";

export function jobOf(body: CreateJob): Job {
  return {
    job_id: JOB_ID,
    state: "queued",
    progress: 0,
    attempt: 1,
    upload_id: body.upload_id,
    filename: "song.mp3",
    model: "four",
    stems: ["vocals", "drums", "bass", "other"],
    output: body.output,
    extras: { drum_parts: false, analysis: true, previews: true, archive: false },
    metadata: {},
    cached: false,
    cancel_requested: false,
    warnings: [],
    created_at: "2030-01-01T00:00:00Z",
    retention_ends_at: "2030-01-02T00:00:00Z",
  };
}

export function problem(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
  return HttpResponse.json(
    { type: "about:blank", title: "Refused", status, code, detail },
    { status, headers },
  );
}

/** What was asked of the service, in order. */
export const requests: { method: string; path: string; body: unknown; idempotencyKey: string | null }[] = [];

async function note(request: Request): Promise<void> {
  const text = await request.clone().text();
  requests.push({
    method: request.method,
    path: new URL(request.url).pathname,
    body: text === "" ? undefined : JSON.parse(text),
    idempotencyKey: request.headers.get("Idempotency-Key"),
  });
}

const upload = {
  upload_id: UPLOAD_ID,
  state: "open",
  method: "put",
  size_bytes: 4,
  url: "http://store.test/song",
  headers: { "Content-Type": "audio/mpeg", "If-None-Match": "*" },
  expires_at: "2030-01-01T00:00:00Z",
};

/** A service that accepts everything; tests replace single answers. */
export const service = setupServer(
  http.all(`${SERVICE}/*`, async ({ request }) => {
    await note(request);
  }),
  http.post(`${SERVICE}/v1/sessions`, () =>
    HttpResponse.json({ token: "token", expires_at: "2099-01-01T00:00:00Z" }),
  ),
  http.post(`${SERVICE}/v1/uploads`, () => HttpResponse.json(upload, { status: 201 })),
  http.post(`${SERVICE}/v1/uploads/:id/complete`, () =>
    HttpResponse.json({ ...upload, state: "complete", url: null, headers: null }),
  ),
  http.delete(`${SERVICE}/v1/uploads/:id`, () => HttpResponse.json({ ...upload, state: "aborted" })),
  http.post(`${SERVICE}/v1/jobs`, async ({ request }) =>
    HttpResponse.json(jobOf((await request.json()) as CreateJob), { status: 202 }),
  ),
  http.put("http://store.test/*", () => new HttpResponse(null, { status: 200 })),
);
