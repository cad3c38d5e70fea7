"""How far a transfer is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """Bytes sent or fetched so far.

    Attributes:
        direction: towards the service or from it.
        done_bytes: 0 to ``total_bytes``; never goes back.
        total_bytes: everything that is to be moved.
    """

    direction: Literal["upload", "download"]
    done_bytes: int
    total_bytes: int

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return self.done_bytes / self.total_bytes if self.total_bytes else 1.0


OnTransfer = Callable[[TransferProgress], None]


class Interrupted(Exception):  # noqa: N818 - a signal between threads, never seen outside
    """The transfer that this thread has a part in was given up."""


class Meter:
    """Counts bytes from several threads, reports one at a time and only forwards, and can stop them all."""

    def __init__(
        self, direction: Literal["upload", "download"], total_bytes: int, on_progress: OnTransfer | None
    ) -> None:
        self._direction = direction
        self._total = total_bytes
        self._report = on_progress
        self._counted = 0
        self._reported = -1
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make every thread that counts here end at its next piece."""
        self._stopped.set()

    def add(self, count: int) -> None:
        """Count bytes that moved; negative when a try is taken back.

        Raises:
            Interrupted: after `stop`.
        """
        if self._stopped.is_set():
            raise Interrupted
        with self._lock:
            self._counted += count
            done = min(self._counted, self._total)
            if self._report is not None and done > self._reported:
                self._reported = done
                self._report(TransferProgress(self._direction, done, self._total))
