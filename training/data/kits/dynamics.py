"""Gain curves for drums: transients, gates and compressors, computed every few samples and interpolated."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

HOP: Final = 64
"""Samples between two values of a gain curve: 1.5 ms."""

Curve = npt.NDArray[np.float64]


def envelope(audio: FloatArray) -> Curve:
    """Return the louder channel's root mean square [frames] of [2, time], one frame per hop."""
    padded = np.pad(audio, ((0, 0), (0, -audio.shape[-1] % HOP)))
    power = (padded.reshape(len(audio), -1, HOP).astype(np.float64) ** 2).mean(axis=-1)
    return np.asarray(np.sqrt(power.max(axis=0) + 1e-12))


def smoothed(curve: Curve, seconds: float) -> Curve:
    """Run a one-pole low-pass with a time constant in seconds over a curve."""
    keep = float(np.exp(-HOP / (SAMPLE_RATE * seconds)))
    return np.asarray(signal.lfilter([1 - keep], [1, -keep], curve, zi=[keep * curve[0]])[0])


def apply_gain(audio: FloatArray, gain: Curve) -> FloatArray:
    """Multiply [2, time] by a curve [frames]."""
    centres = (np.arange(len(gain)) + 0.5) * HOP
    ramp = np.interp(np.arange(audio.shape[-1]), centres, gain)
    return audio * ramp.astype(np.float32)


def transient_gain(level: Curve, amount: float) -> Curve:
    """Return a gain that lifts attacks over their surroundings; a negative amount softens them.

    The ratio of a fast to a slow envelope, raised to `amount`, as in differential-envelope transient shapers.
    """
    ratio = (smoothed(level, 0.003) + 1e-5) / (smoothed(level, 0.05) + 1e-5)
    return np.asarray(np.clip(ratio**amount, 0.35, 2.8))


def gate_gain(onsets: Sequence[float], frames: int, hold: float, release: float) -> Curve:
    """Return a gain that opens at each onset, stays for `hold` seconds and falls to 1/e every `release`."""
    moments = np.arange(frames) * HOP / SAMPLE_RATE
    starts = np.sort(np.array([-1e6, *onsets]))
    since = moments - starts[np.searchsorted(starts, moments + HOP / SAMPLE_RATE, side="right") - 1]
    return np.asarray(np.exp(-np.maximum(0, since - hold) / release))


def compressor_gain(level: Curve, threshold_db: float, ratio: float, attack: float, release: float) -> Curve:
    """Return the gain of a compressor; the threshold is relative to the 95th percentile of the level.

    Smoothing the gain in decibels first by the release, keeping its minimum, then by the attack approximates
    the usual branching detector without a loop over samples.
    """
    reference = max(1e-5, float(np.percentile(level, 95)))
    over_db = 20 * np.log10(level / reference) - threshold_db
    reduction = np.maximum(0, over_db) * (1 - 1 / ratio)
    held = np.maximum(reduction, smoothed(reduction, release))
    return np.asarray(10 ** (-smoothed(held, attack) / 20))
