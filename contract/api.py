"""Request and response bodies of the public API (``/v1``)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field

from contract.audio import NO_EXTRAS, Extras, Lane, OutputOptions, Stem
from contract.errors import ErrorCode, WarningCode
from contract.limits import (
    MAX_FILENAME_CHARACTERS,
    MAX_METADATA_CHARACTERS,
    MAX_METADATA_ENTRIES,
    MAX_PARTS_PER_SIGNING,
)
from contract.models import Purpose, Quality
from contract.report import JobWarning
from contract.states import JobStage, JobState, UploadState


class Request(BaseModel):
    """Base of request bodies: unknown fields are refused, so that a typing error is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Response(BaseModel):
    """Base of response bodies: clients ignore fields that are newer than themselves."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Problem(Response):
    """RFC 9457 problem details."""

    type: str = Field(description="URI reference of the kind of problem.")
    title: str
    status: int
    detail: str = Field(description="What is wrong with this request and what to do.")
    code: ErrorCode
    instance: str | None = Field(None, description="Request id, to be quoted to the operator.")
    errors: list[dict[str, str]] | None = Field(None, description="Fields that were refused, with reasons.")


# --- sessions ---------------------------------------------------------------------------------------


class Session(Response):
    """An anonymous session."""

    token: str = Field(description="Send as `Authorization: Bearer <token>`.")
    expires_at: datetime


# --- uploads ----------------------------------------------------------------------------------------


class CreateUpload(Request):
    """Announces a file."""

    filename: str = Field(min_length=1, max_length=MAX_FILENAME_CHARACTERS)
    size_bytes: int = Field(ge=0)
    content_type: str = Field(
        "application/octet-stream", max_length=127, pattern=r"^[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;[ -~]*)?$"
    )
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        description="Lets S3 verify a single PUT and enables the result cache.",
    )


class Upload(Response):
    """An upload and how to send its bytes.

    ``put``: one PUT of the whole file to ``url`` with exactly ``headers``.
    ``multipart``: sign parts of ``part_size_bytes`` each (the last may be shorter), PUT them, complete.
    """

    upload_id: UUID
    state: UploadState
    method: Literal["put", "multipart"]
    size_bytes: int
    url: AnyUrl | None = None
    headers: dict[str, str] | None = None
    part_size_bytes: int | None = None
    part_count: int | None = None
    expires_at: datetime


class SignParts(Request):
    """Asks for links to upload parts."""

    part_numbers: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, max_length=MAX_PARTS_PER_SIGNING)


class SignedPart(Response):
    """Where to PUT one part."""

    part_number: int
    url: AnyUrl
    headers: dict[str, str]


class SignedParts(Response):
    """Links for the asked parts."""

    parts: list[SignedPart]
    expires_at: datetime


class UploadedPart(Response):
    """A part that S3 holds."""

    part_number: int
    size_bytes: int
    etag: str


class UploadedParts(Response):
    """What has arrived so far: the base of a resumed upload."""

    upload_id: UUID
    state: UploadState
    part_size_bytes: int
    part_count: int
    parts: list[UploadedPart]


class CompletedPart(Request):
    """A part as the client saw it stored."""

    part_number: int = Field(ge=1)
    etag: str = Field(min_length=1, max_length=128)


class CompleteUpload(Request):
    """Closes an upload. Without ``parts`` the service uses what S3 holds."""

    parts: list[CompletedPart] | None = Field(None, max_length=10_000)


# --- jobs -------------------------------------------------------------------------------------------


class CreateJob(Request, Extras):
    """Starts a separation."""

    upload_id: UUID
    model: str | None = Field(None, max_length=64, description="A name from /v1/models.")
    stems: Annotated[list[str], Field(min_length=1, max_length=len(Stem))] | None = Field(
        None, description="Subset of the model's stems, or `instrumental`. Default: all of the model's."
    )
    output: OutputOptions = OutputOptions()
    retention_hours: int | None = Field(None, ge=1, le=168)
    metadata: dict[
        Annotated[str, Field(max_length=MAX_METADATA_CHARACTERS)],
        Annotated[str, Field(max_length=MAX_METADATA_CHARACTERS)],
    ] = Field(default_factory=dict, max_length=MAX_METADATA_ENTRIES)

    @property
    def extras(self) -> Extras:
        """The wishes beside the stems, on their own."""
        return Extras.model_validate(self.model_dump(include=set(Extras.model_fields)))


class JobProblem(Response):
    """Why a job failed."""

    code: ErrorCode
    message: str


class Download(Response):
    """One file of a finished job."""

    url: AnyUrl
    filename: str
    content_type: str
    size_bytes: int
    sha256: str


class Downloads(Response):
    """Links to all files of a finished job. They expire; ask again for fresh ones."""

    stems: dict[Stem, Download] = Field(description="The wanted stems, and the drum parts.")
    report: Download
    archive: Download | None = Field(None, description="All stems in one ZIP file.")
    previews: dict[Lane, Download] = Field(
        default_factory=dict, description="Small MP3s of the stems and of the mixture, for a player."
    )
    preview_index: Download | None = Field(
        None, description="JSON: where in the previews each moment lies, levels over time, beats."
    )
    expires_at: datetime


class Job(Response):
    """A job as its owner sees it."""

    job_id: UUID
    state: JobState
    stage: JobStage | None = None
    progress: float = Field(ge=0, le=1, description="Never goes back within an attempt.")
    attempt: int
    jobs_ahead: int | None = Field(None, description="While queued: jobs that wait longer.")
    eta_seconds: int | None = Field(None, description="Estimated time until the job is finished.")
    poll_after_seconds: float | None = Field(None, description="A good moment to ask again.")
    upload_id: UUID
    filename: str
    model: str
    stems: list[Stem] = Field(description="The wanted stems; drum parts come in addition.")
    output: OutputOptions
    extras: Extras = NO_EXTRAS
    metadata: dict[str, str]
    cached: bool = False
    cancel_requested: bool = False
    error: JobProblem | None = None
    warnings: list[JobWarning] = Field(default_factory=list)
    duration_seconds: float | None = Field(None, description="Length of the audio.")
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retention_ends_at: datetime
    downloads: Downloads | None = None


class JobPage(Response):
    """Own jobs, newest first."""

    jobs: list[Job]
    next_cursor: str | None = None


class DeletionReceipt(Response):
    """What a deletion removed."""

    job_id: UUID
    deleted_at: datetime
    objects_removed: int
    bytes_removed: int
    upload_removed: bool
    still_stopping: bool = Field(
        description="The job was being processed: its worker stops and removes what it still holds."
    )


# --- service ----------------------------------------------------------------------------------------


class ModelDescription(Response):
    """A model of the catalogue."""

    name: str
    title: str
    purpose: Purpose = Field(
        Purpose.SONG, description="song, or drums: used when drum_parts are wanted, not by its name."
    )
    stems: list[Stem]
    default: bool
    bundled: bool
    architecture: str
    digest: str
    licence: str
    provenance: str
    commercial_use: str
    relative_cost: float = Field(description="Compute per second of audio; htdemucs is 1.")
    quality: Quality | None = Field(
        None, description="What to expect of the stems; null where nobody has judged."
    )


class ModelList(Response):
    """The catalogue."""

    models: list[ModelDescription]


class Health(Response):
    """The API answers."""

    status: Literal["ok"]
    version: str


__all__ = [
    "CompleteUpload",
    "CompletedPart",
    "CreateJob",
    "CreateUpload",
    "DeletionReceipt",
    "Download",
    "Downloads",
    "Health",
    "Job",
    "JobPage",
    "JobProblem",
    "JobWarning",
    "ModelDescription",
    "ModelList",
    "Problem",
    "Session",
    "SignParts",
    "SignedPart",
    "SignedParts",
    "Upload",
    "UploadedPart",
    "UploadedParts",
    "WarningCode",
]
