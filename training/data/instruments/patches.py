"""Synthesiser settings drawn at random for each family of sounds."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from training.data.chance import Chance
from training.data.instruments.oscillators import MOST_HARMONICS, Spectra

Family = Literal["pad", "lead", "pluck", "stab", "keys", "organ", "bass", "sub", "boom", "acid", "reese"]

Waveform = Literal["saw", "square", "pulse", "triangle", "sine", "organ", "bright", "vowel", "bell"]


@dataclass(frozen=True, slots=True)
class Patch:
    """One sound of a synthesiser."""

    amplitudes: Spectra
    """Harmonics of the oscillators before the filter [MOST_HARMONICS]."""
    modulation: tuple[int, float, float]
    """Frequency modulation: the modulator's harmonic (0 for none), first index, decay in seconds."""
    unison: int
    detune_cents: float
    """Largest deviation of a unison voice."""
    width: float
    """How far unison voices are apart, 0 in the centre to 1 at the sides."""
    attack: float
    decay: float
    sustain: float
    """Level after the decay, 0 to 1."""
    release: float
    cutoff_hz: float
    key_tracking: float
    """How far the filter follows the pitch, 0 to 1."""
    sweep_octaves: float
    """How far the filter is opened at the start of a note."""
    sweep_seconds: float
    resonance: float
    """Quality factor of the filter, 0.7 is flat."""
    wobble_hz: float
    wobble_octaves: float
    glide_seconds: float
    drive: float
    """Gain into a soft curve, 0 leaves the sound clean."""
    breath: float
    """Level of noise along with the note."""


FAMILY_WAVEFORMS: Final[dict[Family, tuple[Waveform, ...]]] = {
    "pad": ("saw", "saw", "saw", "square", "triangle", "bright", "vowel", "pulse"),
    "lead": ("saw", "square", "pulse", "triangle", "sine", "vowel", "saw"),
    "pluck": ("saw", "square", "pulse", "triangle", "bell", "bright"),
    "stab": ("saw", "saw", "square", "bright", "pulse"),
    "keys": ("sine", "sine", "bell", "triangle"),
    "organ": ("organ",),
    "bass": ("saw", "square", "pulse", "triangle", "bright"),
    "sub": ("sine", "sine", "triangle"),
    "boom": ("sine",),
    "acid": ("saw", "square"),
    "reese": ("saw", "saw", "pulse"),
}


def draw_patch(family: Family, chance: Chance) -> Patch:
    """Draw a sound of a family."""
    waveform = chance.choice(FAMILY_WAVEFORMS[family])
    modulated = family in ("keys", "bass", "pluck") and chance.happens(0.7 if family == "keys" else 0.2)
    unison = {"pad": (3, 5, 7), "stab": (3, 5, 7), "lead": (1, 1, 2, 5), "reese": (2, 3)}.get(family, (1,))
    short = family in ("pluck", "acid")
    low = family in ("bass", "sub", "boom", "acid", "reese")
    return Patch(
        amplitudes=draw_amplitudes(waveform, chance),
        modulation=(
            (chance.choice((1, 1, 2, 3, 7, 14)), chance.uniform(0.5, 4), chance.uniform(0.1, 1.2))
            if modulated
            else (0, 0.0, 1.0)
        ),
        unison=chance.choice(unison),
        detune_cents=chance.uniform(5, 40),
        width=0.15 if low else chance.uniform(0.4, 1.0),
        attack=chance.uniform(0.05, 0.8) if family == "pad" else chance.uniform(0.002, 0.02),
        decay=chance.uniform(0.08, 0.5) if short else chance.uniform(0.3, 2.5),
        sustain=0.0 if short and chance.happens(0.7) else chance.uniform(0.4, 1.0),
        release=chance.uniform(0.2, 1.2) if family == "pad" else chance.uniform(0.02, 0.25),
        cutoff_hz=_cutoff(family, chance),
        key_tracking=chance.uniform(0, 1),
        sweep_octaves=chance.uniform(1.5, 5) if short else chance.choice((0.0, chance.uniform(0, 3))),
        sweep_seconds=chance.uniform(0.05, 0.5) if short or low else chance.uniform(0.1, 2.0),
        resonance=chance.uniform(2, 9) if family == "acid" else chance.uniform(0.7, 2.5),
        wobble_hz=chance.choice((0.1, 0.3, chance.uniform(1, 8))),
        wobble_octaves=chance.choice((0.0, 0.0, chance.uniform(0, 1.5))),
        glide_seconds=chance.choice((0.0, 0.0, chance.uniform(0.01, 0.08))),
        drive=chance.choice((0.0, 0.0, chance.uniform(0.5, 4))),
        breath=chance.choice((0.0, 0.0, chance.uniform(0, 0.03))),
    )


def _cutoff(family: Family, chance: Chance) -> float:
    low, high = {"sub": (80, 300), "boom": (200, 2000), "bass": (200, 5000), "acid": (120, 700)}.get(
        family, (400, 9000)
    )
    return chance.log_uniform(low, high)


def draw_amplitudes(waveform: Waveform, chance: Chance) -> Spectra:
    """Return the harmonics [MOST_HARMONICS] of one period of a waveform."""
    number = np.arange(1, MOST_HARMONICS + 1, dtype=np.float64)
    odd = number % 2 == 1
    amplitudes = {
        "saw": 1 / number,
        "square": np.where(odd, 1 / number, 0),
        "pulse": np.sin(np.pi * number * chance.uniform(0.08, 0.42)) / number,
        "triangle": np.where(odd, 1 / number**2, 0),
        "sine": np.where(number == 1, 1.0, 0.0),
        "organ": _drawbars(chance),
        "bright": chance.generator.uniform(0, 1, MOST_HARMONICS) / number**0.7,
        "vowel": _resonances(number, chance),
        "bell": np.where(number < 20, chance.generator.uniform(0, 1, MOST_HARMONICS) ** 3 / number**0.3, 0),
    }[waveform]
    if waveform in ("bright", "bell", "vowel") or chance.happens(0.3):
        turns = chance.generator.uniform(0, 2 * np.pi, MOST_HARMONICS)
    else:
        turns = np.full(MOST_HARMONICS, -np.pi / 2)
    return np.asarray(amplitudes * np.exp(1j * turns), dtype=np.complex64)


def _drawbars(chance: Chance) -> np.ndarray:
    """Return a tone-wheel organ's registration as harmonics of its lowest bar (an octave below the key)."""
    amplitudes = np.zeros(MOST_HARMONICS)
    for harmonic in (1, 2, 3, 4, 6, 8, 10, 12, 16):
        amplitudes[harmonic - 1] = chance.choice((0.0, 0.0, 0.2, 0.5, 1.0))
    amplitudes[1] = 1.0
    return amplitudes


def _resonances(number: np.ndarray, chance: Chance) -> np.ndarray:
    """Return a spectrum with two or three fixed peaks, like a talk box held open."""
    amplitudes = 1 / number
    for _ in range(chance.integer(2, 3)):
        centre = chance.uniform(2, 14)
        amplitudes = amplitudes * (0.3 + 4 * np.exp(-(((number - centre) / chance.uniform(0.8, 2.5)) ** 2)))
    return np.asarray(amplitudes)
