"""Where the time of a job goes: wall time of stages, busy time of what runs side by side."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from contract.states import JobStage

_DIGITS = 4


class Operation(StrEnum):
    """What threads are busy with. Operations overlap, so their seconds add up to more than the stages'."""

    FETCHING = "fetching"
    DECODING = "decoding"
    STATISTICS = "statistics"
    SEPARATING = "separating"
    SPOOLING = "spooling"
    MEASURING = "measuring"
    ANALYSING = "analysing"
    PREVIEWS = "previews"
    ENCODING = "encoding"
    ENCODING_AGAIN = "encoding_again"
    STORING = "storing"


@dataclass(slots=True)
class Stopwatch:
    """Wall time of stages, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, stage: JobStage) -> Iterator[None]:
        """Add the time inside to the stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            elapsed = time.perf_counter() - started
            self.seconds[str(stage)] = round(self.seconds.get(str(stage), 0.0) + elapsed, _DIGITS)


class Trace:
    """Busy time of each operation, summed over all threads. Safe to use from several threads."""

    def __init__(self) -> None:
        self._seconds: defaultdict[Operation, float] = defaultdict(float)
        self._lock = threading.Lock()

    @contextmanager
    def busy(self, operation: Operation) -> Iterator[None]:
        """Add the time inside to the operation."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(operation, time.perf_counter() - started)

    def add(self, operation: Operation, seconds: float) -> None:
        """Add time that was measured elsewhere."""
        with self._lock:
            self._seconds[operation] += seconds

    def seconds(self) -> dict[str, float]:
        """Operation to seconds, in the order of `Operation`; only those that took place."""
        with self._lock:
            return {
                str(operation): round(self._seconds[operation], _DIGITS)
                for operation in Operation
                if operation in self._seconds
            }
