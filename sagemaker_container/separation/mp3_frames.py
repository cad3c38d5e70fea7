"""Finds the frames of an MP3 while it is written, so that it need not be read again."""

from sagemaker_container.separation.decoding.frame_sync import parse_mpeg_frame

_HEADER_BYTES = 4


class FrameScanner:
    """Takes the bytes of layer III frames in pieces of any size.

    Args:
        start: where the first frame stands in the file.
        offset_every: remember the place of every so many frames; of none when 0.

    Attributes:
        start: where the first frame stands.
        frames: how many have begun.
        offsets: places in the file of frames 0, ``offset_every`` and so on.
        end: where in the file the last frame ends.
        first_header: of frame 0; empty before it came.
    """

    def __init__(self, start: int, offset_every: int = 0) -> None:
        self._offset_every = offset_every
        self._rest = b""
        self._rest_at = start
        self.start = start
        self.frames = 0
        self.offsets: list[int] = []
        self.end = start
        self.first_header = b""

    def feed(self, data: bytes) -> None:
        """Take what is written next.

        Raises:
            ValueError: something else stands where a frame should begin.
        """
        data = self._rest + data
        at = self._rest_at
        while self.end + _HEADER_BYTES <= at + len(data):
            frame = parse_mpeg_frame(data, self.end - at)
            if frame is None:
                raise ValueError(f"the encoder's output has no frame at byte {self.end}")
            if not self.frames:
                self.first_header = data[self.end - at : self.end - at + _HEADER_BYTES]
            if self._offset_every and self.frames % self._offset_every == 0:
                self.offsets.append(self.end)
            self.frames += 1
            self.end += frame.bytes
        kept = max(0, at + len(data) - self.end)
        self._rest = data[len(data) - kept :]
        self._rest_at = at + len(data) - kept
