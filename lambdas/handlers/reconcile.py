"""On a schedule: settle or re-send jobs whose messages were lost."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import wiring

logger = Logger()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    """Entry point."""
    outcomes, errors = wiring.reconciler().run()
    for error in errors:
        logger.error("not dispatched; tried again next time", extra={"reason": str(error)})
    counts = {str(outcome): count for outcome, count in outcomes.items()}
    logger.info("reconciled", extra={"outcomes": counts})
    return counts
