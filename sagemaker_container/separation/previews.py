"""Small MP3s with an index, from which the player of the web page plays all stems in step."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.preview import (
    FRAME_SAMPLES,
    FRAMES_PER_OFFSET,
    POINT_MAXIMUM,
    PREVIEW_BITRATE_KBPS,
    PREVIEW_GAIN_DB,
    PreviewEntry,
    PreviewIndex,
    point_samples,
)
from sagemaker_container.separation.lame import internal_gain, open_encoder
from sagemaker_container.separation.mp3_frames import FrameScanner
from sagemaker_container.separation.mp3_info import (
    ENCODER_DELAY_SAMPLES,
    info_frame_bytes,
    write_info_frame,
)

Block = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""

# Four times as fast as lame's default; a preview is for finding one's way.
_LAME_QUALITY = 7
_FULL_SCALE = 32768.0
_FACTOR = np.float32(10 ** (PREVIEW_GAIN_DB / 20) / internal_gain(PREVIEW_BITRATE_KBPS) * _FULL_SCALE)


class Outline:
    """Peak and root mean square of equal stretches of a lane.

    Args:
        length: samples per channel that will come.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._point_samples = point_samples(length)
        points = -(-length // self._point_samples)
        self._peaks = np.zeros(points, np.float32)
        self._energies = np.zeros(points, np.float64)
        self._samples = 0

    def add(self, block: Block) -> None:
        """Take the next samples, [samples, channels].

        Raises:
            ValueError: more came than was said.
        """
        if not len(block):
            return
        first = self._samples // self._point_samples
        self._samples += len(block)
        if self._samples > self._length:
            raise ValueError(f"{self._samples} samples came, {self._length} were announced")
        end = -(-self._samples // self._point_samples)
        begin = self._samples - len(block)
        starts = np.maximum(np.arange(first, end) * self._point_samples - begin, 0)
        # Channel by channel: reducing over an axis of two is several times slower.
        for channel in block.T:
            peaks = np.maximum.reduceat(np.abs(channel), starts)
            np.maximum(self._peaks[first:end], peaks, out=self._peaks[first:end])
            self._energies[first:end] += np.add.reduceat(np.square(channel), starts, dtype=np.float64)

    def peaks(self) -> list[int]:
        """Largest absolute sample of each point, 0 to 255."""
        return _points(self._peaks)

    def rms(self) -> list[int]:
        """Root mean square over the channels of each point, 0 to 255."""
        counts = np.full(len(self._energies), self._point_samples)
        counts[-1:] = self._length - self._point_samples * (len(counts) - 1)
        return _points(np.sqrt(self._energies / (counts * CHANNELS)))


def _points(levels: npt.NDArray[np.floating]) -> list[int]:
    points = np.rint(np.clip(levels, 0, 1) * POINT_MAXIMUM)
    return [int(point) for point in points]


class PreviewWriter:
    """Writes one lane: MP3 at 160 kb/s, 44.1 kHz, the same for all lanes. Memory does not grow with length.

    Args:
        path: file to write.
        length: samples per channel that will be written.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._path = path
        self._length = length
        self._outline = Outline(length)
        self._encoder = open_encoder(PREVIEW_BITRATE_KBPS, SAMPLE_RATE_HZ, _LAME_QUALITY)
        self._entry: PreviewEntry | None = None
        room = info_frame_bytes(PREVIEW_BITRATE_KBPS)
        self._scanner = FrameScanner(room, FRAMES_PER_OFFSET)
        self._file = path.open("wb")
        self._file.write(bytes(room))

    def write(self, block: Block) -> None:
        """Take the next samples, [samples, channels] at 44.1 kHz.

        Raises:
            OSError: the disk is full or fails.
            ValueError: more came than was said.
        """
        self._outline.add(block)
        integers = np.clip(np.rint(block * _FACTOR), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
        self._store(self._encoder.encode(integers.tobytes()))

    def close(self) -> PreviewEntry:
        """Finish the file and tell what a player needs of it. May be called twice.

        Raises:
            OSError: the disk is full or fails.
        """
        if self._entry is None:
            self._store(self._encoder.flush())
            self._file.close()
            write_info_frame(self._path, self._length, PREVIEW_BITRATE_KBPS)
            frames = self._scanner.frames
            self._entry = PreviewEntry(
                size_bytes=self._scanner.end,
                samples=self._length,
                frames=frames,
                encoder_delay_samples=ENCODER_DELAY_SAMPLES,
                encoder_padding_samples=frames * FRAME_SAMPLES - ENCODER_DELAY_SAMPLES - self._length,
                offsets=self._scanner.offsets,
                peaks=self._outline.peaks(),
                rms=self._outline.rms(),
            )
        return self._entry

    def abort(self) -> None:
        """Remove the file, finished or not. May be called twice."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _store(self, data: bytes | bytearray) -> None:
        self._scanner.feed(bytes(data))
        self._file.write(data)


def write_index(
    path: Path, lanes: Mapping[str, PreviewEntry], *, samples: int, beats: Sequence[float] = ()
) -> PreviewIndex:
    """Write ``index.json``.

    Args:
        path: file to write.
        lanes: by stem, and `MIXTURE_LANE`.
        samples: per channel of every lane.
        beats: seconds.

    Raises:
        OSError: the disk is full or fails.
    """
    index = PreviewIndex(
        samples=samples,
        duration_seconds=round(samples / SAMPLE_RATE_HZ, 6),
        point_samples=point_samples(samples),
        beats=[round(beat, 3) for beat in beats],
        lanes=dict(lanes),
    )
    path.write_text(index.model_dump_json(), encoding="utf-8")
    return index
