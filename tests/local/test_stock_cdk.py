"""The stock ``cdk bootstrap`` and ``cdk deploy`` against the local AWS, with the templates as they are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.deploy import CDK
from infra.node import use_packaged_node
from local.deploy import infrastructure_settings
from local.emulator import LocalAws, base_environment, emulator_process
from local.processes import ManagedProcess
from local.settings import ACCOUNT, REGION, REPOSITORY, LocalSettings
from tests.local.test_service import settings_for

# AWS publishes its own under /aws/service, where nobody else may write. The layer carries no code here:
# functions run on an interpreter that has it installed.
POWERTOOLS_PARAMETER = "/local/powertools"
POWERTOOLS_LAYER = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python314-arm64:1"

pytestmark = pytest.mark.skipif(
    not CDK.is_file(), reason="the CDK's command line tool is not installed: npm ci"
)


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    return settings_for(tmp_path)


@pytest.fixture
def emulator(settings: LocalSettings) -> Iterator[ManagedProcess]:
    """Without the check of signatures and policies, which the tool's own roles do not pass there."""
    process = emulator_process(settings)
    process.environment |= {"AUTH": "false", "SERVICES": f"{process.environment['SERVICES']},ecr"}
    process.start()
    process.wait_until_ready(f"{settings.aws_url}/_ministack/ready", timeout_seconds=60)
    yield process
    process.stop()


def cdk(settings: LocalSettings, *arguments: str) -> None:
    infrastructure = infrastructure_settings(settings).model_copy(
        update={"powertools_layer_parameter": POWERTOOLS_PARAMETER}
    )
    environment = base_environment() | {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": settings.aws_url,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "unchecked",
        "CI": "true",
    }
    command = [
        str(use_packaged_node()),
        str(CDK),
        *arguments,
        "--app",
        f"{sys.executable} -m infra.app",
        "--context",
        f"settings={infrastructure.model_dump_json()}",
        "--output",
        str(settings.state_directory / "cdk.out"),
        "--no-notices",
    ]
    run = subprocess.run(
        command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.usefixtures("emulator")
def test_storage_and_api_deploy_with_the_stock_tool_and_answer(settings: LocalSettings) -> None:
    aws = LocalAws(settings)
    aws.client("ssm").put_parameter(Name=POWERTOOLS_PARAMETER, Value=POWERTOOLS_LAYER, Type="String")
    cdk(settings, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    cdk(settings, "deploy", "--all", "--require-approval", "never")

    stacks = aws.client("cloudformation").describe_stacks()["Stacks"]
    states = {stack["StackName"]: stack["StackStatus"] for stack in stacks}
    assert states["StemFoundry-local-Storage"] == states["StemFoundry-local-Api"] == "CREATE_COMPLETE"
    (api,) = [stack for stack in stacks if stack["StackName"] == "StemFoundry-local-Api"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in api["Outputs"]}
    base = f"{settings.aws_url}/_aws/execute-api/{outputs['ApiId']}/$default/v1"
    assert httpx.get(f"{base}/health", trust_env=False, timeout=60).json()["status"] == "ok"
    session = httpx.post(f"{base}/sessions", trust_env=False, timeout=60)
    assert session.status_code == 201
    jobs = httpx.get(
        f"{base}/jobs",
        headers={"Authorization": f"Bearer {session.json()['token']}"},
        trust_env=False,
        timeout=60,
    )
    assert jobs.json()["jobs"] == []
