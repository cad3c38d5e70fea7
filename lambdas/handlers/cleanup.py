"""DELETE /v1/jobs/{job_id}; on a schedule, everything past its retention."""

from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract import api, routes
from contract.metrics import Metric
from lambdas import wiring
from lambdas.core.job_views import own_job
from lambdas.handlers.http import http_api, owner_of_caller, serve
from lambdas.handlers.metrics import count

app = http_api()
logger = Logger()

# A removal takes well under a second; what does not fit into one run waits for the next.
_MAX_REMOVALS_PER_RUN = 100
_SCHEDULE_SOURCE = "aws.events"


@serve(app, routes.DELETE_JOB)
def delete_job(job_id: UUID) -> api.DeletionReceipt:
    """Delete a job and return the receipt."""
    now = wiring.now_ms()
    record = own_job(owner_of_caller(app), str(job_id), table=wiring.table(), now=now)
    receipt = wiring.remover().delete_job(record, now=now)
    logger.info("job deleted", extra={"job_id": record.job_id, "objects": receipt.objects_removed})
    # Nothing else will settle a job that was deleted before its end.
    count({Metric.JOBS_CANCELLED: int(not record.state.is_final)})
    return receipt


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point for the gateway and for the schedule."""
    if event.get("source") == _SCHEDULE_SOURCE:
        with logger.append_context_keys(request_id=context.aws_request_id):
            removed = wiring.remover().remove_due(now=wiring.now_ms(), limit=_MAX_REMOVALS_PER_RUN)
            logger.info("retention ended", extra={"records": removed})
        return {"removed": removed}
    return app.resolve(event, context)
