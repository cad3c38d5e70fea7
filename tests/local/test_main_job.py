"""The main job end to end: HTTP API, Lambdas, presigned uploads, endpoint, container, downloads, cleanup."""

import itertools
import threading
import zipfile
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
import soundfile

from contract.api import Job
from contract.audio import DRUM_PARTS, AudioFormat, Extras, OutputOptions, Stem
from contract.preview import PreviewIndex
from contract.states import JobState
from local.service import LocalService
from stem_foundry import StemFoundry

from .audio_files import music, write
from .steering import paused

DEMO = Path(__file__).parents[2] / "local" / "demo" / "song.mp3"
FLOAT = OutputOptions(format=AudioFormat.WAV, bit_depth=32)
PLAIN = Extras(analysis=False, previews=False)
FOUR = {"vocals", "drums", "bass", "other"}


@pytest.fixture(scope="module")
def client(service: LocalService) -> Any:
    with StemFoundry(service.api_url) as made:
        yield made


def decoded(path: Path) -> np.ndarray:
    """Samples ``[samples, channels]`` as PyAV decodes them, gapless."""
    planar = av.AudioResampler("fltp")
    with av.open(str(path)) as container:
        frames = [part.to_ndarray() for frame in container.decode(audio=0) for part in planar.resample(frame)]
    return np.concatenate(frames, axis=1).T


def test_the_demo_song_becomes_four_stems_that_sum_to_it(client: StemFoundry, tmp_path: Path) -> None:
    seen: list[JobState] = []
    result = client.separate(
        DEMO,
        tmp_path,
        on_update=lambda update: seen.append(update.state) if isinstance(update, Job) else None,
    )
    assert seen[-1] is JobState.COMPLETED
    mixture = decoded(DEMO)
    stems = {stem: soundfile.read(path)[0] for stem, path in result.files.stems.items()}
    assert set(stems) == FOUR
    assert {samples.shape for samples in stems.values()} == {mixture.shape}, "the song's exact length"
    residual = mixture - sum(stems.values()) / 10 ** (result.report.common_gain_db / 20)
    residual_db = 10 * np.log10((residual**2).sum() / (mixture**2).sum())
    assert residual_db < -30
    assert result.report.residual_db is not None
    assert result.report.residual_db < -30
    assert result.report.model.name == "foundry_4s"
    assert set(result.report.seconds) >= {"downloading", "decoding", "separating", "encoding", "uploading"}


def test_drum_parts_previews_and_archive_come_with_the_wanted_stems(
    client: StemFoundry, tmp_path: Path
) -> None:
    song = write(tmp_path / "song.wav", music(5))
    drums = client.separate(song, tmp_path / "drums", stems=["drums"], output=FLOAT, extras=PLAIN)
    wanted = Extras(drum_parts=True, archive=True)
    result = client.separate(song, tmp_path / "out", stems=["bass"], output=FLOAT, extras=wanted)
    assert list(result.files.stems) == [Stem.BASS, *DRUM_PARTS]
    assert result.report.kit_model is not None
    assert result.report.kit_model.name == "drumsep"

    parts = sum(soundfile.read(result.files.stems[part])[0] for part in DRUM_PARTS)
    whole, _ = soundfile.read(drums.files.stems[Stem.DRUMS])
    assert np.abs(parts - whole).max() < 1e-5, "they add up to the drums"

    assert result.files.archive is not None
    with zipfile.ZipFile(result.files.archive) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {path.name: path.read_bytes() for path in result.files.stems.values()}

    downloads = client.get_job(result.job.job_id).downloads
    assert downloads is not None
    assert set(downloads.previews) == {"mixture", *result.files.stems}
    assert downloads.preview_index is not None
    index = PreviewIndex.model_validate_json(httpx.get(str(downloads.preview_index.url)).content)
    for lane, preview in downloads.previews.items():
        assert preview.size_bytes == index.lanes[lane].size_bytes

    again = client.separate(song, tmp_path / "again", stems=["bass"], output=FLOAT, extras=wanted)
    assert again.job.cached
    assert again.files.archive is not None
    assert again.files.archive.read_bytes() == result.files.archive.read_bytes()
    before = client.delete(result.job.job_id)
    assert before.objects_removed > len(DRUM_PARTS) + len(downloads.previews) + 3
    after = client.get_job(again.job.job_id).downloads
    assert after is not None
    assert after.archive is not None
    assert httpx.get(str(after.archive.url)).status_code == 200, "copies live on their own"


