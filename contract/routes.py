"""The HTTP API: every route, in one place.

Gateway, handlers, OpenAPI document, SDK and local front are all derived from `ROUTES`.
"""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from contract import api
from contract.errors import ErrorCode
from contract.functions import FunctionName

API_VERSION: Final = "v1"
SERVICE_VERSION: Final = "0.1.0"


@dataclass(frozen=True, slots=True)
class Throttle:
    """Gateway limits of a route: steady requests per second and burst."""

    rate: int
    burst: int


DEFAULT_THROTTLE = Throttle(rate=20, burst=30)
TIGHT_THROTTLE = Throttle(rate=5, burst=10)
WIDE_THROTTLE = Throttle(rate=100, burst=200)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API."""

    name: str
    method: str
    path: str
    function: FunctionName
    summary: str
    request: type[BaseModel] | None = None
    response: type[BaseModel] | None = None
    status: int = 200
    public: bool = False
    throttle: Throttle | None = None
    errors: tuple[ErrorCode, ...] = ()

    @property
    def key(self) -> str:
        """Route key as API Gateway writes it."""
        return f"{self.method} {self.path}"

    def url(self, **parameters: str) -> str:
        """The path with its parameters filled in."""
        return self.path.format(**parameters)


_UPLOAD_ERRORS = (ErrorCode.UPLOAD_NOT_FOUND, ErrorCode.UPLOAD_EXPIRED)
_JOB_ERRORS = (ErrorCode.JOB_NOT_FOUND, ErrorCode.JOB_EXPIRED)

CREATE_SESSION = Route(
    "create_session",
    "POST",
    "/v1/sessions",
    FunctionName.SESSION,
    "Issue an anonymous session token; with a valid token, renew it for the same owner",
    response=api.Session,
    status=201,
    public=True,
    throttle=TIGHT_THROTTLE,
    errors=(ErrorCode.TOO_MANY_SESSIONS,),
)
CREATE_UPLOAD = Route(
    "create_upload",
    "POST",
    "/v1/uploads",
    FunctionName.UPLOAD,
    "Announce a file and receive links to send it straight to S3",
    request=api.CreateUpload,
    response=api.Upload,
    status=201,
    throttle=TIGHT_THROTTLE,
    errors=(ErrorCode.FILE_EMPTY, ErrorCode.FILE_TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
)
SIGN_PARTS = Route(
    "sign_parts",
    "POST",
    "/v1/uploads/{upload_id}/parts",
    FunctionName.UPLOAD,
    "Sign links for parts of a multipart upload",
    request=api.SignParts,
    response=api.SignedParts,
    throttle=WIDE_THROTTLE,
    errors=(
        *_UPLOAD_ERRORS,
        ErrorCode.UPLOAD_CLOSED,
        ErrorCode.UPLOAD_NOT_MULTIPART,
        ErrorCode.PART_NUMBER_OUT_OF_RANGE,
    ),
)
LIST_PARTS = Route(
    "list_parts",
    "GET",
    "/v1/uploads/{upload_id}/parts",
    FunctionName.UPLOAD,
    "List the parts that have arrived, to resume an upload",
    response=api.UploadedParts,
    throttle=WIDE_THROTTLE,
    errors=(*_UPLOAD_ERRORS, ErrorCode.UPLOAD_NOT_MULTIPART),
)
COMPLETE_UPLOAD = Route(
    "complete_upload",
    "POST",
    "/v1/uploads/{upload_id}/complete",
    FunctionName.UPLOAD,
    "Close an upload after verifying what S3 holds",
    request=api.CompleteUpload,
    response=api.Upload,
    errors=(
        *_UPLOAD_ERRORS,
        ErrorCode.UPLOAD_CLOSED,
        ErrorCode.UPLOAD_INCOMPLETE,
        ErrorCode.UPLOAD_SIZE_MISMATCH,
        ErrorCode.UPLOAD_CHECKSUM_MISMATCH,
    ),
)
ABORT_UPLOAD = Route(
    "abort_upload",
    "DELETE",
    "/v1/uploads/{upload_id}",
    FunctionName.UPLOAD,
    "Give an upload up and remove what has arrived",
    response=api.Upload,
    errors=(*_UPLOAD_ERRORS, ErrorCode.UPLOAD_CLOSED),
)
CREATE_JOB = Route(
    "create_job",
    "POST",
    "/v1/jobs",
    FunctionName.PROCESS,
    "Start a separation (send an Idempotency-Key to make retries safe)",
    request=api.CreateJob,
    response=api.Job,
    status=202,
    throttle=TIGHT_THROTTLE,
    errors=(
        *_UPLOAD_ERRORS,
        ErrorCode.UPLOAD_NOT_COMPLETE,
        ErrorCode.UNKNOWN_MODEL,
        ErrorCode.UNKNOWN_STEM,
        ErrorCode.UNSUPPORTED_OUTPUT,
        ErrorCode.IDEMPOTENCY_KEY_REUSED,
        ErrorCode.TOO_MANY_ACTIVE_JOBS,
        ErrorCode.DAILY_AUDIO_LIMIT_REACHED,
        ErrorCode.BACKLOG_FULL,
    ),
)
LIST_JOBS = Route(
    "list_jobs",
    "GET",
    "/v1/jobs",
    FunctionName.STATUS,
    "List own jobs, newest first",
    response=api.JobPage,
)
GET_JOB = Route(
    "get_job",
    "GET",
    "/v1/jobs/{job_id}",
    FunctionName.STATUS,
    "Report one job (sends ETag and Retry-After; honours If-None-Match)",
    response=api.Job,
    throttle=WIDE_THROTTLE,
    errors=_JOB_ERRORS,
)
CREATE_DOWNLOADS = Route(
    "create_downloads",
    "POST",
    "/v1/jobs/{job_id}/downloads",
    FunctionName.STATUS,
    "Sign fresh download links of a completed job",
    response=api.Downloads,
    throttle=WIDE_THROTTLE,
    errors=(*_JOB_ERRORS, ErrorCode.JOB_NOT_COMPLETE),
)
CANCEL_JOB = Route(
    "cancel_job",
    "POST",
    "/v1/jobs/{job_id}/cancel",
    FunctionName.CANCEL,
    "Cancel a job: at once while queued, at the next segment while processing",
    response=api.Job,
    status=202,
    errors=(*_JOB_ERRORS, ErrorCode.JOB_ALREADY_FINISHED),
)
DELETE_JOB = Route(
    "delete_job",
    "DELETE",
    "/v1/jobs/{job_id}",
    FunctionName.CLEANUP,
    "Delete a job with everything it owns and return a receipt",
    response=api.DeletionReceipt,
    errors=_JOB_ERRORS,
)
LIST_MODELS = Route(
    "list_models",
    "GET",
    "/v1/models",
    FunctionName.ABOUT,
    "List the models with their stems, licences and relative cost",
    response=api.ModelList,
    public=True,
)
GET_HEALTH = Route(
    "get_health",
    "GET",
    "/v1/health",
    FunctionName.ABOUT,
    "Say that the API answers",
    response=api.Health,
    public=True,
)
GET_OPENAPI = Route(
    "get_openapi", "GET", "/v1/openapi.json", FunctionName.ABOUT, "The OpenAPI 3.1 document", public=True
)
GET_DOCS = Route("get_docs", "GET", "/v1/docs", FunctionName.ABOUT, "The API, readable", public=True)

ROUTES: Final = (
    CREATE_SESSION,
    CREATE_UPLOAD,
    SIGN_PARTS,
    LIST_PARTS,
    COMPLETE_UPLOAD,
    ABORT_UPLOAD,
    CREATE_JOB,
    LIST_JOBS,
    GET_JOB,
    CREATE_DOWNLOADS,
    CANCEL_JOB,
    DELETE_JOB,
    LIST_MODELS,
    GET_HEALTH,
    GET_OPENAPI,
    GET_DOCS,
)
