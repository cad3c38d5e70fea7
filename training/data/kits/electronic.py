"""Drum machines and simple models of drum heads: kicks, snares, claps and toms computed from scratch.

Every function draws its settings from `settings` and its noise from `noise`, so that calling it again with
the same settings and other noise gives another strike of the same instrument. All return one channel [time].
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from training.data.chance import Chance
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

DoubleArray = npt.NDArray[np.float64]

MEMBRANE_MODES: Final = (1.0, 1.593, 2.136, 2.296, 2.653, 2.918, 3.156, 3.5)
"""Frequencies of an ideal circular membrane relative to the lowest (zeros of Bessel functions)."""


def times(seconds: float) -> DoubleArray:
    """Return the moments of all samples of a sound, in seconds."""
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def decay(at: DoubleArray, seconds: float) -> DoubleArray:
    """Return an envelope that falls to 1/e in `seconds`."""
    return np.exp(-at / seconds)


def band_noise(noise: Chance, samples: int, low: float, high: float, order: int = 1) -> DoubleArray:
    """Return noise between two frequencies in Hz, with unit deviation."""
    bounds = (max(20.0, low), min(high, 0.49 * SAMPLE_RATE))
    sections = signal.butter(order, bounds, btype="bandpass", fs=SAMPLE_RATE, output="sos")
    filtered = signal.sosfilt(sections, noise.generator.standard_normal(samples))
    return np.asarray(filtered / (filtered.std() + 1e-9))


def swept_tone(at: DoubleArray, low: float, high: float, seconds: float) -> DoubleArray:
    """Return a sine that falls from `high` to `low` Hz, most of the way in `seconds`."""
    phase = low * at + (high - low) * seconds * (1 - np.exp(-at / seconds))
    return np.sin(2 * np.pi * phase)


def finish(sound: DoubleArray, drive: float) -> FloatArray:
    """Normalise, overdrive, and fade the last fifth out, so that a cut tail does not click."""
    sound = sound / (np.abs(sound).max() + 1e-9)
    if drive > 0:
        sound = np.tanh(sound * (1 + drive)) / np.tanh(1 + drive)
    fade = len(sound) // 5
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    return sound.astype(np.float32)


def membrane(settings: Chance, at: DoubleArray, frequency: float, seconds: float, drop: float) -> DoubleArray:
    """Return a struck drum head: modes of a membrane, the higher the shorter, all gliding down by `drop`."""
    glide = at + drop * 0.03 * (1 - np.exp(-at / 0.03))
    sound = np.zeros_like(at)
    for index, ratio in enumerate(MEMBRANE_MODES):
        strength = settings.uniform(0.3, 1.0) / (1 + index)
        sound += (
            strength * np.sin(2 * np.pi * frequency * ratio * glide) * decay(at, seconds / (1 + 0.6 * index))
        )
    return sound


def kick(settings: Chance, noise: Chance) -> FloatArray:
    """Return a bass drum: 808 boom, 909 punch, techno, hard-style or a modelled acoustic head."""
    style = settings.choice(("808", "909", "909", "trap", "techno", "acoustic", "acoustic", "tight"))
    low = settings.uniform(38, 62)
    length = {
        "808": settings.uniform(0.25, 0.7),
        "trap": settings.uniform(0.35, 1.2),
        "techno": settings.uniform(0.12, 0.35),
        "tight": settings.uniform(0.03, 0.08),
    }.get(style, settings.uniform(0.07, 0.22))
    at = times(min(3.0, 5 * length + 0.05))
    if style == "acoustic":
        body = membrane(settings, at, low * settings.uniform(1.0, 1.5), length, settings.uniform(0.3, 1.5))
        click_level, click_seconds = settings.uniform(0.1, 0.6), settings.uniform(0.002, 0.008)
    else:
        high = low * settings.uniform(2, 12)
        body = swept_tone(at, low, high, settings.uniform(0.006, 0.05)) * decay(at, length)
        body += settings.uniform(0, 0.5) * swept_tone(at, low, high * 3, 0.006) * decay(at, 0.03)
        click_level, click_seconds = settings.uniform(0.0, 0.4), settings.uniform(0.001, 0.005)
    centre = settings.uniform(1500, 6000)
    click = band_noise(noise, len(at), centre / 2, centre * 1.5) * decay(at, click_seconds)
    sound = body / np.abs(body).max() + click_level * click / 2
    drive = settings.choice((0.0, settings.uniform(0, 2), settings.uniform(1, 6)))
    return finish(sound, drive)


def snare(settings: Chance, noise: Chance) -> FloatArray:
    """Return a snare drum: two tones and noise as in drum machines, or a head with rattling wires."""
    style = settings.choice(("808", "909", "linn", "trap", "acoustic", "acoustic", "acoustic"))
    low = settings.uniform(150, 260)
    tone_seconds, wire_seconds = settings.uniform(0.025, 0.11), settings.uniform(0.04, 0.2)
    at = times(min(1.5, 6 * max(tone_seconds, wire_seconds)))
    if style == "acoustic":
        tone = membrane(settings, at, low, tone_seconds, settings.uniform(0, 0.8))
        ring = settings.choice((0.0, settings.uniform(0.0, 0.25)))
        tone += ring * np.sin(2 * np.pi * low * settings.uniform(2.5, 4.5) * at) * decay(at, 0.15)
    else:
        upper = low * settings.uniform(1.4, 2.0)
        tone = swept_tone(at, low, low * settings.uniform(1, 2.5), 0.012) * decay(at, tone_seconds)
        tone += 0.6 * swept_tone(at, upper, upper * 1.5, 0.01) * decay(at, tone_seconds * 0.7)
    bright = settings.uniform(5000, 15000)
    wires = band_noise(noise, len(at), settings.uniform(300, 2500), bright) * decay(at, wire_seconds)
    wires *= 1 - settings.uniform(0, 0.9) * decay(at, settings.uniform(0.002, 0.01))
    crack = band_noise(noise, len(at), 2000, 9000) * decay(at, settings.uniform(0.002, 0.006))
    sound = tone / np.abs(tone).max() + settings.uniform(0.15, 0.7) * wires + settings.uniform(0, 0.4) * crack
    return finish(sound, settings.choice((0.0, settings.uniform(0, 2))))


def side_stick(settings: Chance, noise: Chance) -> FloatArray:
    """Return the click of a stick across the rim."""
    at = times(0.12)
    low = settings.uniform(350, 800)
    seconds = settings.uniform(0.006, 0.02)
    sound = np.sin(2 * np.pi * low * at) * decay(at, seconds)
    sound += (
        settings.uniform(0.3, 1)
        * np.sin(2 * np.pi * low * settings.uniform(2.2, 4) * at)
        * decay(at, seconds / 2)
    )
    sound += settings.uniform(0.1, 0.4) * band_noise(noise, len(at), 1500, 8000) * decay(at, 0.004)
    return finish(sound, settings.uniform(0, 1))


def tom(settings: Chance, noise: Chance, height: float) -> FloatArray:
    """Return a tom; `height` 0 is the floor tom and 1 the highest."""
    electronic = settings.happens(0.45)
    frequency = settings.uniform(62, 95) * 2 ** (height * settings.uniform(0.7, 1.4))
    seconds = settings.uniform(0.08, 0.4) * (1.2 - 0.4 * height)
    at = times(min(2.0, 5 * seconds))
    if electronic:
        sound = swept_tone(
            at, frequency, frequency * settings.uniform(1.3, 3.5), settings.uniform(0.02, 0.12)
        )
        sound *= decay(at, seconds)
    else:
        sound = membrane(settings, at, frequency, seconds, settings.uniform(0.2, 1.2))
    sound = sound / np.abs(sound).max()
    stick = band_noise(noise, len(at), 800, settings.uniform(3000, 9000)) * decay(
        at, settings.uniform(0.003, 0.012)
    )
    breath = band_noise(noise, len(at), 150, 1200) * decay(at, seconds * 0.4)
    sound = sound + settings.uniform(0.05, 0.3) * stick + settings.uniform(0, 0.12) * breath
    return finish(sound, settings.choice((0.0, settings.uniform(0, 1.5))))


def clap(settings: Chance, noise: Chance) -> FloatArray:
    """Return hand claps: a few short bursts of noise and a tail."""
    hands, gap = settings.integer(2, 6), settings.uniform(0.006, 0.016)
    tail = settings.uniform(0.03, 0.18)
    at = times(hands * gap + 5 * tail)
    envelope = np.zeros_like(at)
    for hand in range(hands):
        since = at - hand * gap * settings.uniform(0.8, 1.2)
        last = hand == hands - 1
        burst = np.exp(-np.maximum(since, 0) / (tail if last else 0.004)) * settings.uniform(0.6, 1)
        envelope = np.maximum(envelope, np.where(since >= 0, burst, 0))
    low = settings.uniform(500, 1300)
    sound = band_noise(noise, len(at), low, low * settings.uniform(2, 8)) * envelope
    return finish(sound, settings.uniform(0, 1))
