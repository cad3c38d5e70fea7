"""POST /v1/jobs/{job_id}/cancel."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.metrics import Metric
from lambdas import wiring
from lambdas.core.cancellation import cancel_job
from lambdas.core.job_views import job_view, own_job
from lambdas.handlers.http import http_api, owner_of_caller, serve
from lambdas.handlers.metrics import count

app = http_api()


@serve(app, routes.CANCEL_JOB)
def cancel(job_id: UUID) -> api.Job:
    """Cancel a job."""
    now = wiring.now_ms()
    record = own_job(owner_of_caller(app), str(job_id), table=wiring.table(), now=now)
    cancelled = cancel_job(record, table=wiring.table(), now=now)
    # One that its worker has to stop first is counted when it has; one cancelled earlier was counted then.
    count({Metric.JOBS_CANCELLED: int(cancelled.finished_at == now)})
    return job_view(cancelled, limits=wiring.environment().limits, now=now)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point."""
    return app.resolve(event, context)
