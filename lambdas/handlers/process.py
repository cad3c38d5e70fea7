"""POST /v1/jobs."""

from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.metrics import Metric
from lambdas import wiring
from lambdas.core.job_views import job_view, queue_of
from lambdas.handlers.http import http_api, owner_of_caller, request_id, serve
from lambdas.handlers.metrics import count

app = http_api()
logger = Logger()


@serve(app, routes.CREATE_JOB)
def create_job(
    body: api.CreateJob,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="idempotency-key",
            min_length=1,
            max_length=128,
            pattern=r"^[\x21-\x7e]+$",
            description="Makes a retry return the job of the first request.",
        ),
    ] = None,
) -> Response[api.Job]:
    """Start a separation."""
    now = wiring.now_ms()
    record, dispatch_error = wiring.job_starter().start(
        owner_of_caller(app), body, idempotency_key=idempotency_key, request_id=request_id(app), now=now
    )
    known = {"job_id": record.job_id}
    if dispatch_error is not None:
        logger.error("not dispatched; the reconciler will", extra=known | {"reason": str(dispatch_error)})
    else:
        logger.info("job created", extra=known | {"model": record.model, "cached": record.cached})
    # A repeated request returns a job that has been counted already.
    new = record.created_at == now
    count({Metric.JOBS_CREATED: int(new), Metric.JOBS_COMPLETED: int(new and record.cached)})
    job = job_view(
        record, limits=wiring.environment().limits, now=now, queue=queue_of(record, wiring.table(), now=now)
    )
    return Response(
        status_code=routes.CREATE_JOB.status,
        content_type="application/json",
        body=job,
        headers={"Location": routes.GET_JOB.url(job_id=record.job_id)},
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
