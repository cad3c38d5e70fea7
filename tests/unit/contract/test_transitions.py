"""The transition builders against a real table (moto): who may change what, and when."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from contract import keys, transitions
from contract.audio import NO_EXTRAS, Extras, OutputOptions, Stem
from contract.errors import ErrorCode
from contract.inference import InferenceResult, ResultFile, Source, StemFile
from contract.records import JobFailure, JobRecord, created_order
from contract.states import ALLOWED_JOB_TRANSITIONS, FINAL_JOB_STATES, JobStage, JobState, sources_of
from contract.transitions import Update

NOW = 1_700_000_000_000
LANES = [Stem.VOCALS, "mixture"]
JOB = "3f0e2a52-6c1c-4c57-9a0f-0f8f6f6a0001"


@pytest.fixture
def table() -> Iterator[Any]:
    with mock_aws():
        yield boto3.resource("dynamodb", region_name="eu-west-1").create_table(
            TableName="jobs",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )


def job(state: JobState = JobState.QUEUED, **changes: Any) -> JobRecord:
    values: dict[str, Any] = {
        "job_id": JOB,
        "owner": "owner",
        "state": state,
        "attempt": 1,
        "source": Source(key="uploads/u/source", etag='"e"', size_bytes=10, filename="song.mp3"),
        "upload_id": "u",
        "model": "foundry_4s",
        "stems": [Stem.VOCALS],
        "output": OutputOptions(),
        "metadata": {},
        "retention_hours": 24,
        "created_at": NOW,
        "created_order": created_order(NOW, JOB),
        "retention_ends_at": NOW // 1000 + 3600,
    }
    return JobRecord(**(values | changes))


def apply(table: Any, update: Update) -> JobRecord | None:
    try:
        return JobRecord.from_item(table.update_item(**update.arguments())["Attributes"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return None


def lease(worker: str = "w1", attempt: int = 1, now: int = NOW) -> Update:
    return transitions.take_lease(JOB, attempt, worker, now=now, lease_seconds=60)


def progress(worker: str = "w1", attempt: int = 1, now: int = NOW, value: float = 0.5) -> Update:
    return transitions.report_progress(
        JOB, attempt, worker, stage=JobStage.SEPARATING, progress=value, now=now, lease_seconds=60
    )


def completion(attempt: int = 1) -> Update:
    result = InferenceResult(
        job_id=JOB,
        attempt=attempt,
        status="completed",
        duration_seconds=1.5,
        stems=[StemFile(stem=Stem.VOCALS, key="k", size_bytes=1, sha256="0" * 64)],
        report=ResultFile(key="r", size_bytes=1, sha256="0" * 64),
    )
    return transitions.complete(result, retention_hours=24, now=NOW)


def test_final_states_allow_no_move() -> None:
    for state in JobState:
        assert state.is_final == (not ALLOWED_JOB_TRANSITIONS[state])


def test_the_record_survives_the_table(table: Any) -> None:
    record = job(progress=0.25, metadata={"album": "Ünïcode 🎵"}, duration_seconds=12.345)
    table.put_item(Item=record.item())
    assert JobRecord.from_item(table.get_item(Key=keys.job_item(JOB))["Item"]) == record


def test_main_path_from_queued_to_completed(table: Any) -> None:
    table.put_item(Item=job().item())
    leased = apply(table, lease())
    assert leased is not None
    assert (leased.state, leased.worker_id) == (JobState.PROCESSING, "w1")
    running = apply(table, progress(value=0.5))
    assert running is not None
    assert running.progress == 0.5
    done = apply(table, completion())
    assert done is not None
    assert done.state is JobState.COMPLETED
    assert done.worker_id is None
    item = table.get_item(Key=keys.job_item(JOB))["Item"]
    assert "active" not in item, "a final job is in no index of active ones"
    assert "expiring" in item


@pytest.mark.parametrize("state", list(JobState))
def test_completion_only_from_allowed_states(table: Any, state: JobState) -> None:
    table.put_item(Item=job(state).item())
    allowed = state in sources_of(JobState.COMPLETED)
    assert (apply(table, completion()) is not None) == allowed


@pytest.mark.parametrize("state", sorted(FINAL_JOB_STATES))
def test_no_update_moves_a_final_state(table: Any, state: JobState) -> None:
    table.put_item(Item=job(state).item())
    failure = JobFailure(code=ErrorCode.NOT_AUDIO, message="m")
    for update in (
        lease(),
        progress(),
        completion(),
        transitions.fail(JOB, 1, failure, retention_hours=1, now=NOW),
        transitions.cancel_queued(JOB, retention_hours=1, now=NOW),
        transitions.request_cancel(JOB),
        transitions.settle_cancelled(JOB, 1, retention_hours=1, now=NOW),
        transitions.requeue(JOB, 1),
    ):
        assert apply(table, update) is None


def test_a_live_lease_is_not_taken_over_and_a_stale_one_is(table: Any) -> None:
    table.put_item(Item=job().item())
    assert apply(table, lease("w1"))
    assert apply(table, lease("w2", now=NOW + 59_000)) is None
    assert apply(table, lease("w2", now=NOW + 61_000))
    assert apply(table, progress("w1", now=NOW + 62_000)) is None, "the old worker is refused from then on"


def test_a_late_worker_of_an_earlier_attempt_is_refused(table: Any) -> None:
    table.put_item(Item=job().item())
    apply(table, lease())
    requeued = apply(table, transitions.requeue(JOB, 1, now=NOW + 61_000))
    assert requeued is not None
    assert (requeued.state, requeued.attempt, requeued.progress) == (JobState.QUEUED, 2, 0)
    assert apply(table, progress()) is None
    assert apply(table, completion(attempt=1)) is None
    assert apply(table, lease(attempt=1)) is None
    assert apply(table, lease("w2", attempt=2))
    assert apply(table, completion(attempt=2))


def test_requeue_needs_the_lease_to_have_ended_or_the_worker_itself(table: Any) -> None:
    table.put_item(Item=job().item())
    apply(table, lease())
    assert apply(table, transitions.requeue(JOB, 1, now=NOW + 1)) is None
    assert apply(table, transitions.requeue(JOB, 1, worker_id="other")) is None
    assert apply(table, transitions.requeue(JOB, 1, worker_id="w1"))


def test_cancel_flag_reaches_the_worker_and_blocks_a_new_lease(table: Any) -> None:
    table.put_item(Item=job().item())
    apply(table, lease())
    assert apply(table, transitions.request_cancel(JOB))
    seen = apply(table, progress())
    assert seen is not None
    assert seen.cancel_requested
    assert apply(table, lease("w2", now=NOW + 90_000)) is None
    assert apply(table, transitions.requeue(JOB, 1)) is None
    cancelled = apply(table, transitions.settle_cancelled(JOB, 1, retention_hours=1, now=NOW))
    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED


def test_settling_a_cancel_needs_that_it_was_asked(table: Any) -> None:
    table.put_item(Item=job().item())
    apply(table, lease())
    assert apply(table, transitions.settle_cancelled(JOB, 1, retention_hours=1, now=NOW)) is None


def test_a_tombstone_stops_everything(table: Any) -> None:
    table.put_item(Item=job().item())
    apply(table, lease())
    buried = apply(table, transitions.bury(JOB, now=NOW, deadline=NOW // 1000 + 60))
    assert buried is not None
    item = table.get_item(Key=keys.job_item(JOB))["Item"]
    assert "owner_jobs" not in item
    assert "active" not in item
    for update in (progress(), completion(), transitions.requeue(JOB, 1), transitions.request_cancel(JOB)):
        assert apply(table, update) is None


def test_updates_of_a_missing_record_do_not_create_it(table: Any) -> None:
    for update in (
        lease(),
        transitions.mark_dispatched(JOB, 1, output_location="s3://b/o", failure_location=None, now=NOW),
        transitions.bury(JOB, now=NOW, deadline=1),
        transitions.cancel_queued(JOB, retention_hours=1, now=NOW),
    ):
        assert apply(table, update) is None
    assert "Item" not in table.get_item(Key=keys.job_item(JOB))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"{JOB}.2", (JOB, 2)),
        (JOB, None),
        (".1", None),
        (f"{JOB}.", None),
        (f"{JOB}.x", None),
        (f"{JOB}.²", None),
        ("", None),
    ],
)
def test_inference_ids(value: str, expected: tuple[str, int] | None) -> None:
    assert keys.parse_inference_id(value) == expected


def test_a_record_from_before_there_were_extras_is_read(table: Any) -> None:
    old = job().item()
    assert "extras" not in old, "what was never wanted is not stored"
    table.put_item(Item=old)
    record = JobRecord.from_item(table.get_item(Key=keys.job_item(JOB))["Item"])
    assert record.extras == NO_EXTRAS
    assert (record.kit_model, record.preview_files, record.archive_file) == (None, [], None)


def test_extras_survive_the_table(table: Any) -> None:
    wanted = Extras(drum_parts=True, analysis=False)
    table.put_item(Item=job(JobState.PROCESSING, extras=wanted, kit_model="kit").item())
    result = InferenceResult.model_validate(
        {
            "job_id": JOB,
            "attempt": 1,
            "status": "completed",
            "previews": [{"lane": lane, "key": lane, "size_bytes": 1, "sha256": "a"} for lane in LANES],
            "preview_index": {"key": "index", "size_bytes": 2, "sha256": "b"},
            "archive": {"key": "archive", "size_bytes": 3, "sha256": "c"},
        }
    )
    record = apply(table, transitions.complete(result, retention_hours=24, now=NOW))
    assert record is not None
    assert (record.extras, record.kit_model) == (wanted, "kit")
    assert [file.lane for file in record.preview_files] == LANES
    assert (record.preview_index_file, record.archive_file) == (result.preview_index, result.archive)


def test_files_that_there_are_not_leave_no_attributes(table: Any) -> None:
    table.put_item(Item=job(JobState.PROCESSING).item())
    result = InferenceResult(job_id=JOB, attempt=1, status="completed")
    apply(table, transitions.complete(result, retention_hours=24, now=NOW))
    stored = table.get_item(Key=keys.job_item(JOB))["Item"]
    assert not {"preview_files", "preview_index_file", "archive_file"} & stored.keys()
