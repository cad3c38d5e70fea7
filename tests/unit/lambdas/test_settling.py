"""Notifications, reconciliation, retention and deletion."""

import json
from typing import Any

import pytest

from contract import keys, routes, transitions
from contract.errors import ErrorCode
from contract.functions import FunctionName
from contract.inference import InferenceError

from .conftest import BUCKET, Service, invoke
from .flows import (
    completed,
    container_result,
    lease,
    notify,
    put_answer,
    record_of,
    sqs_event,
    started,
    uploaded,
)


def processing(service: Service, **options: Any) -> str:
    job_id = str(started(service, **options)["job_id"])
    assert lease(service, job_id)
    return job_id


def reconcile(service: Service) -> dict[str, Any]:
    return invoke(FunctionName.RECONCILE, {"source": "aws.events"})


# --- notifications ---


def test_a_completed_answer_settles_the_job_once(service: Service) -> None:
    job_id = processing(service)
    output = put_answer(service, container_result(service, job_id))
    for _ in range(2):
        assert notify(service, job_id, output=output) == {"batchItemFailures": []}
    record = record_of(service, job_id)
    assert (record.state, record.duration_seconds) == ("completed", 90.0)
    assert service.table.audio_seconds_used("owner-1", "2027-01-15") == 90.0
    assert service.keys_in_bucket("inference/") == [], "the answer was consumed"


def test_the_users_fault_fails_the_job_with_its_code(service: Service) -> None:
    job_id = processing(service)
    error = InferenceError(code=ErrorCode.NOT_AUDIO, message="This is not audio.")
    output = put_answer(service, container_result(service, job_id, status="failed", error=error))
    notify(service, job_id, output=output)
    _, job, _ = service.call(routes.GET_JOB, job_id=job_id)
    assert job["state"] == "failed"
    assert job["error"] == {"code": "not_audio", "message": "This is not audio."}


def test_a_machine_fault_is_tried_three_times(service: Service) -> None:
    job_id = str(started(service)["job_id"])
    for attempt in (1, 2):
        assert lease(service, job_id, attempt)
        notify(service, job_id, attempt, status="Failed")
        record = record_of(service, job_id)
        assert (record.state, record.attempt) == ("queued", attempt + 1)
        assert service.endpoint.invocations[-1]["id"] == f"{job_id}.{attempt + 1}"
    assert lease(service, job_id, 3)
    notify(service, job_id, 3, status="Failed")
    record = record_of(service, job_id)
    assert record.state == "failed"
    assert record.error is not None
    assert record.error.code == "worker_lost"


def test_a_late_message_of_an_earlier_attempt_is_ignored(service: Service) -> None:
    job_id = processing(service)
    first_output = put_answer(service, container_result(service, job_id))
    notify(service, job_id, 1, status="Failed")
    assert lease(service, job_id, 2)
    notify(service, job_id, 1, output=first_output)
    assert record_of(service, job_id).state == "processing"
    output = put_answer(service, container_result(service, job_id, attempt=2))
    notify(service, job_id, 2, output=output)
    assert record_of(service, job_id).state == "completed"


def test_an_expired_request_is_a_queue_timeout(service: Service) -> None:
    job_id = started(service)["job_id"]
    notify(service, job_id, status="Expired")
    record = record_of(service, job_id)
    assert record.error is not None
    assert record.error.code == "queue_timeout"


def test_a_job_given_back_by_its_worker_is_sent_on_at_once(service: Service) -> None:
    job_id = processing(service)
    service.table.update_job(transitions.requeue(job_id, 1, worker_id="worker-1"))
    notify(service, job_id, 1, status="Failed")
    assert service.endpoint.invocations[-1]["id"] == f"{job_id}.2"
    assert record_of(service, job_id).dispatched_at is not None


def test_a_failed_worker_that_should_have_cancelled_counts_as_cancelled(service: Service) -> None:
    job_id = processing(service)
    service.call(routes.CANCEL_JOB, job_id=job_id)
    notify(service, job_id, status="Failed")
    assert record_of(service, job_id).state == "cancelled"


