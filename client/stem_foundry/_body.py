"""A request body that is read from the song, counted, and can be sent again."""

import threading
from collections.abc import Iterator

from stem_foundry._progress import Meter
from stem_foundry._source import Source


class Interrupted(Exception):  # noqa: N818 - a signal between threads, never seen outside
    """Another part failed, so this one need not go on."""


class CountedBody:
    """A range of the file; calling it starts (again) and takes back what a failed try had counted.

    Args:
        source: the file.
        offset: first byte.
        length: number of bytes.
        meter: counts what is sent.
        stop: when set, sending ends with `Interrupted`.
    """

    def __init__(
        self, source: Source, offset: int, length: int, *, meter: Meter, stop: threading.Event | None = None
    ) -> None:
        self._source = source
        self._offset = offset
        self._length = length
        self._meter = meter
        self._stop = stop
        self._sent = 0

    def __call__(self) -> Iterator[bytes]:
        """The bytes, in pieces."""
        self._meter.add(-self._sent)
        self._sent = 0
        for chunk in self._source.chunks(self._offset, self._length):
            if self._stop is not None and self._stop.is_set():
                raise Interrupted
            yield chunk
            self._sent += len(chunk)
            self._meter.add(len(chunk))
