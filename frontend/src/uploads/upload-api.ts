import { api, bodyOf } from "@/api/client";
import { problemOf } from "@/api/problems";
import type { components } from "@/api/schema";
import type { CreateJob, Job, SignedPart, Upload, UploadedParts } from "@/api/types";

type CreateUpload = components["schemas"]["CreateUpload"];

/** What an upload needs of the service. Every function throws `ApiProblem` for a refusal. */
export interface UploadApi {
  create(announcement: CreateUpload, signal: AbortSignal): Promise<Upload>;
  sign(uploadId: string, partNumbers: number[], signal: AbortSignal): Promise<SignedPart[]>;
  list(uploadId: string, signal: AbortSignal): Promise<UploadedParts>;
  complete(uploadId: string, signal: AbortSignal): Promise<Upload>;
  abort(uploadId: string): Promise<void>;
}

function of(uploadId: string) {
  return { path: { upload_id: uploadId } };
}

export const uploadApi: UploadApi = {
  create: (body, signal) => bodyOf(api().POST("/v1/uploads", { body, signal })),

  async sign(uploadId, partNumbers, signal) {
    const body = { part_numbers: partNumbers };
    const call = api().POST("/v1/uploads/{upload_id}/parts", { params: of(uploadId), body, signal });
    return (await bodyOf(call)).parts;
  },

  list: (uploadId, signal) =>
    bodyOf(api().GET("/v1/uploads/{upload_id}/parts", { params: of(uploadId), signal })),

  complete: (uploadId, signal) =>
    bodyOf(api().POST("/v1/uploads/{upload_id}/complete", { params: of(uploadId), signal })),

  async abort(uploadId) {
    const { error, response } = await api().DELETE("/v1/uploads/{upload_id}", { params: of(uploadId) });
    if (!response.ok) throw problemOf(response, error);
  },
};

/**
 * Creates a job.
 *
 * @param idempotencyKey sent again with the same body, it gives the same job instead of a second one.
 * @throws ApiProblem for a refusal.
 */
export function createJob(body: CreateJob, idempotencyKey: string): Promise<Job> {
  return bodyOf(api().POST("/v1/jobs", { body, params: { header: { "idempotency-key": idempotencyKey } } }));
}
