"""Cancelling a job."""

from contract import transitions
from contract.errors import ErrorCode, StemFoundryError
from contract.records import JobRecord
from contract.states import JobState
from lambdas.core.ports import JobTable


def cancel_job(record: JobRecord, *, table: JobTable, now: int) -> JobRecord:
    """Cancel at once while queued, or ask the worker to stop. Safe to repeat.

    Raises:
        StemFoundryError: ``job_already_finished`` when it completed or failed first.
    """
    cancel_at_once = transitions.cancel_queued(record.job_id, retention_hours=record.retention_hours, now=now)
    # The third update matters when a worker gave the job back between the first two.
    for update in (cancel_at_once, transitions.request_cancel(record.job_id), cancel_at_once):
        outcome = table.update_job(update)
        if outcome.applied and outcome.record is not None:
            return outcome.record
    current = outcome.record
    if current is None or current.deleted_at is not None:
        raise StemFoundryError(ErrorCode.JOB_NOT_FOUND, f"There is no job {record.job_id}.")
    if current.state is JobState.CANCELLED:
        return current
    raise StemFoundryError(
        ErrorCode.JOB_ALREADY_FINISHED,
        f"The job {record.job_id} is already {current.state}; nothing to cancel.",
    )