def test_an_answer_not_yet_readable_comes_again(service: Service) -> None:
    job_id = processing(service)
    output = str(record_of(service, job_id).output_location)
    answer = notify(service, job_id, output=output)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    put_answer(service, container_result(service, job_id))
    assert notify(service, job_id, output=output) == {"batchItemFailures": []}


def test_a_dispatch_that_fails_sends_the_message_back(service: Service) -> None:
    job_id = processing(service)
    service.endpoint.down = True
    answer = notify(service, job_id, status="Failed")
    assert answer["batchItemFailures"]
    service.endpoint.down = False
    assert notify(service, job_id, status="Failed") == {"batchItemFailures": []}
    assert record_of(service, job_id).dispatched_at is not None
    assert record_of(service, job_id).attempt == 2


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        json.dumps({"Message": "not json"}),
        json.dumps({"inferenceId": "foreign"}),
        json.dumps({"Message": json.dumps({"inferenceId": "prewarm.x", "invocationStatus": "Completed"})}),
    ],
)
def test_foreign_messages_are_dropped(service: Service, body: str) -> None:
    assert invoke(FunctionName.RESULT, sqs_event(body)) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "response",
    [
        {"responseParameters": {"failureLocation": "s3://audio/inference-failures/x"}},
        {"failureLocation": "s3://audio/inference-failures/x"},
        {},
        {"responseParameters": None},
    ],
)
def test_failure_messages_are_read_in_every_shape(service: Service, response: dict[str, Any]) -> None:
    job_id = processing(service)
    message = {"inferenceId": f"{job_id}.1", "invocationStatus": "Failed", "failureReason": "x", **response}
    assert invoke(FunctionName.RESULT, sqs_event(json.dumps(message))) == {"batchItemFailures": []}
    assert record_of(service, job_id).attempt == 2


def test_an_unknown_status_counts_as_failed(service: Service) -> None:
    job_id = processing(service)
    notify(service, job_id, status="Bewildered")
    assert record_of(service, job_id).attempt == 2


# --- the reconciler ---


def test_a_lost_notification_is_settled_from_the_answer(service: Service) -> None:
    job_id = processing(service)
    put_answer(service, container_result(service, job_id))
    assert reconcile(service) == {"completed": 1}
    assert record_of(service, job_id).state == "completed"
    assert reconcile(service) == {}


def test_a_crash_between_record_and_invoke_is_sent_again(service: Service) -> None:
    service.endpoint.down = True
    job_id = started(service)["job_id"]
    service.endpoint.down = False
    assert reconcile(service) == {"ignored": 1}, "its creator may still be at it"
    service.now += 31_000
    assert reconcile(service) == {"retried": 1}
    assert record_of(service, job_id).dispatched_at == service.now


def test_a_stale_lease_moves_on_and_a_live_one_stays(service: Service) -> None:
    job_id = processing(service)
    service.now += 59_000
    assert reconcile(service) == {"ignored": 1}
    service.now += 2_000
    assert reconcile(service) == {"retried": 1}
    assert record_of(service, job_id).attempt == 2


def test_a_stale_lease_after_the_last_attempt_fails(service: Service) -> None:
    job_id = str(started(service)["job_id"])
    for attempt in (1, 2, 3):
        assert lease(service, job_id, attempt)
        service.now += 61_000
        reconcile(service)
    record = record_of(service, job_id)
    assert record.error is not None
    assert (record.state, record.error.code) == ("failed", "worker_lost")


def test_a_stale_lease_behind_a_skipped_answer_still_moves_on(service: Service) -> None:
    job_id = processing(service)
    put_answer(service, container_result(service, job_id, status="skipped"))
    service.now += 61_000
    assert reconcile(service) == {"retried": 1}


def test_a_lost_failure_message_is_found(service: Service) -> None:
    job_id = started(service)["job_id"]
    failure = str(record_of(service, job_id).failure_location).removeprefix(f"s3://{BUCKET}/")
    service.s3.put_object(Bucket=BUCKET, Key=failure, Body=b"server error")
    assert reconcile(service) == {"retried": 1}


