"""Job records as their owner sees them."""

import hashlib
from typing import Any

from contract import api
from contract.audio import CONTENT_TYPES, AudioFormat
from contract.errors import ErrorCode, StemFoundryError
from contract.inference import ResultFile
from contract.limits import Limits
from contract.records import JobRecord
from contract.states import JobState
from lambdas.core.clock import instant
from lambdas.core.filenames import title_of
from lambdas.core.ports import JobTable, ObjectStore
from lambdas.core.waiting import WORKER_SILENCE_SECONDS, Queue, outlook

_VOLATILE = {"downloads", "eta_seconds", "poll_after_seconds"}


def own_job(owner: str, job_id: str, *, table: JobTable, now: int) -> JobRecord:
    """Read a job of this owner.

    Raises:
        StemFoundryError: ``job_not_found`` (also for another owner's or a deleted one), ``job_expired``.
    """
    record = table.get_job(job_id)
    if record is None or record.owner != owner or record.deleted_at is not None:
        raise StemFoundryError(ErrorCode.JOB_NOT_FOUND, f"There is no job {job_id}.")
    if record.state.is_final and record.retention_ends_at <= now // 1000:
        raise StemFoundryError(
            ErrorCode.JOB_EXPIRED, f"The job {job_id} has passed its retention; its stems were removed."
        )
    return record


def queue_of(record: JobRecord, table: JobTable, *, now: int) -> Queue | None:
    """Where a queued job stands; None for any other."""
    if record.state is not JobState.QUEUED:
        return None
    ahead = sum(1 for job in table.active_jobs() if job.created_order < record.created_order)
    return Queue(ahead, table.live_workers(since=now - WORKER_SILENCE_SECONDS * 1000))


def job_view(
    record: JobRecord,
    *,
    limits: Limits,
    now: int,
    queue: Queue | None = None,
    downloads: api.Downloads | None = None,
) -> api.Job:
    """A job as the API shows it."""
    ahead = outlook(record, queue, limits, now=now)
    values: dict[str, Any] = record.model_dump(
        include={
            "job_id",
            "state",
            "progress",
            "attempt",
            "upload_id",
            "model",
            "stems",
            "output",
            "extras",
            "metadata",
            "cached",
            "cancel_requested",
            "error",
            "warnings",
            "duration_seconds",
        }
    )
    values |= {
        "stage": ahead.stage,
        "jobs_ahead": ahead.jobs_ahead,
        "eta_seconds": ahead.eta_seconds,
        "poll_after_seconds": ahead.poll_after_seconds,
        "filename": record.source.filename,
        "created_at": instant(record.created_at),
        "started_at": instant(record.started_at) if record.started_at else None,
        "finished_at": instant(record.finished_at) if record.finished_at else None,
        "retention_ends_at": instant(record.retention_ends_at * 1000),
        "downloads": downloads,
    }
    return api.Job.model_validate(values)


def sign_downloads(record: JobRecord, *, objects: ObjectStore, limits: Limits, now: int) -> api.Downloads:
    """Sign links to everything a completed job holds.

    Raises:
        StemFoundryError: ``job_not_complete``.
    """
    if record.state is not JobState.COMPLETED or record.report_file is None:
        raise StemFoundryError(
            ErrorCode.JOB_NOT_COMPLETE,
            f"The job {record.job_id} is {record.state}; it has nothing to download.",
        )
    remaining = record.retention_ends_at - now // 1000
    expires_in = max(1, min(limits.download_link_seconds, remaining))
    title = title_of(record.source.filename)
    audio_format = record.output.format
    index, archive = record.preview_index_file, record.archive_file

    def signed(file: ResultFile, filename: str, content_type: str) -> dict[str, Any]:
        url = objects.presign_get(
            file.key, filename=filename, content_type=content_type, expires_in=expires_in
        )
        return {
            "url": url,
            "filename": filename,
            "content_type": content_type,
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
        }

    return api.Downloads.model_validate(
        {
            "stems": {
                file.stem: signed(file, f"{title} - {file.stem}.{audio_format}", CONTENT_TYPES[audio_format])
                for file in record.stem_files
            },
            "report": signed(record.report_file, f"{title} - report.json", "application/json"),
            "previews": {
                file.lane: signed(
                    file, f"{title} - {file.lane} (preview).mp3", CONTENT_TYPES[AudioFormat.MP3]
                )
                for file in record.preview_files
            },
            "preview_index": index and signed(index, f"{title} - previews.json", "application/json"),
            "archive": archive and signed(archive, f"{title} - stems.zip", "application/zip"),
            "expires_at": instant(now + expires_in * 1000),
        }
    )


def entity_tag(job: api.Job) -> str:
    """ETag of what matters about a job: not its links, nor estimates that change by the second."""
    content = job.model_dump_json(exclude=_VOLATILE)
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
