"""Creating, following and removing jobs; retries and errors of the API."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from contract.errors import ErrorCode
from contract.states import JobStage, JobState
from stem_foundry import ApiError, BadInput, Job, ServiceUnreachable, StemFoundry
from stem_foundry._polling import next_interval
from stem_foundry._retry import RetryPolicy
from tests.unit.client.fake_service import FakeService, problem

CREATE = "POST /v1/jobs$"


def start(client: StemFoundry, song: Path) -> Job:
    return client.create_job(client.upload(song))


# --- creating -------------------------------------------------------------------------------------------


def test_repetitions_of_one_call_start_one_job(client: StemFoundry, service: FakeService, song: Path) -> None:
    def answer_is_lost(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/v1/jobs" and len(service.calls(CREATE)) == 1:
            service._api(request)
            raise httpx.ReadError("reset")
        return None

    service.faults.append(answer_is_lost)
    job = start(client, song)
    assert list(service.jobs) == [str(job.job_id)]


def test_calls_have_keys_of_their_own_unless_one_is_given(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    upload = client.upload(song)
    assert client.create_job(upload).job_id != client.create_job(upload).job_id
    first = client.create_job(upload.upload_id, idempotency_key="k")
    assert client.create_job(str(upload.upload_id), idempotency_key="k") == first
    with pytest.raises(ApiError) as caught:
        client.create_job(upload, stems=["vocals"], idempotency_key="k")
    assert caught.value.code == "idempotency_key_reused"


def test_retry_after_is_honoured(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    service.fail(
        CREATE,
        problem(ErrorCode.TOO_MANY_ACTIVE_JOBS, "Wait for your other jobs.", 15),
        httpx.Response(503, headers={"Retry-After": moment}),
    )
    start(client, song)
    first, second = sleeps
    assert 15 < first < 16
    assert 18 < second < 21


def test_a_long_retry_after_is_reported_instead(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    service.fail(CREATE, problem(ErrorCode.DAILY_AUDIO_LIMIT_REACHED, "Come back tomorrow.", 7200))
    with pytest.raises(ApiError) as caught:
        start(client, song)
    assert (caught.value.code, caught.value.retry_after) == ("daily_audio_limit_reached", 7200)
    assert sleeps == []


def test_what_cannot_be_right_is_refused_here(client: StemFoundry, service: FakeService) -> None:
    with pytest.raises(BadInput, match="retention_hours") as caught:
        client.create_job(uuid4(), retention_hours=999)
    assert caught.value.code == "invalid_request"
    with pytest.raises(BadInput, match="upload_id"):
        client.create_job("../x")
    with pytest.raises(BadInput, match="not a job id"):
        client.get_job("../x")
    assert service.requests == []


def test_a_job_that_is_not_ones_own_is_not_there(client: StemFoundry) -> None:
    with pytest.raises(ApiError) as caught:
        client.get_job(uuid4())
    assert (caught.value.code, caught.value.status) == ("job_not_found", 404)


# --- errors of all kinds --------------------------------------------------------------------------------


def test_no_answer_at_all(client: StemFoundry, service: FakeService, sleeps: list[float]) -> None:
    service.fail("health", *[httpx.ConnectTimeout("timed out")] * 5)
    with pytest.raises(ServiceUnreachable, match=r"http://service\.test: timed out") as caught:
        client.health()
    assert caught.value.code == "service_unreachable"
    assert len(sleeps) == 4


@pytest.mark.parametrize(
    ("answer", "code", "detail"),
    [
        (httpx.Response(404, json={"message": "Not Found"}), "route_not_found", "Not Found"),
        (httpx.Response(418, text="<html>"), "unexpected_answer", "418"),
        (httpx.Response(302, headers={"Location": "http://x"}), "unexpected_answer", "302"),
        (httpx.Response(200, text="<html>hello"), "unexpected_answer", "not a Health"),
        (httpx.Response(422, json={"code": "from_the_future", "detail": "New."}), "from_the_future", "New."),
        (
            httpx.Response(
                422,
                json={"code": "invalid_request", "detail": "No.", "errors": [{"field": "x", "reason": "y"}]},
            ),
            "invalid_request",
            "No. (x: y)",
        ),
    ],
)
def test_answers_that_are_not_the_contracts(
    client: StemFoundry, service: FakeService, answer: httpx.Response, code: str, detail: str
) -> None:
    service.fail("health", answer)
    with pytest.raises(ApiError) as caught:
        client.health()
    assert caught.value.code == code
    assert detail in caught.value.detail


def test_a_service_that_keeps_failing_is_reported(client: StemFoundry, service: FakeService) -> None:
    service.fail("health", *[httpx.Response(502) for _ in range(5)])
    with pytest.raises(ApiError) as caught:
        client.health()
    assert (caught.value.code, caught.value.status) == ("service_unavailable", 502)


def test_back_off_doubles_and_is_bounded() -> None:
    delays = list(RetryPolicy(attempts=8, first_delay=1, max_delay=10).delays())
    for delay, bound in zip(delays, [1, 2, 4, 8, 10, 10, 10], strict=True):
        assert bound / 2 <= delay <= bound


# --- listing --------------------------------------------------------------------------------------------


def test_jobs_come_page_by_page_newest_first(client: StemFoundry, service: FakeService, song: Path) -> None:
    upload = client.upload(song)
    created = [client.create_job(upload).job_id for _ in range(5)]
    listing = client.jobs(page_size=2)
    assert service.calls("GET /v1/jobs$") == []
    assert next(listing).job_id == created[-1]
    assert len(service.calls("GET /v1/jobs$")) == 1
    assert [job.job_id for job in listing] == created[-2::-1]
    assert len(service.calls("GET /v1/jobs$")) == 3


def test_jobs_can_be_filtered(client: StemFoundry, song: Path) -> None:
    first, second = start(client, song), start(client, song)
    client.cancel(first.job_id)
    assert [job.job_id for job in client.jobs(JobState.CANCELLED)] == [first.job_id]
    assert [job.job_id for job in client.jobs(JobState.QUEUED)] == [second.job_id]


# --- waiting --------------------------------------------------------------------------------------------


def test_waiting_reports_changes_only_and_uses_the_etag(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    service.script = [
        {"stage": JobStage.STARTING_GPU},
        {},
        {},
        {"state": JobState.PROCESSING, "progress": 0.5},
        {"state": JobState.COMPLETED},
    ]
    seen: list[Job] = []
    client.wait(start(client, song).job_id, seen.append)
    assert [job.state for job in seen] == [JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED]
    polls = service.calls("GET /v1/jobs/")
    assert len(polls) == 5
    assert [poll.headers.get("If-None-Match") for poll in polls] == [None, '"1"', '"1"', '"1"', '"2"']


def test_questions_are_quick_at_first_and_grow_rarer(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    service.script = [{} for _ in range(120)] + [{"state": JobState.COMPLETED}]
    client.wait(start(client, song).job_id)
    assert sleeps[:10] == [0.25] * 10
    assert sleeps == sorted(sleeps)
    assert max(sleeps) == 15.0


def test_the_services_hint_shortens_the_interval(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    unchanged = {"headers": {"Retry-After": "2"}}
    service.script = [{"poll_after_seconds": 3.0}, *[unchanged] * 60, {"state": JobState.COMPLETED}]
    client.wait(start(client, song).job_id)
    assert max(sleeps) == 2.0


def test_intervals_stay_within_bounds() -> None:
    assert next_interval(0, None) == 0.25
    assert next_interval(50, None) == 5.0
    assert next_interval(50, 1.5) == 1.5
    assert next_interval(50, 0.01) == 0.25
    assert next_interval(1e6, 60) == 15.0


def test_an_outage_while_waiting_does_not_lose_the_job(
    client: StemFoundry, service: FakeService, song: Path, sleeps: list[float]
) -> None:
    job = start(client, song)
    service.fail("GET /v1/jobs/", *[httpx.ConnectError("down")] * 12)
    assert client.wait(job.job_id).state is JobState.COMPLETED
    assert sum(sleeps) > 30


# --- ending ---------------------------------------------------------------------------------------------


def test_cancel_and_delete(client: StemFoundry, service: FakeService, song: Path) -> None:
    job = start(client, song)
    assert client.cancel(job.job_id).state is JobState.CANCELLED
    with pytest.raises(ApiError) as caught:
        client.cancel(job.job_id)
    assert caught.value.code == "job_already_finished"
    assert client.delete(str(job.job_id)).objects_removed == 6
    assert service.jobs == {}
