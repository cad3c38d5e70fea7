"""What the functions count, and that every log line names its request and its job."""

import io
import json
from collections import Counter
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from contract import keys, routes
from contract.functions import FunctionName
from contract.metrics import ENDPOINT_DIMENSION, NAMESPACE

from .conftest import Service, invoke
from .flows import started


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def counted(capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    """Sums of all metrics written since the last call."""
    found: Counter[str] = Counter()
    for line in lines(capsys):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == NAMESPACE
            assert directive["Dimensions"] == [[ENDPOINT_DIMENSION]]
            assert line[ENDPOINT_DIMENSION] == "endpoint"
            for metric in directive["Metrics"]:
                assert metric["Unit"] == "Count"
                found[metric["Name"]] += sum(line[metric["Name"]])
    return found


def reconcile() -> None:
    invoke(FunctionName.RECONCILE, {"source": "aws.events"})


def test_a_job_is_counted_once_even_when_asked_for_twice(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    first = started(service, key="again")
    service.now += 1000
    started(service, key="again", upload_id=first["upload_id"])
    assert counted(capsys) == {"JobsCreated": 1}


def test_cancelling_is_counted_once(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    job_id = started(service)["job_id"]
    counted(capsys)
    service.call(routes.CANCEL_JOB, job_id=job_id)
    service.now += 1000
    service.call(routes.CANCEL_JOB, job_id=job_id)
    assert counted(capsys) == {"JobsCancelled": 1}


def test_deleting_an_unfinished_job_counts_as_cancelling(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    job_id = started(service)["job_id"]
    counted(capsys)
    service.call(routes.DELETE_JOB, job_id=job_id)
    assert counted(capsys) == {"JobsCancelled": 1}


def test_the_reconciler_counts_what_it_found(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    service.endpoint.down = True
    started(service)
    service.endpoint.down = False
    service.now += 60_000
    counted(capsys)
    reconcile()
    assert counted(capsys) == {"LostJobsFound": 1, "JobsRetried": 1}
    reconcile()
    assert counted(capsys) == {}, "nothing was lost, nothing is written"


def test_outcomes_of_notifications_are_counted(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    job = started(service)
    counted(capsys)
    message = {"inferenceId": keys.inference_id(job["job_id"], 1), "invocationStatus": "Expired"}
    record = {
        "messageId": "m",
        "receiptHandle": "r",
        "body": json.dumps({"Message": json.dumps(message)}),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:results",
        "awsRegion": "eu-west-1",
    }
    assert invoke(FunctionName.RESULT, {"Records": [record]}) == {"batchItemFailures": []}
    assert counted(capsys) == {"JobsFailed": 1}


def test_every_log_line_names_request_and_job(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(Logger().registered_handler, "stream", stream)

    def logged() -> list[dict[str, Any]]:
        written = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.truncate(0)
        stream.seek(0)
        return written

    job_id = started(service)["job_id"]
    written = logged()
    assert {line["request_id"] for line in written} == {"request-1"}
    assert written[-1]["job_id"] == job_id
    service.call(routes.CANCEL_JOB, job_id="not-an-id")
    (refused,) = logged()
    assert (refused["request_id"], refused["job_id"]) == ("request-1", "not-an-id")
    reconcile()
    (reconciled,) = logged()
    assert reconciled["request_id"] not in {"", "request-1"}
    assert "job_id" not in reconciled, "nothing is left of earlier requests"
