"""MP3 by LAME, AAC by FFmpeg."""

from pathlib import Path

import av
import lameenc
import numpy as np

from contract.audio import CHANNELS, DEFAULT_BITRATE_KBPS, OutputOptions
from sagemaker_container.separation.encode.tags import Tags, add_m4a_tags, id3_tag
from sagemaker_container.separation.encode.writer import Block, to_integer, with_gain
from sagemaker_container.separation.mp3_info import info_frame_bytes, write_info_frame

# Twice as fast as lame's default and not told apart from it at the constant rates offered.
_LAME_QUALITY = 5


class Mp3Writer:
    """See `StemWriter`. Constant bit rate, 44.1 kHz, gapless by the Info frame.

    ``quality`` is LAME's: 0 the slowest, 9 the fastest.
    """

    def __init__(
        self,
        path: Path,
        output: OutputOptions,
        sample_rate_hz: int,
        gain: float,
        tags: Tags,
        *,
        quality: int = _LAME_QUALITY,
    ) -> None:
        self._path = path
        self._bitrate_kbps = output.bitrate_kbps or DEFAULT_BITRATE_KBPS
        self._gain = gain
        self._samples = 0
        self._encoder = lameenc.Encoder()
        self._encoder.set_bit_rate(self._bitrate_kbps)
        self._encoder.set_in_sample_rate(sample_rate_hz)
        self._encoder.set_channels(CHANNELS)
        self._encoder.set_quality(quality)
        self._encoder.silence()
        self._file = path.open("wb")
        tag = id3_tag(tags)
        self._audio_start = len(tag)
        self._file.write(tag)
        self._file.write(bytes(info_frame_bytes(self._bitrate_kbps)))

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        self._samples += len(block)
        integers = to_integer(with_gain(block, self._gain), 16).astype("<i2")
        self._file.write(self._encoder.encode(integers.tobytes()))

    def close(self) -> None:
        """See `StemWriter`."""
        if self._file.closed:
            return
        self._file.write(self._encoder.flush())
        self._file.close()
        write_info_frame(self._path, self._samples, self._bitrate_kbps, start=self._audio_start)

    def abort(self) -> None:
        """See `StemWriter`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class M4aWriter:
    """See `StemWriter`. The edit list of the file tells players what the encoder put in front."""

    def __init__(
        self, path: Path, output: OutputOptions, sample_rate_hz: int, gain: float, tags: Tags
    ) -> None:
        self._path = path
        self._gain = gain
        self._tags = tags
        self._samples = 0
        self._rate = sample_rate_hz
        self._container = av.open(str(path), "w", format="ipod")
        self._stream = self._container.add_stream("aac", rate=sample_rate_hz, layout="stereo")
        self._stream.bit_rate = (output.bitrate_kbps or DEFAULT_BITRATE_KBPS) * 1000
        self._closed = False

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        if not len(block):
            return
        planes = np.ascontiguousarray(np.clip(with_gain(block, self._gain), -1, 1).T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate = self._rate
        frame.pts = self._samples
        self._samples += len(block)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """See `StemWriter`."""
        if self._closed:
            return
        self._closed = True
        self._container.mux(self._stream.encode(None))
        self._container.close()
        add_m4a_tags(self._path, self._tags)

    def abort(self) -> None:
        """See `StemWriter`."""
        if not self._closed:
            self._closed = True
            self._container.close()
        self._path.unlink(missing_ok=True)
