import { api, bodyOf } from "./client";
import type { Downloads } from "./types";

/** Fresh links to everything a finished job holds; those of the job itself end after an hour or earlier. */
export function createDownloads(jobId: string): Promise<Downloads> {
  return bodyOf(api().POST("/v1/jobs/{job_id}/downloads", { params: { path: { job_id: jobId } } }));
}
