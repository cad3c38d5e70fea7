"""Error and warning codes, their HTTP statuses, and the one exception that carries them."""

from enum import StrEnum
from http import HTTPStatus


class ErrorCode(StrEnum):
    """Stable machine-readable codes. A code is never renamed or reused."""

    # the request
    INVALID_REQUEST = "invalid_request"
    ROUTE_NOT_FOUND = "route_not_found"
    INTERNAL_ERROR = "internal_error"
    SERVICE_UNAVAILABLE = "service_unavailable"
    # the caller
    UNAUTHORIZED = "unauthorized"
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOO_MANY_SESSIONS = "too_many_sessions"
    TOO_MANY_REQUESTS = "too_many_requests"
    # uploads
    FILE_EMPTY = "file_empty"
    FILE_TOO_LARGE = "file_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UPLOAD_NOT_FOUND = "upload_not_found"
    UPLOAD_EXPIRED = "upload_expired"
    UPLOAD_CLOSED = "upload_closed"
    UPLOAD_NOT_COMPLETE = "upload_not_complete"
    UPLOAD_NOT_MULTIPART = "upload_not_multipart"
    UPLOAD_INCOMPLETE = "upload_incomplete"
    UPLOAD_SIZE_MISMATCH = "upload_size_mismatch"
    UPLOAD_CHECKSUM_MISMATCH = "upload_checksum_mismatch"
    PART_NUMBER_OUT_OF_RANGE = "part_number_out_of_range"
    # jobs
    JOB_NOT_FOUND = "job_not_found"
    JOB_EXPIRED = "job_expired"
    JOB_NOT_COMPLETE = "job_not_complete"
    JOB_ALREADY_FINISHED = "job_already_finished"
    UNKNOWN_MODEL = "unknown_model"
    UNKNOWN_STEM = "unknown_stem"
    UNSUPPORTED_OUTPUT = "unsupported_output"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    TOO_MANY_ACTIVE_JOBS = "too_many_active_jobs"
    DAILY_AUDIO_LIMIT_REACHED = "daily_audio_limit_reached"
    BACKLOG_FULL = "backlog_full"
    # what a job can fail with
    NOT_AUDIO = "not_audio"
    NO_AUDIO_TRACK = "no_audio_track"
    UNSAFE_MEDIA = "unsafe_media"
    AUDIO_TOO_LONG = "audio_too_long"
    TOO_MANY_CHANNELS = "too_many_channels"
    UNSUPPORTED_SAMPLE_RATE = "unsupported_sample_rate"
    DECODING_FAILED = "decoding_failed"
    DECODING_LIMIT_EXCEEDED = "decoding_limit_exceeded"
    SOURCE_MISSING = "source_missing"
    SOURCE_CHANGED = "source_changed"
    MODEL_UNAVAILABLE = "model_unavailable"
    WORKER_LOST = "worker_lost"
    QUEUE_TIMEOUT = "queue_timeout"
    SEPARATION_FAILED = "separation_failed"


class WarningCode(StrEnum):
    """What a finished job tells about its input or output without having failed."""

    TRUNCATED_INPUT = "truncated_input"
    SILENT_INPUT = "silent_input"
    SHORT_INPUT = "short_input"
    DOWNMIXED = "downmixed"
    RESAMPLED = "resampled"
    COMMON_GAIN_APPLIED = "common_gain_applied"


_HTTP_STATUS: dict[ErrorCode, HTTPStatus] = {
    ErrorCode.ROUTE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.INTERNAL_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorCode.SERVICE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.TOKEN_INVALID: HTTPStatus.UNAUTHORIZED,
    ErrorCode.TOKEN_EXPIRED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.TOO_MANY_SESSIONS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.FILE_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.UPLOAD_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.UPLOAD_EXPIRED: HTTPStatus.GONE,
    ErrorCode.UPLOAD_CLOSED: HTTPStatus.CONFLICT,
    ErrorCode.UPLOAD_NOT_COMPLETE: HTTPStatus.CONFLICT,
    ErrorCode.UPLOAD_NOT_MULTIPART: HTTPStatus.CONFLICT,
    ErrorCode.UPLOAD_INCOMPLETE: HTTPStatus.CONFLICT,
    ErrorCode.UPLOAD_SIZE_MISMATCH: HTTPStatus.CONFLICT,
    ErrorCode.UPLOAD_CHECKSUM_MISMATCH: HTTPStatus.CONFLICT,
    ErrorCode.JOB_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.JOB_EXPIRED: HTTPStatus.GONE,
    ErrorCode.JOB_NOT_COMPLETE: HTTPStatus.CONFLICT,
    ErrorCode.JOB_ALREADY_FINISHED: HTTPStatus.CONFLICT,
    ErrorCode.TOO_MANY_ACTIVE_JOBS: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.DAILY_AUDIO_LIMIT_REACHED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.BACKLOG_FULL: HTTPStatus.TOO_MANY_REQUESTS,
}


def http_status(code: ErrorCode) -> HTTPStatus:
    """HTTP status of an error; input the caller can mend is 422 unless a narrower one fits."""
    return _HTTP_STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)


class StemFoundryError(Exception):
    """A failure that the user can be told about.

    Args:
        code: stable code from the one enumeration.
        message: one sentence that says what is wrong and what to do.
        retry_after_seconds: when asking again can help, how long to wait first.
    """

    def __init__(self, code: ErrorCode, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds
