"""Every bad or odd input through the whole service: a clear message, a stable code, nothing left behind."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import numpy as np
import pytest
import soundfile

from contract import keys
from contract.audio import OutputOptions, Stem
from contract.errors import ErrorCode, WarningCode
from contract.inference import Source
from contract.records import JobRecord, created_order
from contract.states import JobState
from lambdas.core.sessions import ALGORITHM, AUDIENCE
from local.service import LocalService
from stem_foundry import ApiError, BadInput, JobFailed, StemFoundry

from .audio_files import encode, faststart, long_silence, music, silent_video, truncated, write
from .steering import objects_of, paused

FLOAT_WAV = OutputOptions.model_validate({"format": "wav", "bit_depth": 32})


@pytest.fixture
def client(service: LocalService) -> Any:
    with StemFoundry(service.api_url) as made:
        yield made


# --- files that are no songs ---


def text(path: Path) -> None:
    path.write_text("This is a letter, not a song.\n" * 100)


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(50_000))


def picture(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(2000))


def hls_of_a_file(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")


def hls_of_an_address(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/secret.mp3\n#EXT-X-ENDLIST\n")


def concat_script(path: Path) -> None:
    path.write_text("ffconcat version 1.0\nfile '/etc/hostname'\n")


def session_description(path: Path) -> None:
    path.write_text("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n")


@pytest.mark.parametrize(
    ("make", "name", "codes"),
    [
        (text, "letter.mp3", {ErrorCode.NOT_AUDIO}),
        (noise, "noise.wav", {ErrorCode.NOT_AUDIO}),
        (picture, "cover.mp3", {ErrorCode.NOT_AUDIO, ErrorCode.UNSAFE_MEDIA}),
        (silent_video, "film.mp4", {ErrorCode.NO_AUDIO_TRACK}),
        (hls_of_a_file, "song.mp3", {ErrorCode.UNSAFE_MEDIA}),
        (hls_of_an_address, "song.m3u8", {ErrorCode.UNSAFE_MEDIA}),
        (concat_script, "song.wav", {ErrorCode.UNSAFE_MEDIA}),
        (session_description, "song.sdp", {ErrorCode.UNSAFE_MEDIA}),
        (lambda path: long_silence(path, 7260), "long.flac", {ErrorCode.AUDIO_TOO_LONG}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_no_song_fails_with_its_reason_and_leaves_nothing(  # noqa: PLR0917
    client: StemFoundry,
    service: LocalService,
    tmp_path: Path,
    make: Callable[[Path], object],
    name: str,
    codes: set[ErrorCode],
) -> None:
    song = tmp_path / name
    make(song)
    with pytest.raises(JobFailed) as failed:
        client.separate(song, tmp_path / "out")
    assert failed.value.code in codes
    assert len(failed.value.message) > 20
    assert "Traceback" not in failed.value.message
    (job,) = client.jobs()
    left = objects_of(service, str(job.job_id))
    assert not [key for key in left if "/stems/" in key or "report" in key]
    client.delete(job.job_id)
    assert objects_of(service, str(job.job_id)) == []
    assert objects_of(service, str(job.upload_id)) == []


def test_an_empty_file_is_refused_before_anything_is_sent(
    client: StemFoundry, api: httpx.Client, tmp_path: Path
) -> None:
    song = tmp_path / "empty.mp3"
    song.touch()
    with pytest.raises(BadInput):
        client.separate(song, tmp_path / "out")
    answer = api.post("/v1/uploads", json={"filename": "empty.mp3", "size_bytes": 0})
    assert (answer.status_code, answer.json()["code"]) == (422, "file_empty")


def test_too_large_is_refused_at_presign_and_by_s3(api: httpx.Client) -> None:
    answer = api.post("/v1/uploads", json={"filename": "a.wav", "size_bytes": 2_000_000_001})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    upload = api.post(
        "/v1/uploads", json={"filename": "a.wav", "size_bytes": 1000, "content_type": "audio/wav"}
    ).json()
    larger = httpx.put(upload["url"], content=b"x" * 1001, headers=upload["headers"], trust_env=False)
    assert larger.status_code == 403, "the signature covers the length"
    other_type = upload["headers"] | {"Content-Type": "text/html"}
    assert (
        httpx.put(upload["url"], content=b"x" * 1000, headers=other_type, trust_env=False).status_code == 403
    )
    fits = httpx.put(upload["url"], content=b"x" * 1000, headers=upload["headers"], trust_env=False)
    assert fits.status_code == 200
    again = httpx.put(upload["url"], content=b"y" * 1000, headers=upload["headers"], trust_env=False)
    assert again.status_code == 412, "a link writes once"


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a"])
def test_a_truncated_song_is_separated_as_far_as_it_goes(
    client: StemFoundry, tmp_path: Path, kind: str
) -> None:
    whole = tmp_path / f"whole.{kind}"
    samples = music(6)
    if kind == "flac":
        write(whole, samples)
    else:
        # M4A with its index in front, as players write it for streaming: the index survives a cut.
        codec, container = ("libmp3lame", "mp3") if kind == "mp3" else ("aac", "mp4")
        encode(whole, samples, codec, container=container)
    if kind == "m4a":
        faststart(whole)
    cut = truncated(whole, tmp_path / f"cut.{kind}", 0.6)
    result = client.separate(cut, tmp_path / "out", stems=["bass"])
    assert WarningCode.TRUNCATED_INPUT in {warning.code for warning in result.report.warnings}
    assert 1 <= result.report.samples / 44_100 < 6


# --- odd songs that work ---


def test_silence_only_completes_with_a_warning(client: StemFoundry, tmp_path: Path) -> None:
    song = write(tmp_path / "silence.wav", np.zeros((44_100, 2)))
    result = client.separate(song, tmp_path / "out", output=FLOAT_WAV)
    assert [warning.code for warning in result.report.warnings] == [WarningCode.SILENT_INPUT]
    assert all(level.silent for level in result.report.stems)
    for path in result.files.stems.values():
        assert not soundfile.read(path)[0].any()


def test_one_sample(client: StemFoundry, tmp_path: Path) -> None:
    song = write(tmp_path / "click.wav", np.full((1, 2), 0.5), subtype="FLOAT")
    result = client.separate(song, tmp_path / "out", output=FLOAT_WAV)
    assert WarningCode.SHORT_INPUT in {warning.code for warning in result.report.warnings}
    samples = [soundfile.read(path)[0] for path in result.files.stems.values()]
    assert all(stem.shape == (1, 2) for stem in samples)
    assert all(np.isfinite(stem).all() for stem in samples)


@pytest.mark.parametrize(
    ("sample_rate", "channels", "subtype"),
    [
        (44_100, 1, "PCM_16"),
        (48_000, 6, "PCM_16"),
        (8_000, 1, "PCM_16"),
        (96_000, 2, "PCM_24"),
        (44_100, 2, "FLOAT"),
    ],
    ids=["mono", "5.1", "8 kHz", "96 kHz 24 bit", "float"],
)
def test_every_kind_of_wave_file(
    client: StemFoundry, tmp_path: Path, sample_rate: int, channels: int, subtype: str
) -> None:
    samples = music(1.5, sample_rate=sample_rate, channels=channels)
    song = write(tmp_path / "song.wav", samples, sample_rate=sample_rate, subtype=subtype)
    result = client.separate(song, tmp_path / "out", stems=["vocals", "instrumental"])
    assert result.report.source.sample_rate_hz == sample_rate
    assert result.report.source.channels == channels
    for path in result.files.stems.values():
        info = soundfile.info(path)
        assert (info.frames, info.samplerate, info.channels) == (round(1.5 * 44_100), 44_100, 2)


@pytest.mark.parametrize(
    "name", ["日本語 🎵.wav", 'it\'s "quoted".wav', "-rf.wav", "a;b&c$(d).wav", "line\nbreak.wav"]
)
def test_odd_names(client: StemFoundry, tmp_path: Path, name: str) -> None:
    song = write(tmp_path / "plain.wav", music(1))
    odd = song.rename(tmp_path / name)
    result = client.separate(odd, tmp_path / "out", stems=["drums"])
    assert set(result.files.stems) == {Stem.DRUMS}
    downloads = client.get_job(result.job.job_id).downloads
    assert downloads is not None
    offered = downloads.stems[Stem.DRUMS].filename
    assert offered.endswith(" - drums.wav")
    assert not set(offered) & set('/\\"\n')


def test_a_path_as_name_stays_a_name(api: httpx.Client) -> None:
    upload = api.post("/v1/uploads", json={"filename": "../../../etc/passwd", "size_bytes": 10}).json()
    assert f"/uploads/{upload['upload_id']}/source?" in upload["url"]


# --- requests that are refused ---


def uploaded(client: StemFoundry, tmp_path: Path, seed: int = 5) -> str:
    song = write(tmp_path / "song.wav", music(1, seed=seed))
    return str(client.upload(song).upload_id)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "spleeter"}, "unknown_model"),
        ({"stems": ["kazoo"]}, "unknown_stem"),
        ({"output": {"format": "ogg"}}, "unsupported_output"),
        ({"output": {"format": "flac", "bit_depth": 32}}, "unsupported_output"),
    ],
)
def test_unknown_model_stem_and_format(api: httpx.Client, options: dict[str, object], code: str) -> None:
    answer = api.post("/v1/jobs", json={"upload_id": str(uuid4()), **options})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_model_without_weights_says_how_to_get_them(client: StemFoundry, tmp_path: Path) -> None:
    job = client.create_job(uploaded(client, tmp_path), model="htdemucs")
    with pytest.raises(JobFailed, match="stems models download htdemucs") as failed:
        client.wait(job.job_id)
    assert failed.value.code == ErrorCode.MODEL_UNAVAILABLE


def test_another_owner_sees_nothing(client: StemFoundry, service: LocalService, tmp_path: Path) -> None:
    upload_id = uploaded(client, tmp_path)
    job = client.create_job(upload_id)
    client.wait(job.job_id)
    with StemFoundry(service.api_url) as stranger:
        for attempt in (stranger.get_job, stranger.cancel, stranger.delete):
            with pytest.raises(ApiError) as refused:
                attempt(job.job_id)
            assert (refused.value.status, refused.value.code) == (404, "job_not_found")
        with pytest.raises(ApiError) as refused:
            stranger.create_job(upload_id)
        assert (refused.value.status, refused.value.code) == (404, "upload_not_found")
        assert list(stranger.jobs()) == []


def test_expired_forged_and_missing_tokens(service: LocalService) -> None:
    key = service.aws.client("secretsmanager").get_secret_value(SecretId=service.outputs["SigningSecretArn"])
    claims = {"sub": "somebody", "aud": AUDIENCE, "exp": int(time.time()) - 1}
    expired = jwt.encode(claims, key["SecretString"], ALGORITHM)
    forged = jwt.encode(claims | {"exp": int(time.time()) + 60}, "x" * 64, ALGORITHM)
    for token, code in ((expired, "token_expired"), (forged, "token_invalid")):
        answer = httpx.get(
            f"{service.api_url}/v1/jobs", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert httpx.get(f"{service.api_url}/v1/jobs", trust_env=False).status_code == 401


def test_a_job_on_an_upload_that_never_finished(api: httpx.Client) -> None:
    upload = api.post("/v1/uploads", json={"filename": "a.mp3", "size_bytes": 10}).json()
    answer = api.post("/v1/jobs", json={"upload_id": upload["upload_id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_not_complete")
    answer = api.post(f"/v1/uploads/{upload['upload_id']}/complete")
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_incomplete")


def test_an_idempotency_key_means_one_request(client: StemFoundry, tmp_path: Path) -> None:
    upload_id = uploaded(client, tmp_path)
    first = client.create_job(upload_id, stems=["bass"], idempotency_key="one")
    assert client.create_job(upload_id, stems=["bass"], idempotency_key="one").job_id == first.job_id
    with pytest.raises(ApiError) as refused:
        client.create_job(upload_id, stems=["drums"], idempotency_key="one")
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")
    client.wait(first.job_id)


def test_more_active_jobs_than_allowed(client: StemFoundry, service: LocalService, tmp_path: Path) -> None:
    upload_id = uploaded(client, tmp_path)
    with paused(service):
        jobs = [
            client.create_job(upload_id) for _ in range(service.settings.limits.max_active_jobs_per_owner)
        ]
        answer = raw_create(client, service, upload_id)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_active_jobs")
        assert int(answer.headers["retry-after"]) > 0
        for job in jobs:
            client.cancel(job.job_id)


def test_a_full_backlog(client: StemFoundry, service: LocalService, tmp_path: Path) -> None:
    upload_id = uploaded(client, tmp_path)
    table = service.aws.resource("dynamodb").Table(service.outputs["TableName"])
    others = [waiting_job(number) for number in range(service.settings.limits.max_backlog)]
    with table.batch_writer() as batch:
        for record in others:
            batch.put_item(Item=record.item())
    try:
        answer = raw_create(client, service, upload_id)
    finally:
        with table.batch_writer() as batch:
            for record in others:
                batch.delete_item(Key=keys.job_item(record.job_id))
    assert (answer.status_code, answer.json()["code"]) == (429, "backlog_full")
    assert int(answer.headers["retry-after"]) > 0


def waiting_job(number: int) -> JobRecord:
    job_id = str(uuid4())
    now = int(time.time() * 1000)
    return JobRecord(
        job_id=job_id,
        owner=f"other-{number}",
        state=JobState.QUEUED,
        attempt=1,
        source=Source(key="uploads/x/source", etag='"x"', size_bytes=1, filename="x.mp3"),
        upload_id="x",
        model="foundry_4s",
        stems=[Stem.VOCALS],
        output=OutputOptions(),
        metadata={},
        retention_hours=1,
        created_at=now,
        created_order=created_order(now, job_id),
        retention_ends_at=now // 1000 + 3600,
        dispatched_at=now,
    )


def raw_create(client: StemFoundry, service: LocalService, upload_id: str) -> httpx.Response:
    """One request, without the SDK's patience."""
    session = client._api._sessions.token()
    return httpx.post(
        f"{service.api_url}/v1/jobs",
        json={"upload_id": upload_id},
        headers={"Authorization": f"Bearer {session}"},
        trust_env=False,
        timeout=30,
    )
