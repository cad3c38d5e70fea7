"""Smoke test of a container, on a CPU and without AWS.

Starts a command that becomes a server on ``--port``, beside S3 and DynamoDB in memory; waits until ``/ping``
is healthy, sends one job with two seconds of a tone to ``/invocations``, and looks whether all stems arrived
in their right length. What the command needs stands in the variables of `VARIABLES`; an engine has to
be told to pass them on::

    python -m sagemaker_container.smoke -- docker run --network host --env AWS_ENDPOINT_URL ... IMAGE serve
"""

import argparse
import io
import logging
import math
import os
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
import wave
from dataclasses import dataclass
from typing import Any

import boto3
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from contract import keys
from contract.audio import SAMPLE_RATE_HZ, OutputOptions
from contract.catalogue import get_model
from contract.inference import InferenceRequest, InferenceResult, Source
from contract.records import JobRecord, created_order
from contract.states import JobState
from sagemaker_container.clock import now_ms

TONE_SECONDS = 2
_REGION = "us-east-1"
_LOOPBACK = "127.0.0.1"

# Everything the container is told; an engine has to pass exactly these on.
VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_SECRET_ACCESS_KEY",
    "AUDIO_BUCKET",
    "BIND_HOST",
    "PORT",
    "PRELOAD_MODEL",
    "REQUIRE_GPU",
    "TABLE_NAME",
)


class SmokeTestError(Exception):
    """The container does not do its work; the message says what went wrong."""


@dataclass(frozen=True, slots=True)
class Aws:
    """S3 and DynamoDB in this process; table and bucket have the same name."""

    name: str
    s3: Any
    table: Any

    @classmethod
    def start(cls, endpoint_url: str) -> "Aws":
        """Connect, and create bucket and table."""
        access: dict[str, Any] = {
            "endpoint_url": endpoint_url,
            "region_name": _REGION,
            "aws_access_key_id": "smoke",
            "aws_secret_access_key": "smoke",
        }
        name = f"smoke-{uuid.uuid4()}"
        s3 = boto3.client("s3", **access)
        s3.create_bucket(Bucket=name)
        table = boto3.resource("dynamodb", **access).create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": keys.PARTITION_KEY, "KeyType": "HASH"},
                {"AttributeName": keys.SORT_KEY, "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in (keys.PARTITION_KEY, keys.SORT_KEY)
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        return cls(name, s3, table)

    def add_job(self, model: str) -> InferenceRequest:
        """A queued job on a tone, as the functions would leave it."""
        job_id = str(uuid.uuid4())
        song = tone()
        key = keys.upload_source(job_id)
        etag = self.s3.put_object(Bucket=self.name, Key=key, Body=song)["ETag"]
        source = Source(key=key, etag=etag, size_bytes=len(song), filename="tone.wav")
        now = now_ms()
        record = JobRecord(
            job_id=job_id,
            owner="smoke",
            state=JobState.QUEUED,
            attempt=1,
            source=source,
            upload_id=job_id,
            model=model,
            stems=list(get_model(model).stems),
            output=OutputOptions(),
            metadata={},
            retention_hours=1,
            created_at=now,
            created_order=created_order(now, job_id),
            retention_ends_at=now // 1000 + 3600,
        )
        self.table.put_item(Item=record.item())
        return InferenceRequest(
            job_id=job_id,
            attempt=1,
            source=source,
            model=model,
            stems=record.stems,
            output=record.output,
        )

    def read(self, key: str) -> bytes:
        """An object's content."""
        content: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content


def tone() -> bytes:
    """A WAV file: 440 Hz in stereo, 16 bits, half of full scale."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        samples = (
            round(16_000 * math.sin(2 * math.pi * 440 * n / SAMPLE_RATE_HZ))
            for n in range(TONE_SECONDS * SAMPLE_RATE_HZ)
        )
        file.writeframes(b"".join(struct.pack("<hh", sample, sample) for sample in samples))
    return buffer.getvalue()


def _environment(model: str, endpoint_url: str, port: int, name: str) -> dict[str, str]:
    values = ("smoke", _REGION, endpoint_url, "smoke", name, _LOOPBACK, str(port), model, "false", name)
    return dict(zip(VARIABLES, values, strict=True))


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float) -> float:
    started = time.monotonic()
    pause = threading.Event()
    while time.monotonic() - started < seconds:
        if process.poll() is not None:
            raise SmokeTestError(f"the container ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/ping", timeout=5):  # noqa: S310
                return time.monotonic() - started
        except OSError:
            # Not listening yet, or listening and not healthy.
            pause.wait(0.2)
    raise SmokeTestError(f"/ping was not healthy within {seconds:g} s")


def _invoke(url: str, request: InferenceRequest, seconds: float) -> InferenceResult:
    post = urllib.request.Request(  # noqa: S310
        f"{url}/invocations", request.model_dump_json().encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(post, timeout=seconds) as response:  # noqa: S310
            body = response.read()
            if response.headers.get("Content-Length") != str(len(body)):
                raise SmokeTestError("the answer does not state its length, which SageMaker requires")
    except urllib.error.HTTPError as error:
        raise SmokeTestError(f"/invocations answered {error.code}: {error.read()[:500]!r}") from error
    return InferenceResult.model_validate_json(body)


def _check(result: InferenceResult, request: InferenceRequest, aws: Aws) -> None:
    if result.status != "completed":
        raise SmokeTestError(f"the job is {result.status}: {result.error}")
    if [stem.stem for stem in result.stems] != request.stems:
        raise SmokeTestError(f"the stems are {[str(stem.stem) for stem in result.stems]}")
    for stem in result.stems:
        with wave.open(io.BytesIO(aws.read(stem.key))) as file:
            if (file.getnframes(), file.getframerate()) != (TONE_SECONDS * SAMPLE_RATE_HZ, SAMPLE_RATE_HZ):
                raise SmokeTestError(
                    f"{stem.stem} has {file.getnframes()} samples at {file.getframerate()} Hz"
                )


def run(command: list[str], *, model: str, port: int, timeout_seconds: float) -> None:
    """Start the command, give it one job, and end it.

    Raises:
        SmokeTestError: it is not healthy in time, or does not separate the tone.
    """
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer(_LOOPBACK, 0, verbose=False)
    moto.start()
    host, moto_port = moto.get_host_and_port()
    endpoint_url = f"http://{host}:{moto_port}"
    try:
        aws = Aws.start(endpoint_url)
        request = aws.add_job(model)
        url = f"http://{_LOOPBACK}:{port}"
        environment = os.environ | _environment(model, endpoint_url, port, aws.name)
        with subprocess.Popen(command, env=environment) as process:
            try:
                ready = _wait_until_healthy(url, process, timeout_seconds)
                started = time.monotonic()
                _check(_invoke(url, request, timeout_seconds), request, aws)
                separated = time.monotonic() - started
            finally:
                process.terminate()
        sys.stdout.write(f"healthy after {ready:.1f} s, {model} separated in {separated:.1f} s\n")
    finally:
        moto.stop()


def main(arguments: list[str]) -> int:
    """Command line; 0 when the container works."""
    parser = argparse.ArgumentParser(prog="python -m sagemaker_container.smoke")
    parser.add_argument("--model", default="foundry_4s", help="model of the job")
    parser.add_argument("--port", type=int, default=8080, help="port the command serves on")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for each of start and job")
    parser.add_argument("command", nargs="+", help="starts the server")
    options = parser.parse_args(arguments)
    try:
        run(options.command, model=options.model, port=options.port, timeout_seconds=options.timeout)
    except SmokeTestError as error:
        sys.stderr.write(f"The container failed its smoke test: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
