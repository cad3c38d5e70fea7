"""Every change of a job record, as one conditional DynamoDB update each.

The builders are pure: they return the arguments of ``Table.update_item``. A condition that fails means the
event came late, twice or from a worker that lost its lease; callers treat that as "nothing to do", and
``ALL_OLD`` on failure tells them what the record really says. No update moves a final state.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract import keys
from contract.errors import ErrorCode
from contract.inference import InferenceResult
from contract.records import TOMBSTONE_SECONDS, JobFailure, encode_attributes
from contract.states import JobStage, JobState, UploadState, sources_of

_ATTRIBUTE = re.compile(r"#(\w+)")
_RUNNING_ATTRIBUTES = ("worker_id", "lease_expires_at", "stage")
_FINAL_REMOVES = (*_RUNNING_ATTRIBUTES, "active", "cancel_requested")


@dataclass(frozen=True, slots=True)
class Update:
    """One conditional update of one item."""

    key: keys.ItemKey
    assign: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for ``Table.update_item`` (plain values, resource style)."""
        clauses = []
        if self.assign:
            clauses.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in self.assign))
        if self.remove:
            clauses.append("REMOVE " + ", ".join(f"#{name}" for name in self.remove))
        expression = " ".join(clauses)
        names = sorted(set(_ATTRIBUTE.findall(expression + " " + self.condition)))
        assigned = {f":set_{name}": value for name, value in self.assign.items()}
        compared = {f":{name}": value for name, value in self.values.items()}
        arguments: dict[str, Any] = {
            "Key": self.key,
            "UpdateExpression": expression,
            "ConditionExpression": self.condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if assigned or compared:
            arguments["ExpressionAttributeValues"] = encode_attributes(assigned | compared)
        return arguments


def _state_in(states: list[JobState]) -> tuple[str, dict[str, Any]]:
    """Condition that the record exists undeleted in one of the states, and its values."""
    values = {f"state_{state}": str(state) for state in states}
    listed = ", ".join(f":{name}" for name in values)
    return f"#state IN ({listed}) AND attribute_not_exists(#deleted_at)", values


def mark_dispatched(
    job_id: str, attempt: int, *, output_location: str, failure_location: str | None, now: int
) -> Update:
    """Remember that the attempt was handed to the endpoint and where its answer will lie."""
    assign: dict[str, Any] = {"dispatched_at": now, "output_location": output_location}
    if failure_location:
        assign["failure_location"] = failure_location
    return Update(
        key=keys.job_item(job_id),
        assign=assign,
        condition="attribute_exists(#pk) AND #attempt = :attempt",
        values={"attempt": attempt},
    )


def claim_prewarm(*, now: int, quiet_seconds: int) -> Update:
    """Be the one that asks for an instance before any job, unless somebody did so a moment ago."""
    return Update(
        key=keys.prewarm_item(),
        assign={"sent_at": now, keys.TIME_TO_LIVE_ATTRIBUTE: now // 1000 + quiet_seconds},
        condition="attribute_not_exists(#sent_at) OR #sent_at < :quiet_since",
        values={"quiet_since": now - quiet_seconds * 1000},
    )


def take_lease(job_id: str, attempt: int, worker_id: str, *, now: int, lease_seconds: int) -> Update:
    """QUEUED → PROCESSING, or take over the same attempt from a worker whose lease ran out."""
    condition, values = _state_in([JobState.QUEUED, JobState.PROCESSING])
    return Update(
        key=keys.job_item(job_id),
        assign={
            "state": str(JobState.PROCESSING),
            "worker_id": worker_id,
            "lease_expires_at": now + lease_seconds * 1000,
            "started_at": now,
            "stage": str(JobStage.DOWNLOADING),
            "progress": 0,
        },
        condition=f"{condition} AND #attempt = :attempt AND attribute_not_exists(#cancel_requested)"
        " AND (attribute_not_exists(#lease_expires_at) OR #lease_expires_at < :now)",
        values=values | {"attempt": attempt, "now": now},
    )


def report_progress(
    job_id: str,
    attempt: int,
    worker_id: str,
    *,
    stage: JobStage,
    progress: float,
    now: int,
    lease_seconds: int,
) -> Update:
    """Renew the lease and tell stage and progress; the returned record carries the cancel flag."""
    return Update(
        key=keys.job_item(job_id),
        assign={
            "stage": str(stage),
            "progress": round(progress, 4),
            "lease_expires_at": now + lease_seconds * 1000,
        },
        condition="#state = :processing AND attribute_not_exists(#deleted_at)"
        " AND #attempt = :attempt AND #worker_id = :worker_id",
        values={"processing": str(JobState.PROCESSING), "attempt": attempt, "worker_id": worker_id},
    )


def _final(state: JobState, retention_hours: int, now: int) -> dict[str, Any]:
    retention_ends_at = now // 1000 + retention_hours * 3600
    return {
        "state": str(state),
        "finished_at": now,
        "retention_ends_at": retention_ends_at,
        keys.TIME_TO_LIVE_ATTRIBUTE: retention_ends_at + TOMBSTONE_SECONDS,
    }


def complete(result: InferenceResult, *, retention_hours: int, now: int, cached: bool = False) -> Update:
    """PROCESSING → COMPLETED with what the attempt produced, or with copies of an earlier result."""
    condition, values = _state_in(sources_of(JobState.COMPLETED))
    produced = result.model_dump(mode="json", include={"warnings", "duration_seconds"}, exclude_none=True)
    return Update(
        key=keys.job_item(result.job_id),
        assign=_final(JobState.COMPLETED, retention_hours, now)
        | produced
        | {
            "progress": 1,
            "cached": cached,
        }
        | _files(result),
        remove=_FINAL_REMOVES,
        condition=f"{condition} AND #attempt = :attempt",
        values=values | {"attempt": result.attempt},
    )


def _files(result: InferenceResult) -> dict[str, Any]:
    """Attributes that name what was produced; those of extras only where there are any."""
    extras: dict[str, Any] = {
        "preview_files": [preview.model_dump(mode="json") for preview in result.previews],
        "preview_index_file": result.preview_index and result.preview_index.model_dump(mode="json"),
        "archive_file": result.archive and result.archive.model_dump(mode="json"),
    }
    return {
        "stem_files": [stem.model_dump(mode="json") for stem in result.stems],
        "report_file": result.report.model_dump(mode="json") if result.report else None,
        **{name: value for name, value in extras.items() if value},
    }


def fail(job_id: str, attempt: int, failure: JobFailure, *, retention_hours: int, now: int) -> Update:
    """QUEUED or PROCESSING → FAILED."""
    condition, values = _state_in(sources_of(JobState.FAILED))
    return Update(
        key=keys.job_item(job_id),
        assign=_final(JobState.FAILED, retention_hours, now) | {"error": failure.model_dump(mode="json")},
        remove=_FINAL_REMOVES,
        condition=f"{condition} AND #attempt = :attempt",
        values=values | {"attempt": attempt},
    )


def cancel_queued(job_id: str, *, retention_hours: int, now: int) -> Update:
    """QUEUED → CANCELLED at once."""
    return Update(
        key=keys.job_item(job_id),
        assign=_final(JobState.CANCELLED, retention_hours, now),
        remove=_FINAL_REMOVES,
        condition="#state = :queued AND attribute_not_exists(#deleted_at)",
        values={"queued": str(JobState.QUEUED)},
    )


def request_cancel(job_id: str) -> Update:
    """Ask the worker of a PROCESSING job to stop at its next segment."""
    return Update(
        key=keys.job_item(job_id),
        assign={"cancel_requested": True},
        condition="#state = :processing AND attribute_not_exists(#deleted_at)",
        values={"processing": str(JobState.PROCESSING)},
    )


def settle_cancelled(job_id: str, attempt: int, *, retention_hours: int, now: int) -> Update:
    """PROCESSING → CANCELLED after the worker stopped, or was lost while it should have."""
    return Update(
        key=keys.job_item(job_id),
        assign=_final(JobState.CANCELLED, retention_hours, now),
        remove=_FINAL_REMOVES,
        condition="#state = :processing AND attribute_not_exists(#deleted_at)"
        " AND #attempt = :attempt AND attribute_exists(#cancel_requested)",
        values={"processing": str(JobState.PROCESSING), "attempt": attempt},
    )


def requeue(job_id: str, attempt: int, *, now: int | None = None, worker_id: str | None = None) -> Update:
    """QUEUED or PROCESSING → QUEUED with the next attempt.

    Args:
        job_id: the job.
        attempt: the attempt that was lost.
        now: when given, only if the lease has run out by then.
        worker_id: when given, only if this worker holds the lease (it gives its own job back).
    """
    condition, values = _state_in([JobState.QUEUED, JobState.PROCESSING])
    condition += " AND #attempt = :attempt AND attribute_not_exists(#cancel_requested)"
    values |= {"attempt": attempt}
    if now is not None:
        condition += " AND #lease_expires_at < :now"
        values["now"] = now
    if worker_id is not None:
        condition += " AND #worker_id = :worker_id"
        values["worker_id"] = worker_id
    return Update(
        key=keys.job_item(job_id),
        assign={"state": str(JobState.QUEUED), "attempt": attempt + 1, "progress": 0},
        remove=(*_RUNNING_ATTRIBUTES, "dispatched_at", "output_location", "failure_location", "started_at"),
        condition=condition,
        values=values,
    )


def bury(job_id: str, *, now: int, deadline: int) -> Update:
    """Leave a tombstone: invisible to its owner, refused to its worker, gone at ``deadline`` (s)."""
    return Update(
        key=keys.job_item(job_id),
        assign={"deleted_at": now, keys.TIME_TO_LIVE_ATTRIBUTE: deadline, "retention_ends_at": deadline},
        remove=("active", "owner_jobs"),
        condition="attribute_exists(#pk)",
    )


def close_upload(
    upload_id: str, state: UploadState, *, etag: str | None = None, checksum: str | None = None
) -> Update:
    """OPEN → COMPLETE, ABORTED or EXPIRED; completing records which bytes were verified."""
    verified = {"etag": etag, "checksum": checksum}
    return Update(
        key=keys.upload_item(upload_id),
        assign={"state": str(state)} | {name: value for name, value in verified.items() if value},
        condition="#state = :open",
        values={"open": str(UploadState.OPEN)},
    )


def forget_objects(key: keys.ItemKey) -> Update:
    """Take a record out of the retention index once its objects are gone; it is then answered 410."""
    return Update(key=key, remove=("expiring",), condition="attribute_exists(#pk)")


WORKER_LOST = JobFailure(
    code=ErrorCode.WORKER_LOST,
    message="The machines that worked on this song were lost three times. Start the job again.",
)
QUEUE_TIMEOUT = JobFailure(
    code=ErrorCode.QUEUE_TIMEOUT,
    message="The job waited longer than the queue allows. Start it again when the service is less busy.",
)
