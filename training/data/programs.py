"""The programs that play and speak training songs: Debian packages, run as processes of their own."""

import io
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import soundfile

from training.data.signal import FloatArray

TIMEOUT_SECONDS: Final = 300
SHOWN_CHARACTERS: Final = 80
"""Of a command, in a message."""


class ProgramError(Exception):
    """A program is missing, failed, or gave no sound."""


def run_program(command: Sequence[str]) -> bytes:
    """Run a program and return what it printed.

    Raises:
        ProgramError: it is not installed, takes too long, or ends with an error.
    """
    try:
        return subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=True).stdout
    except FileNotFoundError as error:
        message = f"{command[0]} is not installed; training/README.md lists the packages"
        raise ProgramError(message) from error
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"{_shown(command)} took longer than {error.timeout:.0f} s") from error
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip()[-300:]
        raise ProgramError(f"{_shown(command)} ended with {error.returncode}: {message}") from error


def read_sound(source: Path | bytes, program: str) -> tuple[FloatArray, int]:
    """Read a sound that a program made, from its file or what it printed.

    Returns:
        All channels [time, channels], full scale being 1, and the sampling rate in Hz.

    Raises:
        ProgramError: there is no sound.
    """
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        audio, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ProgramError(f"{program} gave no sound") from error
    return audio, rate


def _shown(command: Sequence[str]) -> str:
    return shlex.join(command)[:SHOWN_CHARACTERS]
