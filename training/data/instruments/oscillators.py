"""Oscillators whose harmonics change over time, free of aliasing at any pitch.

A sound is given as the complex amplitudes of its harmonics in frames; one period of each frame becomes a row
of a table that is read at any pitch (D. Horner, J. Beauchamp and L. Haken, "Methods for multiple wavetable
synthesis of musical instrument tones", Journal of the Audio Engineering Society 41, 1993).
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from training.data.signal import FloatArray, ramp_between
from training.sources import SAMPLE_RATE

HOP: Final = 256
"""Samples between two frames."""

HIGHEST_HARMONIC_HZ: Final = 18_000
MOST_HARMONICS: Final = 400

Spectra = npt.NDArray[np.complex64]


def frame_count(samples: int) -> int:
    """Return how many frames a sound of `samples` samples needs."""
    return -(-samples // HOP) + 1


def harmonic_count(lowest_hz: float) -> int:
    """Return how many harmonics fit below the highest frequency."""
    return max(1, min(MOST_HARMONICS, int(HIGHEST_HARMONIC_HZ / lowest_hz)))


def play_spectra(
    spectra: Spectra,
    frequency: npt.NDArray[np.floating],
    samples: int,
    ratio: float = 1.0,
    phase: float = 0.0,
) -> FloatArray:
    """Sound harmonics that change from frame to frame.

    Args:
        spectra: amplitudes of the harmonics from the first [frames, harmonics].
        frequency: fundamental in Hz at each frame [frames].
        samples: length of the result; needs `frame_count(samples)` frames.
        ratio: detuning as a factor of the frequency.
        phase: start in turns.

    Returns:
        One channel [samples].
    """
    table = period_table(spectra)
    return read_table(table, frequency, samples, ratio, phase)


def period_table(spectra: Spectra) -> FloatArray:
    """Return one period per frame [frames, points + 1], the first point repeated at the end."""
    frames, harmonics = spectra.shape
    points = 1 << max(6, (4 * harmonics - 1).bit_length())
    bins = np.zeros((frames, points // 2 + 1), dtype=np.complex64)
    bins[:, 1 : harmonics + 1] = spectra
    rows = scipy.fft.irfft(bins, points, axis=-1) * np.float32(points / 2)
    return np.concatenate([rows, rows[:, :1]], axis=1).astype(np.float32)


def read_table(
    table: FloatArray,
    frequency: npt.NDArray[np.floating],
    samples: int,
    ratio: float = 1.0,
    phase: float = 0.0,
) -> FloatArray:
    """Read a table of `period_table` at a frequency in Hz per frame [frames], interpolating linearly."""
    width = table.shape[1]
    turns = phase + np.cumsum(ramp_between(frequency, HOP)[:samples]) * (ratio / SAMPLE_RATE)
    position = ((turns - np.floor(turns)) * (width - 1)).astype(np.float32)
    column = position.astype(np.int32)
    part = position - column
    row = np.arange(samples, dtype=np.int32) // HOP
    index = row * width + column
    flat = table.ravel()
    first = flat[index]
    first += part * (flat[index + 1] - first)
    index += width
    second = flat[index]
    second += part * (flat[index + 1] - second)
    blend = (np.arange(samples, dtype=np.int32) % HOP).astype(np.float32) / HOP
    return np.asarray(first + blend * (second - first), dtype=np.float32)
