"""A service that one command leaves ready for the next, and that ends by itself when nobody needs it."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from contract.routes import GET_HEALTH
from local.lock import RunningService, StateLock
from local.processes import LocalError
from local.settings import REPOSITORY, LocalSettings

IDLE_MINUTES = 15
_START_SECONDS = 180.0
_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 15
_CODE = ("contract", "lambdas", "infra", "sagemaker_container", "local")
_CODE_SUFFIXES = frozenset({".py", ".json", ".safetensors", ".html", ".js", ".css"})


def code_version() -> str:
    """Identifies the code a service would run, by path, size and time of change of its files."""
    digest = hashlib.sha256()
    for folder in _CODE:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in _CODE_SUFFIXES and path.is_file():
                status = path.stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class BackgroundService:
    """Starts ``python -m local up`` on its own and follows its log until it answers.

    Args:
        settings: of the service.
        options: the same settings as command-line options.
        say: shows a line to the user.
    """

    def __init__(self, settings: LocalSettings, options: Sequence[str], say: Callable[[str], None]) -> None:
        self._settings = settings
        self._options = list(options)
        self._say = say
        self._log = settings.log_directory / "service.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RunningService:
        """Start it and return when its API answers.

        Raises:
            LocalError: it could not start; with the reason it gave.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "local", "up", "--idle-minutes", str(IDLE_MINUTES), *self._options]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C here is not meant for it, and it must outlive this command.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                start_new_session=True,
            )
        with self._log.open(encoding="utf-8", errors="replace") as log_lines:
            return self._follow(lambda: [self._say(line.rstrip()) for line in log_lines])

    def _follow(self, show_news: Callable[[], object]) -> RunningService:
        lock = StateLock(self._settings.state_directory)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.has_ended():
                raise LocalError(self.last_words())
            show_news()
            running = lock.holder()
            if running is not None and answers(running):
                return running
            time.sleep(_POLL_SECONDS)
        raise LocalError(f"The service did not answer within {_START_SECONDS:.0f} s. {self.last_words()}")

    def has_ended(self) -> bool:
        """Whether it was started and is gone."""
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        lines = Path(self._log).read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:]) or f"The service ended without a word. Log: {self._log}"


def answers(running: RunningService) -> bool:
    """Whether the API of a running service answers already."""
    try:
        return httpx.get(running.web_url + GET_HEALTH.path, timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False


def wait_until_answering(running: RunningService) -> None:
    """Wait for a service that somebody else has just started.

    Raises:
        LocalError: it does not answer.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not answers(running):
        if time.monotonic() > deadline:
            raise LocalError(f"The service at {running.web_url} does not answer. Stop it with: make down")
        time.sleep(_POLL_SECONDS)
