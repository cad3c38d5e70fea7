"""The service as a whole: what survives a restart, what is replaced, how it ends.

A stand-in answers for the container here; the end-to-end tests run the real one.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from contract import keys
from local import container
from local.credentials import RoleCredentials
from local.emulator import LocalAws
from local.processes import LocalError
from local.service import LocalService
from local.settings import REPOSITORY, LocalSettings, port_is_free
from tests.local.ports import settings_on_free_ports
from tests.local.steering import silent

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_container.py")))


def settings_for(state_directory: Path, **options: float) -> LocalSettings:
    return settings_on_free_ports(state_directory, model_directory=state_directory / "models", **options)


@pytest.fixture(scope="module")
def stand_in() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "COMMAND", STAND_IN)
        yield


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, stand_in: None) -> Iterator[LocalService]:
    with LocalService(settings_for(tmp_path_factory.mktemp("state"))) as running, silent(running):
        yield running


def invoke(service: LocalService, inference_id: str) -> str:
    """Send a request whose answer can be read; returns the answer's key.

    The endpoint must be silent: whoever is told of an answer takes it away.
    """
    bucket = service.outputs["AudioBucketName"]
    key = f"{keys.JOBS_PREFIX}{inference_id}/requests/1.json"
    service.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    answer = service.aws.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=service.outputs["EndpointName"],
        InputLocation=f"s3://{bucket}/{key}",
        InferenceId=inference_id,
    )
    location: str = answer["OutputLocation"]
    return location.removeprefix(f"s3://{bucket}/")


def read(service: LocalService, key: str) -> bytes:
    body = service.aws.client("s3").get_object(Bucket=service.outputs["AudioBucketName"], Key=key)["Body"]
    content: bytes = body.read()
    return content


def test_the_api_answers_and_functions_can_be_run(service: LocalService) -> None:
    health = httpx.get(f"{service.api_url}/v1/health", trust_env=False)
    assert health.json()["status"] == "ok"
    assert service.invoke_function("reconcile") is not None
    with pytest.raises(LocalError, match="no output 'FunctionNone'"):
        service.invoke_function("none")


def test_a_failure_inside_a_function_is_told(service: LocalService) -> None:
    with pytest.raises(LocalError, match="failed: "):
        service.invoke_function("result", {"Records": "these are no records"})


def test_what_cloudformation_leaves_out_here_is_applied(service: LocalService) -> None:
    aws, outputs = service.aws, service.outputs
    time_to_live = aws.client("dynamodb").describe_time_to_live(TableName=outputs["TableName"])
    assert time_to_live["TimeToLiveDescription"]["AttributeName"] == keys.TIME_TO_LIVE_ATTRIBUTE
    lifecycle = aws.client("s3").get_bucket_lifecycle_configuration(Bucket=outputs["AudioBucketName"])
    prefixes = {rule["Filter"].get("Prefix") for rule in lifecycle["Rules"]}
    assert {keys.UPLOADS_PREFIX, keys.JOBS_PREFIX} <= prefixes
    preflight = httpx.options(
        f"{service.api_url}/v1/jobs",
        headers={"Origin": service.api_url, "Access-Control-Request-Method": "POST"},
        trust_env=False,
    )
    assert preflight.headers["access-control-allow-origin"] == service.api_url


def test_objects_records_and_waiting_requests_survive_a_restart(tmp_path: Path, stand_in: None) -> None:
    settings = settings_for(tmp_path)
    with LocalService(settings) as before:
        outputs = before.outputs
        table = before.aws.resource("dynamodb").Table(outputs["TableName"])
        table.put_item(Item=keys.job_item("survivor") | {"note": "still here"})
        before.endpoint.queue.paused = True
        waiting = invoke(before, "survivor.1")
        deployed = (settings.state_directory / "deployment.json").stat().st_mtime_ns

    with LocalService(settings) as after, silent(after):
        assert after.outputs == outputs
        assert (settings.state_directory / "deployment.json").stat().st_mtime_ns == deployed
        table = after.aws.resource("dynamodb").Table(outputs["TableName"])
        assert table.get_item(Key=keys.job_item("survivor"))["Item"]["note"] == "still here"
        assert after.endpoint.queue.wait_until_idle(60)
        assert json.loads(read(after, waiting))["inference_id"] == "survivor.1"


def test_a_worker_that_crashes_is_replaced(service: LocalService) -> None:
    bucket = service.outputs["AudioBucketName"]
    key = f"{keys.JOBS_PREFIX}crash/requests/1.json"
    service.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b'{"crash": true}')
    service.aws.client("sagemaker-runtime").invoke_endpoint_async(
        EndpointName=service.outputs["EndpointName"], InputLocation=f"s3://{bucket}/{key}"
    )
    answer = invoke(service, "next.1")
    assert service.endpoint.queue.wait_until_idle(60)
    assert json.loads(read(service, answer))["inference_id"] == "next.1"


def test_a_worker_that_is_down_leaves_requests_waiting(service: LocalService) -> None:
    service.stop_container(kill=True)
    answer = invoke(service, "later.1")
    assert service.endpoint.status()["waiting"] == 1
    service.start_container()
    assert service.endpoint.queue.wait_until_idle(60)
    assert read(service, answer)


def test_the_container_runs_under_its_role_only(service: LocalService) -> None:
    credentials = RoleCredentials(service.aws, service.outputs["ContainerRoleArn"], "test-of-the-role")
    restricted = LocalAws(service.settings, credentials.session())
    identity = restricted.client("sts").get_caller_identity()
    assert ":assumed-role/" in identity["Arn"]
    with pytest.raises(ClientError) as refused:
        restricted.client("s3").put_object(
            Bucket=service.outputs["AudioBucketName"], Key=f"{keys.UPLOADS_PREFIX}x/source", Body=b""
        )
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_credentials_are_only_for_the_container(service: LocalService) -> None:
    url = f"{service.settings.endpoint_url}/credentials"
    assert httpx.get(url).status_code == 403
    assert httpx.get(url, headers={"Authorization": "wrong"}).status_code == 403


def test_the_sdk_of_a_container_finds_its_credentials(service: LocalService) -> None:
    """With nothing but the two variables that a container gets."""
    process = container.container_process(service.settings, service.outputs, service.credentials, 0)
    script = """
