"""Steering the running service from tests: pausing, dropping messages, waiting for a state."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from contract import keys
from contract.records import JobRecord
from local.endpoint_front import Control
from local.service import LocalService

Value = TypeVar("Value")

_DEADLINE_SECONDS = 60.0
_POLL_SECONDS = 0.05


@contextmanager
def paused(service: LocalService) -> Iterator[None]:
    """The endpoint accepts requests and hands none out."""
    service.endpoint.apply(Control(paused=True))
    try:
        yield
    finally:
        service.endpoint.apply(Control(paused=False))


@contextmanager
def silent(service: LocalService) -> Iterator[None]:
    """The endpoint settles requests and announces nothing."""
    service.endpoint.apply(Control(drop_notifications=True))
    try:
        yield
    finally:
        service.endpoint.apply(Control(drop_notifications=False))


def eventually(ask: Callable[[], Value], *, until: Callable[[Value], object], what: str) -> Value:
    """Ask until the answer satisfies, for at most a minute."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        value = ask()
        if until(value):
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen; the last answer was {value!r}")
        time.sleep(_POLL_SECONDS)


def record_of(service: LocalService, job_id: object) -> JobRecord:
    """The job's record as it lies in the table."""
    return JobRecord.from_item(item_of(service, job_id) or {})


def item_of(service: LocalService, job_id: object) -> dict[str, Any] | None:
    """The job's item, if there is one."""
    item: dict[str, Any] | None = (
        table_of(service).get_item(Key=keys.job_item(str(job_id)), ConsistentRead=True).get("Item")
    )
    return item


def table_of(service: LocalService) -> Any:
    """The service's table with root credentials."""
    return service.aws.resource("dynamodb").Table(service.outputs["TableName"])


def objects_of(service: LocalService, identifier: object) -> list[str]:
    """Keys of all objects that belong to a job or an upload."""
    bucket = service.outputs["AudioBucketName"]
    pages = service.aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [
        item["Key"] for page in pages for item in page.get("Contents", []) if str(identifier) in item["Key"]
    ]


def publish(service: LocalService, job_id: object, attempt: int, *, status: str, output: str | None) -> None:
    """Publish an endpoint notification by hand, as a redelivery would arrive."""
    message = {
        "invocationStatus": status,
        "inferenceId": keys.inference_id(str(job_id), attempt),
        "requestParameters": {"endpointName": service.outputs["EndpointName"]},
        "responseParameters": {"outputLocation": output},
        "failureReason": None
        if status == "Completed"
        else "ClientError: Received server error (500) from model.",
    }
    topic = service.outputs["SuccessTopicArn" if status == "Completed" else "ErrorTopicArn"]
    service.aws.client("sns").publish(TopicArn=topic, Message=json.dumps(message))


def wait_until_results_are_read(service: LocalService) -> None:
    """Return when the result queue is empty and nothing of it is being worked on."""
    sqs = service.aws.client("sqs")

    def waiting() -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = sqs.get_queue_attributes(
            QueueUrl=service.outputs["ResultQueueUrl"], AttributeNames=names
        )["Attributes"]
        return sum(int(attributes[name]) for name in names)

    eventually(waiting, until=lambda count: count == 0, what="an empty result queue")
