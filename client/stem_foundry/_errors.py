"""The exception tree: everything the SDK raises on purpose derives from `StemFoundryClientError`.

StemFoundryClientError
├── BadInput             refused here, before the service was asked
├── ServiceUnreachable   no answer from the service or from its storage
├── ApiError             the service answered with a problem
├── TransferFailed       bytes could not be sent or fetched, or are not the promised ones
└── JobEnded             the job reached a final state without stems
    ├── JobFailed
    └── JobCancelled
"""

from enum import StrEnum

from contract.api import Job
from contract.errors import ErrorCode


class ClientErrorCode(StrEnum):
    """Stable codes of failures that the service has no part in; its own are `contract.errors.ErrorCode`."""

    FILE_NOT_FOUND = "file_not_found"
    IS_A_DIRECTORY = "is_a_directory"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    FILE_UNREADABLE = "file_unreadable"
    FILE_CHANGED = "file_changed"
    OUTPUT_NOT_WRITABLE = "output_not_writable"
    STATE_UNUSABLE = "state_unusable"
    INVALID_URL = "invalid_url"
    SERVICE_UNREACHABLE = "service_unreachable"
    UNEXPECTED_ANSWER = "unexpected_answer"
    STORAGE_REFUSED = "storage_refused"
    CHECKSUM_MISMATCH = "checksum_mismatch"
    JOB_CANCELLED = "job_cancelled"
    MODEL_NAME_TAKEN = "model_name_taken"
    TRAINING_NOT_INSTALLED = "training_not_installed"


class StemFoundryClientError(Exception):
    """Base of all errors of the SDK.

    Attributes:
        code: stable machine-readable code (`ClientErrorCode` or `contract.errors.ErrorCode`).
        message: one sentence for the user.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = str(code)
        self.message = message


class BadInput(StemFoundryClientError):  # noqa: N818
    """Something given by the caller cannot be used: a path, a URL, an option."""


class ServiceUnreachable(StemFoundryClientError):  # noqa: N818
    """No connection, or it broke, and repeating did not help."""

    def __init__(self, message: str) -> None:
        super().__init__(ClientErrorCode.SERVICE_UNREACHABLE, message)


class ApiError(StemFoundryClientError):
    """The service refused a request or failed to serve it.

    Attributes:
        detail: what is wrong, as the service says it (same as ``message``).
        status: HTTP status.
        retry_after: seconds after which asking again can help, when the service says so.
    """

    def __init__(self, code: str, detail: str, status: int, retry_after: float | None = None) -> None:
        super().__init__(code, detail)
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class TransferFailed(StemFoundryClientError):  # noqa: N818
    """Storage refused the bytes, or what arrived is not what was promised."""


class JobEnded(StemFoundryClientError):  # noqa: N818
    """A job reached a final state other than completed.

    Attributes:
        job: the job as last seen.
    """

    def __init__(self, code: str, message: str, job: Job) -> None:
        super().__init__(code, message)
        self.job = job


class JobFailed(JobEnded):
    """The job failed; code and message are those of the job."""

    def __init__(self, job: Job) -> None:
        code = job.error.code if job.error else ErrorCode.INTERNAL_ERROR
        message = job.error.message if job.error else "The job failed without saying why."
        super().__init__(code, message, job)


class JobCancelled(JobEnded):
    """The job was cancelled."""

    def __init__(self, job: Job) -> None:
        super().__init__(ClientErrorCode.JOB_CANCELLED, "The job was cancelled.", job)
