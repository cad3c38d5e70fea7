"""The one command that deploys everything."""

import datetime
import json
import stat

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra import deploy
from infra.deploy import Deployment, DeploymentError, settings_of
from infra.image_builds import ImageBuildError, ImageBuilds
from infra.settings import Settings, SettingsError

PROJECT = "build"
BUILD = "build:1"


@pytest.fixture
def clients(monkeypatch):
    """Stubbed clients, whose calls must come in the order they were added."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    session = boto3.Session(region_name="eu-west-1")
    made = {name: session.client(name) for name in ("s3", "codebuild", "cloudformation")}
    stubs = {name: Stubber(client) for name, client in made.items()}
    for stub in stubs.values():
        stub.activate()
    yield made, stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


def build_of(status, phase, version="v1"):
    return {
        "builds": [
            {
                "id": BUILD,
                "sourceVersion": version,
                "buildStatus": status,
                "currentPhase": phase,
                "logs": {"deepLink": "https://logs.example"},
            }
        ]
    }


def expect_upload(stubs):
    stubs["s3"].add_response(
        "put_object", {"VersionId": "v1"}, {"Bucket": "sources", "Key": "source.zip", "Body": b"zip"}
    )


def run_build(made, pauses=None):
    phases = []
    slept = [] if pauses is None else pauses
    builds = ImageBuilds(made["s3"], made["codebuild"], PROJECT, sleep=slept.append)
    builds.build("sources", "source.zip", b"zip", phases.append)
    return phases


def test_the_build_that_the_upload_started_is_found_and_followed(clients):
    made, stubs = clients
    expect_upload(stubs)
    codebuild = stubs["codebuild"]
    codebuild.add_response("list_builds_for_project", {}, {"projectName": PROJECT})
    codebuild.add_response("list_builds_for_project", {"ids": [BUILD]}, {"projectName": PROJECT})
    codebuild.add_response("batch_get_builds", build_of("IN_PROGRESS", "QUEUED"), {"ids": [BUILD]})
    for status, phase in (("IN_PROGRESS", "BUILD"), ("IN_PROGRESS", "BUILD"), ("SUCCEEDED", "COMPLETED")):
        codebuild.add_response("batch_get_builds", build_of(status, phase), {"ids": [BUILD]})
    assert run_build(made) == ["started build:1", "build", "completed"]


def test_a_build_that_nothing_started_is_started(clients):
    made, stubs = clients
    expect_upload(stubs)
    codebuild = stubs["codebuild"]
    for _ in range(9):
        codebuild.add_response("list_builds_for_project", {"ids": [BUILD]}, {"projectName": PROJECT})
        codebuild.add_response("batch_get_builds", build_of("SUCCEEDED", "COMPLETED", "older"), {"ids": ANY})
    codebuild.add_response(
        "start_build", {"build": {"id": BUILD}}, {"projectName": PROJECT, "sourceVersion": "v1"}
    )
    codebuild.add_response("batch_get_builds", build_of("SUCCEEDED", "COMPLETED"), {"ids": [BUILD]})
    pauses = []
    run_build(made, pauses)
    assert sum(pauses) == 90


def test_a_failed_build_tells_where_its_log_is(clients):
    made, stubs = clients
    expect_upload(stubs)
    codebuild = stubs["codebuild"]
    codebuild.add_response("list_builds_for_project", {"ids": [BUILD]}, {"projectName": PROJECT})
    for _ in range(2):
        codebuild.add_response("batch_get_builds", build_of("FAILED", "BUILD"), {"ids": [BUILD]})
    with pytest.raises(ImageBuildError, match=r"ended as FAILED; its log: https://logs\.example"):
        run_build(made)


class Session:
    """Hands out the stubbed clients."""

    def __init__(self, made):
        self._made = made

    def client(self, name):
        return self._made[name]


@pytest.fixture
def cdk(tmp_path, monkeypatch):
    """A tool that writes its arguments down in place of the CDK; `status` is what it ends with."""
    log = tmp_path / "calls"
    tool = tmp_path / "cdk"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {log}\nexit $(cat {tmp_path}/status)\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "status").write_text("0")
    # The tool stands where Node's argument would, and a shell where Node would.
    monkeypatch.setattr(deploy, "use_packaged_node", lambda: "/bin/sh")
    return tool, log, tmp_path / "status"


def expect_image_stack(stubs):
    outputs = {"ImageBuildProjectName": PROJECT, "ImageSourceBucketName": "sources"}
    stubs["cloudformation"].add_response(
        "describe_stacks",
        {
            "Stacks": [
                {
                    "StackName": "StemFoundry-dev-Image",
                    "CreationTime": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
                    "StackStatus": "CREATE_COMPLETE",
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                }
            ]
        },
        {"StackName": "StemFoundry-dev-Image"},
    )


def test_what_the_build_needs_comes_first_then_the_build_then_all(clients, cdk, monkeypatch, capsys):
    made, stubs = clients
    expect_image_stack(stubs)
    tool, log, _ = cdk
    built = []
    monkeypatch.setattr(ImageBuilds, "build", lambda *given: built.append((given[1:3], log.read_text())))
    Deployment(Settings(), cdk=tool, session=Session(made)).run(rebuild=True, ask=False)
    first, everything = log.read_text().splitlines()
    assert first.startswith("deploy StemFoundry-dev-Storage StemFoundry-dev-Image --require-approval never")
    assert everything.startswith("deploy --all --require-approval never --context settings=")
    assert Settings.from_context(everything.partition("settings=")[2]) == Settings()
    assert built == [(("sources", "source.zip"), first + "\n")]
    assert (
        "The image holds htdemucs. Code MIT; the licence of the weights is disputed"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("settings", "rebuild"),
    [(Settings(image_digest="sha256:" + "0" * 64), True), (Settings(), False)],
)
def test_an_image_that_is_pinned_or_kept_is_not_built(clients, cdk, settings, rebuild):
    tool, log, _ = cdk
    Deployment(settings, cdk=tool, session=Session(clients[0])).run(rebuild=rebuild, ask=True)
    (only,) = log.read_text().splitlines()
    assert only.startswith("deploy --all --require-approval broadening")


def test_a_failed_step_stops_the_deployment(clients, cdk):
    tool, log, status = cdk
    status.write_text("1")
    with pytest.raises(DeploymentError, match="the CDK stopped"):
        Deployment(Settings(), cdk=tool, session=Session(clients[0])).run(rebuild=True, ask=True)
    assert len(log.read_text().splitlines()) == 1


def test_a_failed_build_stops_the_deployment(clients, cdk, monkeypatch):
    made, stubs = clients
    stubs["cloudformation"].add_client_error("describe_stacks", "ValidationError", "does not exist")
    tool, log, _ = cdk
    with pytest.raises(DeploymentError, match=r"the image could not be built: .*does not exist"):
        Deployment(Settings(), cdk=tool, session=Session(made)).run(rebuild=True, ask=True)
    assert len(log.read_text().splitlines()) == 1


def test_settings_come_from_the_command_line_or_from_cdk_json():
    assert settings_of('{"idle_minutes": 9}').idle_minutes == 9
    assert settings_of(None).environment == "dev"
    with pytest.raises(SettingsError):
        settings_of("{")


@pytest.mark.parametrize(
    ("settings", "message"),
    [('{"environment": "local"}', "use make up"), ('{"idle_minutes": 0}', "settings.idle_minutes")],
)
def test_bad_choices_end_with_one_line(settings, message, capsys):
    assert deploy.main(["--settings", settings]) == 1
    assert message in capsys.readouterr().err


def test_a_missing_tool_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(deploy, "CDK", tmp_path / "cdk")
    assert deploy.main(["--settings", json.dumps({})]) == 1
    assert "run npm ci" in capsys.readouterr().err
