"""One service per state directory: the lock, and the note that says where it answers."""

import fcntl
import os
import signal
import time
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from local.processes import LocalError

_POLL_SECONDS = 0.05


class RunningService(BaseModel):
    """What a running service tells others about itself."""

    pid: int
    web_url: str
    aws_url: str
    code: str
    ends_when_idle: bool


class StateLock:
    """An advisory lock that the kernel releases when its holder ends, however it ends."""

    def __init__(self, state_directory: Path) -> None:
        self._path = state_directory / "service.lock"
        self._file: IO[str] | None = None

    def acquire(self, description: RunningService) -> None:
        """Take the lock.

        Raises:
            LocalError: another service holds it; says which.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            other = self.holder()
            where = f" at {other.web_url} (process {other.pid})" if other else ""
            raise LocalError(
                f"Stem Foundry is running already{where} with the state in {self._path.parent}. "
                "Stop it with: make down"
            ) from None
        file.truncate(0)
        file.write(description.model_dump_json())
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock up."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def holder(self) -> RunningService | None:
        """The service that holds the lock now, if any."""
        try:
            with self._path.open("r+") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return RunningService.model_validate_json(file.read())
        except (FileNotFoundError, ValidationError):
            return None
        return None


def stop_running_service(state_directory: Path, *, timeout_seconds: float) -> RunningService | None:
    """Ask the running service to end and wait until it has.

    Returns:
        What was stopped, or None when nothing ran.

    Raises:
        LocalError: it did not end in time.
    """
    lock = StateLock(state_directory)
    service = lock.holder()
    if service is None:
        return None
    os.kill(service.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout_seconds
    while lock.holder() is not None:
        if time.monotonic() > deadline:
            raise LocalError(f"Process {service.pid} did not stop within {timeout_seconds:.0f} s.")
        time.sleep(_POLL_SECONDS)
    return service
