"""The endpoint front, driven by the official SDK, against the local AWS's S3, SNS and SQS."""

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from local.emulator import LocalAws, base_environment, start_emulator
from local.endpoint_delivery import EndpointConfiguration, split_location
from local.endpoint_front import Control, EndpointFront
from local.processes import ManagedProcess
from local.settings import ACCOUNT, LOOPBACK, REPOSITORY, LocalSettings
from tests.local.ports import free_ports
from tests.local.test_endpoint_queue import Clock

BUCKET = "endpoint-front-test"
ENDPOINT = "stem-foundry-test"
STAND_IN = Path(__file__).with_name("stand_in_container.py")


@dataclass
class Stage:
    """What a test needs around a front."""

    settings: LocalSettings
    aws: LocalAws
    configuration: EndpointConfiguration
    queue_url: str
    container: ManagedProcess

    def start_container(self) -> None:
        self.container.start()
        self.container.wait_until_ready(f"{self.settings.container_urls[0]}/ping", timeout_seconds=30)

    @contextlib.contextmanager
    def front(self, queue_file: Path, **options: Any) -> Iterator[EndpointFront]:
        front = EndpointFront(
            self.aws,
            self.configuration,
            port=self.settings.endpoint_port,
            queue_file=queue_file,
            container_urls=self.settings.container_urls,
            **options,
        )
        front.start()
        try:
            yield front
        finally:
            front.stop()

    def put_input(self, key: str, content: dict[str, Any]) -> str:
        self.aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content).encode())
        return f"s3://{BUCKET}/{key}"

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.aws.client("sagemaker-runtime").invoke_endpoint_async(
            **{"EndpointName": ENDPOINT, "ContentType": "application/json"} | arguments
        )
        return answer

    def notification(self) -> dict[str, Any]:
        """Wait for the next message that the topics deliver."""
        sqs = self.aws.client("sqs")
        while not (
            messages := sqs.receive_message(QueueUrl=self.queue_url, WaitTimeSeconds=20).get("Messages")
        ):
            pass
        sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=messages[0]["ReceiptHandle"])
        envelope = json.loads(messages[0]["Body"])
        message: dict[str, Any] = json.loads(envelope["Message"])
        return message | {"topic": envelope["TopicArn"].rsplit(":", 1)[-1]}

    def read(self, location: str) -> bytes:
        bucket, key = split_location(location)
        content: bytes = self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content


def _create_resources(aws: LocalAws) -> tuple[str, dict[str, str]]:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    sqs, sns = aws.client("sqs"), aws.client("sns")
    queue_url = sqs.create_queue(QueueName="results")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:results"
    allow = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(allow)})
    topics = {name: sns.create_topic(Name=name)["TopicArn"] for name in ("success", "error")}
    for topic in topics.values():
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    return queue_url, topics


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    web, aws_port, endpoint, container_port = free_ports(4)
    settings = LocalSettings(
        state_directory=tmp_path_factory.mktemp("endpoint-front"),
        web_port=web,
        aws_port=aws_port,
        endpoint_port=endpoint,
        container_port=container_port,
    )
    container = ManagedProcess(
        "container",
        [sys.executable, str(STAND_IN)],
        environment=base_environment() | {"BIND_HOST": LOOPBACK, "PORT": str(container_port)},
        log_file=settings.log_directory / "container.log",
        working_directory=REPOSITORY,
    )
    emulator = start_emulator(settings)
    try:
        aws = LocalAws(settings)
        queue_url, topics = _create_resources(aws)
        configuration = EndpointConfiguration(
            name=ENDPOINT,
            output_path=f"s3://{BUCKET}/inference",
            failure_path=f"s3://{BUCKET}/inference-failures",
            success_topic=topics["success"],
            error_topic=topics["error"],
        )
        stage = Stage(settings, aws, configuration, queue_url, container)
        stage.start_container()
        yield stage
    finally:
        container.kill()
        emulator.stop()


@pytest.fixture
def queue_file(tmp_path: Path) -> Path:
    return tmp_path / "queue.sqlite3"


