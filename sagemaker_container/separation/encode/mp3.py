"""MP3 by LAME."""

from pathlib import Path

from sagemaker_container.separation.encode.tags import Tags, id3_tag
from sagemaker_container.separation.encode.writer import Block, to_integer, with_gain
from sagemaker_container.separation.lame import internal_gain, open_encoder
from sagemaker_container.separation.mp3_frames import FrameScanner
from sagemaker_container.separation.mp3_info import info_frame, info_frame_bytes

# Twice as fast as LAME's default and not told apart from it at the constant rates offered.
_LAME_QUALITY = 5


class Mp3Writer:
    """See `StemWriter`. Constant bit rate, gapless by the Info frame.

    Args:
        path: file to write.
        bitrate_kbps: constant rate.
        sample_rate_hz: of the samples and of the file: 32,000, 44,100 or 48,000.
        gain: factor on all samples.
        tags: what the file says of itself.
        quality: LAME's: 0 the slowest, 9 the fastest.

    Attributes:
        frames: finds the frames of what is written.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        bitrate_kbps: int,
        *,
        sample_rate_hz: int,
        gain: float,
        tags: Tags,
        quality: int = _LAME_QUALITY,
        offset_every: int = 0,
    ) -> None:
        self._path = path
        self._gain = gain / internal_gain(bitrate_kbps)
        self._samples = 0
        self._encoder = open_encoder(bitrate_kbps, sample_rate_hz, quality)
        tag = id3_tag(tags)
        self._room = info_frame_bytes(bitrate_kbps, sample_rate_hz)
        self._room_at = len(tag)
        self.frames = FrameScanner(len(tag) + self._room, offset_every)
        self._file = path.open("wb")
        self._file.write(tag + bytes(self._room))

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        self._samples += len(block)
        integers = to_integer(with_gain(block, self._gain), 16).astype("<i2")
        self._store(bytes(self._encoder.encode(integers.tobytes())))

    def close(self) -> None:
        """See `StemWriter`."""
        if self._file.closed:
            return
        with self._file:
            self._store(bytes(self._encoder.flush()))
            self._file.seek(self._room_at)
            self._file.write(info_frame(self.frames, self._room, self._samples))

    def abort(self) -> None:
        """See `StemWriter`."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _store(self, data: bytes) -> None:
        self.frames.feed(data)
        self._file.write(data)
