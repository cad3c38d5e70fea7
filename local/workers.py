"""The containers of the endpoint: started, watched, replaced when they end by themselves."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from local.processes import LocalError, ManagedProcess

logger = logging.getLogger(__name__)

_START_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


def _says_failed(answer: httpx.Response) -> bool:
    """The container tells in its refusal that waiting is of no use: its model is missing, for example."""
    return '"failed"' in answer.text


class WorkerInstance:
    """One container that is kept running while it is wanted, as SageMaker replaces lost instances."""

    def __init__(self, process: ManagedProcess, url: str, stopping: threading.Event) -> None:
        self._process = process
        self._url = url
        self._stopping = stopping
        self._lock = threading.Lock()
        # Counts the requests to start or stop; a watcher of an earlier one has nothing to say any more.
        self._generation = 0

    def up(self) -> None:
        """Start the container; `wait_until_healthy` follows."""
        with self._lock:
            self._generation += 1
            self._process.start()

    def down(self, *, kill: bool = False) -> None:
        """End the container and leave it down; with ``kill`` at once, as a crash does."""
        with self._lock:
            self._generation += 1
            if kill:
                self._process.kill()
            else:
                self._process.stop()

    def wait_until_healthy(self) -> None:
        """Block until ``/ping`` answers 200; from then on the container is replaced when it ends.

        Raises:
            LocalError: the container ended or took too long.
        """
        generation = self._generation
        self._process.wait_until_ready(
            f"{self._url}/ping", timeout_seconds=_START_SECONDS, has_failed=_says_failed
        )
        threading.Thread(
            target=self._keep_up, args=(generation,), name=f"watch {self._process.name}", daemon=True
        ).start()

    def _keep_up(self, generation: int) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            status = self._process.wait()
            if self._generation != generation or self._stopping.is_set():
                return
            logger.error("%s ended with status %s and is replaced", self._process.name, status)
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            with self._lock:
                if self._generation != generation:
                    return
                self._process.start()


class WorkerPool:
    """All containers of the endpoint."""

    def __init__(self, processes: list[ManagedProcess], urls: list[str], stopping: threading.Event) -> None:
        self._stopping = stopping
        self.instances = [
            WorkerInstance(process, url, stopping) for process, url in zip(processes, urls, strict=True)
        ]

    def up(self) -> None:
        """Start every container."""
        for instance in self.instances:
            instance.up()

    def up_after(self, trigger: threading.Event, delay_seconds: float) -> None:
        """Start them some time after ``trigger`` is set, as an endpoint scales up from zero."""

        def scale_up() -> None:
            trigger.wait()
            if self._stopping.wait(delay_seconds):
                return
            try:
                self.up()
                self.wait_until_healthy()
            except LocalError:
                if not self._stopping.is_set():
                    logger.exception("the workers did not start")

        threading.Thread(target=scale_up, name="scale up from zero", daemon=True).start()

    def wait_until_healthy(self) -> None:
        """Block until every container is."""
        for instance in self.instances:
            instance.wait_until_healthy()

    def down(self) -> None:
        """Stop every container, all at the same time."""
        with ThreadPoolExecutor(len(self.instances)) as pool:
            list(pool.map(WorkerInstance.down, self.instances))
