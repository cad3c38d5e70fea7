"""The HTTP face, and the logs."""

import json
import logging

import pytest

from contract.audio import OutputOptions
from contract.inference import InferenceRequest, InferenceResult, Source
from sagemaker_container import logs
from sagemaker_container.job import ServiceStoppingError
from sagemaker_container.web import MAX_REQUEST_BYTES, create_app
from sagemaker_container.worker import BusyError, GpuMissingError, Readiness, remove_leftovers, select_device

from .small_models import STEMS

REQUEST = InferenceRequest(
    job_id="job",
    attempt=1,
    source=Source(key="k", etag="e", size_bytes=1, filename="f"),
    model="small",
    stems=list(STEMS),
    output=OutputOptions(),
)


class StandIn:
    """A worker that answers as told."""

    def __init__(self, answer=None, readiness=Readiness.READY):
        self.answer = answer
        self.readiness = readiness

    def process(self, request):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def client(**options):
    return create_app(StandIn(**options)).test_client()


@pytest.mark.parametrize("readiness", Readiness)
def test_ping_is_healthy_only_when_ready(readiness):
    response = client(readiness=readiness).get("/ping")
    assert response.status_code == (200 if readiness is Readiness.READY else 503)
    assert response.get_json() == {"status": readiness.name.lower()}


def test_a_result_is_answered_with_its_length():
    result = InferenceResult(job_id="job", attempt=1, status="skipped")
    response = client(answer=result).post("/invocations", data=REQUEST.model_dump_json())
    assert response.status_code == 200
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert InferenceResult.model_validate_json(response.data) == result


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"[]", b"\xff\xfe", b'{"job_id": 3}'])
def test_a_body_that_is_no_request_is_400(body):
    response = client().post("/invocations", data=body)
    assert response.status_code == 400
    assert response.get_json()["code"] == "invalid_request"


def test_a_missing_field_is_named():
    body = REQUEST.model_dump(mode="json")
    del body["source"]["etag"]
    message = client().post("/invocations", json=body).get_json()["message"]
    assert "source.etag" in message


def test_a_body_that_is_too_large_is_refused():
    assert client().post("/invocations", data=b" " * (MAX_REQUEST_BYTES + 1)).status_code == 413


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ServiceStoppingError(), 503),
        (BusyError(), 503),
        (MemoryError(), 500),
        (ConnectionError("s3"), 500),
        (RuntimeError("bug"), 500),
    ],
)
def test_faults_worth_a_retry_are_5xx(error, status):
    response = client(answer=error).post("/invocations", data=REQUEST.model_dump_json())
    assert response.status_code == status
    assert response.get_json()["code"] in {"service_unavailable", "internal_error"}


def test_nothing_is_taken_before_ready():
    response = client(readiness=Readiness.STARTING).post("/invocations", data=REQUEST.model_dump_json())
    assert response.status_code == 503


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/", 404), ("get", "/invocations", 405)])
def test_other_routes_are_refused(method, path, status):
    assert getattr(client(), method)(path).status_code == status


def test_a_required_gpu_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert select_device(require_gpu=False).type == "cpu"
    with pytest.raises(GpuMissingError, match="no CUDA device"):
        select_device(require_gpu=True)


def test_folders_of_a_killed_predecessor_are_removed(tmp_path):
    (tmp_path / "job-x1").mkdir()
    (tmp_path / "job-x1" / "spool").write_bytes(b"x")
    (tmp_path / "other").mkdir()
    remove_leftovers(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["other"]


def test_log_lines_are_json_with_the_job():
    record = logging.makeLogRecord({"msg": "line\n%s", "args": ("two",), "levelname": "INFO", "key": 1})
    with logs.bound(job_id="job", attempt=2, request_id=None):
        line = logs.JsonFormatter().format(record)
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["message"], fields["job_id"], fields["attempt"], fields["key"]) == (
        "line\ntwo",
        "job",
        2,
        1,
    )
    assert "request_id" not in fields


def test_log_lines_carry_the_exception():
    try:
        raise ValueError("why")
    except ValueError as error:
        record = logging.makeLogRecord({"exc_info": (ValueError, error, None)})
    assert "why" in json.loads(logs.JsonFormatter().format(record))["exception"]
