import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { createQueryClient } from "@/api/query-client";
import type { Job } from "@/api/types";
import { writeStored } from "@/shared/storage";

export const JOB_ID = "6b0e1c1e-58a4-4a5c-9f49-0d9d8a3a6d01";
/** The moment at which the fixtures are looked at. */
export const NOW = Date.parse("2026-03-01T12:00:00Z");

/** A job that was made two minutes ago and waits. */
export function makeJob(changes: Partial<Job> = {}): Job {
  return {
    job_id: JOB_ID,
    state: "queued",
    stage: "waiting",
    progress: 0,
    attempt: 1,
    jobs_ahead: null,
    eta_seconds: null,
    poll_after_seconds: null,
    upload_id: "0b1c6f3e-5f0a-4f0e-9df3-16f0ad1a2b3c",
    filename: "song.mp3",
    model: "foundry_4s",
    stems: ["vocals", "drums", "bass", "other"],
    output: { format: "wav", original_sample_rate: false },
    extras: { drum_parts: false, analysis: true, previews: true, archive: false },
    metadata: {},
    cached: false,
    cancel_requested: false,
    error: null,
    warnings: [],
    duration_seconds: null,
    created_at: "2026-03-01T11:58:00Z",
    started_at: null,
    finished_at: null,
    retention_ends_at: "2099-03-02T12:00:00Z",
    downloads: null,
    ...changes,
  };
}

/** A session that needs no request. */
export function signIn(): void {
  writeStored("session", { token: "token", expires_at: "2099-01-01T00:00:00Z" });
}

/** A client like the page's, which does not wait before it gives up. */
export function testClient(): QueryClient {
  const client = createQueryClient();
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  return client;
}

export function renderWith(view: ReactNode, client: QueryClient = testClient()): RenderResult {
  return render(<QueryClientProvider client={client}>{view}</QueryClientProvider>);
}
