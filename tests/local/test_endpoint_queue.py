"""The endpoint's queue: order, durability, expiry, pausing."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from local.endpoint_queue import AsyncRequest, RequestQueue


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


REQUEST = AsyncRequest(
    endpoint="stem-foundry-test",
    inference_id="job.1",
    input_location="s3://bucket/jobs/job/requests/1.json",
    body=None,
    content_type="application/json",
    accept=None,
    custom_attributes=None,
    output_location="s3://bucket/inference/a.out",
    failure_location="s3://bucket/inference-failures/a-error.out",
    received_at=1_000.0,
    expires_at=1_060.0,
    timeout_seconds=60,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> RequestQueue:
    return RequestQueue(tmp_path / "queue.sqlite3", clock)


def names(*requests: AsyncRequest | None) -> list[str | None]:
    return [request.inference_id if request else None for request in requests]


def test_requests_are_taken_once_in_order(queue: RequestQueue) -> None:
    for attempt in (1, 2, 3):
        queue.put(replace(REQUEST, inference_id=f"job.{attempt}"))
    first, second = queue.claim(), queue.claim()
    assert names(first, second) == ["job.1", "job.2"]
    assert queue.counts() == (1, 2)
    assert first is not None
    queue.finish(first)
    assert queue.counts() == (1, 1)


def test_what_was_not_finished_is_delivered_again_by_the_next_process(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "queue.sqlite3"
    before = RequestQueue(file, clock)
    before.put(REQUEST)
    before.put(replace(REQUEST, inference_id="job.2", body=b"\x00\xff", input_location=None))
    assert before.claim() is not None
    before.close()
    before.dispose()

    after = RequestQueue(file, clock)
    first, second = after.claim(), after.claim()
    assert first == replace(REQUEST, sequence=1)
    assert second is not None
    assert (second.inference_id, second.body, second.input_location) == ("job.2", b"\x00\xff", None)


def test_a_released_request_waits_again(queue: RequestQueue) -> None:
    queue.put(REQUEST)
    claimed = queue.claim()
    assert claimed is not None
    queue.release(claimed)
    assert names(queue.claim()) == ["job.1"]


def test_a_request_past_its_time_goes_to_expiry_and_to_no_worker(queue: RequestQueue, clock: Clock) -> None:
    queue.put(REQUEST)
    clock.now = REQUEST.expires_at
    assert queue.claim() is None
    assert names(queue.claim_expired()) == ["job.1"]


def test_a_request_that_is_worked_on_does_not_expire(queue: RequestQueue, clock: Clock) -> None:
    queue.put(REQUEST)
    queue.put(replace(REQUEST, inference_id="job.2", expires_at=1_090.0))
    assert names(queue.claim()) == ["job.1"]
    clock.now = 1_100.0
    assert names(queue.claim_expired()) == ["job.2"]


def test_expiry_wakes_up_for_a_clock_that_was_moved(queue: RequestQueue, clock: Clock) -> None:
    queue.put(REQUEST)
    expired: list[AsyncRequest | None] = []
    waiting = threading.Thread(target=lambda: expired.append(queue.claim_expired()))
    waiting.start()
    clock.now = 2_000.0
    queue.check_clock()
    waiting.join()
    assert names(*expired) == ["job.1"]


def test_a_paused_queue_hands_out_nothing_until_it_goes_on(queue: RequestQueue) -> None:
    queue.put(REQUEST)
    queue.paused = True
    assert queue.claim() is None
    woken = threading.Event()

    def wait_for_work() -> None:
        assert queue.wait_for_work()
        woken.set()

    waiting = threading.Thread(target=wait_for_work)
    waiting.start()
    assert not woken.is_set()
    queue.paused = False
    waiting.join()
    assert woken.is_set()
    assert names(queue.claim()) == ["job.1"]


def test_closing_wakes_everybody(queue: RequestQueue) -> None:
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(queue.wait_for_work())),
        threading.Thread(target=lambda: answers.append(queue.claim_expired())),
    ]
    for thread in threads:
        thread.start()
    queue.close()
    for thread in threads:
        thread.join()
    assert set(answers) == {False, None}
    assert queue.claim() is None
