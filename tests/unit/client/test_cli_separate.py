"""``stems separate`` as a person or a script meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from contract.api import JobProblem
from contract.errors import ErrorCode
from contract.states import JobStage, JobState
from stem_foundry import StemFoundry
from stem_foundry.cli import app
from stem_foundry.cli._settings import Settings
from tests.unit.client.conftest import MakeSong
from tests.unit.client.fake_service import BASE_URL, FakeService

Stems = Callable[..., Result]


@pytest.fixture
def stems(service: FakeService, sleeps: list[float]) -> Stems:
    def run(*arguments: str | Path) -> Result:
        settings = Settings(transport=service.transport, sleep=sleeps.append)
        return CliRunner().invoke(app, ["--api-url", BASE_URL, *map(str, arguments)], obj=settings)

    return run


def test_writes_stems_and_prints_the_report(stems: Stems, song: Path, tmp_path: Path) -> None:
    result = stems("separate", song, "--out", tmp_path / "out")

    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "bass.wav",
        "drums.wav",
        "other.wav",
        "report.json",
        "vocals.wav",
    ]
    report = result.stdout
    assert "0:20.0 (882000 samples)" in report
    assert "foundry_4s" in report
    assert "separating 1.50" in report
    assert "-42.5 dB" in report
    assert "Resampled from 48 kHz. (resampled)" in report
    assert "other.wav  silent" in report
    assert "bass.wav  -18.0 dBFS, -16.2 LUFS" in report
    assert "120.0 BPM, confidence 87%" in report
    assert "A minor (8A), confidence 60%" in report
    assert "split by" not in report


def test_progress_goes_to_stderr_in_plain_lines(
    stems: Stems, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [
        {"stage": JobStage.WAITING, "jobs_ahead": 3, "eta_seconds": 200},
        {"stage": JobStage.STARTING_GPU, "eta_seconds": 400},
        {"state": JobState.PROCESSING, "stage": JobStage.SEPARATING, "progress": 0.42, "eta_seconds": 30},
        {"state": JobState.COMPLETED, "stage": None, "progress": 1.0},
    ]
    result = stems("separate", song, "--out", tmp_path / "out")

    assert [line for line in result.stderr.splitlines() if "load" not in line] == [
        "song.wav: Waiting, 3 jobs ahead, about 3 min left",
        "song.wav: Starting a GPU, about 7 min left",
        "song.wav: Separating 42 %, about 30 s left",
        "song.wav: Completed 100 %",
    ]
    assert "song.wav: Uploading 100 %" in result.stderr
    assert "song.wav: Downloading 100 %" in result.stderr


def test_json_is_one_object_and_nothing_else(stems: Stems, song: Path, tmp_path: Path) -> None:
    result = stems("separate", song, "--out", tmp_path / "out", "--json", "--stems", "vocals,drums")

    assert result.exit_code == 0
    assert result.stderr == ""
    (outcome,) = json.loads(result.stdout)["results"]
    assert outcome["state"] == "completed"
    assert outcome["stems"] == {
        "vocals": str(tmp_path / "out" / "vocals.wav"),
        "drums": str(tmp_path / "out" / "drums.wav"),
    }
    assert outcome["report"]["residual_db"] == -42.5
    assert outcome["error"] is None


def test_options_reach_the_service(stems: Stems, service: FakeService, song: Path, tmp_path: Path) -> None:
    result = stems(
        *("separate", song, "--out", tmp_path / "out", "--model", "htdemucs_6s", "--stems", "Guitar, piano"),
        *("--format", "flac", "--bit-depth", "24", "--original-sample-rate", "--delete-after"),
    )
    assert result.exit_code == 0, result.output
    (request,) = service.calls("POST /v1/jobs$")
    sent = json.loads(request.content)
    assert sent["model"] == "htdemucs_6s"
    assert sent["stems"] == ["guitar", "piano"]
    assert sent["output"] == {"format": "flac", "bit_depth": 24, "original_sample_rate": True}
    assert service.jobs == {}
    assert "Deleted" in result.stdout


def test_extras_are_asked_for_and_brought_home(
    stems: Stems, service: FakeService, song: Path, tmp_path: Path
) -> None:
    result = stems(
        *("separate", song, "--out", tmp_path / "out", "--stems", "bass", "--json"),
        *("--drum-parts", "--archive", "--no-analysis", "--no-previews"),
    )
    assert result.exit_code == 0, result.output
    (request,) = service.calls("POST /v1/jobs$")
    sent = json.loads(request.content)
    assert {name: sent[name] for name in ("drum_parts", "archive", "analysis", "previews")} == {
        "drum_parts": True,
        "archive": True,
        "analysis": False,
        "previews": False,
    }
    (outcome,) = json.loads(result.stdout)["results"]
    assert outcome["archive_file"] == str(tmp_path / "out" / "stems.zip")
    assert list(outcome["stems"]) == ["bass", "kick", "snare", "toms", "cymbals", "percussion_rest"]


def test_the_report_tells_what_split_the_drums(stems: Stems, song: Path, tmp_path: Path) -> None:
    result = stems("separate", song, "--out", tmp_path / "out", "--drum-parts", "--no-analysis")
    assert "split by kit (89abcdef), MIT" in result.stdout
    assert "BPM" not in result.stdout


def test_parts_of_the_drums_are_no_stems(stems: Stems, song: Path) -> None:
    result = stems("separate", song, "--stems", "vocals,kick")
    assert result.exit_code == 2
    assert "Parts of the drums come with --drum-parts." in result.stderr


def test_several_songs_get_a_plain_folder_each(stems: Stems, make_song: MakeSong, tmp_path: Path) -> None:
    songs = [make_song(10, "a:b?.wav"), make_song(11, "a;b!.mp3"), make_song(12, "Ünï *x*.flac")]
    result = stems("separate", *songs, "--out", tmp_path / "out", "--stems", "vocals")

    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a_b_", "a_b_-2", "Ünï _x_"]
    assert all((folder / "vocals.wav").exists() for folder in (tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda path: None, "file_not_found"),
        (lambda path: path.touch(), "file_empty"),
        (lambda path: path.mkdir(), "is_a_directory"),
    ],
)
def test_bad_files_exit_2_before_anything_is_sent(
    stems: Stems, service: FakeService, song: Path, *, prepare: Callable[[Path], None], code: str
) -> None:
    bad = song.with_name("bad.wav")
    prepare(bad)
    result = stems("separate", song, bad, "--out", song.with_name("out"))

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert result.stderr.endswith(f"({code})\n")
    assert result.stderr.count("\n") == 1
    assert service.requests == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--stems", "vocals,kazoo"], "unknown_stem"),
        (["--stems", ","], "unknown_stem"),
        (["--format", "flac", "--bit-depth", "32"], "invalid_request"),
        (["--bitrate", "192"], "invalid_request"),
        (["--model", "nope"], "unknown_model"),
    ],
)
def test_bad_options_exit_2(stems: Stems, song: Path, tmp_path: Path, options: list[str], code: str) -> None:
    result = stems("separate", song, "--out", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert result.stderr.endswith(f"({code})\n")


def test_a_failed_job_exits_3_and_the_other_songs_go_on(
    stems: Stems, service: FakeService, make_song: MakeSong, tmp_path: Path
) -> None:
    songs = [make_song(10, "bad.wav"), make_song(11, "good.wav")]
    error = JobProblem(code=ErrorCode.NOT_AUDIO, message="This is\nnot audio.")
    service.script = [{"state": JobState.FAILED, "error": error}]
    create_job = service._create_job

    def second_works(*arguments: object) -> object:
        job = create_job(*arguments)  # type: ignore[arg-type]
        service.script = [{"state": JobState.COMPLETED, "progress": 1.0}]
        return job

    service._create_job = second_works  # type: ignore[assignment, method-assign]
    result = stems("separate", *songs, "--out", tmp_path / "out", "--json")

    assert result.exit_code == 3
    assert result.stderr == "error: bad.wav: This is not audio. (not_audio)\n"
    first, second = json.loads(result.stdout)["results"]
    assert (first["state"], first["error"]["code"]) == ("failed", "not_audio")
    assert second["state"] == "completed"


def test_an_unreachable_service_exits_4_and_stops(
    stems: Stems, service: FakeService, make_song: MakeSong, sleeps: list[float], tmp_path: Path
) -> None:
    service.fail(".", *[httpx.ConnectError("connection refused")] * 99)
    result = stems("separate", make_song(1, "a.wav"), make_song(2, "b.wav"), "--out", tmp_path / "out")

    assert result.exit_code == 4
    assert result.stderr == (
        "error: a.wav: Cannot reach http://service.test: connection refused (service_unreachable)\n"
    )
    assert len(sleeps) == 4


def test_ctrl_c_cancels_the_job_and_exits_130(
    stems: Stems, service: FakeService, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StemFoundry, "wait", interrupted)
    result = stems("separate", song, "--out", tmp_path / "out")

    assert result.exit_code == 130
    (job,) = service.jobs.values()
    assert job.view.state is JobState.CANCELLED
    assert "is cancelled.\ninterrupted\n" in result.stderr


def test_a_service_url_that_is_none_exits_2(song: Path) -> None:
    result = CliRunner().invoke(app, ["--api-url", "ftp://x", "separate", str(song)])
    assert result.exit_code == 2
    assert "(invalid_url)" in result.stderr


def test_control_characters_of_names_and_messages_never_reach_the_terminal(
    stems: Stems, make_song: MakeSong, tmp_path: Path
) -> None:
    song = make_song(10, "evil\x1b[2J[bold]\n.wav")
    result = stems("separate", song, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert "[bold]" in result.stdout


def test_the_session_is_kept_private_and_used_again(
    stems: Stems, service: FakeService, song: Path, tmp_path: Path
) -> None:
    stems("separate", song, "--out", tmp_path / "out")
    listed = stems("jobs", "list", "--json")

    (file,) = (tmp_path / "state" / "stem-foundry" / "sessions").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(service.tokens) == 1
    assert [job["filename"] for job in json.loads(listed.stdout)["jobs"]] == ["song.wav"]


def test_the_installed_command_explains_its_exit_codes() -> None:
    command = Path(sys.executable).with_name("stems")
    result = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "separate" in result.stdout
    assert "130 interrupted" in " ".join(result.stdout.split())
