"""Telling what is going on: a live bar on a terminal, plain lines elsewhere, on stderr both."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from contract.api import Job
from contract.states import JobStage, JobState
from stem_foundry._progress import TransferProgress
from stem_foundry.cli._text import about, printable

Event = TransferProgress | Job

_PLAIN_STEP_PERCENT = 25

# The worker downloads the song and uploads the stems; here these words mean the other way round.
_STAGES: dict[JobStage | None, str] = {
    JobStage.DOWNLOADING: "Fetching the song",
    JobStage.DECODING: "Decoding",
    JobStage.SEPARATING: "Separating",
    JobStage.ENCODING: "Encoding",
    JobStage.UPLOADING: "Storing the stems",
}


@dataclass(frozen=True, slots=True)
class Status:
    """One thing to show.

    Attributes:
        text: what happens.
        fraction: how much of it is done, 0 to 1, when that is known.
        eta_seconds: until the job is finished, when that is known.
    """

    text: str
    fraction: float | None = None
    eta_seconds: float | None = None


def status_of(event: Event) -> Status:
    """An event in words."""
    if isinstance(event, TransferProgress):
        return Status("Uploading" if event.direction == "upload" else "Downloading", event.fraction)
    if event.state is JobState.QUEUED:
        return Status(_queue_text(event), eta_seconds=event.eta_seconds)
    if event.state is JobState.PROCESSING:
        text = "Cancelling" if event.cancel_requested else _STAGES.get(event.stage, "Processing")
        return Status(text, event.progress, event.eta_seconds)
    if event.state is JobState.COMPLETED and event.cached:
        return Status("Completed (same song and options as before)", 1.0)
    return Status(str(event.state).capitalize(), 1.0 if event.state is JobState.COMPLETED else None)


def _queue_text(job: Job) -> str:
    attempt = f" (attempt {job.attempt})" if job.attempt > 1 else ""
    if job.stage is JobStage.STARTING_GPU:
        return f"Starting a GPU{attempt}"
    if not job.jobs_ahead:
        return f"Waiting, next in line{attempt}"
    return f"Waiting, {job.jobs_ahead} {'job' if job.jobs_ahead == 1 else 'jobs'} ahead{attempt}"


class Display(AbstractContextManager["Display"], Protocol):
    """Shows the progress of one song."""

    def show(self, event: Event) -> None:
        """Show what has changed."""


class Silence:
    """Shows nothing: for output that programs read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to clean up."""

    def show(self, event: Event) -> None:
        """Show nothing."""


class PlainLines(Silence):
    """A line when the text changes, and at every quarter."""

    def __init__(self, name: str) -> None:
        self._name = printable(name)
        self._last: tuple[str, int | None] | None = None

    def show(self, event: Event) -> None:
        """Write a line if there is something new to say."""
        status = status_of(event)
        percent = None if status.fraction is None else int(status.fraction * 100)
        step = None if percent is None else percent // _PLAIN_STEP_PERCENT
        if self._last == (status.text, step):
            return
        self._last = (status.text, step)
        line = f"{self._name}: {status.text}"
        if percent is not None:
            line += f" {percent} %"
        if status.eta_seconds:
            line += f", {about(status.eta_seconds)} left"
        typer.echo(line, err=True)


class LiveBar:
    """One bar that follows the song through all stages."""

    def __init__(self, name: str, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[name]}", markup=False),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            transient=True,
        )
        self._name = printable(name)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        self._task = self._progress.add_task("Preparing", total=None, name=self._name, note="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, event: Event) -> None:
        """Move the bar."""
        if self._task is None:
            return
        status = status_of(event)
        note = "" if status.fraction is None else f"{status.fraction:.0%}"
        if status.eta_seconds:
            note = f"{note} {about(status.eta_seconds)} left".strip()
        self._progress.update(
            self._task,
            description=status.text,
            total=None if status.fraction is None else 1.0,
            completed=status.fraction or 0.0,
            note=note,
        )


def display_for(name: str, *, silent: bool) -> Display:
    """The display that fits where stderr goes."""
    if silent:
        return Silence()
    console = Console(stderr=True)
    return LiveBar(name, console) if console.is_terminal else PlainLines(name)
