"""Child processes: start, wait until they answer, stop; none survives this process."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

_GUARD = Path(__file__).with_name("guard.py")
_LOG_TAIL_LINES = 15
_POLL_SECONDS = 0.05
STOP_GRACE_SECONDS = 5.0


class LocalError(RuntimeError):
    """The service cannot run here; the message says why and what to do."""


class ManagedProcess:
    """One child process, logging to a file, in a session of its own.

    Args:
        name: for messages and the log file's name.
        command: program and arguments; no shell is involved.
        environment: the whole environment of the process.
        log_file: standard output and error are appended to it.
        grace_seconds: time between the request to stop and the kill.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log_file: Path,
        working_directory: Path,
        grace_seconds: float = STOP_GRACE_SECONDS,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._command = list(command)
        self.environment = dict(environment)
        self._working_directory = working_directory
        self._grace_seconds = grace_seconds
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._guard is not None and self._guard.poll() is None

    def start(self) -> None:
        """Start the process; a second start while it runs is an error."""
        if self.running:
            raise LocalError(f"{self.name} is running already.")
        self._begin_log()
        guarded = [sys.executable, "-I", "-S", str(_GUARD), str(self._grace_seconds), *self._command]
        with self.log_file.open("ab") as log:
            self._guard = subprocess.Popen(
                guarded,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self._working_directory,
                start_new_session=True,
            )

    def _begin_log(self) -> None:
        """Keep the log of the run before, and one file for all restarts within this one."""
        if self._guard is not None:
            return
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        if self.log_file.exists():
            self.log_file.replace(self.log_file.with_suffix(".previous.log"))

    def wait(self) -> int | None:
        """Block until the process ends; returns its exit status, None if it never ran."""
        return None if self._guard is None else self._guard.wait()

    def wait_until_ready(
        self,
        url: str,
        *,
        timeout_seconds: float,
        has_failed: Callable[[httpx.Response], bool] = lambda _: False,
    ) -> None:
        """Wait until ``url`` answers 200.

        Args:
            url: health check.
            timeout_seconds: longest wait.
            has_failed: tells from any other answer that the process will never be ready.

        Raises:
            LocalError: the process ended, failed or did not answer in time; with the end of its log.
        """
        deadline = time.monotonic() + timeout_seconds
        with httpx.Client(timeout=2, trust_env=False) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    answer = client.get(url)
                    if answer.is_success:
                        return
                    if has_failed(answer):
                        raise LocalError(f"{self.name} cannot start. {self.log_tail()}")
                if self._ended_within(_POLL_SECONDS):
                    raise LocalError(f"{self.name} ended while starting. {self.log_tail()}")
        raise LocalError(f"{self.name} did not answer within {timeout_seconds:.0f} s. {self.log_tail()}")

    def _ended_within(self, seconds: float) -> bool:
        if self._guard is None:
            return True
        try:
            self._guard.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask the process to end, kill it after the grace period, and wait until it is gone."""
        self._end(b"")

    def kill(self) -> None:
        """End the process at once, as a crash would, and wait until it is gone."""
        self._end(b"k")

    def _end(self, request: bytes) -> None:
        guard = self._guard
        if guard is None or guard.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            guard.stdin.write(request)
            guard.stdin.close()
        guard.wait()

    def log_tail(self) -> str:
        """The last lines of the log, introduced by its path."""
        try:
            lines = self.log_file.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        except FileNotFoundError:
            lines = []
        return f"Log: {self.log_file}\n" + "\n".join(f"  {line}" for line in lines)