def test_a_job_that_waited_too_long_fails(service: Service) -> None:
    job_id = started(service)["job_id"]
    service.now += 21_601_000
    assert reconcile(service) == {"failed": 1}
    assert record_of(service, job_id).state == "failed"


def test_one_failed_dispatch_does_not_stop_the_others(service: Service) -> None:
    service.endpoint.down = True
    started(service)
    service.endpoint.down = False
    job_id = processing(service)
    put_answer(service, container_result(service, job_id))
    service.now += 31_000
    service.endpoint.down = True
    assert reconcile(service) == {"completed": 1}


# --- deletion and retention ---


def test_delete_removes_everything_and_says_so(service: Service) -> None:
    job_id = completed(service, key="k", archive=True)
    status, receipt, _ = service.call(routes.DELETE_JOB, job_id=job_id)
    assert status == 200
    assert receipt["objects_removed"] == 8, "request, stem, report, 2 previews, index, archive, source"
    assert receipt["bytes_removed"] > 0
    assert receipt["upload_removed"] is True
    assert receipt["still_stopping"] is False
    assert service.keys_in_bucket() == []
    left = [item["pk"] for item in service.raw_table.scan()["Items"] if not item["pk"].startswith("USAGE#")]
    assert left == []
    status, problem, _ = service.call(routes.GET_JOB, job_id=job_id)
    assert (status, problem["code"]) == (404, "job_not_found")


def test_delete_while_processing_leaves_a_tombstone_that_the_schedule_removes(service: Service) -> None:
    job_id = processing(service)
    _, receipt, _ = service.call(routes.DELETE_JOB, job_id=job_id)
    assert receipt["still_stopping"] is True
    update = transitions.report_progress(
        job_id,
        1,
        "worker-1",
        stage="separating",
        progress=0.5,
        now=service.now,
        lease_seconds=60,  # type: ignore[arg-type]
    )
    assert not service.table.update_job(update).applied
    status, _, _ = service.call(routes.GET_JOB, job_id=job_id)
    assert status == 404
    output = put_answer(service, container_result(service, job_id))
    notify(service, job_id, output=output)
    assert service.keys_in_bucket("inference/") == []
    service.now += (3600 + 601) * 1000
    assert invoke(FunctionName.CLEANUP, {"source": "aws.events"}) == {"removed": 1}
    assert service.table.get_job(job_id) is None
    assert service.keys_in_bucket() == [], "also what the worker had still written"


def test_a_source_in_use_by_another_active_job_stays(service: Service) -> None:
    upload_id = uploaded(service)
    first = started(service, upload_id=upload_id)["job_id"]
    started(service, upload_id=upload_id, stems=["drums"])
    _, receipt, _ = service.call(routes.DELETE_JOB, job_id=first)
    assert receipt["upload_removed"] is False
    assert keys.upload_source(upload_id) in service.keys_in_bucket()


def test_retention_removes_objects_and_keeps_a_gone_marker(service: Service) -> None:
    job_id = completed(service, retention_hours=1)
    service.now += 3_601_000
    assert invoke(FunctionName.CLEANUP, {"source": "aws.events"}) == {"removed": 1}
    assert service.keys_in_bucket(keys.job_prefix(job_id)) == []
    assert invoke(FunctionName.CLEANUP, {"source": "aws.events"}) == {"removed": 0}
    status, problem, _ = service.call(routes.GET_JOB, job_id=job_id)
    assert (status, problem["code"]) == (410, "job_expired")


def test_retention_ends_open_and_complete_uploads(service: Service) -> None:
    done = uploaded(service)
    _, opened, _ = service.call(
        routes.CREATE_UPLOAD, {"filename": "a", "size_bytes": 20_000_000, "content_type": "audio/wav"}
    )
    service.now += 25 * 3_600_000
    assert invoke(FunctionName.CLEANUP, {"source": "aws.events"}) == {"removed": 2}
    assert service.keys_in_bucket("uploads/") == []
    assert not service.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    for upload_id in (done, opened["upload_id"]):
        status, problem, _ = service.call(routes.CREATE_JOB, {"upload_id": upload_id})
        assert (status, problem["code"]) == (410, "upload_expired")
