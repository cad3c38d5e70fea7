"""The records of uploads and jobs as they lie in DynamoDB.

Times are integer milliseconds since the Unix epoch, except those DynamoDB's time-to-live reads
(``expires_at``) and the retention index (``retention_ends_at``), which are integer seconds.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from contract import keys
from contract.audio import NO_EXTRAS, Extras, OutputOptions, Stem
from contract.errors import ErrorCode
from contract.inference import PreviewFile, ResultFile, Source, StemFile
from contract.report import JobWarning
from contract.states import JobStage, JobState, UploadState

# Final records outlive their objects, so that asking late is answered 410 Gone and not 404.
TOMBSTONE_SECONDS = 7 * 24 * 3600


class Record(BaseModel):
    """Base of the records: unknown attributes (keys, index attributes) are ignored on reading."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """Read an item of the table."""
        return cls.model_validate(item)

    def attributes(self) -> dict[str, Any]:
        """Values as DynamoDB takes them: no binary floats, and no defaults.

        Conditions ask whether an attribute exists, so one that was never set must not be there.
        """
        values: dict[str, Any] = encode_attributes(self.model_dump(mode="json", exclude_defaults=True))
        return values


class UploadRecord(Record):
    """An announced file."""

    upload_id: str
    owner: str
    state: UploadState
    filename: str
    size_bytes: int
    content_type: str
    sha256: str | None = None
    multipart_id: str | None = None
    etag: str | None = None
    checksum: str | None = None
    created_at: int
    link_expires_at: int
    retention_ends_at: int

    def item(self) -> dict[str, Any]:
        """The whole item, index attributes included."""
        return {
            **keys.upload_item(self.upload_id),
            **self.attributes(),
            "expiring": keys.EXPIRING_PARTITION,
            keys.TIME_TO_LIVE_ATTRIBUTE: self.retention_ends_at + TOMBSTONE_SECONDS,
        }


class JobFailure(BaseModel):
    """Why a job failed."""

    model_config = ConfigDict(frozen=True)

    code: ErrorCode
    message: str


class JobRecord(Record):
    """A job."""

    job_id: str
    owner: str
    state: JobState
    attempt: int
    source: Source
    upload_id: str
    model: str
    stems: list[Stem]
    output: OutputOptions
    extras: Extras = NO_EXTRAS
    kit_model: str | None = None
    metadata: dict[str, str]
    retention_hours: int
    created_at: int
    created_order: str
    retention_ends_at: int
    idempotency_key: str | None = None
    cache_key: str | None = None
    cached: bool = False
    request_id: str | None = None
    dispatched_at: int | None = None
    output_location: str | None = None
    failure_location: str | None = None
    worker_id: str | None = None
    lease_expires_at: int | None = None
    stage: JobStage | None = None
    progress: float = 0.0
    cancel_requested: bool = False
    started_at: int | None = None
    finished_at: int | None = None
    error: JobFailure | None = None
    warnings: list[JobWarning] = []
    duration_seconds: float | None = None
    stem_files: list[StemFile] = []
    report_file: ResultFile | None = None
    preview_files: list[PreviewFile] = []
    preview_index_file: ResultFile | None = None
    archive_file: ResultFile | None = None
    deleted_at: int | None = None

    def item(self) -> dict[str, Any]:
        """The whole item, index attributes included; a final job is in no index of active ones."""
        active = {} if self.state.is_final else {"active": keys.ACTIVE_PARTITION}
        return {
            **keys.job_item(self.job_id),
            **self.attributes(),
            **active,
            "owner_jobs": self.owner,
            "expiring": keys.EXPIRING_PARTITION,
            keys.TIME_TO_LIVE_ATTRIBUTE: self.retention_ends_at + TOMBSTONE_SECONDS,
        }


def created_order(created_at: int, job_id: str) -> str:
    """Sort key of the owner's and the active index: creation time, then id to break ties."""
    return f"{created_at:015d}#{job_id}"


def encode_attributes(value: Any) -> Any:
    """Replace binary floats, which DynamoDB refuses, by decimals, at any depth."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: encode_attributes(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [encode_attributes(inner) for inner in value]
    return value
