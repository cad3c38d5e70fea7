"""The whole way: a song in, verified stems and a report out."""

from pathlib import Path

import httpx
import pytest

from contract.api import JobProblem
from contract.audio import DRUM_PARTS
from contract.catalogue import CATALOGUE
from contract.errors import ErrorCode
from contract.report import Report
from contract.states import JobStage, JobState
from stem_foundry import (
    ApiError,
    AudioFormat,
    BadInput,
    Extras,
    Job,
    JobCancelled,
    JobFailed,
    OutputOptions,
    Stem,
    StemFoundry,
    TransferProgress,
)
from tests.unit.client.fake_service import FakeService
from tests.unit.contract.registered import KIT_ENTRY, write_entries


def test_leaves_stems_and_report(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    result = client.separate(song, tmp_path / "out")

    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "vocals.wav",
        "drums.wav",
        "bass.wav",
        "other.wav",
        "report.json",
    }
    assert result.files.stems[Stem.VOCALS].read_bytes() == b"stem of vocals"
    assert result.report == Report.model_validate_json((tmp_path / "out" / "report.json").read_bytes())
    assert result.receipt is None
    upload = service.uploads[str(result.job.upload_id)]
    assert upload.content == song.read_bytes()


def test_passes_every_option_on(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    result = client.separate(
        song,
        tmp_path / "out",
        model="htdemucs_6s",
        stems=["piano", Stem.INSTRUMENTAL],
        output=OutputOptions(format=AudioFormat.MP3, bitrate_kbps=192),
        extras=Extras(drum_parts=True, previews=False),
        retention_hours=2,
        metadata={"album": "first"},
    )

    assert set(result.files.stems) == {Stem.PIANO, Stem.INSTRUMENTAL, *DRUM_PARTS}
    assert result.files.stems[Stem.PIANO].name == "piano.mp3"
    job = service.jobs[str(result.job.job_id)].view
    assert (job.model, job.output.bitrate_kbps, job.metadata) == ("htdemucs_6s", 192, {"album": "first"})
    assert job.extras == Extras(drum_parts=True, previews=False)


def test_tells_what_happens_in_order(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [
        {"stage": JobStage.STARTING_GPU},
        {"state": JobState.PROCESSING, "stage": JobStage.SEPARATING, "progress": 0.5},
        {"state": JobState.COMPLETED, "stage": None, "progress": 1.0},
    ]
    seen: list[TransferProgress | Job] = []
    client.separate(song, tmp_path / "out", on_update=seen.append)

    uploads = [e.fraction for e in seen if isinstance(e, TransferProgress) and e.direction == "upload"]
    downloads = [e.fraction for e in seen if isinstance(e, TransferProgress) and e.direction == "download"]
    jobs = [e.state for e in seen if isinstance(e, Job)]
    assert uploads == sorted(uploads)
    assert uploads[-1] == 1.0
    assert jobs == [JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED]
    assert downloads == sorted(downloads)
    assert downloads[-1] == 1.0


def test_deletes_afterwards_on_request(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    result = client.separate(song, tmp_path / "out", delete_after=True)

    assert result.receipt is not None
    assert result.receipt.job_id == result.job.job_id
    assert service.jobs == {}
    assert (tmp_path / "out" / "vocals.wav").exists()


def test_a_failed_job_carries_its_code_and_is_deleted_on_request(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [
        {
            "state": JobState.FAILED,
            "error": JobProblem(code=ErrorCode.NOT_AUDIO, message="This is not audio."),
        }
    ]
    with pytest.raises(JobFailed) as caught:
        client.separate(song, tmp_path / "out", delete_after=True)

    assert (caught.value.code, caught.value.message) == ("not_audio", "This is not audio.")
    assert caught.value.job.state is JobState.FAILED
    assert service.jobs == {}


def test_a_deletion_that_fails_does_not_hide_why_the_job_failed(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [{"state": JobState.FAILED}]
    service.fail("DELETE", *[httpx.ConnectError("refused")] * 9)
    with pytest.raises(JobFailed) as caught:
        client.separate(song, tmp_path / "out", delete_after=True)
    assert "could not be deleted" in caught.value.__notes__[0]


def test_a_job_cancelled_elsewhere_says_so(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [{"state": JobState.CANCELLED}]
    with pytest.raises(JobCancelled) as caught:
        client.separate(song, tmp_path / "out")
    assert caught.value.code == "job_cancelled"


def test_ctrl_c_cancels_the_job(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.script = [{"state": JobState.PROCESSING, "stage": JobStage.SEPARATING}]

    def interrupt(event: TransferProgress | Job) -> None:
        if isinstance(event, Job):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        client.separate(song, tmp_path / "out", on_update=interrupt)

    (job,) = service.jobs.values()
    assert job.view.cancel_requested
    assert "was told to stop" in "".join(caught.value.__notes__)


def test_ctrl_c_tells_when_the_job_could_not_be_cancelled(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.fail("cancel", *[httpx.ConnectError("refused")] * 10)

    def interrupt(event: TransferProgress | Job) -> None:
        if isinstance(event, Job):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        client.separate(song, tmp_path / "out", on_update=interrupt)
    assert "could not be cancelled" in "".join(caught.value.__notes__)


def test_an_unwritable_folder_is_noticed_before_anything_is_sent(
    client: StemFoundry, service: FakeService, song: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        client.separate(song, song / "out")
    assert caught.value.code == "output_not_writable"
    assert service.requests == []


@pytest.mark.parametrize(
    ("model", "stems", "code", "named"),
    [
        ("nope", None, "unknown_model", "htdemucs_6s"),
        ("htdemucs", ["vocals", "guitar"], "unknown_stem", "does not give guitar"),
        (None, ["kazoo"], "unknown_stem", "foundry_4s does not give kazoo"),
    ],
)
def test_what_the_service_does_not_offer_is_refused_before_the_upload(
    client: StemFoundry,
    service: FakeService,
    song: Path,
    *,
    model: str | None,
    stems: list[str] | None,
    code: str,
    named: str,
) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        client.separate(song, song.with_name("out"), model=model, stems=stems)
    assert caught.value.code == code
    assert service.uploads == {}


def test_drum_parts_of_a_model_without_drums_are_refused_before_the_upload(
    client: StemFoundry, service: FakeService, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duo = CATALOGUE["htdemucs"].model_copy(update={"name": "duo", "stems": (Stem.VOCALS, Stem.OTHER)})
    monkeypatch.setitem(CATALOGUE, "duo", duo)
    with pytest.raises(BadInput, match="no drums") as caught:
        client.separate(song, song.with_name("out"), model="duo", extras=Extras(drum_parts=True))
    assert caught.value.code == "unknown_stem"
    assert service.uploads == {}


def test_a_model_for_drums_is_no_choice_for_a_song(
    client: StemFoundry, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_entries(tmp_path / "models.json", KIT_ENTRY)
    monkeypatch.setenv("MODEL_CATALOGUE_FILE", str(path))
    assert [model.purpose for model in client.models() if model.name == "drumsep"] == ["drums"]
    with pytest.raises(BadInput, match="Known models: foundry_4s") as caught:
        client.separate(song, song.with_name("out"), model="drumsep")
    assert caught.value.code == "unknown_model"


def test_an_unknown_model_comes_back_with_the_services_words(client: StemFoundry, song: Path) -> None:
    upload = client.upload(song)
    with pytest.raises(ApiError) as caught:
        client.create_job(upload, model="nope")
    assert (caught.value.code, caught.value.status) == ("unknown_model", 422)
    assert "htdemucs" in caught.value.detail
