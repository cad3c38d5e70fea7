"""Starting an instance while the song is still being uploaded."""

import json

import pytest

from contract import keys, routes
from contract.inference import InferenceRequest
from lambdas import wiring

from .conftest import BUCKET, Service

SONG = {"filename": "song.mp3", "size_bytes": 1000, "content_type": "audio/mpeg"}
ANONYMOUS = "anonymous-1"
QUIET_MS = 2 * 420 * 1000


@pytest.fixture(params=["sessions", "all"])
def whose(request):
    return request.param


@pytest.fixture
def warming(service: Service, monkeypatch, whose) -> Service:
    monkeypatch.setenv("PREWARM", whose)
    wiring.environment.cache_clear()
    wiring.prewarmer.cache_clear()
    return service


def announce(service: Service, owner: str = ANONYMOUS) -> None:
    status, body, _ = service.call(routes.CREATE_UPLOAD, SONG, owner=owner)
    assert status == 201, body


def test_nothing_is_sent_unless_the_operator_asks_for_it(service: Service) -> None:
    announce(service)
    assert service.endpoint.invocations == []


def test_the_first_upload_of_a_cold_spell_asks_for_an_instance(warming: Service) -> None:
    announce(warming)
    announce(warming, owner="anonymous-2")
    (sent,) = warming.endpoint.invocations
    assert sent["input"] == f"s3://{BUCKET}/jobs/prewarm/requests/1.json"
    assert (sent["timeout"], sent["queue"]) == (60, 840)


def test_its_id_is_no_jobs_and_its_request_is_one_the_container_reads(warming: Service) -> None:
    announce(warming)
    (sent,) = warming.endpoint.invocations
    assert sent["id"].startswith("prewarm.")
    assert len(sent["id"]) <= 64
    assert keys.parse_inference_id(sent["id"]) is None
    stored = warming.s3.get_object(Bucket=BUCKET, Key=keys.job_request("prewarm", 1))["Body"].read()
    assert InferenceRequest.model_validate_json(stored).job_id == "prewarm"
    assert json.loads(stored)["stems"] == []


def test_another_cold_spell_asks_again(warming: Service) -> None:
    announce(warming)
    warming.now += QUIET_MS
    announce(warming)
    assert len(warming.endpoint.invocations) == 1
    warming.now += 1
    announce(warming)
    assert len(warming.endpoint.invocations) == 2


def test_nothing_is_sent_while_a_worker_lives(warming: Service) -> None:
    heartbeat = {**keys.worker_item("worker-1"), "heartbeat_at": warming.now - 30_000}
    warming.raw_table.put_item(Item=heartbeat)
    announce(warming)
    assert warming.endpoint.invocations == []
    warming.now += 60_000
    announce(warming)
    assert len(warming.endpoint.invocations) == 1


def test_owners_without_a_session_count_only_when_all_do(warming: Service, whose: str) -> None:
    announce(warming, owner="key-1")
    assert len(warming.endpoint.invocations) == (1 if whose == "all" else 0)


def test_an_endpoint_that_refuses_does_not_fail_the_upload(warming: Service) -> None:
    warming.endpoint.down = True
    announce(warming)
    assert warming.endpoint.invocations == []
