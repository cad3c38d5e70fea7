"""Handing a job's current attempt to the endpoint."""

from contract import keys, transitions
from contract.inference import InferenceRequest
from contract.limits import Limits
from contract.records import JobRecord
from lambdas.core.ports import Endpoint, JobTable, ObjectStore


def dispatch(
    record: JobRecord, *, table: JobTable, objects: ObjectStore, endpoint: Endpoint, limits: Limits, now: int
) -> None:
    """Write the attempt's request, invoke the endpoint and remember where the answer will lie.

    Sending an attempt twice is harmless: the container takes a lease before it works.

    Raises:
        DispatchError: the endpoint did not accept it; the job stays queued and the reconciler sends it again.
    """
    request = InferenceRequest(
        job_id=record.job_id,
        attempt=record.attempt,
        source=record.source,
        model=record.model,
        stems=record.stems,
        output=record.output,
        extras=record.extras,
        kit_model=record.kit_model,
        request_id=record.request_id,
    )
    location = objects.write_json(keys.job_request(record.job_id, record.attempt), request.model_dump_json())
    invocation = endpoint.invoke(
        location,
        inference_id=keys.inference_id(record.job_id, record.attempt),
        timeout_seconds=limits.invocation_timeout_seconds,
        queue_seconds=limits.queue_timeout_seconds,
    )
    table.update_job(
        transitions.mark_dispatched(
            record.job_id,
            record.attempt,
            output_location=invocation.output_location,
            failure_location=invocation.failure_location,
            now=now,
        )
    )
