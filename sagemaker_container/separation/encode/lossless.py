"""WAV and FLAC by libsndfile."""

from pathlib import Path
from typing import Any

import numpy.typing as npt
import soundfile

from contract.audio import CHANNELS, DEFAULT_BIT_DEPTH, AudioFormat, OutputOptions
from sagemaker_container.separation.encode.tags import Tags, add_flac_cover
from sagemaker_container.separation.encode.writer import Block, to_integer, with_gain

FLOAT_BITS = 32
# A RIFF size field holds 32 bits; RF64 (EBU Tech 3306) is the form beyond. The margin is for headers.
MAX_RIFF_BYTES = 2**32 - 2**20
_SUBTYPES = {16: "PCM_16", 24: "PCM_24", FLOAT_BITS: "FLOAT"}


class LosslessWriter:
    """See `StemWriter`."""

    def __init__(
        self,
        path: Path,
        output: OutputOptions,
        *,
        length: int,
        sample_rate_hz: int,
        gain: float,
        tags: Tags,
    ) -> None:
        self._path = path
        self._bits = output.bit_depth or DEFAULT_BIT_DEPTH
        self._gain = gain
        self._tags = tags
        self._is_flac = output.format is AudioFormat.FLAC
        self._file = soundfile.SoundFile(
            path,
            "w",
            samplerate=sample_rate_hz,
            channels=CHANNELS,
            format=_container(output, length * CHANNELS * self._bits // 8),
            subtype=_SUBTYPES[self._bits],
        )
        for name, value in tags.for_libsndfile().items():
            setattr(self._file, name, value)

    def write(self, block: Block) -> None:
        """See `StemWriter`."""
        self._file.write(_prepared(with_gain(block, self._gain), self._bits))

    def close(self) -> None:
        """See `StemWriter`."""
        if self._file.closed:
            return
        self._file.close()
        if self._is_flac and self._tags.cover is not None:
            add_flac_cover(self._path, self._tags.cover)

    def abort(self) -> None:
        """See `StemWriter`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _container(output: OutputOptions, data_bytes: int) -> str:
    if output.format is AudioFormat.FLAC:
        return "FLAC"
    return "RF64" if data_bytes > MAX_RIFF_BYTES else "WAV"


def _prepared(block: Block, bits: int) -> npt.NDArray[Any]:
    """Samples in the type that libsndfile stores unchanged."""
    if bits == FLOAT_BITS:
        return block
    if bits == 16:
        return to_integer(block, bits).astype("<i2")
    # Integers of 32 bits, of which libsndfile keeps the upper 24.
    return to_integer(block, bits) << 8