def test_an_invocation_is_answered_stored_and_announced(stage: Stage, queue_file: Path) -> None:
    location = stage.put_input("jobs/a/requests/1.json", {"song": "ä"})
    with stage.front(queue_file):
        answer = stage.invoke(InputLocation=location, InferenceId="a.1", CustomAttributes="trace=7")
        message = stage.notification()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["InferenceId"] == "a.1"
    assert answer["OutputLocation"].startswith(f"s3://{BUCKET}/inference/")
    assert answer["FailureLocation"].startswith(f"s3://{BUCKET}/inference-failures/")
    result = json.loads(stage.read(answer["OutputLocation"]))
    assert json.loads(result["received"]) == {"song": "ä"}
    assert (result["inference_id"], result["custom_attributes"]) == ("a.1", "trace=7")
    assert message["topic"] == "success"
    assert message["invocationStatus"] == "Completed"
    assert message["inferenceId"] == "a.1"
    assert message["responseParameters"]["outputLocation"] == answer["OutputLocation"]
    assert message["requestParameters"] == {
        "contentType": "application/json",
        "endpointName": ENDPOINT,
        "inputLocation": location,
    }


def test_a_payload_may_be_sent_along(stage: Stage, queue_file: Path) -> None:
    with stage.front(queue_file):
        answer = stage.invoke(Body=b'{"inline": true}')
        assert stage.notification()["inferenceId"] == answer["InferenceId"]
    assert json.loads(stage.read(answer["OutputLocation"]))["received"] == '{"inline": true}'


@pytest.mark.parametrize(("status", "party"), [(400, "client"), (500, "server")])
def test_an_error_of_the_model_is_a_failure(stage: Stage, queue_file: Path, status: int, party: str) -> None:
    location = stage.put_input("jobs/b/requests/1.json", {"status": status})
    with stage.front(queue_file):
        answer = stage.invoke(InputLocation=location, InferenceId="b.1")
        message = stage.notification()
    assert message["topic"] == "error"
    assert message["invocationStatus"] == "Failed"
    assert f"{party} error ({status})" in message["failureReason"]
    assert message["failureLocation"] == answer["FailureLocation"]
    assert json.loads(stage.read(answer["FailureLocation"]))["inference_id"] == "b.1"
    with pytest.raises(ClientError):
        stage.read(answer["OutputLocation"])


def test_a_missing_input_is_a_failure(stage: Stage, queue_file: Path) -> None:
    with stage.front(queue_file):
        stage.invoke(InputLocation=f"s3://{BUCKET}/jobs/none.json", InferenceId="c.1")
        message = stage.notification()
    assert message["invocationStatus"] == "Failed"
    assert "could not read" in message["failureReason"]


def test_a_container_that_dies_is_a_failure_and_the_next_request_waits_for_its_successor(
    stage: Stage, queue_file: Path
) -> None:
    crash = stage.put_input("jobs/d/requests/1.json", {"crash": True})
    after = stage.put_input("jobs/d/requests/2.json", {})
    with stage.front(queue_file):
        stage.invoke(InputLocation=crash, InferenceId="d.1")
        stage.invoke(InputLocation=after, InferenceId="d.2")
        message = stage.notification()
        assert (message["inferenceId"], message["invocationStatus"]) == ("d.1", "Failed")
        stage.container.wait()
        stage.start_container()
        message = stage.notification()
        assert (message["inferenceId"], message["invocationStatus"]) == ("d.2", "Completed")


def test_requests_survive_a_restart_of_the_front(stage: Stage, queue_file: Path) -> None:
    location = stage.put_input("jobs/e/requests/1.json", {})
    with stage.front(queue_file, paused=True) as front:
        answer = stage.invoke(InputLocation=location, InferenceId="e.1")
        assert front.status()["waiting"] == 1
    with stage.front(queue_file):
        assert stage.notification()["inferenceId"] == "e.1"
    assert stage.read(answer["OutputLocation"])


def test_a_request_that_waits_too_long_expires(stage: Stage, queue_file: Path) -> None:
    clock = Clock()
    location = stage.put_input("jobs/f/requests/1.json", {})
    with stage.front(queue_file, paused=True, clock=clock) as front:
        answer = stage.invoke(InputLocation=location, InferenceId="f.1", RequestTTLSeconds=60)
        clock.now += 61
        front.queue.check_clock()
        message = stage.notification()
        assert front.status()["waiting"] == 0
    assert (message["topic"], message["invocationStatus"]) == ("error", "Expired")
    assert b"RequestTTLSeconds" in stage.read(answer["FailureLocation"])


