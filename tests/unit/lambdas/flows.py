"""Steps that several tests share: upload a file, start a job, play the container's part."""

import json
from typing import Any

from contract import keys, routes, transitions
from contract.audio import AudioFormat, Lane, Stem
from contract.functions import FunctionName
from contract.inference import InferenceResult, ResultFile, StemFile
from contract.records import JobRecord

from .conftest import BUCKET, Service, invoke


def uploaded(service: Service, owner: str = "owner-1", content: bytes = b"song") -> str:
    announced = {"filename": "My song.mp3", "size_bytes": len(content), "content_type": "audio/mpeg"}
    _, upload, _ = service.call(routes.CREATE_UPLOAD, announced, owner=owner)
    upload_id = str(upload["upload_id"])
    # A checksum of the whole object, as S3 computes it by itself on AWS.
    service.s3.put_object(
        Bucket=BUCKET, Key=keys.upload_source(upload_id), Body=content, ChecksumAlgorithm="SHA256"
    )
    status, _, _ = service.call(routes.COMPLETE_UPLOAD, upload_id=upload_id, owner=owner)
    assert status == 200
    return upload_id


def started(
    service: Service, owner: str = "owner-1", *, key: str | None = None, **options: Any
) -> dict[str, Any]:
    body = {"upload_id": options.pop("upload_id", None) or uploaded(service, owner), **options}
    headers = {"idempotency-key": key} if key else None
    status, job, _ = service.call(routes.CREATE_JOB, body, owner=owner, headers=headers)
    assert status == 202, job
    result: dict[str, Any] = job
    return result


def record_of(service: Service, job_id: str) -> JobRecord:
    record = service.table.get_job(job_id)
    assert record is not None
    return record


def lease(service: Service, job_id: str, attempt: int = 1, worker: str = "worker-1") -> bool:
    update = transitions.take_lease(job_id, attempt, worker, now=service.now, lease_seconds=60)
    return service.table.update_job(update).applied


def container_result(
    service: Service, job_id: str, attempt: int = 1, status: str = "completed", **extra: Any
) -> InferenceResult:
    """What the container writes: one stem and the report in S3, what the job's extras are, and its answer."""
    if status != "completed":
        return InferenceResult(job_id=job_id, attempt=attempt, status=status, **extra)  # type: ignore[arg-type]
    stem_key = keys.job_stem(job_id, Stem.VOCALS, AudioFormat.WAV)
    for key in (stem_key, keys.job_report(job_id)):
        service.s3.put_object(Bucket=BUCKET, Key=key, Body=b"data")
    return InferenceResult(
        job_id=job_id,
        attempt=attempt,
        status="completed",
        duration_seconds=90.0,
        stems=[StemFile(stem=Stem.VOCALS, key=stem_key, size_bytes=4, sha256="a" * 64)],
        report=ResultFile(key=keys.job_report(job_id), size_bytes=4, sha256="b" * 64),
        **_extras(service, job_id),
    )


def _extras(service: Service, job_id: str) -> dict[str, Any]:
    wanted = record_of(service, job_id).extras

    def stored(key: str) -> dict[str, Any]:
        service.s3.put_object(Bucket=BUCKET, Key=key, Body=b"extra")
        return {"key": key, "size_bytes": 5, "sha256": "c" * 64}

    made: dict[str, Any] = {}
    if wanted.previews:
        lanes: tuple[Lane, ...] = (Stem.VOCALS, "mixture")
        made["previews"] = [{"lane": lane, **stored(keys.job_preview(job_id, lane))} for lane in lanes]
        made["preview_index"] = stored(keys.job_preview_index(job_id))
    if wanted.archive:
        made["archive"] = stored(keys.job_archive(job_id))
    return made


def put_answer(service: Service, result: InferenceResult, location: str | None = None) -> str:
    """Write the endpoint's output object where the dispatch said it would lie."""
    where = location or str(record_of(service, result.job_id).output_location)
    service.s3.put_object(
        Bucket=BUCKET, Key=where.removeprefix(f"s3://{BUCKET}/"), Body=result.model_dump_json().encode()
    )
    return where


def notify(
    service: Service, job_id: str, attempt: int = 1, status: str = "Completed", output: str | None = None
) -> dict[str, Any]:
    """Deliver an endpoint notification through the result function; returns its batch answer."""
    message: dict[str, Any] = {
        "invocationStatus": status,
        "inferenceId": keys.inference_id(job_id, attempt),
        "requestParameters": {"endpointName": "endpoint"},
        "responseParameters": {"outputLocation": output} if output else None,
    }
    if status != "Completed":
        message["failureReason"] = "ClientError: Received server error (503) from model."
    return invoke(
        FunctionName.RESULT, sqs_event(json.dumps({"Type": "Notification", "Message": json.dumps(message)}))
    )


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{index}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:results",
                "awsRegion": "eu-west-1",
            }
            for index, body in enumerate(bodies)
        ]
    }


def completed(service: Service, owner: str = "owner-1", **options: Any) -> str:
    """A job that went all the way."""
    job_id = str(started(service, owner, **options)["job_id"])
    assert lease(service, job_id)
    output = put_answer(service, container_result(service, job_id))
    assert notify(service, job_id, output=output) == {"batchItemFailures": []}
    assert record_of(service, job_id).state == "completed"
    return job_id
