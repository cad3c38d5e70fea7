"""``stems jobs`` and ``stems models``."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from contract.audio import Extras
from contract.catalogue import CATALOGUE
from contract.routes import SERVICE_VERSION
from contract.states import JobStage, JobState
from stem_foundry import Job, StemFoundry, default_state_directory
from stem_foundry.cli import app
from stem_foundry.cli._settings import Settings
from tests.unit.client.fake_service import BASE_URL, FakeService
from tests.unit.contract.registered import KIT_ENTRY, write_entries

Stems = Callable[..., Result]


@pytest.fixture
def stems(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> Stems:
    monkeypatch.setenv("STEMS_API_URL", BASE_URL)

    def run(*arguments: str | Path) -> Result:
        settings = Settings(transport=service.transport, sleep=lambda _: None)
        return CliRunner().invoke(app, [*map(str, arguments)], obj=settings)

    return run


@pytest.fixture
def job(service: FakeService, song: Path) -> Job:
    """A queued job of the session that the command line uses."""
    directory = default_state_directory()
    with StemFoundry(BASE_URL, transport=service.transport, state_directory=directory) as client:
        return client.create_job(client.upload(song), metadata={"album": "first"})


def test_list_shows_own_jobs(stems: Stems, job: Job) -> None:
    result = stems("jobs", "list")
    assert result.exit_code == 0
    heading, line = result.stdout.splitlines()
    assert heading.split() == ["Job", "State", "Model", "File", "Created"]
    assert str(job.job_id) in line
    assert "Waiting, next in line" in line
    assert "song.wav" in line


def test_list_can_be_filtered_limited_and_read_by_programs(stems: Stems, job: Job) -> None:
    assert stems("jobs", "list", "--status", "failed").stdout == "There are no jobs.\n"
    assert json.loads(stems("jobs", "list", "--limit", "1", "--json").stdout)["jobs"][0]["job_id"] == str(
        job.job_id
    )
    assert stems("jobs", "list", "--limit", "0").exit_code == 2
    assert stems("jobs", "list", "--status", "odd").exit_code == 2


def test_show(stems: Stems, service: FakeService, job: Job) -> None:
    service.jobs[str(job.job_id)].script = [
        {
            "state": JobState.PROCESSING,
            "stage": JobStage.SEPARATING,
            "progress": 0.4,
            "eta_seconds": 100,
            "duration_seconds": 3725.04,
        }
    ]
    shown = stems("jobs", "show", str(job.job_id))
    assert shown.exit_code == 0
    text = " ".join(shown.stdout.split())
    assert "State Separating 40%" in text
    assert "Output wav, 16 bit" in text
    assert "Length 1:02:05.0" in text
    assert "Finished in about 2 min" in text
    assert "album first" in text
    assert json.loads(stems("jobs", "show", str(job.job_id), "--json").stdout)["progress"] == 0.4


def test_cancel(stems: Stems, job: Job) -> None:
    assert stems("jobs", "cancel", str(job.job_id)).stdout == f"Job {job.job_id} is cancelled.\n"
    again = stems("jobs", "cancel", str(job.job_id))
    assert again.exit_code == 2
    assert again.stderr == "error: The job is cancelled. (job_already_finished)\n"


def test_cancel_while_processing(stems: Stems, service: FakeService, job: Job) -> None:
    stored = service.jobs[str(job.job_id)]
    stored.view = stored.view.model_copy(update={"state": JobState.PROCESSING})
    assert "stops at its next segment" in stems("jobs", "cancel", str(job.job_id)).stdout
    deleted = stems("jobs", "delete", str(job.job_id))
    assert "its worker stops" in deleted.stdout


def test_delete_prints_the_receipt(stems: Stems, service: FakeService, job: Job) -> None:
    result = stems("jobs", "delete", str(job.job_id))
    assert result.stdout == f"Job {job.job_id} is deleted: 6 objects, 12.3 kB.\n"
    assert service.jobs == {}


def test_download_fetches_the_stems_again(stems: Stems, job: Job, tmp_path: Path) -> None:
    assert stems("jobs", "show", str(job.job_id)).exit_code == 0
    result = stems("jobs", "download", str(job.job_id), "--out", tmp_path / "again")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "again" / "drums.wav").read_bytes() == b"stem of drums"


@pytest.mark.parametrize("command", ["show", "cancel", "delete", "download"])
def test_ids_that_are_none_and_jobs_that_are_not_there(stems: Stems, command: str) -> None:
    assert stems("jobs", command, "../x").exit_code == 2
    result = stems("jobs", command, str(uuid4()))
    assert result.exit_code == 2
    assert result.stderr.endswith("(job_not_found)\n")


def test_an_unreachable_service_exits_4(stems: Stems, service: FakeService) -> None:
    service.fail(".", *[httpx.ConnectError("refused")] * 9)
    result = stems("jobs", "list")
    assert result.exit_code == 4
    assert result.stderr.endswith("(service_unreachable)\n")
    assert "Traceback" not in result.output


def test_models_are_listed_by_the_service(stems: Stems, service: FakeService) -> None:
    result = stems("models", "list")
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == list(CATALOGUE)
    assert "foundry_4s (default)" in result.stdout
    assert len(service.calls("models")) == 1


def test_models_can_be_listed_offline(stems: Stems, service: FakeService) -> None:
    offline = stems("models", "list", "--offline", "--json")
    assert service.requests == []
    assert offline.stdout == stems("models", "list", "--json").stdout


def test_registered_models_are_listed_offline(
    stems: Stems, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    assert re.search(
        r"drumsep +drums +kick, snare, cymbals, toms", stems("models", "list", "--offline").stdout
    )
    path.write_text("{")
    broken = stems("models", "list", "--offline")
    assert broken.exit_code == 2
    assert "(model_unavailable)" in broken.stderr


def test_the_archive_is_fetched_again(stems: Stems, service: FakeService, job: Job, tmp_path: Path) -> None:
    stored = service.jobs[str(job.job_id)]
    stored.view = stored.view.model_copy(update={"extras": Extras(archive=True)})
    result = stems("jobs", "download", job.job_id, "--out", tmp_path / "out")
    assert "report.json and stems.zip are in" in result.stdout
    assert (tmp_path / "out" / "stems.zip").read_bytes() == b"all stems"
    assert "archive" in stems("jobs", "show", job.job_id).stdout


def test_bundled_models_need_no_download(stems: Stems) -> None:
    result = stems("models", "download", "foundry_4s")
    assert (result.exit_code, result.stdout) == (
        0,
        "foundry_4s is bundled: there is nothing to download.\n",
    )
    assert stems("models", "download", "nope").exit_code == 2


def test_a_publisher_that_cannot_be_reached_is_named(stems: Stems, service: FakeService) -> None:
    service.fail(".", *[httpx.ConnectError("Name or service not known")] * 9)
    result = stems("models", "download", "htdemucs")
    assert result.exit_code == 4
    assert "Cannot reach https://dl.fbaipublicfiles.com: Name or service not known" in result.stderr


def test_version(stems: Stems) -> None:
    assert stems("--version").stdout == f"stems {SERVICE_VERSION}\n"
