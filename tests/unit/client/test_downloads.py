"""Fetching stems: resumption, expired links, damage, and names that only we choose."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contract.audio import DRUM_PARTS
from stem_foundry import (
    ApiError,
    BadInput,
    Extras,
    Job,
    ServiceUnreachable,
    Stem,
    StemFoundry,
    TransferFailed,
    TransferProgress,
)
from stem_foundry._progress import Meter
from tests.unit.client.fake_service import BrokenStream, FakeService, storage_problem, streamed

VOCALS = "GET /storage/jobs/.*/vocals"


@pytest.fixture
def job(client: StemFoundry, song: Path) -> Job:
    return client.wait(client.create_job(client.upload(song), stems=["vocals"]).job_id)


def test_names_come_from_stem_and_format_only(client: StemFoundry, job: Job, tmp_path: Path) -> None:
    assert job.downloads is not None
    assert job.downloads.stems[Stem.VOCALS].filename == "../../evil"
    files = client.download(job, tmp_path / "deep" / "out")

    assert files.stems == {Stem.VOCALS: tmp_path / "deep" / "out" / "vocals.wav"}
    assert sorted(p.name for p in (tmp_path / "deep" / "out").iterdir()) == ["report.json", "vocals.wav"]


def test_drum_parts_and_the_archive_come_with_the_stems(
    client: StemFoundry, song: Path, tmp_path: Path
) -> None:
    wanted = Extras(drum_parts=True, archive=True)
    job = client.wait(client.create_job(client.upload(song), stems=["vocals"], extras=wanted).job_id)
    assert job.extras == wanted
    files = client.download(job, tmp_path / "out")

    assert list(files.stems) == [Stem.VOCALS, *DRUM_PARTS]
    assert files.stems[Stem.PERCUSSION_REST].name == "percussion_rest.wav"
    assert files.archive == tmp_path / "out" / "stems.zip"
    assert files.archive.read_bytes() == b"all stems"


def test_an_archive_that_is_no_longer_offered_is_an_unexpected_answer(
    client: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    job = client.wait(client.create_job(client.upload(song), extras=Extras(archive=True)).job_id)
    stored = service.jobs[str(job.job_id)]
    stored.view = stored.view.model_copy(update={"extras": Extras()})
    service.oldest_valid_generation = 2
    with pytest.raises(TransferFailed, match="no longer offers archive"):
        client.download(job, tmp_path)


def test_a_job_id_is_enough(client: StemFoundry, job: Job, tmp_path: Path) -> None:
    assert client.download(str(job.job_id), tmp_path).read_report().job_id == str(job.job_id)


def test_links_are_asked_for_when_the_job_carries_none(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    client.download(job.model_copy(update={"downloads": None}), tmp_path)
    assert len(service.calls("POST /v1/jobs/.*/downloads")) == 1


def test_an_unfinished_job_has_nothing_to_download(client: StemFoundry, song: Path, tmp_path: Path) -> None:
    queued = client.create_job(client.upload(song))
    with pytest.raises(ApiError) as caught:
        client.download(queued, tmp_path)
    assert caught.value.code == "job_not_complete"


def test_expired_links_are_renewed(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.oldest_valid_generation = 2
    files = client.download(job, tmp_path)
    assert files.stems[Stem.VOCALS].read_bytes() == b"stem of vocals"


def test_links_that_stay_refused_end_it(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.oldest_valid_generation = 99
    with pytest.raises(TransferFailed, match="403 AccessDenied"):
        client.download(job, tmp_path)


def test_a_broken_download_goes_on_where_it_stopped(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path, sleeps: list[float]
) -> None:
    service.fail(VOCALS, httpx.Response(200, stream=BrokenStream(b"stem of")))
    files = client.download(job, tmp_path)

    assert files.stems[Stem.VOCALS].read_bytes() == b"stem of vocals"
    assert [r.headers.get("Range") for r in service.calls(VOCALS)] == [None, "bytes=7-"]
    assert len(sleeps) == 1


def test_a_body_that_ends_early_without_an_error_is_completed(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.fail(VOCALS, streamed(200, b"stem"))
    assert client.download(job, tmp_path).stems[Stem.VOCALS].read_bytes() == b"stem of vocals"


def test_a_later_call_goes_on_too(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    broken = httpx.Response(200, stream=BrokenStream(b"stem of"))
    service.fail(VOCALS, broken, *[httpx.ConnectError("gone")] * 5)
    with pytest.raises(ServiceUnreachable):
        client.download(job, tmp_path)
    assert not (tmp_path / "vocals.wav").exists()

    service.requests.clear()
    service.faults.clear()
    seen: list[TransferProgress] = []
    client.download(job, tmp_path, seen.append)
    assert [r.headers.get("Range") for r in service.calls(VOCALS)] == ["bytes=7-"]
    assert seen[-1].fraction == 1.0
    assert sorted(p.suffix for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_server_that_ignores_ranges_starts_it_over(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    broken = httpx.Response(200, stream=BrokenStream(b"stem of"))
    service.fail(VOCALS, broken, streamed(200, b"stem of vocals"))
    assert client.download(job, tmp_path).stems[Stem.VOCALS].read_bytes() == b"stem of vocals"


def test_damage_is_noticed_and_fetched_again(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.fail(VOCALS, streamed(200, b"stem of VOCALS"))
    assert client.download(job, tmp_path).stems[Stem.VOCALS].read_bytes() == b"stem of vocals"


def test_damage_that_stays_leaves_no_file(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.jobs[str(job.job_id)].files[Stem.VOCALS] = b"stem of VOCALS"
    with pytest.raises(TransferFailed) as caught:
        client.download(job, tmp_path)
    assert caught.value.code == "checksum_mismatch"
    assert not (tmp_path / "vocals.wav").exists()


def test_more_bytes_than_promised_are_not_taken(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path
) -> None:
    service.jobs[str(job.job_id)].files[Stem.VOCALS] = b"x" * 1000
    with pytest.raises(TransferFailed, match="longer than 14 bytes"):
        client.download(job, tmp_path)


def test_a_busy_storage_is_asked_again(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path, sleeps: list[float]
) -> None:
    busy = storage_problem(503, "SlowDown", "Reduce your request rate")
    busy.headers["Retry-After"] = "2"
    service.fail(VOCALS, busy)
    client.download(job, tmp_path)
    assert len(sleeps) == 1
    assert sleeps[0] > 2


def test_one_lost_file_stops_the_others(
    client: StemFoundry, service: FakeService, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = threading.Event()
    stop = Meter.stop

    def stop_and_tell(meter: Meter) -> None:
        stop(meter)
        stopped.set()

    class Late(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            assert stopped.wait(20)
            yield b"stem of vocals"

    monkeypatch.setattr(Meter, "stop", stop_and_tell)
    service.fail(VOCALS, httpx.Response(200, stream=Late()))
    service.fail("GET .*/report", storage_problem(404, "NoSuchKey", "The key does not exist"))
    with pytest.raises(TransferFailed, match=r"fetch report\.json; storage answered 404 NoSuchKey"):
        client.download(job, tmp_path)
    assert not (tmp_path / "vocals.wav").exists()


def test_older_results_are_replaced(client: StemFoundry, job: Job, tmp_path: Path) -> None:
    (tmp_path / "vocals.wav").write_bytes(b"old")
    client.download(job, tmp_path)
    assert (tmp_path / "vocals.wav").read_bytes() == b"stem of vocals"


def test_a_place_that_cannot_be_written_is_bad_input(client: StemFoundry, job: Job, tmp_path: Path) -> None:
    (tmp_path / "vocals.wav").mkdir()
    with pytest.raises(BadInput) as caught:
        client.download(job, tmp_path)
    assert caught.value.code == "output_not_writable"