def test_notifications_can_be_lost_without_the_result(stage: Stage, queue_file: Path) -> None:
    location = stage.put_input("jobs/g/requests/1.json", {})
    with stage.front(queue_file, drop_notifications=True) as front:
        lost = stage.invoke(InputLocation=location, InferenceId="g.1")
        assert front.queue.wait_until_idle(60)
        front.apply(Control(drop_notifications=False))
        stage.invoke(InputLocation=location, InferenceId="g.2")
        assert stage.notification()["inferenceId"] == "g.2"
    assert stage.read(lost["OutputLocation"])


def test_the_simulation_is_steered_over_http(stage: Stage, queue_file: Path) -> None:
    with stage.front(queue_file):
        url = f"{stage.settings.endpoint_url}/control"
        assert httpx.post(url, json={"paused": True}).json()["paused"] is True
        assert httpx.get(url).json()["paused"] is True
        assert httpx.post(url, json={"drop_notifications": True}).json()["drop_notifications"] is True
        assert httpx.post(url, json={"speed": 2}).status_code == 400


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"EndpointName": "nobody-knows-me", "InputLocation": "s3://b/k"}, "not found"),
    ({}, "Exactly one of InputLocation and Body"),
    ({"InputLocation": "s3://b/k", "Body": b"x"}, "Exactly one of InputLocation and Body"),
    ({"InputLocation": "https://example.org/song"}, "not an S3 location"),
    ({"InputLocation": "s3://bucket-only"}, "not an S3 location"),
    ({"InputLocation": "s3://b/k", "RequestTTLSeconds": 21_601}, "RequestTTLSeconds"),
    ({"InputLocation": "s3://b/k", "InvocationTimeoutSeconds": 3_601}, "InvocationTimeoutSeconds"),
    ({"InputLocation": "s3://b/k", "InferenceId": "x" * 65}, "InferenceId"),
    ({"InputLocation": "s3://b/k", "CustomAttributes": "x" * 1_025}, "Custom-Attributes"),
    ({"InputLocation": "s3://b/k", "Filename": "a.out"}, "Filename is not supported"),
    ({"Body": b"x" * 128_001}, "at most 128000 bytes"),
]


@pytest.mark.parametrize(("arguments", "reason"), REFUSED)
def test_a_wrong_invocation_is_refused(
    stage: Stage, queue_file: Path, arguments: dict[str, Any], reason: str
) -> None:
    with stage.front(queue_file, paused=True) as front:
        with pytest.raises(ClientError) as refused:
            stage.invoke(**arguments)
        assert front.queue.counts() == (0, 0)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert reason in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("seconds", [59, 0])
def test_bounds_that_the_sdk_checks_itself(stage: Stage, queue_file: Path, seconds: int) -> None:
    with stage.front(queue_file, paused=True), pytest.raises(ParamValidationError):
        stage.invoke(InputLocation="s3://b/k", RequestTTLSeconds=seconds)


def test_a_model_that_is_too_slow_is_a_failure(stage: Stage, queue_file: Path) -> None:
    """The container is stopped as a debugger would stop it: connected, but silent."""
    location = stage.put_input("jobs/h/requests/1.json", {})
    with silent_container(*free_ports(1)) as url:
        front = EndpointFront(
            stage.aws,
            stage.configuration,
            port=stage.settings.endpoint_port,
            queue_file=queue_file,
            container_urls=[url],
        )
        front.start()
        try:
            stage.invoke(InputLocation=location, InferenceId="h.1", InvocationTimeoutSeconds=1)
            message = stage.notification()
        finally:
            front.stop()
    assert message["invocationStatus"] == "Failed"
    assert "within 1 seconds" in message["failureReason"]


@contextlib.contextmanager
def silent_container(port: int) -> Iterator[str]:
    """Answers /ping and never /invocations."""
    from flask import Flask, Response

    from local.http_server import HttpServer

    released = threading.Event()
    application = Flask("silent")
    application.add_url_rule("/ping", "ping", lambda: Response(status=200))
    never: Callable[[], Response] = lambda: Response(status=200 if released.wait() else 500)  # noqa: E731
    application.add_url_rule("/invocations", "invocations", never, methods=["POST"])
    server = HttpServer("silent container", application, port, max_body_bytes=1024)
    server.start()
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        released.set()
        server.stop()
