"""Spectrograms as pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt
from scipy.signal import stft

from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

Picture = npt.NDArray[np.uint8]
"""[height, width, 3], red, green, blue."""

_HEIGHT, _MAX_WIDTH = 240, 1600
_LOWEST_HZ, _HIGHEST_HZ = 30.0, 20_000.0
_RANGE_DB: Final = 80.0
_FFT_SIZE: Final = 4096
# From silent to loud, equally far apart.
_COLOURS: Final = np.array(
    [(0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (252, 255, 164)]
)
_TICK: Final = (90, 220, 255)


def spectrogram(audio: FloatArray, loudest: float, marks: Sequence[int] = ()) -> Picture:
    """Draw [2, time]: time to the right, 30 Hz to 20 kHz upwards on a logarithmic scale, 80 dB in colours.

    Args:
        audio: samples.
        loudest: power of the brightest colour, so that pictures of one song can be compared.
        marks: samples to mark at the upper edge.
    """
    decibels = 10 * np.log10(_power(audio) / loudest + 10 ** (-_RANGE_DB / 10))
    shades = (decibels / _RANGE_DB + 1).clip(0, 1) * (len(_COLOURS) - 1)
    steps = np.arange(len(_COLOURS))
    picture = np.stack([np.interp(shades, steps, channel) for channel in _COLOURS.T], axis=-1)
    for mark in marks:
        column = min(mark * picture.shape[1] // audio.shape[-1], picture.shape[1] - 1)
        picture[:5, column] = _TICK
    return picture.astype(np.uint8)


def loudest_power(audio: FloatArray) -> float:
    """Return the power of the loudest point that `spectrogram` would draw."""
    return float(_power(audio).max()) + 1e-12


def _power(audio: FloatArray) -> npt.NDArray[np.float64]:
    """Return the power of each point of the picture, highest frequency first."""
    hop = max(512, audio.shape[-1] // _MAX_WIDTH)
    frequencies, _, spectrum = stft(
        audio, SAMPLE_RATE, nperseg=_FFT_SIZE, noverlap=_FFT_SIZE - min(hop, _FFT_SIZE)
    )
    power = (np.abs(spectrum) ** 2).mean(axis=0)
    rows = np.geomspace(_HIGHEST_HZ, _LOWEST_HZ, _HEIGHT)
    columns = np.linspace(0, power.shape[1] - 1, min(_MAX_WIDTH, power.shape[1])).round().astype(int)
    return np.stack([np.interp(rows, frequencies, power[:, column]) for column in columns], axis=1)


def stacked(pictures: Sequence[Picture]) -> Picture:
    """Put pictures of one width below each other, with a line between them."""
    line = np.full((3, pictures[0].shape[1], 3), 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, line)][:-1])


def write_png(picture: Picture, path: Path) -> None:
    """Write a picture."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt = "rgb24"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    path.write_bytes(b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)]))
