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
from sagemaker_container.separation.encode.mp3 import Mp3Writer
from sagemaker_container.separation.encode.tags import Tags
from sagemaker_container.separation.encode.writer import Block
from sagemaker_container.separation.mp3_info import ENCODER_DELAY_SAMPLES

# Four times as fast as lame's default; a preview is for finding one's way.
_LAME_QUALITY = 7
_GAIN = 10 ** (PREVIEW_GAIN_DB / 20)


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
        self._length = length
        self._outline = Outline(length)
        self._entry: PreviewEntry | None = None
        self._writer = Mp3Writer(
            path,
            PREVIEW_BITRATE_KBPS,
            sample_rate_hz=SAMPLE_RATE_HZ,
            gain=_GAIN,
            tags=Tags(),
            quality=_LAME_QUALITY,
            offset_every=FRAMES_PER_OFFSET,
        )

    def write(self, block: Block) -> None:
        """Take the next samples, [samples, channels] at 44.1 kHz.

        Raises:
            OSError: the disk is full or fails.
            ValueError: more came than was said.
        """
        self._outline.add(block)
        self._writer.write(block)

    def close(self) -> PreviewEntry:
        """Finish the file and tell what a player needs of it. May be called twice.

        Raises:
            OSError: the disk is full or fails.
        """
        if self._entry is None:
            self._writer.close()
            scanner = self._writer.frames
            delayed = ENCODER_DELAY_SAMPLES + self._length
            self._entry = PreviewEntry(
                size_bytes=scanner.end,
                samples=self._length,
                frames=scanner.frames,
                encoder_delay_samples=ENCODER_DELAY_SAMPLES,
                encoder_padding_samples=scanner.frames * FRAME_SAMPLES - delayed,
                offsets=scanner.offsets,
                peaks=self._outline.peaks(),
                rms=self._outline.rms(),
            )
        return self._entry

    def abort(self) -> None:
        """Remove the file, finished or not. May be called twice."""
        self._writer.abort()


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
