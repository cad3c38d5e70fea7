"""Exit codes, and the one line on stderr that goes with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer

from stem_foundry._errors import (
    ApiError,
    BadInput,
    ClientErrorCode,
    JobEnded,
    StemFoundryClientError,
)
from stem_foundry.cli._text import printable


class ExitCode(IntEnum):
    """What the shell is told."""

    DONE = 0
    BAD_INPUT = 2
    JOB_FAILED = 3
    SERVICE_UNREACHABLE = 4
    INTERRUPTED = 130


EXIT_CODES_HELP = (
    "Exit codes: 0 done · 2 bad input · 3 job failed or cancelled · "
    "4 service unreachable, busy or failing · 130 interrupted (the job is cancelled)"
)


def exit_code(error: StemFoundryClientError) -> ExitCode:
    """The exit code that an error stands for."""
    if isinstance(error, BadInput):
        return ExitCode.BAD_INPUT
    if isinstance(error, JobEnded):
        return ExitCode.JOB_FAILED
    refused = isinstance(error, ApiError) and 400 <= error.status < 500 and error.status != 429
    if refused and error.code != ClientErrorCode.UNEXPECTED_ANSWER:
        return ExitCode.BAD_INPUT
    return ExitCode.SERVICE_UNREACHABLE


def print_error(error: StemFoundryClientError, subject: str = "") -> None:
    """Write ``error: <message> (<code>)`` to stderr."""
    prefix = f"{subject}: " if subject else ""
    notes = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
    typer.echo(f"error: {printable(prefix + error.message + notes)} ({printable(error.code)})", err=True)


def print_interrupt(interrupt: KeyboardInterrupt) -> None:
    """Write what became of the interrupted work to stderr."""
    for note in getattr(interrupt, "__notes__", ()):
        typer.echo(printable(note), err=True)
    typer.echo("interrupted", err=True)


@contextmanager
def expected_errors() -> Iterator[None]:
    """Turn the SDK's errors and Ctrl-C into a line on stderr and an exit code."""
    try:
        yield
    except StemFoundryClientError as error:
        print_error(error)
        raise typer.Exit(exit_code(error)) from error
    except KeyboardInterrupt as interrupt:
        print_interrupt(interrupt)
        raise typer.Exit(ExitCode.INTERRUPTED) from interrupt
