"""Speech taken apart into pitch, envelope and breathiness, frame by frame, and cut into syllables.

The analysis is WORLD's: M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech
synthesis system for real-time applications" (IEICE Transactions E99-D, 2016).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyworld
import scipy.ndimage
import scipy.signal

from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

FRAME_SECONDS: Final = 0.005
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
ENVELOPE_POINTS: Final = 96
LINEAR_TO_HZ: Final = 700.0
"""Below this frequency the points of the envelope are about equally far apart in Hz, above in octaves."""

ENVELOPE_HZ: Final = LINEAR_TO_HZ * np.expm1(
    np.linspace(0, np.log1p(SAMPLE_RATE / 2 / LINEAR_TO_HZ), ENVELOPE_POINTS)
)
NOISE_HZ: Final = np.array([1000, 3000, 6000, 9000, 12000, 15000], dtype=np.float64)
"""Where the share of noise in the voice is kept."""

USABLE_BAND: Final = 0.8
"""Share of an engine's band that its low-pass filter leaves untouched."""
EXTENSION_DB_PER_OCTAVE: Final = {"voiced": -9.0, "unvoiced": -4.0}
"""How the spectrum goes on above an engine's band: vowels fall, sibilants reach up to 15 kHz."""
DARK_ABOVE_HZ: Final = 11_000.0
DARK_DB_PER_OCTAVE: Final = -16.0
NOISE_BAND_HZ: Final = 3000.0
"""WORLD measures noise at multiples of this frequency that are as far below the end of the band."""

SHORTEST_SYLLABLE: Final = 16
"""Frames between two nuclei of syllables, 80 ms."""
NUCLEUS_DB: Final = 7.0
"""How far below its peak a nucleus ends."""
LEAST_SONORITY_DB: Final = 6.0
"""How far the band of the vowels is above that of the sibilants in a nucleus."""
FLOOR_DB: Final = -90.0

Frames = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Syllable:
    """Frames of one syllable: consonants from `start` to `vowel`, nucleus from `vowel` to `end`."""

    start: int
    vowel: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """One spoken phrase, a frame every 5 ms."""

    pitch: FloatArray
    """Fundamental in Hz, 0 where there is none [frames]."""
    envelope: FloatArray
    """Level in dB at ENVELOPE_HZ [frames, points]."""
    noise: FloatArray
    """Share of noise in the amplitude at NOISE_HZ, 0 to 1 [frames, points]."""
    syllables: tuple[Syllable, ...]


def analyse(audio: FloatArray, sample_rate: int) -> Phrase:
    """Take one spoken phrase [time] apart.

    Args:
        audio: one channel.
        sample_rate: in Hz; what lies above the band of a lower rate than 44.1 kHz is guessed.
    """
    wave = audio.astype(np.float64) / max(1e-6, float(np.abs(audio).max()))
    coarse, times = pyworld.dio(
        wave, sample_rate, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ, frame_period=1000 * FRAME_SECONDS
    )
    pitch = pyworld.stonemask(wave, coarse, times, sample_rate)
    power = pyworld.cheaptrick(wave, pitch, times, sample_rate)
    noise = pyworld.d4c(wave, pitch, times, sample_rate)
    envelope = _envelope(power, pitch > 0, sample_rate)
    hertz = np.linspace(0, sample_rate / 2, noise.shape[1])
    measured = NOISE_BAND_HZ * max(1, (sample_rate / 2 - NOISE_BAND_HZ) // NOISE_BAND_HZ)
    sampled = np.stack([noise[:, np.searchsorted(hertz, min(at, measured))] for at in NOISE_HZ], axis=1)
    return Phrase(
        pitch=pitch.astype(np.float32),
        envelope=envelope.astype(np.float32),
        noise=sampled.astype(np.float32),
        syllables=find_syllables(envelope, pitch > 0),
    )


def _envelope(power: Frames, voiced: npt.NDArray[np.bool_], sample_rate: int) -> Frames:
    """Return the levels in dB [frames, points] up to 22 kHz."""
    hertz = np.linspace(0, sample_rate / 2, power.shape[1])
    decibels = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    top = USABLE_BAND * sample_rate / 2
    levels = np.stack([np.interp(ENVELOPE_HZ, hertz, frame) for frame in decibels])
    beyond = top < ENVELOPE_HZ
    if not beyond.any():
        return levels
    last = (0.65 * top < ENVELOPE_HZ) & ~beyond
    slope = np.where(voiced, EXTENSION_DB_PER_OCTAVE["voiced"], EXTENSION_DB_PER_OCTAVE["unvoiced"])
    octaves = np.log2(ENVELOPE_HZ[beyond] / top)
    dark = DARK_DB_PER_OCTAVE * np.maximum(0, np.log2(ENVELOPE_HZ[beyond] / DARK_ABOVE_HZ))
    levels[:, beyond] = levels[:, last].mean(axis=1)[:, None] + slope[:, None] * octaves + dark
    return levels


def find_syllables(envelope: Frames, voiced: npt.NDArray[np.bool_]) -> tuple[Syllable, ...]:
    """Return the syllables of a phrase: a voiced nucleus each, with all consonants before it.

    Args:
        envelope: levels in dB at ENVELOPE_HZ [frames, points].
        voiced: which frames have a pitch [frames].
    """
    band = (ENVELOPE_HZ > 300) & (ENVELOPE_HZ < 3500)
    hissing = (ENVELOPE_HZ > 4000) & (ENVELOPE_HZ < 7000)
    loudness = 10 * np.log10((10 ** (envelope[:, band] / 10)).mean(axis=1))
    # Now and then the pitch of a sibilant is found by mistake.
    sonorant = voiced & (loudness > envelope[:, hissing].mean(axis=1) + LEAST_SONORITY_DB)
    smooth = scipy.ndimage.gaussian_filter1d(np.where(sonorant, loudness, FLOOR_DB), 4)
    peaks, _ = scipy.signal.find_peaks(
        smooth, distance=SHORTEST_SYLLABLE, prominence=2.5, height=float(smooth.max()) - 25
    )
    syllables: list[Syllable] = []
    previous_end = 0
    for index, peak in enumerate(peaks):
        last = peaks[index + 1] if index + 1 < len(peaks) else len(smooth) - 1
        valley = peak + int(np.argmin(smooth[peak : last + 1]))
        loud = (smooth > smooth[peak] - NUCLEUS_DB) & sonorant
        vowel, end = int(peak), int(peak)
        while vowel > previous_end and loud[vowel - 1]:
            vowel -= 1
        while end < valley and loud[end]:
            end += 1
        if end - vowel >= 6:
            syllables.append(Syllable(previous_end, vowel, end))
            previous_end = end
    return tuple(syllables)
