"""The result cache, private to each owner: the same bytes with the same options are separated once.

A hit copies the objects to the new job, which then lives and dies on its own.
"""

import hashlib
import json

from contract import catalogue, keys, transitions
from contract.inference import InferenceResult, ResultFile, StemFile
from contract.records import JobRecord, UploadRecord
from contract.states import JobState
from lambdas.core.ports import JobTable, ObjectMissingError, ObjectStore

# The lease under which a Lambda copies a cached result, in place of a container's worker id.
_CACHE_WORKER = "result-cache"
_CACHE_LEASE_SECONDS = 60


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
    )
    return earlier if usable else None


def _copy(earlier: JobRecord, record: JobRecord, objects: ObjectStore) -> InferenceResult:
    stems = []
    for stem_file in earlier.stem_files:
        key = keys.job_stem(record.job_id, stem_file.stem, record.output.format)
        objects.copy(stem_file, key)
        stems.append(StemFile(**stem_file.model_dump(exclude={"key"}), key=key))
    report = None
    if earlier.report_file is not None:
        report_key = keys.job_report(record.job_id)
        objects.copy(earlier.report_file, report_key)
        report = ResultFile(**earlier.report_file.model_dump(exclude={"key"}), key=report_key)
    return InferenceResult(
        job_id=record.job_id,
        attempt=record.attempt,
        status="completed",
        warnings=earlier.warnings,
        duration_seconds=earlier.duration_seconds,
        stems=stems,
        report=report,
    )
