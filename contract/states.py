"""States of uploads and jobs and the moves allowed between them."""

from enum import StrEnum


class UploadState(StrEnum):
    """Life of an upload: ``open`` until its bytes are verified in S3."""

    OPEN = "open"
    COMPLETE = "complete"
    ABORTED = "aborted"
    EXPIRED = "expired"


class JobState(StrEnum):
    """Life of a job; the last three are final."""

    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job can never change state again."""
        return self in FINAL_JOB_STATES


class JobStage(StrEnum):
    """What is happening inside a state: the first two while queued, the others while processing."""

    WAITING = "waiting"
    STARTING_GPU = "starting_gpu"
    DOWNLOADING = "downloading"
    DECODING = "decoding"
    SEPARATING = "separating"
    ENCODING = "encoding"
    UPLOADING = "uploading"


FINAL_JOB_STATES = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})
ACTIVE_JOB_STATES = frozenset({JobState.QUEUED, JobState.PROCESSING})

ALLOWED_JOB_TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.PROCESSING, JobState.FAILED, JobState.CANCELLED}),
    JobState.PROCESSING: frozenset(
        {JobState.QUEUED, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}


def sources_of(target: JobState) -> list[JobState]:
    """States from which a job may move to ``target``, in declaration order."""
    return [state for state in JobState if target in ALLOWED_JOB_TRANSITIONS[state]]