def test_a_sent_part_is_not_sent_again_after_an_interruption(service: LocalService, tmp_path: Path) -> None:
    # Three parts, in few seconds of audio.
    seconds, sample_rate = 13, 192_000
    song = write(
        tmp_path / "big.wav",
        music(seconds, sample_rate=sample_rate),
        sample_rate=sample_rate,
        subtype="FLOAT",
    )
    sent: list[str] = []

    two_stored = threading.Barrier(3)
    turns = itertools.count()

    class Breaking(httpx.HTTPTransport):
        """A network that dies when two parts have been stored."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "partNumber" not in request.url.params:
                return super().handle_request(request)
            if next(turns) >= 2:
                two_stored.wait(timeout=30)
                raise KeyboardInterrupt
            response = super().handle_request(request)
            sent.append(request.url.params["partNumber"])
            two_stored.wait(timeout=30)
            return response

    class Counting(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "partNumber" in request.url.params:
                sent.append(request.url.params["partNumber"])
            return super().handle_request(request)

    state = tmp_path / "state"
    with (
        StemFoundry(service.api_url, transport=Breaking(), state_directory=state) as client,
        pytest.raises(KeyboardInterrupt),
    ):
        client.upload(song)
    with StemFoundry(service.api_url, transport=Counting(), state_directory=state) as client:
        upload = client.upload(song)
        assert upload.state == "complete"
        assert upload.method == "multipart"
        job = client.wait(client.create_job(upload, stems=["bass"]).job_id)
        files = client.download(job, tmp_path / "out")
    assert sorted(sent) == ["1", "2", "3"], "each part went once"
    assert soundfile.info(files.stems["bass"]).frames == seconds * 44_100  # type: ignore[index]


@pytest.mark.parametrize(
    ("options", "subtype"),
    [
        ({"format": "wav", "bit_depth": 16}, "PCM_16"),
        ({"format": "wav", "bit_depth": 24}, "PCM_24"),
        ({"format": "wav", "bit_depth": 32}, "FLOAT"),
        ({"format": "flac", "bit_depth": 16}, "PCM_16"),
        ({"format": "flac", "bit_depth": 24}, "PCM_24"),
        ({"format": "mp3", "bitrate_kbps": 128}, "MPEG_LAYER_III"),
        ({"format": "mp3", "bitrate_kbps": 320}, "MPEG_LAYER_III"),
    ],
)
def test_every_output_format(
    client: StemFoundry, tmp_path: Path, options: dict[str, Any], subtype: str
) -> None:
    song = write(tmp_path / "song.wav", music(2))
    result = client.separate(
        song,
        tmp_path / "out",
        stems=["vocals", "instrumental"],
        output=OutputOptions.model_validate(options),
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"vocals.{options['format']}",
        f"instrumental.{options['format']}",
        "report.json",
    }
    for path in result.files.stems.values():
        info = soundfile.info(path)
        assert info.subtype == subtype
        assert (info.samplerate, info.channels) == (44_100, 2)
        assert decoded(path).shape[0] == 2 * 44_100, "no sample more, no sample less"


def test_vocals_and_instrumental_are_the_song(client: StemFoundry, tmp_path: Path) -> None:
    samples = music(3)
    song = write(tmp_path / "song.wav", samples, subtype="FLOAT")
    result = client.separate(
        song,
        tmp_path / "out",
        stems=["vocals", "instrumental"],
        output=OutputOptions.model_validate({"format": "wav", "bit_depth": 32}),
    )
    total = sum(soundfile.read(path)[0] for path in result.files.stems.values())
    assert np.abs(total - samples).max() < 1e-5


def test_the_same_song_again_comes_from_the_cache(client: StemFoundry, tmp_path: Path) -> None:
    song = write(tmp_path / "song.wav", music(2, seed=11))
    first = client.separate(song, tmp_path / "first")
    second = client.separate(song, tmp_path / "second")
    assert (first.job.cached, second.job.cached) == (False, True)
    for stem, path in first.files.stems.items():
        assert path.read_bytes() == second.files.stems[stem].read_bytes()


def test_an_unchanged_job_is_answered_not_modified(api: httpx.Client, service: LocalService) -> None:
    upload = api.post("/v1/uploads", json={"filename": "a.wav", "size_bytes": 4}).json()
    httpx.put(upload["url"], content=b"RIFF", headers=upload["headers"], trust_env=False)
    api.post(f"/v1/uploads/{upload['upload_id']}/complete")
    with paused(service):
        job = api.post("/v1/jobs", json={"upload_id": upload["upload_id"]}).json()
        first = api.get(f"/v1/jobs/{job['job_id']}")
        again = api.get(f"/v1/jobs/{job['job_id']}", headers={"If-None-Match": first.headers["etag"]})
        api.post(f"/v1/jobs/{job['job_id']}/cancel")
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert int(again.headers["retry-after"]) >= 1


def test_deleting_removes_song_and_stems(client: StemFoundry, service: LocalService, tmp_path: Path) -> None:
    song = write(tmp_path / "song.wav", music(2, seed=12))
    result = client.separate(song, tmp_path / "out", stems=["drums"])
    job_id, upload_id = str(result.job.job_id), str(result.job.upload_id)
    receipt = client.delete(job_id)
    assert receipt.objects_removed >= 3
    assert receipt.upload_removed
    s3 = service.aws.client("s3")
    bucket = service.outputs["AudioBucketName"]
    left = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert not [key for key in left if job_id in key or upload_id in key]
    assert job_id not in {str(job.job_id) for job in client.jobs()}
