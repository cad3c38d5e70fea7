"""What is shown while a song is on its way."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from contract.states import JobStage, JobState
from stem_foundry import Job, StemFoundry, TransferProgress
from stem_foundry.cli._progress import LiveBar, PlainLines, Silence, display_for, status_of


@pytest.fixture
def job(client: StemFoundry, song: Path) -> Job:
    return client.create_job(client.upload(song))


@pytest.mark.parametrize(
    ("change", "text", "fraction"),
    [
        ({"jobs_ahead": 0}, "Waiting, next in line", None),
        ({"jobs_ahead": 1}, "Waiting, 1 job ahead", None),
        ({"jobs_ahead": 7, "attempt": 2}, "Waiting, 7 jobs ahead (attempt 2)", None),
        ({"stage": JobStage.STARTING_GPU}, "Starting a GPU", None),
        (
            {"state": JobState.PROCESSING, "stage": JobStage.UPLOADING, "progress": 0.9},
            "Storing the stems",
            0.9,
        ),
        ({"state": JobState.PROCESSING, "cancel_requested": True, "progress": 0.5}, "Cancelling", 0.5),
        ({"state": JobState.FAILED, "progress": 0.5}, "Failed", None),
        ({"state": JobState.COMPLETED, "progress": 1.0}, "Completed", 1.0),
        (
            {"state": JobState.COMPLETED, "cached": True},
            "Completed (same song and options as before)",
            1.0,
        ),
    ],
)
def test_jobs_in_words(job: Job, change: dict[str, object], text: str, fraction: float | None) -> None:
    status = status_of(job.model_copy(update=change))
    assert (status.text, status.fraction) == (text, fraction)


def test_every_stage_of_processing_has_words(job: Job) -> None:
    stages = set(JobStage) - {JobStage.WAITING, JobStage.STARTING_GPU}
    texts = {
        status_of(job.model_copy(update={"state": JobState.PROCESSING, "stage": stage})).text
        for stage in stages
    }
    assert len(texts) == len(stages)
    assert "Processing" not in texts


def test_a_terminal_gets_a_bar_that_follows_the_song(job: Job) -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    separating = {"state": JobState.PROCESSING, "stage": JobStage.SEPARATING, "progress": 0.42}
    with LiveBar("so[red]ng\x1b.wav", console) as bar:
        bar.show(TransferProgress("upload", 50, 100))
        bar._progress.refresh()
        bar.show(job.model_copy(update=separating | {"eta_seconds": 120}))
        bar._progress.refresh()
    shown = screen.getvalue()
    assert "so[red]ng\N{REPLACEMENT CHARACTER}.wav" in shown
    assert "Uploading" in shown
    assert "Separating" in shown
    assert "42% about 2 min left" in shown


def test_where_there_is_no_terminal_there_are_lines() -> None:
    assert isinstance(display_for("song.wav", silent=False), PlainLines)
    assert type(display_for("song.wav", silent=True)) is Silence
