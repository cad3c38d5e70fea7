"""On a schedule: settle or re-send jobs whose messages were lost."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.metrics import Metric
from lambdas import wiring
from lambdas.core.settlement import Settlement
from lambdas.handlers.metrics import count, count_settlements

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Entry point."""
    with logger.append_context_keys(request_id=context.aws_request_id):
        outcomes, errors = wiring.reconciler().run()
        for error in errors:
            logger.error("not dispatched; tried again next time", extra={"reason": str(error)})
        counts = {str(outcome): number for outcome, number in outcomes.items()}
        logger.info("reconciled", extra={"outcomes": counts})
    count({Metric.LOST_JOBS_FOUND: outcomes.total() - outcomes[Settlement.IGNORED]})
    count_settlements(outcomes)
    return counts
