"""Decodes untrusted media in a limited child process, and hands the samples over."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from contract.errors import ErrorCode, StemFoundryError
from contract.limits import Limits
from sagemaker_container.separation.decoding.outcome import DecodedAudio, DecodingOutcome, DecodingRequest

_logger = logging.getLogger(__name__)

_MODULE = "sagemaker_container.separation.decoder_process"
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# All that a Python process needs; credentials and settings of the service stay outside.
_INHERITED_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TZ")
_CHECK_SECONDS = 0.25
_BASE_WALL_SECONDS = 60
_AUDIO_SECONDS_PER_WALL_SECOND = 10
_LOGGED_CHARACTERS = 2000

_LIMIT_SIGNALS = frozenset({signal.SIGXCPU, signal.SIGXFSZ, signal.SIGKILL})


def decode_file(
    source: Path, spool: Path, limits: Limits, *, checkpoint: Callable[[], None] = lambda: None
) -> DecodedAudio:
    """Decode a file into a spool of float32 samples at 44.1 kHz in stereo.

    Args:
        source: the file, whatever it may be.
        spool: is written; belongs to the caller also when this fails.
        limits: bounds of duration, channels and sample rate.
        checkpoint: called a few times a second; what it raises ends the decoding.

    Raises:
        StemFoundryError: the file cannot or may not be decoded.
    """
    request = DecodingRequest(spool=str(spool), limits=limits)
    command = [sys.executable, "-m", _MODULE, request.model_dump_json()]
    with source.open("rb") as stream:
        process = subprocess.Popen(
            command,
            stdin=stream,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_child_environment(),
            cwd=spool.parent,
            text=True,
        )
    with process:
        try:
            stdout, stderr = _wait(process, limits, checkpoint)
        finally:
            process.kill()
    if stderr:
        _logger.info("decoder said", extra={"decoder_output": stderr[-_LOGGED_CHARACTERS:]})
    return _outcome(process.returncode, stdout)


def _child_environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED_VARIABLES if name in os.environ}
    # One thread each: the maths libraries would reserve address space for a pool nobody uses.
    return inherited | {
        "PYTHONPATH": str(_PACKAGE_ROOT),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _wait(
    process: "subprocess.Popen[str]", limits: Limits, checkpoint: Callable[[], None]
) -> tuple[str, str]:
    deadline = (
        time.monotonic() + _BASE_WALL_SECONDS + limits.max_duration_seconds / _AUDIO_SECONDS_PER_WALL_SECOND
    )
    while True:
        try:
            return process.communicate(timeout=_CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            checkpoint()
            if time.monotonic() > deadline:
                raise _too_expensive() from None


def _outcome(status: int, stdout: str) -> DecodedAudio:
    if status < 0 and -status in _LIMIT_SIGNALS:
        raise _too_expensive()
    try:
        outcome = DecodingOutcome.model_validate_json(stdout)
    except ValidationError:
        raise _crashed() from None
    if outcome.failure is not None:
        raise StemFoundryError(outcome.failure.code, outcome.failure.message)
    if outcome.audio is None:
        raise _crashed()
    return outcome.audio


def _too_expensive() -> StemFoundryError:
    return StemFoundryError(
        ErrorCode.DECODING_LIMIT_EXCEEDED,
        "Decoding the file takes more time or space than is allowed. Export it again as WAV or FLAC.",
    )


def _crashed() -> StemFoundryError:
    return StemFoundryError(
        ErrorCode.DECODING_FAILED, "The file is damaged so badly that decoding it failed."
    )
