import type { ErrorCode } from "@/api/types";

/** Refusals of a request. A job that exists cannot fail with them. */
type RequestErrorCode =
  | "invalid_request"
  | "route_not_found"
  | "internal_error"
  | "service_unavailable"
  | "unauthorized"
  | "token_invalid"
  | "token_expired"
  | "too_many_sessions"
  | "too_many_requests"
  | "file_empty"
  | "file_too_large"
  | "unsupported_media_type"
  | "upload_not_found"
  | "upload_expired"
  | "upload_closed"
  | "upload_not_complete"
  | "upload_not_multipart"
  | "upload_incomplete"
  | "upload_size_mismatch"
  | "upload_checksum_mismatch"
  | "part_number_out_of_range"
  | "job_not_found"
  | "job_expired"
  | "job_not_complete"
  | "job_already_finished"
  | "unknown_model"
  | "unknown_stem"
  | "unsupported_output"
  | "idempotency_key_reused"
  | "too_many_active_jobs"
  | "daily_audio_limit_reached"
  | "backlog_full";

/** What a job can fail with: every code of the contract that is no refusal of a request, also future ones. */
export type JobErrorCode = Exclude<ErrorCode, RequestErrorCode>;

/** Why a job failed and what its owner can do, each one or two sentences. */
export interface FailureText {
  readonly why: string;
  readonly advice: string;
}
