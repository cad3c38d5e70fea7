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


class Meter:
    """Counts bytes from several threads and reports one at a time, only forwards."""

    def __init__(
        self, direction: Literal["upload", "download"], total_bytes: int, on_progress: OnTransfer | None
    ) -> None:
        self._direction = direction
        self._total = total_bytes
        self._report = on_progress
        self._counted = 0
        self._reported = -1
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count bytes that moved; negative when a try is taken back."""
        with self._lock:
            self._counted += count
            done = min(self._counted, self._total)
            if self._report is not None and done > self._reported:
                self._reported = done
                self._report(TransferProgress(self._direction, done, self._total))
