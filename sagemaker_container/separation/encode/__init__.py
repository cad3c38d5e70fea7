"""Writes stems as WAV, FLAC, MP3 or M4A, block by block."""

import math
from pathlib import Path

from contract.audio import DEFAULT_BITRATE_KBPS, SAMPLE_RATE_HZ, AudioFormat, OutputOptions
from sagemaker_container.separation.encode.libav import FLOAT_BITS, LibavWriter
from sagemaker_container.separation.encode.mp3 import Mp3Writer
from sagemaker_container.separation.encode.resampled import (
    ResampledWriter,
    delivered_rate_hz,
    delivered_samples,
)
from sagemaker_container.separation.encode.tags import Tags
from sagemaker_container.separation.encode.writer import StemWriter
from sagemaker_container.separation.lame import internal_gain

__all__ = [
    "StemWriter",
    "Tags",
    "delivered_rate_hz",
    "delivered_samples",
    "full_scale",
    "is_bounded",
    "open_writer",
]


def full_scale(output: OutputOptions) -> float:
    """The largest sample that the format holds without clipping; infinite for WAV of floats.

    LAME lowers what it gets at the lower bit rates, to make room for what encoding adds. The writer undoes
    that, so that stems keep their level, and has so much less room.
    """
    if output.format is AudioFormat.WAV and output.bit_depth == FLOAT_BITS:
        return math.inf
    if output.format is AudioFormat.MP3:
        return internal_gain(output.bitrate_kbps or DEFAULT_BITRATE_KBPS)
    return 1.0


def is_bounded(output: OutputOptions) -> bool:
    """Whether the format has a full scale that samples must not pass."""
    return math.isfinite(full_scale(output))


def open_writer(
    path: Path,
    output: OutputOptions,
    *,
    length: int,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    gain: float = 1.0,
    tags: Tags | None = None,
) -> StemWriter:
    """Begin to write one stem; it takes samples at 44.1 kHz, whatever the rate of the file.

    Args:
        path: file to write.
        output: format with every value that matters spelled out.
        length: samples per channel of the file, `delivered_samples`.
        sample_rate_hz: of the file, `delivered_rate_hz`.
        gain: factor on all samples; what still passes full scale is clipped to it.
        tags: title, artist and so on, where the format carries them.

    Raises:
        OSError: the file cannot be written.
    """
    writer: StemWriter
    carried = tags or Tags()
    if output.format is AudioFormat.MP3:
        bitrate_kbps = output.bitrate_kbps or DEFAULT_BITRATE_KBPS
        writer = Mp3Writer(path, bitrate_kbps, sample_rate_hz=sample_rate_hz, gain=gain, tags=carried)
    else:
        writer = LibavWriter(
            path, output, length=length, sample_rate_hz=sample_rate_hz, gain=gain, tags=carried
        )
    if sample_rate_hz == SAMPLE_RATE_HZ:
        return writer
    return ResampledWriter(writer, length, sample_rate_hz)
