"""Moving effects of guitars and keyboards: chorus, phaser, tremolo, rotary loudspeaker, wah."""

from typing import Final, Literal

import numpy as np
import scipy.signal

from training.data.chance import Chance
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

BLOCK: Final = 64
"""A moving filter is set anew every four times as many samples."""

RESONANCE: Final = 1.0
"""Quality factor of swept low-passes."""


def delayed_by(sound: FloatArray, seconds: np.ndarray) -> FloatArray:
    """Read one channel [samples] a varying time in seconds [samples] ago, linearly between samples."""
    position = np.maximum(0, np.arange(len(sound)) - seconds * SAMPLE_RATE)
    whole = position.astype(np.int32)
    part = (position - whole).astype(np.float32)
    following = np.minimum(whole + 1, len(sound) - 1)
    first = sound[whole]
    return np.asarray(first + part * (sound[following] - first), dtype=np.float32)


def _swing(samples: int, rate_hz: float, phase: float) -> np.ndarray:
    return np.sin(2 * np.pi * (rate_hz * np.arange(samples) / SAMPLE_RATE + phase)).astype(np.float32)


def chorus(stereo: FloatArray, chance: Chance) -> FloatArray:
    """Mix each side with a copy whose delay moves; slow and short it is a flanger."""
    depth, centre, rate = (
        chance.uniform(0.0005, 0.003),
        chance.uniform(0.004, 0.02),
        chance.uniform(0.15, 3.0),
    )
    amount = chance.uniform(0.3, 0.9)
    output = stereo.copy()
    for side in range(len(stereo)):
        moving = centre + depth * _swing(stereo.shape[-1], rate, 0.25 * side)
        output[side] += amount * delayed_by(stereo[side], moving)
    return output * np.float32(1 / (1 + 0.5 * amount))


def tremolo(stereo: FloatArray, chance: Chance) -> FloatArray:
    """Swing the level, on both sides alike or in turn."""
    depth, rate = chance.uniform(0.2, 0.9), chance.uniform(2, 9)
    apart = chance.choice((0.0, 0.5))
    gains = [
        1 - depth / 2 * (1 + _swing(stereo.shape[-1], rate, apart * side)) for side in range(len(stereo))
    ]
    return np.asarray(stereo * np.stack(gains), dtype=np.float32)


def rotary(stereo: FloatArray, chance: Chance) -> FloatArray:
    """Turn a horn: pitch, level and side move together, slowly or fast."""
    rate = chance.choice((0.8, 6.5))
    mono = stereo.mean(axis=0)
    sides = []
    for side in (0.0, 0.5):
        swing = _swing(len(mono), rate, side)
        sides.append(delayed_by(mono, 0.001 + 0.0005 * swing) * (1 - 0.35 * (1 + swing) / 2))
    return np.stack(sides).astype(np.float32)


def _moving_filter(mono: FloatArray, settings: np.ndarray, kind: Literal["wah", "phaser"]) -> FloatArray:
    """Filter blocks of one channel with second-order sections whose frequency in Hz changes [blocks]."""
    output = np.empty_like(mono)
    state = np.zeros((1, 2))
    for index, frequency in enumerate(settings):
        turn = 2 * np.pi * min(frequency, 16_000) / SAMPLE_RATE
        alpha, cosine = np.sin(turn) / (2 * 3.0), np.cos(turn)
        band_pass, all_pass = (alpha, 0.0, -alpha), (1 - alpha, -2 * cosine, 1 + alpha)
        numerator = band_pass if kind == "wah" else all_pass
        section = np.array([[*numerator, 1 + alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha)
        piece = slice(index * BLOCK * 4, (index + 1) * BLOCK * 4)
        output[piece], state = scipy.signal.sosfilt(section, mono[piece], zi=state)
    return output


def wah(stereo: FloatArray, chance: Chance, beat_seconds: float) -> FloatArray:
    """Sweep a resonance with the level (auto-wah) or with the beat."""
    mono = stereo.mean(axis=0)
    blocks = -(-len(mono) // (BLOCK * 4))
    if chance.happens(0.5):
        padded = np.pad(np.abs(mono), (0, blocks * BLOCK * 4 - len(mono)))
        level = padded.reshape(blocks, -1).mean(axis=1)
        smooth = scipy.signal.lfilter([0.15], [1, -0.85], level)
        place = smooth / (smooth.max() + 1e-9)
    else:
        times = np.arange(blocks) * BLOCK * 4 / SAMPLE_RATE
        place = 0.5 + 0.5 * np.sin(2 * np.pi * times / (beat_seconds * chance.choice((0.5, 1, 2, 4))))
    swept = _moving_filter(mono, 350 * (6 ** np.asarray(place)), "wah")
    return np.stack([swept, swept]) * np.float32(2.0)


def phaser(stereo: FloatArray, chance: Chance) -> FloatArray:
    """Mix the sound with itself behind moving all-pass filters."""
    rate, mono = chance.uniform(0.1, 1.5), stereo.mean(axis=0)
    blocks = -(-len(mono) // (BLOCK * 4))
    times = np.arange(blocks) * BLOCK * 4 / SAMPLE_RATE
    shifted = mono
    for stage in (1.0, 2.3):
        settings = 500 * stage * 2 ** (1.3 * np.sin(2 * np.pi * rate * times))
        shifted = _moving_filter(shifted, settings, "phaser")
    return np.asarray((stereo + shifted) * 0.7, dtype=np.float32)


def sweep_low_pass(stereo: FloatArray, cutoff: np.ndarray) -> FloatArray:
    """Filter [channels, time] with a low-pass of two poles whose cutoff in Hz moves [time]."""
    output = np.empty_like(stereo)
    state = np.zeros((1, len(stereo), 2))
    step = BLOCK * 4
    for first in range(0, stereo.shape[-1], step):
        turn = 2 * np.pi * min(float(cutoff[first]), 18_000.0) / SAMPLE_RATE
        cosine, alpha = np.cos(turn), np.sin(turn) / (2 * RESONANCE)
        half = (1 - cosine) / 2
        section = np.array([[half, 2 * half, half, 1 + alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha)
        piece = slice(first, first + step)
        output[:, piece], state = scipy.signal.sosfilt(section, stereo[:, piece], zi=state)
    return output
