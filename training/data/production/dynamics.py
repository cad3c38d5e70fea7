"""Compressors, ducking and a look-ahead limiter, all as gains over time."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from training.data.signal import FloatArray, root_mean_square
from training.sources import SAMPLE_RATE

BLOCK: Final = 64
"""Samples between two values of a gain."""

Controls = npt.NDArray[np.float64]


def block_levels(audio: FloatArray, peak: bool = False) -> Controls:
    """Return the level [blocks] of the louder channel of [channels, time]."""
    samples = audio.shape[-1]
    padded = np.pad(audio, ((0, 0), (0, -samples % BLOCK))).reshape(len(audio), -1, BLOCK)
    if peak:
        return np.asarray(np.abs(padded).max(axis=(0, 2)), dtype=np.float64)
    return np.asarray(np.sqrt(np.square(padded).mean(axis=-1).max(axis=0) + 1e-12), dtype=np.float64)


def followed(values: Controls, fall_seconds: float, rise_seconds: float) -> Controls:
    """Smooth values [blocks] from the first on, with different times for falling and rising."""
    fall, rise = (1 - np.exp(-BLOCK / SAMPLE_RATE / seconds) for seconds in (fall_seconds, rise_seconds))
    state, smooth = float(values[0]), []
    for value in values.tolist():
        state += (value - state) * (fall if value < state else rise)
        smooth.append(state)
    return np.array(smooth)


def spread(gains: Controls, samples: int) -> FloatArray:
    """Interpolate gains [blocks] to samples."""
    centres = (np.arange(len(gains)) + 0.5) * BLOCK
    return np.interp(np.arange(samples), centres, gains).astype(np.float32)


def compressor_gain(
    key: FloatArray,
    threshold_db: float,
    ratio: float,
    attack_seconds: float = 0.01,
    release_seconds: float = 0.15,
) -> FloatArray:
    """Return the gain [time] of a compressor that listens to `key` [channels, time].

    The threshold is relative to the key's own level.
    """
    level = root_mean_square(key)
    if level == 0:
        return np.ones(key.shape[-1], dtype=np.float32)
    over = 20 * np.log10(block_levels(key) / level) - threshold_db
    reduction = -np.maximum(0, over) * (1 - 1 / ratio)
    return spread(10 ** (followed(reduction, attack_seconds, release_seconds) / 20), key.shape[-1])


def ducking_gain(key: FloatArray, depth_db: float, release_seconds: float) -> FloatArray:
    """Return the gain [time] that falls with every hit of `key` [channels, time] and slowly comes back."""
    levels = block_levels(key, peak=True)
    loudest = levels.max()
    if loudest == 0:
        return np.ones(key.shape[-1], dtype=np.float32)
    hits = np.where(levels > 0.35 * loudest, -depth_db, 0.0)
    return spread(10 ** (followed(hits, 0.004, release_seconds) / 20), key.shape[-1])


def limiter_gain(
    audio: FloatArray, ceiling: float, release_seconds: float, look_ahead: int = 128
) -> FloatArray:
    """Return the gain [time] that keeps [channels, time] below a ceiling without clipping.

    The smallest gain within the look-ahead is averaged over the same window, so it is always reached in time.
    """
    samples = audio.shape[-1]
    needed = np.minimum(1.0, ceiling / np.maximum(block_levels(audio, peak=True), 1e-9))
    recovered = followed(needed, 1e-6, release_seconds)
    stepped = np.repeat(np.minimum(recovered, needed), BLOCK)[:samples].astype(np.float32)
    window = 2 * look_ahead + 1
    return np.asarray(uniform_filter1d(minimum_filter1d(stepped, window), window), dtype=np.float32)
