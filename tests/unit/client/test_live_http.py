"""The same client over real connections: bodies, ranges, and lines that drop."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM

import httpx
import pytest

from contract.limits import PART_SIZE_BYTES
from contract.states import JobStage, JobState
from stem_foundry import ServiceUnreachable, Stem, StemFoundry
from tests.unit.client.conftest import MakeSong
from tests.unit.client.fake_service import BrokenStream, FakeService, storage_problem
from tests.unit.client.live_server import serve


@pytest.fixture
def live(service: FakeService, sleeps: list[float]) -> Iterator[StemFoundry]:
    with serve(service) as url, StemFoundry(url, sleep=sleeps.append) as client:
        yield client


def test_a_song_in_one_put(live: StemFoundry, song: Path, tmp_path: Path) -> None:
    result = live.separate(song, tmp_path / "out")
    assert result.files.stems[Stem.BASS].read_bytes() == b"stem of bass"


def test_a_song_in_parts_over_dropped_and_refused_connections(
    live: StemFoundry, service: FakeService, make_song: MakeSong, sleeps: list[float]
) -> None:
    song = make_song(3 * PART_SIZE_BYTES + 7)
    service.fail(r"PUT .*/2$", httpx.ReadError("drop"), httpx.Response(503))
    service.fail(r"PUT .*/4$", storage_problem(403, "AccessDenied", "Request has expired"))
    upload = live.upload(song)
    assert service.uploads[str(upload.upload_id)].content == song.read_bytes()
    assert len(sleeps) == 2


def test_a_download_that_drops_in_the_middle(
    live: StemFoundry, service: FakeService, song: Path, tmp_path: Path
) -> None:
    service.stem_bytes = os.urandom(1_000_000)
    job = live.wait(live.create_job(live.upload(song), stems=["vocals"]).job_id)
    content = service.jobs[str(job.job_id)].files[Stem.VOCALS]
    broken = httpx.Response(
        200, stream=BrokenStream(content[:600_000]), headers={"Content-Length": str(len(content))}
    )
    service.fail("GET /storage/jobs/.*/vocals", broken)
    files = live.download(job, tmp_path / "out")

    assert files.stems[Stem.VOCALS].read_bytes() == content
    second = service.calls("GET /storage/jobs/.*/vocals")[1]
    assert second.headers["Range"] == "bytes=600000-"


def test_a_port_that_nobody_listens_on() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with (
            StemFoundry(url, sleep=lambda _: None) as client,
            pytest.raises(ServiceUnreachable, match=url),
        ):
            client.health()


@pytest.mark.parametrize("signals", [[SIGINT], [SIGTERM], [SIGINT, SIGTERM]])
def test_the_installed_command_cancels_its_job_when_it_is_stopped(
    service: FakeService, song: Path, tmp_path: Path, signals: list[int]
) -> None:
    processing = {"state": JobState.PROCESSING, "stage": JobStage.SEPARATING}
    service.script = [processing] * 10_000
    waiting, cancelling, told = threading.Event(), threading.Event(), threading.Event()

    def watch(request: httpx.Request) -> None:
        if request.method == "GET":
            waiting.set()
        if request.url.path.endswith("/cancel"):
            cancelling.set()
            assert told.wait(20)

    service.faults.append(watch)
    command = Path(sys.executable).with_name("stems")
    with (
        serve(service) as url,
        subprocess.Popen(
            [command, "--api-url", url, "separate", song, "--out", tmp_path / "out"],
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert waiting.wait(20)
        first, *others = signals
        process.send_signal(first)
        assert cancelling.wait(20)
        for number in others:
            process.send_signal(number)
        told.set()
        _, errors = process.communicate()

    (job,) = service.jobs.values()
    assert job.view.cancel_requested
    assert process.returncode == 130
    assert errors.endswith("was told to stop.\ninterrupted\n")


def test_the_installed_command_separates_a_song(service: FakeService, song: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("stems")
    with serve(service) as url:
        result = subprocess.run(
            [command, "--api-url", url, "separate", song, "--out", tmp_path / "out", "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(result.stdout)["results"][0]["state"] == "completed"
    assert result.stderr == ""
    assert (tmp_path / "out" / "drums.wav").read_bytes() == b"stem of drums"
