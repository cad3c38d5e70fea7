"""From decoded frames to the spool: float32, two channels, 44.1 kHz."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soxr
from av import AudioFrame, AudioResampler

from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.errors import ErrorCode, StemFoundryError

Samples = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""

_RESAMPLED_BLOCK = 65_536


def to_float(frame: AudioFrame) -> Samples:
    """Samples of a frame of any sample format, [samples, channels], without dither or gain."""
    values: npt.NDArray[Any] = frame.to_ndarray()
    channels = frame.layout.nb_channels
    interleaved = values.T if frame.format.is_planar else values.reshape(-1, channels)
    floats: Samples = interleaved.astype(np.float32)
    if interleaved.dtype.kind == "u":
        floats = (floats - np.float32(128)) / np.float32(128)
    elif interleaved.dtype.kind == "i":
        floats = floats / np.float32(2.0 ** (8 * interleaved.dtype.itemsize - 1))
    if not np.isfinite(floats).all():
        raise StemFoundryError(
            ErrorCode.DECODING_FAILED,
            "The file holds samples that are not numbers (NaN or infinity). Export it again.",
        )
    return floats


class StereoConverter:
    """Makes two channels: a single one is doubled, more than two are mixed down by ITU-R BS.775."""

    def __init__(self) -> None:
        self._downmix: AudioResampler | None = None
        self._downmix_of: tuple[str, int] | None = None

    def convert(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yield blocks of [samples, 2]."""
        channels = frame.layout.nb_channels
        if channels == 1:
            yield np.repeat(to_float(frame), CHANNELS, axis=1)
        elif channels == CHANNELS:
            yield to_float(frame)
        else:
            downmix = self._downmix_for(frame)
            for mixed in downmix.resample(frame):
                yield to_float(mixed)

    def _downmix_for(self, frame: AudioFrame) -> AudioResampler:
        # At an unchanged rate nothing is held back, so a change of layout loses no samples.
        wanted = (frame.layout.name, frame.sample_rate)
        if self._downmix is None or self._downmix_of != wanted:
            self._downmix = AudioResampler(format="flt", layout="stereo", rate=frame.sample_rate)
            self._downmix_of = wanted
        return self._downmix


class SpoolWriter:
    """Writes blocks of any rate to the spool at 44.1 kHz; each stretch of one rate keeps its exact length.

    Args:
        spool: receives float32, little endian, interleaved.
    """

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._rate = SAMPLE_RATE_HZ
        self._resampler: soxr.ResampleStream | None = None
        self._pending: list[Samples] = []
        self._pending_samples = 0
        self._stretch_read = 0
        self._stretch_written = 0
        self.source_samples = 0
        self.samples = 0

    def write(self, block: Samples, rate_hz: int) -> None:
        """Take a block of [samples, 2]."""
        if rate_hz != self._rate:
            self.finish()
            self._rate = rate_hz
            if rate_hz != SAMPLE_RATE_HZ:
                self._resampler = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, CHANNELS, "float32", "VHQ")
        self.source_samples += len(block)
        self._stretch_read += len(block)
        if self._resampler is None:
            self._store(block)
            return
        self._pending.append(block)
        self._pending_samples += len(block)
        if self._pending_samples >= _RESAMPLED_BLOCK:
            self._store(self._resampler.resample_chunk(self._take_pending()))

    def finish(self) -> None:
        """Write the rest; a stretch's length is its source's, rounded to whole samples, and at least one."""
        if self._resampler is not None and self._stretch_read:
            rest = self._resampler.resample_chunk(self._take_pending(), last=True)
            exact = max(1, round(self._stretch_read * SAMPLE_RATE_HZ / self._rate))
            missing = exact - self._stretch_written
            rest = rest[: max(0, missing)]
            self._store(np.pad(rest, ((0, max(0, missing - len(rest))), (0, 0)), mode="constant"))
        self._resampler = None
        self._rate = SAMPLE_RATE_HZ
        self._stretch_read = self._stretch_written = 0

    def _take_pending(self) -> Samples:
        block = np.concatenate(self._pending) if self._pending else np.zeros((0, CHANNELS), np.float32)
        self._pending, self._pending_samples = [], 0
        return block

    def _store(self, block: Samples) -> None:
        self._spool.write(np.ascontiguousarray(block, dtype="<f4").data)
        self.samples += len(block)
        self._stretch_written += len(block)
