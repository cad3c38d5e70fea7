"""Writes stems as WAV, FLAC, MP3 or M4A, block by block."""

from pathlib import Path

from contract.audio import SAMPLE_RATE_HZ, AudioFormat, OutputOptions
from sagemaker_container.separation.encode.lossless import FLOAT_BITS, LosslessWriter
from sagemaker_container.separation.encode.lossy import M4aWriter, Mp3Writer
from sagemaker_container.separation.encode.tags import Tags
from sagemaker_container.separation.encode.writer import StemWriter

__all__ = ["StemWriter", "Tags", "is_bounded", "open_writer"]


def is_bounded(output: OutputOptions) -> bool:
    """Whether the format has a full scale that samples must not pass."""
    return not (output.format is AudioFormat.WAV and output.bit_depth == FLOAT_BITS)


def open_writer(
    path: Path,
    output: OutputOptions,
    *,
    length: int,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    gain: float = 1.0,
    tags: Tags | None = None,
) -> StemWriter:
    """Begin to write one stem.

    Args:
        path: file to write.
        output: format with every value that matters spelled out.
        length: samples per channel that will be written.
        sample_rate_hz: of the samples.
        gain: factor on all samples; what still passes full scale is clipped to it.
        tags: title, artist and so on, where the format carries them.

    Raises:
        OSError: the file cannot be written.
    """
    carried = tags or Tags()
    if output.format is AudioFormat.MP3:
        return Mp3Writer(path, output, sample_rate_hz, gain, carried)
    if output.format is AudioFormat.M4A:
        return M4aWriter(path, output, sample_rate_hz, gain, carried)
    return LosslessWriter(path, output, length=length, sample_rate_hz=sample_rate_hz, gain=gain, tags=carried)
