"""The result cache, private to each owner: the same bytes with the same options are separated once.

A hit copies the objects to the new job, which then lives and dies on its own.
"""

import hashlib
import json
from typing import TypeVar

from contract import catalogue, keys, transitions
from contract.inference import InferenceResult, ResultFile
from contract.records import JobRecord, UploadRecord
from contract.states import JobState
from lambdas.core.ports import JobTable, ObjectMissingError, ObjectStore

# The lease under which a Lambda copies a cached result, in place of a container's worker id.
_CACHE_WORKER = "result-cache"
_CACHE_LEASE_SECONDS = 60
# S3 copies no more than this in one call; a larger file is rather made again.
_MAX_COPY_BYTES = 5 * 1024**3

_File = TypeVar("_File", bound=ResultFile)


def cache_key(upload: UploadRecord, record: JobRecord) -> str | None:
    """Key of a result: S3-verified checksum, size, effective options and model digest.

    None when S3 gave no checksum of the whole object.
    """
    if upload.checksum is None:
        return None
    identity = {
        "checksum": upload.checksum,
        "size_bytes": upload.size_bytes,
        "model": record.model,
        "digest": catalogue.get_model(record.model).digest,
        "stems": sorted(record.stems),
        "output": record.output.with_defaults().model_dump(mode="json"),
        "extras": record.extras.model_dump(mode="json"),
        "kit_digest": catalogue.get_model(record.kit_model).digest if record.kit_model else None,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def complete_from_cache(
    record: JobRecord, *, table: JobTable, objects: ObjectStore, now: int
) -> JobRecord | None:
    """Settle a queued job from an earlier result, or return None when it has to be separated.

    A result that vanishes while it is copied is a miss.
    """
    earlier = _earlier_result(record, table, now)
    if earlier is None:
        return None
    leased = table.update_job(
        transitions.take_lease(
            record.job_id, record.attempt, _CACHE_WORKER, now=now, lease_seconds=_CACHE_LEASE_SECONDS
        )
    )
    if not leased.applied:
        return None
    try:
        result = _copy(earlier, record, objects)
    except ObjectMissingError:
        table.forget_cached_job(record.owner, str(record.cache_key), earlier.job_id)
        table.update_job(transitions.requeue(record.job_id, record.attempt, worker_id=_CACHE_WORKER))
        return None
    settled = table.update_job(
        transitions.complete(result, retention_hours=record.retention_hours, now=now, cached=True)
    )
    return settled.record if settled.applied else None


def remember(record: JobRecord, *, table: JobTable) -> None:
    """Remember a completed job as the result for its key."""
    if record.cache_key is not None:
        table.put_cached_job(
            record.owner, record.cache_key, record.job_id, expires_at=record.retention_ends_at
        )


def _earlier_result(record: JobRecord, table: JobTable, now: int) -> JobRecord | None:
    if record.cache_key is None:
        return None
    job_id = table.cached_job(record.owner, record.cache_key)
    earlier = table.get_job(job_id) if job_id else None
    usable = (
        earlier is not None
        and earlier.owner == record.owner
        and earlier.state is JobState.COMPLETED
        and earlier.deleted_at is None
        and earlier.retention_ends_at > now // 1000
        and earlier.report_file is not None
        and all(file.size_bytes <= _MAX_COPY_BYTES for file in _files(earlier))
    )
    return earlier if usable else None


def _files(record: JobRecord) -> list[ResultFile]:
    single = (record.report_file, record.preview_index_file, record.archive_file)
    return [*record.stem_files, *record.preview_files, *(file for file in single if file is not None)]


def _copy(earlier: JobRecord, record: JobRecord, objects: ObjectStore) -> InferenceResult:
    def copied(file: _File, key: str) -> _File:
        objects.copy(file, key)
        return file.model_copy(update={"key": key})

    job_id, audio_format = record.job_id, record.output.format
    report, index, archive = earlier.report_file, earlier.preview_index_file, earlier.archive_file
    return InferenceResult(
        job_id=job_id,
        attempt=record.attempt,
        status="completed",
        warnings=earlier.warnings,
        duration_seconds=earlier.duration_seconds,
        stems=[copied(file, keys.job_stem(job_id, file.stem, audio_format)) for file in earlier.stem_files],
        report=report and copied(report, keys.job_report(job_id)),
        previews=[copied(file, keys.job_preview(job_id, file.lane)) for file in earlier.preview_files],
        preview_index=index and copied(index, keys.job_preview_index(job_id)),
        archive=archive and copied(archive, keys.job_archive(job_id)),
    )
