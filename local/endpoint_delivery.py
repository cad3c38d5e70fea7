"""Answers of the endpoint: objects in S3 and the notifications SageMaker publishes about them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from local.emulator import LocalAws
from local.endpoint_queue import AsyncRequest
from local.settings import REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

_DEFAULT_CONTENT_TYPE = "application/octet-stream"
Status = Literal["Completed", "Failed", "Expired"]


@dataclass(frozen=True, slots=True)
class EndpointConfiguration:
    """The asynchronous part of a SageMaker endpoint configuration.

    ``output_path`` and ``failure_path`` are ``s3://bucket/prefix`` without a trailing slash.
    """

    name: str
    output_path: str
    failure_path: str
    success_topic: str
    error_topic: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request; ``reason`` says why it was not completed."""

    status: Status
    body: bytes = b""
    content_type: str | None = None
    reason: str | None = None


def split_location(location: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``.

    Raises:
        ValueError: it is no such location.
    """
    scheme, separator, rest = location.partition("://")
    bucket, slash, key = rest.partition("/")
    if scheme != "s3" or not (separator and slash and bucket and key):
        raise ValueError(f"not an S3 location: {location!r}")
    return bucket, key


def _timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def notification(request: AsyncRequest, outcome: Outcome, *, now: float) -> dict[str, Any]:
    """The message SageMaker publishes when a request is settled."""
    message: dict[str, Any] = {
        "awsRegion": REGION,
        "eventTime": _timestamp(now),
        "receivedTime": _timestamp(request.received_at),
        "invocationStatus": outcome.status,
        "requestParameters": {
            "contentType": request.content_type,
            "endpointName": request.endpoint,
            "inputLocation": request.input_location,
        },
        "inferenceId": request.inference_id,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    if outcome.status == "Completed":
        message["responseParameters"] = {
            "contentType": outcome.content_type,
            "outputLocation": request.output_location,
        }
    else:
        message["failureReason"] = outcome.reason
        message["failureLocation"] = request.failure_location
    return message


class Delivery:
    """Fetches inputs and settles requests under the endpoint's role."""

    def __init__(
        self, aws: LocalAws, configuration: EndpointConfiguration, clock: Callable[[], float]
    ) -> None:
        self._s3: S3Client = aws.client("s3")
        self._sns: SNSClient = aws.client("sns")
        self._configuration = configuration
        self._clock = clock
        # Simulates notifications that get lost on the way; the objects are written all the same.
        self.drop_notifications = False

    def fetch_input(self, request: AsyncRequest) -> bytes:
        """The request's payload, sent along or from S3.

        Raises:
            botocore.exceptions.ClientError: the object cannot be read.
        """
        if request.input_location is None:
            return request.body or b""
        bucket, key = split_location(request.input_location)
        return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def settle(self, request: AsyncRequest, outcome: Outcome) -> None:
        """Store the answer, then announce it."""
        completed = outcome.status == "Completed"
        bucket, key = split_location(request.output_location if completed else request.failure_location)
        self._s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=outcome.body or (outcome.reason or "").encode(),
            ContentType=outcome.content_type or _DEFAULT_CONTENT_TYPE,
        )
        if self.drop_notifications:
            return
        topic = self._configuration.success_topic if completed else self._configuration.error_topic
        message = notification(request, outcome, now=self._clock())
        self._sns.publish(TopicArn=topic, Message=json.dumps(message))
