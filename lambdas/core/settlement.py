"""Moving jobs to their final state, or on to their next attempt.

Used by the notification path and by the reconciler; every step is conditional, so that a message that
comes twice, late or not at all changes nothing it should not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from contract import transitions
from contract.inference import InferenceResult
from contract.limits import MAX_JOB_ATTEMPTS, Limits
from contract.records import JobFailure, JobRecord
from contract.states import JobState
from lambdas.core.clock import utc_day
from lambdas.core.dispatch import dispatch
from lambdas.core.notifications import InvocationStatus, Notification
from lambdas.core.ports import Endpoint, JobTable, JobUpdate, ObjectStore
from lambdas.core.result_cache import remember

_USAGE_KEPT_SECONDS = 3 * 24 * 3600


class Settlement(StrEnum):
    """What an event did to a job; logged and counted."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRIED = "retried"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Settler:
    """Applies outcomes of attempts; holds what that takes."""

    table: JobTable
    objects: ObjectStore
    endpoint: Endpoint
    limits: Limits
    now: Callable[[], int]

    def on_notification(self, notification: Notification) -> Settlement:
        """Apply a message of the endpoint, then remove the answer, which has been consumed.

        Raises:
            DispatchError: the next attempt could not be sent; the message has to come again.
            ObjectMissingError: a completed invocation has no readable output yet.
        """
        outcome = self._apply(notification)
        for location in (notification.output_location, notification.failure_location):
            if location is not None:
                self.objects.delete_location(location)
        return outcome

    def _apply(self, notification: Notification) -> Settlement:
        record = self.table.get_job(notification.job_id)
        if record is None or record.deleted_at is not None:
            return Settlement.IGNORED
        if record.state is JobState.QUEUED and record.dispatched_at is None:
            # Its worker gave the job back, or an earlier delivery of this message could not send it on.
            self._dispatch(record)
            return Settlement.RETRIED
        if record.state.is_final or record.attempt != notification.attempt:
            return Settlement.IGNORED
        if notification.status is InvocationStatus.COMPLETED:
            location = notification.output_location or record.output_location
            return self.on_output(record, location) if location else self.on_lost_attempt(record)
        if notification.status is InvocationStatus.EXPIRED:
            return self._fail(record, transitions.QUEUE_TIMEOUT)
        return self.on_lost_attempt(record)

    def on_output(self, record: JobRecord, output_location: str) -> Settlement:
        """Apply the answer that the container wrote for the record's current attempt.

        Raises:
            ObjectMissingError: there is no such object.
        """
        try:
            result = InferenceResult.model_validate_json(self.objects.read(output_location))
        except ValidationError:
            return self.on_lost_attempt(record)
        if (result.job_id, result.attempt) != (record.job_id, record.attempt):
            return Settlement.IGNORED
        if result.status == "completed":
            return self._complete(record, result)
        if result.status == "failed" and result.error is not None:
            return self._fail(record, JobFailure(code=result.error.code, message=result.error.message))
        if result.status == "cancelled":
            return self._cancelled(record)
        return Settlement.IGNORED

    def on_lost_attempt(self, record: JobRecord, *, only_if_lease_ended: bool = False) -> Settlement:
        """An attempt ended without an answer: cancel if that was asked, try again, or give up.

        Raises:
            DispatchError: the next attempt could not be sent.
        """
        if record.cancel_requested:
            return self._cancelled(record)
        if record.attempt >= MAX_JOB_ATTEMPTS:
            return self._fail(record, transitions.WORKER_LOST)
        deadline = self.now() if only_if_lease_ended else None
        requeued = self.table.update_job(transitions.requeue(record.job_id, record.attempt, now=deadline))
        if not requeued.applied or requeued.record is None:
            return Settlement.IGNORED
        self._dispatch(requeued.record)
        return Settlement.RETRIED

    def send_again(self, record: JobRecord) -> Settlement:
        """Send an attempt whose dispatch is not recorded.

        Raises:
            DispatchError: the endpoint did not accept it.
        """
        self._dispatch(record)
        return Settlement.RETRIED

    def time_out(self, record: JobRecord) -> Settlement:
        """Fail a job that waited longer than the queue allows."""
        return self._fail(record, transitions.QUEUE_TIMEOUT)

    def _dispatch(self, record: JobRecord) -> None:
        dispatch(
            record,
            table=self.table,
            objects=self.objects,
            endpoint=self.endpoint,
            limits=self.limits,
            now=self.now(),
        )

    def _complete(self, record: JobRecord, result: InferenceResult) -> Settlement:
        now = self.now()
        update = self.table.update_job(
            transitions.complete(result, retention_hours=record.retention_hours, now=now)
        )
        if not update.applied or update.record is None:
            return Settlement.IGNORED
        remember(update.record, table=self.table)
        self.table.add_audio_seconds(
            record.owner,
            utc_day(now),
            result.duration_seconds or 0.0,
            expires_at=now // 1000 + _USAGE_KEPT_SECONDS,
        )
        return Settlement.COMPLETED

    def _fail(self, record: JobRecord, failure: JobFailure) -> Settlement:
        update = self.table.update_job(
            transitions.fail(
                record.job_id, record.attempt, failure, retention_hours=record.retention_hours, now=self.now()
            )
        )
        return _settled(update, Settlement.FAILED)

    def _cancelled(self, record: JobRecord) -> Settlement:
        update = self.table.update_job(
            transitions.settle_cancelled(
                record.job_id, record.attempt, retention_hours=record.retention_hours, now=self.now()
            )
        )
        return _settled(update, Settlement.CANCELLED)


def _settled(update: JobUpdate, outcome: Settlement) -> Settlement:
    return outcome if update.applied else Settlement.IGNORED
