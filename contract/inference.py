"""What travels between the Lambdas and the container: request and result of one attempt."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from contract.audio import NO_EXTRAS, Extras, Lane, OutputOptions, Stem
from contract.errors import ErrorCode
from contract.report import JobWarning


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Source(_Message):
    """The uploaded object; the ETag pins its content."""

    key: str
    etag: str
    size_bytes: int
    filename: str


class InferenceRequest(_Message):
    """Body of ``/invocations``.

    ``kit_model`` is the model that splits the drums; there is one whenever ``extras.drum_parts`` is wanted.
    """

    job_id: str
    attempt: int
    source: Source
    model: str
    stems: list[Stem]
    output: OutputOptions
    extras: Extras = NO_EXTRAS
    kit_model: str | None = None
    request_id: str | None = None


class ResultFile(_Message):
    """An object in S3 that a job produced."""

    key: str
    size_bytes: int
    sha256: str


class StemFile(ResultFile):
    """A stem in S3."""

    stem: Stem


class PreviewFile(ResultFile):
    """A preview in S3: of a stem, or of the mixture."""

    lane: Lane


class InferenceError(_Message):
    """Why the work could not be done: the user's input, not the machine."""

    code: ErrorCode
    message: str


class InferenceResult(_Message):
    """Answer of ``/invocations``, also when the user's input was at fault.

    ``skipped``: the attempt is already done, taken by a live worker, cancelled or deleted. ``stems`` holds
    the wanted stems and then the drum parts.
    """

    job_id: str
    attempt: int
    status: Literal["completed", "failed", "cancelled", "skipped"]
    error: InferenceError | None = None
    warnings: list[JobWarning] = []
    duration_seconds: float | None = None
    stems: list[StemFile] = []
    report: ResultFile | None = None
    previews: list[PreviewFile] = []
    preview_index: ResultFile | None = None
    archive: ResultFile | None = None
