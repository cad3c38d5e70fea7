"""Things that go wrong in production, played on the running service. No job is lost, none is done twice."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from contract import keys
from contract.functions import FunctionName
from contract.records import JobRecord, created_order
from contract.states import JobStage, JobState
from local.service import LocalService
from stem_foundry import JobCancelled, StemFoundry

from .audio_files import music, write
from .steering import (
    eventually,
    item_of,
    objects_of,
    paused,
    publish,
    record_of,
    silent,
    table_of,
    wait_until_results_are_read,
)


@pytest.fixture
def client(service: LocalService) -> Iterator[StemFoundry]:
    with StemFoundry(service.api_url) as made:
        yield made


@pytest.fixture
def song(tmp_path: Path) -> Path:
    # Other bytes in every test, or the result cache would answer.
    return write(tmp_path / "song.wav", music(2, seed=int.from_bytes(uuid4().bytes[:4])))


@pytest.fixture
def long_song(tmp_path: Path) -> Path:
    return write(tmp_path / "long.flac", music(75, seed=int.from_bytes(uuid4().bytes[:4])))


def start(client: StemFoundry, song: Path, **options: object) -> str:
    return str(client.create_job(client.upload(song), **options).job_id)  # type: ignore[arg-type]


def separating(service: LocalService, job_id: str) -> JobRecord:
    return eventually(
        lambda: record_of(service, job_id),
        until=lambda record: record.stage is JobStage.SEPARATING and 0 < record.progress < 0.9,
        what="separation under way",
    )


def reconcile(service: LocalService) -> dict[str, int]:
    outcomes: dict[str, int] = service.invoke_function(FunctionName.RECONCILE)
    return outcomes


def test_cancel_while_queued(client: StemFoundry, service: LocalService, song: Path) -> None:
    with paused(service):
        job_id = start(client, song)
        assert client.get_job(job_id).stage in {JobStage.WAITING, JobStage.STARTING_GPU}
        assert client.cancel(job_id).state is JobState.CANCELLED
    eventually(
        service.endpoint.status,
        until=lambda status: status["waiting"] + status["in_flight"] == 0,
        what="the message being skipped",
    )
    wait_until_results_are_read(service)
    assert record_of(service, job_id).state is JobState.CANCELLED
    assert not [key for key in objects_of(service, job_id) if "stems" in key]


def test_cancel_while_processing(client: StemFoundry, service: LocalService, long_song: Path) -> None:
    job_id = start(client, long_song)
    separating(service, job_id)
    assert client.cancel(job_id).cancel_requested
    with pytest.raises(JobCancelled):
        client.wait(job_id)
    assert not [key for key in objects_of(service, job_id) if "stems" in key]


def test_delete_while_processing_leaves_nothing(
    client: StemFoundry, service: LocalService, long_song: Path
) -> None:
    job_id = start(client, long_song)
    separating(service, job_id)
    upload_id = record_of(service, job_id).upload_id
    assert client.delete(job_id).still_stopping
    eventually(
        service.endpoint.status,
        until=lambda status: status["in_flight"] == 0,
        what="the worker stopping",
    )
    wait_until_results_are_read(service)
    assert objects_of(service, job_id) == []
    assert objects_of(service, upload_id) == []
    item = item_of(service, job_id)
    assert item is not None
    assert "owner_jobs" not in item, "only a tombstone until the deadline"


def test_a_lost_notification_is_settled_by_the_reconciler(
    client: StemFoundry, service: LocalService, song: Path
) -> None:
    with silent(service):
        job_id = start(client, song)
        eventually(
            service.endpoint.status,
            until=lambda status: status["waiting"] + status["in_flight"] == 0,
            what="the endpoint finishing",
        )
    assert record_of(service, job_id).state is JobState.PROCESSING
    assert reconcile(service)["completed"] == 1
    assert client.get_job(job_id).state is JobState.COMPLETED
    assert "completed" not in reconcile(service)


def test_a_redelivered_notification_changes_nothing(
    client: StemFoundry, service: LocalService, song: Path
) -> None:
    job_id = start(client, song)
    client.wait(job_id)
    before = item_of(service, job_id)
    output = record_of(service, job_id).output_location
    publish(service, job_id, 1, status="Completed", output=output)
    publish(service, job_id, 1, status="Failed", output=None)
    wait_until_results_are_read(service)
    assert item_of(service, job_id) == before


def test_a_killed_container_means_a_second_attempt_and_one_result(
    client: StemFoundry, service: LocalService, long_song: Path
) -> None:
    job_id = start(client, long_song)
    first = separating(service, job_id)
    service.restart_container(kill=True)
    done = client.wait(job_id)
    record = record_of(service, job_id)
    assert (done.attempt, record.attempt) == (2, 2)
    assert record.worker_id != first.worker_id
    settled = item_of(service, job_id)
    # The first attempt's messages may still come, in any order: they are about the past.
    publish(service, job_id, 1, status="Failed", output=None)
    publish(service, job_id, 1, status="Completed", output=first.output_location)
    wait_until_results_are_read(service)
    assert item_of(service, job_id) == settled
    stems = [key for key in objects_of(service, job_id) if "stems" in key]
    assert len(stems) == 4


def test_a_container_told_to_stop_gives_its_job_back(
    client: StemFoundry, service: LocalService, long_song: Path
) -> None:
    job_id = start(client, long_song)
    separating(service, job_id)
    service.restart_container()
    assert client.wait(job_id).attempt == 2


def test_a_worker_that_vanishes_without_a_message_is_found_by_its_lease(
    client: StemFoundry, service: LocalService, long_song: Path
) -> None:
    with silent(service):
        job_id = start(client, long_song)
        separating(service, job_id)
        service.stop_container(kill=True)
        # Its failure object would settle it at once; a real loss of the instance leaves none.
        eventually(
            service.endpoint.status,
            until=lambda status: status["in_flight"] == 0,
            what="the endpoint noticing",
        )
        failure = str(record_of(service, job_id).failure_location)
        bucket, _, key = failure.removeprefix("s3://").partition("/")
        service.aws.client("s3").delete_object(Bucket=bucket, Key=key)
    assert "retried" not in reconcile(service), "its lease is still good"
    lease_ends = record_of(service, job_id).lease_expires_at
    assert lease_ends is not None
    eventually(lambda: time.time() * 1000, until=lambda now: now > lease_ends, what="the end of the lease")
    assert reconcile(service)["retried"] == 1
    service.start_container()
    assert client.wait(job_id).attempt == 2


def test_a_crash_between_record_and_invoke(client: StemFoundry, service: LocalService, song: Path) -> None:
    with paused(service):
        template = record_of(service, start(client, song))
        client.cancel(template.job_id)
    # What a Lambda leaves that dies after writing the record: a queued job nobody knows about.
    job_id = str(uuid4())
    now = int(time.time() * 1000)
    orphan = template.model_copy(
        update={
            "job_id": job_id,
            "state": JobState.QUEUED,
            "created_at": now,
            "created_order": created_order(now, job_id),
            "dispatched_at": None,
            "output_location": None,
            "failure_location": None,
            "finished_at": None,
            "cache_key": None,
        }
    )
    table_of(service).put_item(Item=orphan.item())
    assert reconcile(service)["retried"] >= 1
    assert client.wait(job_id).state is JobState.COMPLETED


def test_an_idempotent_retry_starts_one_job(client: StemFoundry, service: LocalService, song: Path) -> None:
    upload = client.upload(song)
    made: list[str] = []

    def create() -> None:
        with StemFoundry(service.api_url, token=client._api._sessions.token()) as mine:
            made.append(str(mine.create_job(upload, idempotency_key="same").job_id))

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert client.wait(made[0]).attempt == 1


def test_retention_ends(client: StemFoundry, service: LocalService, song: Path) -> None:
    job_id = start(client, song, retention_hours=1)
    client.wait(job_id)
    past = int(time.time()) - 1
    table_of(service).update_item(
        Key=keys.job_item(job_id),
        UpdateExpression="SET retention_ends_at = :past",
        ExpressionAttributeValues={":past": past},
    )
    assert service.invoke_function(FunctionName.CLEANUP, {"source": "aws.events"})["removed"] >= 1
    assert objects_of(service, job_id) == []
