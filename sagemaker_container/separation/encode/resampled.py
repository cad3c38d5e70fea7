"""Stems at the sample rate of their song, where that is wanted and the format has it."""

import numpy as np
import soxr

from contract.audio import CHANNELS, SAMPLE_RATE_HZ, AudioFormat, OutputOptions
from sagemaker_container.separation.encode.writer import Block, StemWriter

# Below, the formats do not have all the bit rates offered.
_MP3_RATES_HZ = (32_000, 44_100, 48_000)
_M4A_RATES_HZ = (*_MP3_RATES_HZ, 64_000, 88_200, 96_000)
_RATES_HZ = {AudioFormat.MP3: _MP3_RATES_HZ, AudioFormat.M4A: _M4A_RATES_HZ}


def delivered_rate_hz(output: OutputOptions, source_rate_hz: int) -> int:
    """Sample rate of a song's stems: the format's lowest that is not below the song's, or its highest."""
    if not output.original_sample_rate:
        return SAMPLE_RATE_HZ
    rates = _RATES_HZ.get(output.format)
    if rates is None:
        return source_rate_hz
    return next((rate for rate in rates if rate >= source_rate_hz), rates[-1])


def delivered_samples(output: OutputOptions, source_rate_hz: int, source_samples: int, samples: int) -> int:
    """Samples per channel of the stems of a song.

    Args:
        output: how they are encoded.
        source_rate_hz: the song's own rate.
        source_samples: its length at that rate.
        samples: its length at 44.1 kHz.
    """
    rate = delivered_rate_hz(output, source_rate_hz)
    if rate == SAMPLE_RATE_HZ:
        return samples
    exact = round(source_samples * rate / source_rate_hz)
    expected = samples * rate / SAMPLE_RATE_HZ
    # A song may change its rate midway: then its samples, counted together, do not tell its length.
    is_of_one_rate = abs(exact - expected) <= 1 + rate / SAMPLE_RATE_HZ
    return max(1, exact if is_of_one_rate else round(expected))


class ResampledWriter:
    """See `StemWriter`. Takes 44.1 kHz; the file gets exactly its length, in its place in time.

    Args:
        writer: writes the file.
        length: samples per channel of the file.
        sample_rate_hz: of the file.
    """

    def __init__(self, writer: StemWriter, length: int, sample_rate_hz: int) -> None:
        self._writer = writer
        self._missing = length
        self._resampler: soxr.ResampleStream | None = soxr.ResampleStream(
            SAMPLE_RATE_HZ, sample_rate_hz, CHANNELS, "float32", "VHQ"
        )

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        if self._resampler is None:
            raise ValueError("the file is closed")
        self._store(self._resampler.resample_chunk(np.ascontiguousarray(block)))

    def close(self) -> None:
        """See `StemWriter`."""
        if self._resampler is not None:
            self._store(self._resampler.resample_chunk(np.zeros((0, CHANNELS), np.float32), last=True))
            self._resampler = None
            # Rounding at both ends can leave a sample or two short.
            self._store(np.zeros((self._missing, CHANNELS), np.float32))
        self._writer.close()

    def abort(self) -> None:
        """See `StemWriter`."""
        self._resampler = None
        self._writer.abort()

    def _store(self, samples: Block) -> None:
        kept = samples[: self._missing]
        self._missing -= len(kept)
        self._writer.write(kept)
