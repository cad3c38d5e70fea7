"""What the domain needs from the outside, as protocols that the adapters implement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contract.inference import ResultFile
from contract.keys import ItemKey
from contract.records import JobRecord, UploadRecord
from contract.states import JobState
from contract.transitions import Update


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """Memory of an Idempotency-Key: which request it came with and which job it made."""

    owner: str
    key: str
    body_sha256: str
    job_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """Outcome of a conditional update: whether it applied, and the record as it now is (if any)."""

    applied: bool
    record: JobRecord | None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a HEAD of an object tells."""

    etag: str
    size_bytes: int
    checksum: str | None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of a multipart upload that has arrived."""

    part_number: int
    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True)
class PresignedRequest:
    """A link and the headers that must go with it."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Invocation:
    """Where the answer of an accepted asynchronous invocation will lie."""

    output_location: str
    failure_location: str | None


@dataclass(frozen=True, slots=True)
class Removed:
    """How much a deletion removed."""

    objects: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        """Sum of two deletions."""
        return Removed(self.objects + other.objects, self.size_bytes + other.size_bytes)


class IdempotencyConflictError(Exception):
    """Another request with the same key was first."""


class ObjectMissingError(Exception):
    """The object, or the multipart upload, does not exist."""


class ObjectChangedError(Exception):
    """The object exists but is not the one that was verified."""


class DispatchError(Exception):
    """The endpoint did not accept the invocation; sending it again later can help."""


class UploadTable(Protocol):
    """Upload records."""

    def get_upload(self, upload_id: str) -> UploadRecord | None:
        """Read strongly consistent."""

    def put_upload(self, record: UploadRecord) -> None:
        """Write a new record."""

    def update_upload(self, update: Update) -> UploadRecord | None:
        """Apply; None when the condition failed."""


class PrewarmTable(Protocol):
    """What starting an instance ahead of a job asks of the table."""

    def live_workers(self, *, since: int) -> int:
        """Number of workers with a heartbeat at or after ``since`` (ms)."""

    def claim(self, update: Update) -> bool:
        """Apply a conditional update that only one of several callers wins; whether this one did."""


class JobTable(Protocol):
    """Job records and what belongs to them."""

    def get_job(self, job_id: str) -> JobRecord | None:
        """Read strongly consistent."""

    def create_job(self, record: JobRecord, idempotency: IdempotencyRecord | None) -> None:
        """Write job and idempotency memory in one transaction.

        Raises:
            IdempotencyConflictError: the key is taken.
        """

    def update_job(self, update: Update) -> JobUpdate:
        """Apply a conditional update; a failed condition is an outcome, not an error."""

    def get_idempotency(self, owner: str, key: str) -> IdempotencyRecord | None:
        """Find what a key was used for."""

    def active_jobs(self) -> list[JobRecord]:
        """All queued and processing jobs, oldest first."""

    def list_jobs(
        self, owner: str, *, limit: int, before: str | None, state: JobState | None
    ) -> tuple[list[JobRecord], str | None]:
        """A page of an owner's jobs, newest first, and the ``created_order`` to go on from."""

    def live_workers(self, *, since: int) -> int:
        """Number of workers with a heartbeat at or after ``since`` (ms)."""

    def cached_job(self, owner: str, cache_key: str) -> str | None:
        """Job id of an earlier result with this key."""

    def put_cached_job(self, owner: str, cache_key: str, job_id: str, *, expires_at: int) -> None:
        """Remember a result."""

    def forget_cached_job(self, owner: str, cache_key: str, job_id: str) -> None:
        """Drop the memory of a result if it still points at this job."""

    def forget_idempotency(self, owner: str, key: str, job_id: str) -> None:
        """Drop the memory of a key if it still points at this job."""

    def delete_item(self, key: ItemKey) -> None:
        """Remove an item for good."""

    def due_items(self, *, now_seconds: int, limit: int) -> list[Mapping[str, Any]]:
        """Upload and job items whose retention has ended, oldest first."""

    def audio_seconds_used(self, owner: str, day: str) -> float:
        """Audio processed for an owner on a UTC day."""

    def add_audio_seconds(self, owner: str, day: str, seconds: float, *, expires_at: int) -> None:
        """Count processed audio."""

    def count_session(self, address: str, hour: str, *, expires_at: int) -> int:
        """Count a session issued to an address and return the count of that hour."""


class ObjectStore(Protocol):
    """The audio bucket."""

    def head(self, key: str) -> StoredObject:
        """Describe an object.

        Raises:
            ObjectMissingError: there is none.
        """

    def read(self, location: str) -> bytes:
        """Read a small object by ``s3://`` location.

        Raises:
            ObjectMissingError: there is none.
        """

    def write_json(self, key: str, body: str) -> str:
        """Write a small JSON object and return its ``s3://`` location."""

    def copy(self, source: ResultFile, target_key: str) -> None:
        """Copy an object inside the bucket.

        Raises:
            ObjectMissingError: the source is gone.
        """

    def delete_prefix(self, prefix: str) -> Removed:
        """Remove every object under a prefix."""

    def delete(self, key: str) -> None:
        """Remove one object; none there is fine."""

    def delete_location(self, location: str) -> None:
        """Remove one object by ``s3://`` location."""

    def presign_put(
        self, key: str, *, size_bytes: int, content_type: str, sha256: str | None, expires_in: int
    ) -> PresignedRequest:
        """Sign a write-once PUT of exactly this length and type."""

    def presign_part(
        self, key: str, multipart_id: str, part_number: int, *, size_bytes: int, expires_in: int
    ) -> PresignedRequest:
        """Sign the PUT of a part of exactly this length."""

    def presign_get(self, key: str, *, filename: str, content_type: str, expires_in: int) -> str:
        """Sign a download that saves under ``filename``."""

    def create_multipart(self, key: str, *, content_type: str) -> str:
        """Open a multipart upload and return its id."""

    def list_parts(self, key: str, multipart_id: str) -> list[StoredPart]:
        """Parts that have arrived.

        Raises:
            ObjectMissingError: the multipart upload is closed or unknown.
        """

    def complete_multipart(
        self, key: str, multipart_id: str, parts: Iterable[StoredPart], *, size_bytes: int
    ) -> None:
        """Close a multipart upload.

        Raises:
            ObjectMissingError: the multipart upload is closed or unknown.
            ObjectChangedError: S3 holds other parts than these.
        """

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        """Give a multipart upload up; one that is gone already is fine."""


class Endpoint(Protocol):
    """The asynchronous inference endpoint."""

    def invoke(
        self, input_location: str, *, inference_id: str, timeout_seconds: int, queue_seconds: int
    ) -> Invocation:
        """Queue an invocation.

        Raises:
            DispatchError: it was not accepted.
        """


class SigningKeys(Protocol):
    """Keys that sign session tokens, newest first; the older ones still verify."""

    def keys(self) -> list[str]:
        """All keys that are valid now."""
