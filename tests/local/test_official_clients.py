"""AWS's own clients drive the endpoint contract: boto3 and sagemaker-core."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from contract import keys, transitions
from contract.inference import InferenceRequest, InferenceResult
from local.service import LocalService
from local.settings import REGION
from stem_foundry import StemFoundry

from .audio_files import music, write
from .steering import eventually, paused, record_of, table_of


@pytest.fixture
def queued(service: LocalService, tmp_path: Path) -> Any:
    """A job whose own invocation is held back, so that the test's is the one that does the work."""
    song = write(tmp_path / "song.wav", music(1, seed=hash(tmp_path) % 10_000))
    with StemFoundry(service.api_url) as client, paused(service):
        job = client.create_job(client.upload(song), stems=["bass"])
        record = record_of(service, job.job_id)
        table_of(service).update_item(**transitions.requeue(record.job_id, 1).arguments())
        request = InferenceRequest(
            job_id=record.job_id,
            attempt=2,
            source=record.source,
            model=record.model,
            stems=record.stems,
            output=record.output,
        )
        location = f"s3://{service.outputs['AudioBucketName']}/{keys.job_request(record.job_id, 2)}"
        bucket, _, key = location.removeprefix("s3://").partition("/")
        service.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=request.model_dump_json())
        yield service, record.job_id, location


def answer_at(service: LocalService, location: str) -> InferenceResult:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    s3 = service.aws.client("s3")

    def read() -> bytes | None:
        try:
            body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return body

    body = eventually(read, until=lambda value: value is not None, what="an output object")
    return InferenceResult.model_validate(json.loads(body or b""))


def test_boto3_invoke_endpoint_async(queued: Any) -> None:
    service, job_id, location = queued
    client = boto3.client(
        "sagemaker-runtime",
        endpoint_url=service.settings.endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    # Read the answer before the result function consumes it.
    from local.endpoint_front import Control

    service.endpoint.apply(Control(drop_notifications=True))
    accepted = client.invoke_endpoint_async(
        EndpointName=service.outputs["EndpointName"],
        InputLocation=location,
        ContentType="application/json",
        InferenceId=keys.inference_id(job_id, 2),
        InvocationTimeoutSeconds=60,
        RequestTTLSeconds=600,
    )
    assert accepted["InferenceId"] == keys.inference_id(job_id, 2)
    service.endpoint.apply(Control(paused=False))
    try:
        result = answer_at(service, accepted["OutputLocation"])
    finally:
        service.endpoint.apply(Control(drop_notifications=False))
    assert (result.job_id, result.status) == (job_id, "completed")


@pytest.mark.skipif(
    importlib.util.find_spec("sagemaker") is None,
    reason="sagemaker-core (447 MB) is not installed: pip install 'stem-foundry[sagemaker-client]'",
)
def test_sagemaker_core_invoke_async(queued: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service, job_id, location = queued
    for name, value in {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": service.settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    from sagemaker.core.resources import Endpoint

    from local.endpoint_front import Control

    service.endpoint.apply(Control(drop_notifications=True))
    accepted = Endpoint(endpoint_name=service.outputs["EndpointName"]).invoke_async(
        input_location=location,
        content_type="application/json",
        inference_id=keys.inference_id(job_id, 2),
        request_ttl_seconds=600,
        invocation_timeout_seconds=60,
    )
    service.endpoint.apply(Control(paused=False))
    try:
        result = answer_at(service, accepted.output_location)
    finally:
        service.endpoint.apply(Control(drop_notifications=False))
    assert (result.job_id, result.status) == (job_id, "completed")
