"""What becomes of one stem while the song is separated: measured, kept, previewed, encoded."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from sagemaker_container.separation.measure import LevelMeter
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.trace import Operation, Trace

_BLOCK_SAMPLES = 1 << 18

Interleaved = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""


class Sink(Protocol):
    """Takes the samples of a track in order."""

    def write(self, block: Interleaved) -> None:
        """Take the next samples."""

    def close(self) -> object:
        """Finish what was written."""

    def abort(self) -> None:
        """Leave nothing behind; also after `close`, when that did not get through."""


class FloatSpool:
    """Keeps the samples as they are: float32, little endian, interleaved, as `Spool` reads them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)

    def write(self, block: Interleaved) -> None:
        """See `Sink`."""
        self._file.write(np.ascontiguousarray(block, dtype="<f4").data)

    def close(self) -> None:
        """See `Sink`."""
        self._file.close()

    def abort(self) -> None:
        """See `Sink`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class EncodedStem:
    """The file that is delivered.

    Encoded at unity gain beside the separation. As soon as one stem of the song passes full scale in a format
    that cannot hold that, the work on all of them is in vain: all share one gain, which is known at the end.

    Args:
        open_writer: opens the file anew for a gain.
        full_scale: the largest sample that the format holds; may be infinite.
        clipping: shared by the stems of a song, set when one has passed full scale.
    """

    def __init__(
        self, open_writer: Callable[[float], Sink], full_scale: float, clipping: threading.Event
    ) -> None:
        self._open_writer = open_writer
        self._clipping = clipping
        self._full_scale = full_scale
        self._writer: Sink | None = open_writer(1.0)

    def write(self, block: Interleaved) -> None:
        """See `Sink`."""
        if max(block.max(initial=0), -block.min(initial=0)) > self._full_scale:
            self._clipping.set()
        if self._writer is None:
            return
        if self._clipping.is_set():
            self.abort()
        else:
            self._writer.write(block)

    def close(self) -> None:
        """The gain is not known yet: `finish` closes the file."""

    def abort(self) -> None:
        """See `Sink`."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None

    def finish(self, gain: float, blocks: Callable[[], Iterator[Interleaved]]) -> None:
        """Close the file, or write it anew.

        Args:
            gain: factor on all samples.
            blocks: gives the samples again, for a gain other than 1.
        """
        if gain != 1.0 or self._writer is None:
            self.abort()
            self._writer = self._open_writer(gain)
            for block in blocks():
                self._writer.write(block)
        self._writer.close()
        self._writer = None


@dataclass(frozen=True, slots=True)
class Track:
    """One lane of the result.

    Attributes:
        levels: measures it.
        sinks: what else happens to it, and what that is called in the trace.
        trace: is told what takes how long.
    """

    levels: LevelMeter
    sinks: Sequence[tuple[Operation, Sink]]
    trace: Trace

    def consume(self, blocks: Iterable[Tensor]) -> None:
        """Take the whole song, in blocks of [channels, samples].

        Raises:
            OSError: the disk is full or fails.
        """
        with ExitStack() as undo:
            for _, sink in self.sinks:
                undo.callback(sink.abort)
            for block in blocks:
                with self.trace.busy(Operation.MEASURING):
                    self.levels.add(block)
                interleaved: Interleaved = np.ascontiguousarray(block.numpy().T)
                for operation, sink in self.sinks:
                    with self.trace.busy(operation):
                        sink.write(interleaved)
            for operation, sink in self.sinks:
                with self.trace.busy(operation):
                    sink.close()
            undo.pop_all()


def spooled_blocks(path: Path, checkpoint: Callable[[], None]) -> Iterator[Interleaved]:
    """The samples of a float spool in blocks."""
    with Spool(path) as spool:
        for start in range(0, spool.samples, _BLOCK_SAMPLES):
            checkpoint()
            yield spool.read_interleaved(start, min(start + _BLOCK_SAMPLES, spool.samples))
