"""Writes stems as WAV, FLAC or MP3."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lameenc
import numpy as np
import numpy.typing as npt
import soundfile
from torch import Tensor

from contract.audio import (
    CHANNELS,
    DEFAULT_BIT_DEPTH,
    DEFAULT_BITRATE_KBPS,
    SAMPLE_RATE_HZ,
    AudioFormat,
    OutputOptions,
)
from sagemaker_container.separation.mp3_info import info_frame_bytes, write_info_frame

_BLOCK_SAMPLES = 1 << 18
_FLOAT_BITS = 32
# A RIFF size field holds 32 bits; RF64 (EBU Tech 3306) is the form beyond. The margin is for headers.
_MAX_RIFF_BYTES = 2**32 - 2**20
# Twice as fast as lame's default and not told apart from it at the constant rates offered.
_LAME_QUALITY = 5
_SUBTYPES = {16: "PCM_16", 24: "PCM_24", _FLOAT_BITS: "FLOAT"}

Checkpoint = Callable[[], None]
"""Called between blocks; what it raises ends the work."""


def is_bounded(output: OutputOptions) -> bool:
    """Whether the format has a full scale that samples must not pass."""
    return not (output.format is AudioFormat.WAV and output.bit_depth == _FLOAT_BITS)


def encode(
    samples: Tensor,
    path: Path,
    output: OutputOptions,
    *,
    gain: float = 1.0,
    tags: Mapping[str, str] | None = None,
    checkpoint: Checkpoint = lambda: None,
) -> None:
    """Write one stem.

    Args:
        samples: [channels, samples], float32 at 44.1 kHz in stereo.
        path: file to write.
        output: format with every value that matters spelled out.
        gain: factor on all samples; what still passes full scale is clipped to it.
        tags: title, artist and album, where the format carries them.
        checkpoint: see `Checkpoint`.
    """
    blocks = _blocks(samples, gain, checkpoint)
    if output.format is AudioFormat.MP3:
        _write_mp3(blocks, samples.shape[-1], path, output.bitrate_kbps or DEFAULT_BITRATE_KBPS)
    else:
        _write_lossless(blocks, samples.shape[-1], path, output, tags or {})


def _blocks(samples: Tensor, gain: float, checkpoint: Checkpoint) -> Iterator[npt.NDArray[np.float32]]:
    """Yield [samples, channels]."""
    for start in range(0, samples.shape[-1], _BLOCK_SAMPLES):
        checkpoint()
        block: npt.NDArray[np.float32] = samples[:, start : start + _BLOCK_SAMPLES].numpy().T
        yield block if gain == 1.0 else block * np.float32(gain)


def _to_integer(block: npt.NDArray[np.float32], bits: int) -> npt.NDArray[np.int32]:
    """Round to the nearest step; the inverse of decoding, so that a lossless file comes out as it went in."""
    steps = 2.0 ** (bits - 1)
    rounded: npt.NDArray[np.float32] = np.rint(block * np.float32(steps))
    return np.clip(rounded, -steps, steps - 1).astype(np.int32)


def _write_lossless(
    blocks: Iterator[npt.NDArray[np.float32]],
    length: int,
    path: Path,
    output: OutputOptions,
    tags: Mapping[str, str],
) -> None:
    bits = output.bit_depth or DEFAULT_BIT_DEPTH
    container = "FLAC" if output.format is AudioFormat.FLAC else "WAV"
    if container == "WAV" and length * CHANNELS * bits // 8 > _MAX_RIFF_BYTES:
        container = "RF64"
    with soundfile.SoundFile(
        path, "w", samplerate=SAMPLE_RATE_HZ, channels=CHANNELS, format=container, subtype=_SUBTYPES[bits]
    ) as file:
        for name, value in tags.items():
            setattr(file, name, value)
        for block in blocks:
            file.write(_prepared(block, bits))


def _prepared(block: npt.NDArray[np.float32], bits: int) -> npt.NDArray[Any]:
    """Samples in the type that libsndfile stores unchanged."""
    if bits == _FLOAT_BITS:
        return block
    if bits == 16:
        return _to_integer(block, bits).astype(np.int16)
    # Integers of 32 bits, of which libsndfile keeps the upper 24.
    return _to_integer(block, bits) << 8


def _write_mp3(blocks: Iterator[npt.NDArray[np.float32]], length: int, path: Path, bitrate_kbps: int) -> None:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(bitrate_kbps)
    encoder.set_in_sample_rate(SAMPLE_RATE_HZ)
    encoder.set_channels(CHANNELS)
    encoder.set_quality(_LAME_QUALITY)
    encoder.silence()
    with path.open("wb") as file:
        file.write(bytes(info_frame_bytes(bitrate_kbps)))
        for block in blocks:
            file.write(encoder.encode(_to_integer(block, 16).astype("<i2").tobytes()))
        file.write(encoder.flush())
    write_info_frame(path, length, bitrate_kbps)
