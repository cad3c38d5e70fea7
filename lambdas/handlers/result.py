"""Endpoint notifications (SNS → SQS): settle jobs."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas import wiring
from lambdas.core.notifications import ForeignMessageError, parse_notification
from lambdas.handlers.metrics import count_settlements

logger = Logger()
# A batch in which every message fails is reported like any other: each goes back to the queue on its own.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def settle(record: SQSRecord) -> None:
    """Apply one message; an exception sends it back to the queue."""
    try:
        notification = parse_notification(record.body)
    except ForeignMessageError as error:
        logger.warning("message ignored", extra={"reason": str(error)})
        return
    outcome = wiring.settler().on_notification(notification)
    count_settlements({outcome: 1})
    logger.info(
        "notification applied",
        extra={
            "job_id": notification.job_id,
            "attempt": notification.attempt,
            "status": str(notification.status),
            "reason": notification.reason,
            "outcome": str(outcome),
        },
    )


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point; answers which messages have to come again."""
    with logger.append_context_keys(request_id=context.aws_request_id):
        answer = process_partial_response(
            event=event, record_handler=settle, processor=processor, context=context
        )
        for _kind, error, _traceback in processor.exceptions:
            logger.error("message not applied; it comes again", exc_info=error or False)
    return dict(answer)
