"""Equalisers and band limits as second-order sections.

Peaking and shelving sections follow R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter
coefficients" (W3C Audio Working Group note).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy.signal

from training.data.chance import Chance
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

Sections = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Band:
    """One knob of an equaliser."""

    kind: Literal["peak", "low_shelf", "high_shelf"]
    hertz: float
    gain_db: float
    quality: float = 0.9


def sections(bands: Sequence[Band]) -> Sections:
    """Return the second-order sections [bands, 6] of an equaliser."""
    return np.array([_section(band) for band in bands])


def _section(band: Band) -> list[float]:
    amplitude = 10 ** (band.gain_db / 40)
    turn = 2 * np.pi * min(band.hertz, 0.45 * SAMPLE_RATE) / SAMPLE_RATE
    cosine, alpha = np.cos(turn), np.sin(turn) / (2 * band.quality)
    if band.kind == "peak":
        numerator = (1 + alpha * amplitude, -2 * cosine, 1 - alpha * amplitude)
        denominator = (1 + alpha / amplitude, -2 * cosine, 1 - alpha / amplitude)
    else:
        sign = 1 if band.kind == "low_shelf" else -1
        slope = 2 * np.sqrt(amplitude) * alpha
        more, less = amplitude + 1, amplitude - 1
        numerator = (
            amplitude * (more - sign * less * cosine + slope),
            sign * 2 * amplitude * (less - sign * more * cosine),
            amplitude * (more - sign * less * cosine - slope),
        )
        denominator = (
            more + sign * less * cosine + slope,
            -sign * 2 * (less + sign * more * cosine),
            more + sign * less * cosine - slope,
        )
    return [
        *(value / denominator[0] for value in numerator),
        *(value / denominator[0] for value in denominator),
    ]


def apply(audio: FloatArray, filters: Sections) -> FloatArray:
    """Filter [..., time]."""
    return np.asarray(scipy.signal.sosfilt(filters, audio, axis=-1), dtype=np.float32)


def high_pass(audio: FloatArray, hertz: float, order: int = 2) -> FloatArray:
    """Remove what is below."""
    return apply(audio, scipy.signal.butter(order, hertz, "highpass", fs=SAMPLE_RATE, output="sos"))


def low_pass(audio: FloatArray, hertz: float, order: int = 2) -> FloatArray:
    """Remove what is above."""
    return apply(audio, scipy.signal.butter(order, hertz, "lowpass", fs=SAMPLE_RATE, output="sos"))


def random_equaliser(chance: Chance, deviation_db: float) -> Sections:
    """Draw shelves at both ends and two to three bells between."""
    bands = [
        Band("low_shelf", chance.uniform(80, 250), chance.normal(0, deviation_db)),
        Band("high_shelf", chance.uniform(4000, 10_000), chance.normal(0, deviation_db)),
    ]
    for _ in range(chance.integer(1, 3)):
        centre = float(150 * (8000 / 150) ** chance.uniform(0, 1))
        bands.append(Band("peak", centre, chance.normal(0, deviation_db), chance.uniform(0.5, 3)))
    return sections(bands)
