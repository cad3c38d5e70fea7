"""Settings of one machine, and one service per state directory."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import ValidationError

from contract.environment import PrecisionPolicy
from contract.limits import Limits
from local import cli
from local.container import container_process
from local.credentials import RoleCredentials
from local.deploy import Outputs, infrastructure_settings
from local.http_server import HttpServer
from local.lock import RunningService, StateLock, stop_running_service
from local.processes import LocalError
from local.service import LocalService
from local.settings import LocalSettings
from tests.local.ports import free_ports
from tests.local.test_web_front import upstream_application
from tests.unit.contract.registered import KIT_ENTRY, write_entries

NOTE = RunningService(
    pid=os.getpid(),
    web_url="http://127.0.0.1:8000",
    aws_url="http://127.0.0.1:4566",
    code="code",
    ends_when_idle=False,
)


def test_overlapping_ports_are_refused() -> None:
    with pytest.raises(ValidationError, match="the ports overlap"):
        LocalSettings(container_port=4560, workers=7)


def test_waiting_times_told_to_users_are_those_of_this_machine() -> None:
    assert LocalSettings(cold_start_seconds=30).effective_limits.cold_start_seconds == 35
    chosen = LocalSettings(limits=Limits(cold_start_seconds=1))
    assert chosen.effective_limits.cold_start_seconds == 1


def test_the_precision_reaches_the_worker(tmp_path: Path) -> None:
    outputs = Outputs(values={"TableName": "table", "AudioBucketName": "bucket"})
    credentials = cast("RoleCredentials", SimpleNamespace(authorization_token="token"))
    for asked, told in ((None, None), ("fast", "fast")):
        settings = LocalSettings(
            state_directory=tmp_path, model_directory=tmp_path, precision=asked and PrecisionPolicy(asked)
        )
        process = container_process(settings, outputs, credentials, 0)
        assert process.environment.get("PRECISION") == told
    with pytest.raises(ValidationError, match="'full' or 'fast'"):
        LocalSettings.model_validate({"precision": "half"})


def test_registered_models_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    settings = LocalSettings(model_catalogue=path)
    assert settings.chosen_kit_model == "drumsep"
    deployed = infrastructure_settings(settings)
    assert (deployed.chosen_kit_model, deployed.model_catalogue_file) == ("drumsep", path)
    assert LocalSettings().chosen_kit_model == "foundry_kit"
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    assert LocalSettings().model_catalogue == path


def test_models_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no such file"):
        LocalSettings(model_catalogue=tmp_path / "absent.json")
    with pytest.raises(ValidationError, match="no model htdemucs that splits drums"):
        LocalSettings(kit_model="htdemucs")


def test_a_state_directory_has_one_holder(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path), StateLock(tmp_path)
    assert first.holder() is None
    first.acquire(NOTE)
    assert second.holder() == NOTE
    with pytest.raises(LocalError, match="running already at http"):
        second.acquire(NOTE)
    first.release()
    assert second.holder() is None
    second.acquire(NOTE)
    second.release()


def test_stopping_what_does_not_run_does_nothing(tmp_path: Path) -> None:
    assert stop_running_service(tmp_path, timeout_seconds=1) is None


def test_a_port_in_use_is_told_with_the_option_to_change_it(tmp_path: Path) -> None:
    web, aws, endpoint, container = free_ports(4)
    other = HttpServer("other", upstream_application(), endpoint, max_body_bytes=1)
    settings = LocalSettings(
        state_directory=tmp_path,
        web_port=web,
        aws_port=aws,
        endpoint_port=endpoint,
        container_port=container,
    )
    try:
        with pytest.raises(LocalError, match=rf"^Port {endpoint} is in use.*--endpoint-port$"):
            LocalService(settings).start()
    finally:
        other.stop()
    assert StateLock(tmp_path).holder() is None


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["up", "--workers", "99"], 1, "workers: Input should be less than or equal to 16"),
        (["separate", "/no such/song.mp3"], 2, "There is no such file: /no such/song.mp3"),
    ],
)
def test_bad_arguments_are_told_in_one_line(
    arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == status
    assert capsys.readouterr().err.splitlines() == [message]


def test_unknown_limits_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["up", "--limits", '{"max_backlo": 1}'])
    assert "max_backlo: Extra inputs are not permitted" in capsys.readouterr().err


def test_names_reach_the_client_as_they_are() -> None:
    arguments = cli.parse(
        ["separate", "--out", "my out", "--stems", "vocals", "--drum-parts", "--", "-a 'b' $(c).mp3"]
    )
    command = cli.stems_command(arguments, "http://127.0.0.1:8000")
    assert command[1:] == [
        "--api-url",
        "http://127.0.0.1:8000",
        "separate",
        "--out",
        "my out",
        "--stems=vocals",
        "--drum-parts",
        "--",
        "-a 'b' $(c).mp3",
    ]