import boto3
print(boto3.client("sts").get_caller_identity()["Arn"])
"""
    said = subprocess.run(
        [sys.executable, "-c", script], env=process.environment, capture_output=True, text=True, check=True
    )
    assert ":assumed-role/" in said.stdout


def test_a_session_without_credentials_is_refused(service: LocalService) -> None:
    stranger = boto3.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x", region_name="us-east-1"
    )
    with pytest.raises(ClientError):
        LocalAws(service.settings, stranger).client("s3").list_buckets()


def test_an_endpoint_at_zero_starts_with_the_first_request(tmp_path: Path, stand_in: None) -> None:
    settings = settings_for(tmp_path, cold_start_seconds=0.01)
    with LocalService(settings) as service, silent(service):
        assert port_is_free(settings.container_port)
        answer = invoke(service, "cold.1")
        assert service.endpoint.queue.wait_until_idle(60)
        assert read(service, answer)


# --- the command ------------------------------------------------------------------------------------


def options(settings: LocalSettings) -> list[str]:
    """Command-line options of a service whose worker never starts."""
    return [
        f"--state-directory={settings.state_directory}",
        f"--web-port={settings.web_port}",
        f"--aws-port={settings.aws_port}",
        f"--endpoint-port={settings.endpoint_port}",
        f"--container-port={settings.container_port}",
        f"--model-directory={settings.model_directory}",
        "--cold-start-seconds=3600",
    ]


def command(name: str, settings: LocalSettings) -> list[str]:
    return [sys.executable, "-m", "local", name, *options(settings)]


@contextlib.contextmanager
def running_command(settings: LocalSettings) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        command("up", settings), stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, start_new_session=True
    ) as process:
        try:
            assert process.stderr is not None
            said = []
            for line in process.stderr:
                said.append(line)
                if line.startswith("Ctrl-C"):
                    break
            assert any(settings.web_url in line for line in said), "".join(said)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def run(name: str, settings: LocalSettings) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(name, settings), capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=60
    )


def assert_nothing_listens(settings: LocalSettings) -> None:
    assert [port for _, port in settings.ports() if not port_is_free(port)] == []


def test_the_command_says_what_runs_refuses_a_second_one_and_ends_cleanly(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with running_command(settings) as process:
        status = run("status", settings)
        assert json.loads(status.stdout)["pid"] == process.pid

        second = run("up", settings)
        assert second.returncode == 1
        assert len(second.stderr.splitlines()) == 1
        assert f"running already at {settings.web_url}" in second.stderr

        elsewhere = settings.model_copy(update={"state_directory": settings.state_directory / "other"})
        third = run("up", elsewhere)
        assert third.returncode == 1
        assert third.stderr.splitlines() == [
            f"Port {settings.web_port} is in use by another program. Stop that, or choose another: --web-port"
        ]

        assert run("down", settings).returncode == 0
        assert process.wait() == 0
    assert_nothing_listens(settings)
    assert run("status", settings).returncode == 1
    assert "No service is running" in run("down", settings).stderr

    with running_command(settings) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert_nothing_listens(settings)
