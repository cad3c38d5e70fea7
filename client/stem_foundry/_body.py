"""A request body that is read from the song, counted, and can be sent again."""

from collections.abc import Iterator

from stem_foundry._progress import Meter
from stem_foundry._source import Source


class CountedBody:
    """A range of the file; calling it starts (again) and takes back what a failed try had counted.

    Args:
        source: the file.
        offset: first byte.
        length: number of bytes.
        meter: counts what is sent.
    """

    def __init__(self, source: Source, offset: int, length: int, meter: Meter) -> None:
        self._source = source
        self._offset = offset
        self._length = length
        self._meter = meter
        self._sent = 0

    def __call__(self) -> Iterator[bytes]:
        """The bytes, in pieces."""
        self._meter.add(-self._sent)
        self._sent = 0
        for chunk in self._source.chunks(self._offset, self._length):
            yield chunk
            self._sent += len(chunk)
            self._meter.add(len(chunk))
