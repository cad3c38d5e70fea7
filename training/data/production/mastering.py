"""Mastering that keeps the stems adding up: every step is one gain or filter for all of them."""

from dataclasses import dataclass

import numpy as np
import scipy.signal

from training.data.chance import Chance
from training.data.production.dynamics import compressor_gain, limiter_gain
from training.data.production.filters import apply, high_pass, low_pass, random_equaliser
from training.data.production.loudness import SILENCE_LUFS, loudness
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

CEILING = 0.97
"""Highest sample of a master."""


@dataclass(frozen=True, slots=True)
class Master:
    """The settings of a mastering chain."""

    loudness_lufs: float
    clip_share: float
    """How much of the peak reduction is clipped softly before the limiter, 0 to 1."""
    release_seconds: float

    @classmethod
    def draw(cls, chance: Chance) -> "Master":
        """Draw a master: most are loud, as records of the last thirty years are."""
        loud = chance.happens(0.75)
        return cls(
            loudness_lufs=chance.uniform(-11.5, -5.5) if loud else chance.uniform(-19, -11.5),
            clip_share=chance.choice((0.0, chance.uniform(0.2, 0.9))),
            release_seconds=chance.choice((0.03, 0.08, 0.2)),
        )


def master(stems: FloatArray, chance: Chance) -> FloatArray:
    """Master stems [stems, 2, time].

    Returns:
        Stems of the same shape whose sum is the mastered mixture, its peak at most CEILING.
    """
    settings = Master.draw(chance.child("settings"))
    stems = _coloured(stems, chance.child("colour"))
    mixture = stems.sum(axis=0)
    if chance.happens(0.7):
        glue = compressor_gain(
            mixture,
            chance.uniform(-6, 4),
            chance.choice((1.5, 2.0, 4.0)),
            chance.uniform(0.003, 0.03),
            chance.uniform(0.08, 0.4),
        )
        stems, mixture = stems * glue, mixture * glue
    level = loudness(mixture)
    if level <= SILENCE_LUFS:
        return stems
    return stems * maximiser_gain(mixture, level, settings)


def maximiser_gain(mixture: FloatArray, level: float, settings: Master) -> FloatArray:
    """Return the gain [2, time] that brings a mixture of a loudness in LUFS to that of the master.

    Clipping and limiting take loudness away, so the gain in front of them is corrected twice.
    """
    push_db = settings.loudness_lufs - level
    gain = np.ones_like(mixture)
    for _ in range(3):
        gain = _limited(mixture, 10 ** (push_db / 20), settings)
        push_db += np.clip(settings.loudness_lufs - loudness(mixture * gain), -6, 3)
    return gain


def _limited(mixture: FloatArray, push: float, settings: Master) -> FloatArray:
    """Return the gain [2, time] of pushing a mixture into a soft clipper and a limiter."""
    pushed = mixture * np.float32(push)
    peak = float(np.abs(pushed).max())
    if peak <= CEILING:
        return np.full_like(mixture, push)
    knee = CEILING * (peak / CEILING) ** (1 - settings.clip_share)
    clipped = soft_clip(pushed, knee)
    limited = limiter_gain(clipped, CEILING, settings.release_seconds)
    # As a gain the clipper is the quotient of what leaves and what enters it.
    clipping = np.where(np.abs(pushed) > 1e-6, clipped / np.where(pushed == 0, 1, pushed), 1)
    return np.asarray(push * clipping * limited, dtype=np.float32)


def soft_clip(audio: FloatArray, ceiling: float) -> FloatArray:
    """Bend what is above 0.6 of the ceiling smoothly towards it."""
    knee = np.float32(0.6 * ceiling)
    room = np.float32(0.4 * ceiling)
    over = np.abs(audio) - knee
    return np.where(over > 0, np.sign(audio) * (knee + room * np.tanh(over / room)), audio).astype(np.float32)


def _coloured(stems: FloatArray, chance: Chance) -> FloatArray:
    """Filter all stems alike: the master's equaliser, band limits of media, compression of bands."""
    if chance.happens(0.6):
        stems = apply(stems, random_equaliser(chance.child("equaliser"), 1.3))
    if chance.happens(0.35):
        stems = _band_compressed(stems, chance.child("bands"))
    if chance.happens(0.04):
        # Radio, telephone and old records.
        stems = low_pass(high_pass(stems, chance.uniform(100, 350)), chance.uniform(3000, 7000), 3)
    elif chance.happens(0.3):
        edge = chance.uniform(15_000, 19_000)
        stems = apply(stems, scipy.signal.cheby2(8, 60, edge, "lowpass", fs=SAMPLE_RATE, output="sos"))
    return high_pass(stems, 20) if chance.happens(0.5) else stems


def _band_compressed(stems: FloatArray, chance: Chance) -> FloatArray:
    """Compress two bands of the mixture by themselves; the same moving gains act on every stem."""
    border = float(150 * (3000 / 150) ** chance.uniform(0, 1))
    low = low_pass(stems, border, 1)
    high = stems - low
    gains = [
        compressor_gain(
            band.sum(axis=0), chance.uniform(-4, 4), chance.uniform(1.5, 4), 0.01, chance.uniform(0.08, 0.3)
        )
        for band in (low, high)
    ]
    return low * gains[0] + high * gains[1]
