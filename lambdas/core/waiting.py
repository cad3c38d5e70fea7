"""What a waiting user is told: stage, jobs ahead, time left and when to ask again. Estimates, honestly."""

from dataclasses import dataclass

from contract.limits import Limits
from contract.records import JobRecord
from contract.states import JobStage, JobState

# A worker writes its heartbeat every 15 s; one that is silent for four of them is not counted.
WORKER_SILENCE_SECONDS = 60
_MIN_POLL_SECONDS = 0.25
_MAX_POLL_SECONDS = 15.0
_POLL_SHARE_OF_ELAPSED = 0.1
_PROGRESS_TO_EXTRAPOLATE = 0.05


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue as a job sees it."""

    jobs_ahead: int
    live_workers: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to tell about an active job."""

    stage: JobStage | None
    jobs_ahead: int | None
    eta_seconds: int | None
    poll_after_seconds: float | None


def outlook(record: JobRecord, queue: Queue | None, limits: Limits, *, now: int) -> Outlook:
    """Describe what a job waits for."""
    if record.state is JobState.QUEUED and queue is not None:
        return _queued(record, queue, limits, now=now)
    if record.state is JobState.PROCESSING:
        elapsed = max(0.0, (now - (record.started_at or now)) / 1000)
        return Outlook(
            stage=record.stage,
            jobs_ahead=None,
            eta_seconds=_processing_eta(record, elapsed, limits),
            poll_after_seconds=_poll_after(elapsed),
        )
    return Outlook(None, None, None, None)


def _queued(record: JobRecord, queue: Queue, limits: Limits, *, now: int) -> Outlook:
    waited = max(0.0, (now - record.created_at) / 1000)
    work = (queue.jobs_ahead // max(1, queue.live_workers) + 1) * limits.typical_job_seconds
    starting = queue.live_workers == 0
    start = max(0.0, limits.cold_start_seconds - waited) if starting else 0.0
    return Outlook(
        stage=JobStage.STARTING_GPU if starting else JobStage.WAITING,
        jobs_ahead=queue.jobs_ahead,
        eta_seconds=round(start + work),
        poll_after_seconds=_poll_after(waited),
    )


def _processing_eta(record: JobRecord, elapsed: float, limits: Limits) -> int:
    if record.progress >= _PROGRESS_TO_EXTRAPOLATE:
        return round(elapsed * (1 - record.progress) / record.progress)
    return round(max(1.0, limits.typical_job_seconds - elapsed))


def _poll_after(elapsed: float) -> float:
    # A tenth of the time already waited: a short job is noticed at once, a long one costs few requests.
    return round(min(_MAX_POLL_SECONDS, max(_MIN_POLL_SECONDS, elapsed * _POLL_SHARE_OF_ELAPSED)), 2)
