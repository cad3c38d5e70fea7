"""Jobs in every state that the API can tell, made without a worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import AnyUrl

from contract.api import Download, Downloads, Job, JobProblem, JobWarning
from contract.audio import CONTENT_TYPES, AudioFormat, Extras, OutputOptions, Stem
from contract.errors import ErrorCode, WarningCode
from contract.preview import MIXTURE_LANE
from contract.states import JobStage, JobState
from local.settings import DEFAULT_PAGE_DIRECTORY

STEMS = [Stem.VOCALS, Stem.DRUMS, Stem.BASS, Stem.OTHER]
RETENTION = timedelta(hours=24)
# What a worker can find wrong, and what can happen to one.
FAILURES = {
    ErrorCode.NOT_AUDIO: "The file is not audio that can be read.",
    ErrorCode.NO_AUDIO_TRACK: "The video has no audio track.",
    ErrorCode.UNSAFE_MEDIA: "The file refers to other files.",
    ErrorCode.AUDIO_TOO_LONG: "The audio is longer than 2 hours.",
    ErrorCode.TOO_MANY_CHANNELS: "The audio has more than 8 channels.",
    ErrorCode.UNSUPPORTED_SAMPLE_RATE: "The sample rate is not between 8 and 192 kHz.",
    ErrorCode.DECODING_FAILED: "The audio is damaged.",
    ErrorCode.DECODING_LIMIT_EXCEEDED: "Decoding took more than it may.",
    ErrorCode.SOURCE_MISSING: "The uploaded file is no longer there.",
    ErrorCode.SOURCE_CHANGED: "The uploaded file was changed.",
    ErrorCode.MODEL_UNAVAILABLE: "The model could not be loaded.",
    ErrorCode.WORKER_LOST: "The worker was lost three times.",
    ErrorCode.QUEUE_TIMEOUT: "No worker was free in time.",
    ErrorCode.SEPARATION_FAILED: "The separation failed.",
}

_DEMO = DEFAULT_PAGE_DIRECTORY / "demo"


def identifier(name: str) -> UUID:
    """The same id for the same name, so that a view can be opened by its address."""
    return uuid5(NAMESPACE_URL, f"stem-foundry:{name}")


def job(name: str, state: JobState, **fields: Any) -> Job:
    """A job that was made two minutes ago.

    Args:
        name: tells jobs apart; also the song's name.
        state: its state.
        fields: what differs from a job that has just been made.
    """
    now = datetime.now(UTC)
    defaults: dict[str, Any] = {
        "job_id": identifier(name),
        "state": state,
        "progress": 0,
        "attempt": 1,
        "poll_after_seconds": 5,
        "upload_id": identifier(f"upload of {name}"),
        "filename": f"{name}.mp3",
        "model": "foundry_4s",
        "stems": STEMS,
        "output": OutputOptions(),
        "extras": Extras(),
        "metadata": {},
        "created_at": now - timedelta(minutes=2),
        "retention_ends_at": now - timedelta(minutes=2) + RETENTION,
    }
    if state.is_final:
        defaults |= {"poll_after_seconds": None, "finished_at": now - timedelta(seconds=20)}
    return Job.model_validate(defaults | fields)


def processing(name: str, stage: JobStage, progress: float, **fields: Any) -> Job:
    """A job that a worker has."""
    started = datetime.now(UTC) - timedelta(seconds=30)
    return job(
        name,
        JobState.PROCESSING,
        stage=stage,
        progress=progress,
        started_at=started,
        duration_seconds=201.5,
        **fields,
    )


def failed(code: ErrorCode) -> Job:
    """A job that failed for this reason."""
    problem = JobProblem(code=code, message=FAILURES[code])
    return job(f"Failed {code}", JobState.FAILED, error=problem)


def _download(origin: str, path: Path, filename: str, content_type: str) -> Download:
    return Download(
        url=AnyUrl(f"{origin}/{path.relative_to(DEFAULT_PAGE_DIRECTORY)}"),
        filename=filename,
        content_type=content_type,
        size_bytes=path.stat().st_size,
        sha256="0" * 64,
    )


def completed(origin: str, name: str = "Finished song", **fields: Any) -> Job:
    """A finished job whose files are those of the page's demo.

    Args:
        origin: of the page, which serves them.
        name: tells jobs apart; also the song's name.
        fields: what differs.
    """
    mp3 = CONTENT_TYPES[AudioFormat.MP3]
    lanes = [*STEMS, MIXTURE_LANE]
    downloads = Downloads(
        stems={stem: _download(origin, _DEMO / f"stems/{stem}.mp3", f"{stem}.mp3", mp3) for stem in STEMS},
        report=_download(origin, _DEMO / "report.json", "report.json", "application/json"),
        previews={
            lane: _download(origin, _DEMO / f"preview/{lane}.mp3", f"{lane}.mp3", mp3) for lane in lanes
        },
        preview_index=_download(origin, _DEMO / "preview/index.json", "index.json", "application/json"),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return job(
        name,
        JobState.COMPLETED,
        **{
            "progress": 1,
            "duration_seconds": 22.6,
            "output": OutputOptions(format=AudioFormat.MP3, bitrate_kbps=320),
            "downloads": downloads,
            **fields,
        },
    )


def every_state(origin: str) -> Iterator[Job]:
    """One job of each kind that a card can show."""
    queued = JobState.QUEUED
    yield job("In line", queued, stage=JobStage.WAITING, jobs_ahead=3, eta_seconds=140)
    yield job("Next in line", queued, stage=JobStage.WAITING, jobs_ahead=0)
    yield job("Starting a worker", queued, stage=JobStage.STARTING_GPU, jobs_ahead=0)
    yield processing("Fetched", JobStage.DOWNLOADING, 0.01)
    yield processing("Decoded", JobStage.DECODING, 0.04)
    yield processing("Separated", JobStage.SEPARATING, 0.42, eta_seconds=37)
    yield processing("Second try", JobStage.SEPARATING, 0.1, eta_seconds=70, attempt=2)
    yield processing("Encoded", JobStage.ENCODING, 0.93, eta_seconds=3)
    yield processing("Stored", JobStage.UPLOADING, 0.98, eta_seconds=1)
    yield processing("Being cancelled", JobStage.SEPARATING, 0.5, cancel_requested=True)
    yield completed(origin)
    yield completed(origin, "From the cache", cached=True)
    warning = JobWarning(code=WarningCode.DOWNMIXED, message="6 channels were mixed down to stereo.")
    yield completed(origin, "With a warning", warnings=[warning])
    yield from map(failed, FAILURES)
    yield job("Stopped", JobState.CANCELLED, attempt=1)
    past = datetime.now(UTC) - timedelta(minutes=1)
    yield completed(origin, "Too old", downloads=None, retention_ends_at=past)
