"""Messages of the asynchronous endpoint, read tolerantly.

SageMaker documents the success message; the failure message varies in the wild: the failure location may
stand at the top, under ``responseParameters``, or be missing. Only ``inferenceId`` is relied on.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contract.keys import parse_inference_id


class InvocationStatus(StrEnum):
    """What became of an invocation."""

    COMPLETED = "Completed"
    FAILED = "Failed"
    EXPIRED = "Expired"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message about one attempt."""

    job_id: str
    attempt: int
    status: InvocationStatus
    output_location: str | None
    failure_location: str | None
    reason: str | None


class ForeignMessageError(Exception):
    """The message is not about a job of ours; there is nothing to do."""


def parse_notification(body: str) -> Notification:
    """Read an SQS body that holds an SNS envelope (or the bare message) of the endpoint.

    An unknown status counts as failed, with the raw text kept as the reason.

    Raises:
        ForeignMessageError: not JSON, or not about a job.
    """
    message = _json_object(body)
    if isinstance(message.get("Message"), str):
        message = _json_object(message["Message"])
    parsed = parse_inference_id(str(message.get("inferenceId", "")))
    if parsed is None:
        raise ForeignMessageError(f"no inference id of a job in {body[:200]!r}")
    job_id, attempt = parsed
    response = message.get("responseParameters")
    response = response if isinstance(response, dict) else {}
    raw_status = str(message.get("invocationStatus", ""))
    known = raw_status in set(InvocationStatus)
    return Notification(
        job_id=job_id,
        attempt=attempt,
        status=InvocationStatus(raw_status) if known else InvocationStatus.FAILED,
        output_location=_location(response.get("outputLocation")),
        failure_location=_location(response.get("failureLocation") or message.get("failureLocation")),
        reason=_text(message.get("failureReason")) or (None if known else f"unknown status {raw_status!r}"),
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ForeignMessageError(f"not JSON: {text[:200]!r}") from error
    if not isinstance(value, dict):
        raise ForeignMessageError(f"not an object: {text[:200]!r}")
    return value


def _location(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith("s3://") else None


def _text(value: object) -> str | None:
    return value[:1000] if isinstance(value, str) and value else None
