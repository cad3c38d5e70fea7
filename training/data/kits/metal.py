"""Cymbals, bells, shakers and hand drums computed from scratch, in the manner of `electronic`."""

import itertools
from typing import Final

import numpy as np
from scipy import fft, signal

from training.data.chance import Chance
from training.data.kits.electronic import DoubleArray, band_noise, decay, finish, swept_tone, times
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

SQUARES_HERTZ: Final = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
"""Oscillators of the TR-808's metal, which its hi-hats and cymbal share."""


def _metal(settings: Chance, at: DoubleArray, cutoff: float) -> DoubleArray:
    """Return a cluster of inharmonic square waves above a frequency in Hz, with unit deviation."""
    scale = settings.uniform(0.8, 2.2)
    cluster = np.zeros_like(at)
    for frequency in SQUARES_HERTZ:
        cluster += signal.square(2 * np.pi * frequency * scale * settings.uniform(0.93, 1.07) * at)
    sections = signal.butter(3, min(cutoff, 15000), btype="highpass", fs=SAMPLE_RATE, output="sos")
    filtered = signal.sosfilt(sections, cluster)
    return np.asarray(filtered / (filtered.std() + 1e-9))


def _modes(settings: Chance, noise: Chance, samples: int, low: float, high: float) -> DoubleArray:
    """Return the steady sum of a plate's dense modes between two frequencies in Hz, with unit deviation.

    A plate has about the same number of modes in every hertz, here one in 10 to 40 Hz; `settings` places them
    and `noise` strikes them anew.
    """
    size = fft.next_fast_len(samples, real=True)
    count = max(3, int((high - low) / settings.uniform(10, 40)))
    drawn = settings.generator.uniform(low, high, count)
    strengths = np.exp(settings.generator.normal(0, 0.9, count) + noise.generator.normal(0, 0.25, count))
    spectrum = np.zeros(size // 2 + 1, dtype=np.complex128)
    bins = np.minimum((drawn / SAMPLE_RATE * size).astype(np.int64), size // 2)
    np.add.at(spectrum, bins, strengths * np.exp(1j * noise.generator.uniform(0, 2 * np.pi, count)))
    sound = fft.irfft(spectrum, size)[:samples]
    return np.asarray(sound / (sound.std() + 1e-12))


def hat(settings: Chance, noise: Chance, opening: str) -> FloatArray:
    """Return a hi-hat: "closed", "pedal" or "open"."""
    metal_share = settings.uniform(0, 1)
    cutoff, top = settings.uniform(3500, 9000), settings.uniform(11000, 20000)
    closed, opened = settings.uniform(0.012, 0.06), settings.uniform(0.12, 0.6)
    sizzle = settings.uniform(0, 0.5)
    seconds = {"closed": closed, "pedal": closed * 0.7, "open": opened}[opening]
    at = times(min(2.5, 6 * seconds + 0.02))
    sound = metal_share * _metal(settings.child("metal"), at, cutoff)
    hiss = band_noise(noise, len(at), cutoff, top, 2)
    plates = _modes(settings.child("modes"), noise, len(at), settings.uniform(2500, 6000), top)
    plate_share = settings.uniform(0, 1)
    sound += (1 - metal_share) * (plate_share * plates + (1 - plate_share) * hiss)
    sound *= decay(at, seconds) + (sizzle * decay(at, seconds * 2.5) if opening == "open" else 0)
    sound += settings.uniform(0, 0.8) * band_noise(noise, len(at), 2500, 12000) * decay(at, 0.003)
    if opening == "pedal":
        sound *= 1 - 0.8 * decay(at, 0.004)
    return finish(sound, 0.0)


def cymbal(settings: Chance, noise: Chance, kind: str) -> FloatArray:
    """Return a "crash", "ride", "bell", "china" or "splash".

    Bands of dense modes and noise that die away the faster the higher they lie, a few strong partials, and a
    stick.
    """
    length = {"crash": 1.1, "ride": 0.9, "bell": 0.9, "china": 0.5, "splash": 0.35}[kind]
    length *= settings.uniform(0.6, 1.5)
    at = times(min(3.5, 4 * length))
    wash = np.zeros_like(at)
    hiss_share = settings.uniform(0.05, 0.6)
    edges = np.geomspace(settings.uniform(250, 900), settings.uniform(13000, 20000), 9)
    for index, (low, high) in enumerate(itertools.pairwise(edges)):
        bloom = 1 - 0.9 * decay(at, settings.uniform(0.001, 0.02) * (1 + index / 3))
        fall = length * settings.uniform(0.6, 1.2) * (1.3 - 0.1 * index)
        plates = _modes(settings.child("modes", index), noise, len(at), low, high)
        hiss = band_noise(noise, len(at), low, high)
        strength = settings.uniform(0.3, 1) * (0.3 + 0.1 * index)
        wash += strength * (plates + hiss_share * (hiss - plates)) * bloom * decay(at, fall)
    partials = np.zeros_like(at)
    low, high = (350, 1100) if kind == "bell" else (300, 9000)
    for _ in range(8 if kind == "bell" else 30):
        frequency = np.exp(settings.uniform(np.log(low), np.log(high)))
        partials += (
            settings.uniform(0.2, 1)
            * np.sin(2 * np.pi * frequency * at + settings.uniform(0, 6))
            * decay(at, length * settings.uniform(0.2, 1) * (500 / frequency) ** 0.2)
        )
    stick = band_noise(noise, len(at), 2500, 12000) * decay(at, settings.uniform(0.002, 0.01))
    shares = {"crash": (1, 0.15, 0.5), "china": (1, 0.3, 0.5), "splash": (1, 0.1, 0.6)}
    wash_share, partial_share, stick_share = shares.get(kind, (0.25, settings.uniform(0.15, 0.5), 2.0))
    if kind == "bell":
        wash_share, partial_share = 0.12, 1.2
    return finish(wash_share * wash + partial_share * partials + stick_share * stick, 0.0)


def cowbell(settings: Chance, noise: Chance) -> FloatArray:
    """Return two detuned squares through a band-pass, the higher instruments shorter."""
    del noise
    at = times(0.5)
    low = settings.uniform(420, 700)
    sound = signal.square(2 * np.pi * low * at) + signal.square(
        2 * np.pi * low * settings.uniform(1.42, 1.55) * at
    )
    sections = signal.butter(1, (low * 0.9, low * 5), btype="bandpass", fs=SAMPLE_RATE, output="sos")
    envelope = 0.6 * decay(at, 0.015) + 0.4 * decay(at, settings.uniform(0.04, 0.15))
    return finish(np.asarray(signal.sosfilt(sections, sound)) * envelope, 0.0)


def shaker(settings: Chance, noise: Chance) -> FloatArray:
    """Return a stroke of a shaker: noise that swells and falls."""
    rise, fall = settings.uniform(0.005, 0.04), settings.uniform(0.015, 0.06)
    at = times(rise + 6 * fall)
    low = settings.uniform(2500, 7000)
    envelope = np.where(at < rise, (at / rise) ** 2, np.exp(-(at - rise) / fall))
    return finish(band_noise(noise, len(at), low, low * settings.uniform(1.5, 3.5)) * envelope, 0.0)


def tambourine(settings: Chance, noise: Chance) -> FloatArray:
    """Return jingles: high partials that start within a few milliseconds of each other."""
    at = times(0.5)
    sound = 0.3 * band_noise(noise, len(at), 5000, 15000) * decay(at, settings.uniform(0.02, 0.06))
    for _ in range(24):
        frequency, start = settings.uniform(4000, 14000), noise.uniform(0, 0.025)
        since = at - start
        ring = np.exp(-np.maximum(since, 0) / settings.uniform(0.02, 0.12))
        sound += np.where(since >= 0, ring * np.sin(2 * np.pi * frequency * since), 0) * 0.15
    return finish(sound, 0.0)


def hand_drum(settings: Chance, noise: Chance, height: float) -> FloatArray:
    """Return a conga, bongo or timbale; `height` 0 is the lowest and 1 the highest."""
    frequency = settings.uniform(150, 210) * 2 ** (height * 1.6)
    seconds = settings.uniform(0.04, 0.15)
    at = times(6 * seconds)
    sound = swept_tone(at, frequency, frequency * settings.uniform(1.0, 1.3), 0.01) * decay(at, seconds)
    sound += settings.uniform(0.1, 0.5) * np.sin(2 * np.pi * frequency * 1.6 * at) * decay(at, seconds * 0.4)
    slap = band_noise(noise, len(at), 700, 6000) * decay(at, settings.uniform(0.003, 0.01))
    return finish(sound + settings.uniform(0.05, 0.5) * slap, 0.0)


def block(settings: Chance, noise: Chance, height: float) -> FloatArray:
    """Return a clave, wood block or agogo."""
    frequency = settings.uniform(700, 1800) * (1 + 0.5 * height)
    at = times(0.25)
    seconds = settings.uniform(0.01, 0.05)
    sound = np.sin(2 * np.pi * frequency * at) * decay(at, seconds)
    sound += (
        settings.uniform(0, 0.5)
        * np.sin(2 * np.pi * frequency * settings.uniform(1.5, 2.8) * at)
        * decay(at, seconds)
    )
    return finish(sound + 0.1 * band_noise(noise, len(at), 1000, 8000) * decay(at, 0.003), 0.0)
