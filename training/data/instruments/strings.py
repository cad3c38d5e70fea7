"""Plucked strings: guitars and basses before the amplifier.

Each harmonic starts with the level a pluck at one point and a pickup at another give it and decays by itself,
which is what a string with a loop filter does (K. Karplus and A. Strong, "Digital synthesis of plucked-string
and drum timbres", Computer Music Journal 7, 1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.data.chance import Chance
from training.data.instruments.events import Expression, PlayedNote, one_at_a_time, pitch_curve
from training.data.instruments.oscillators import (
    HOP,
    Spectra,
    frame_count,
    harmonic_count,
    period_table,
    read_table,
)
from training.data.instruments.synthesiser import FRAME_SECONDS, hertz, place
from training.data.signal import FloatArray, filter_magnitude
from training.sources import SAMPLE_RATE

VARIANTS = 2
"""Plucks of each pitch that take turns, so that no two strokes in a row are equal."""

DISPERSION = 0.03
"""Phase in radians by which harmonic n starts late, relative to n squared."""

FASTEST_ADVANCE = 0.8
"""Largest turn of a harmonic from frame to frame in radians, so that frames can be interpolated."""


@dataclass(frozen=True, slots=True)
class Strings:
    """One guitar or bass in one player's hands."""

    pluck_place: float
    """Where the string is struck, as a share of its length."""
    pickup_place: float
    softness: float
    """Fall of the harmonics as a power of their number: 0.3 is a hard plectrum, 1.5 a thumb."""
    decay: float
    """Seconds until the fundamental of A2 has fallen by 8.7 dB."""
    damping: float
    """How much faster high harmonics decay."""
    muted: bool
    """Palm on the bridge: short and dark."""
    noise: float
    """Level of the stroke itself."""
    stiffness: float
    """Inharmonicity: harmonic n is sharp by half of `stiffness * n ** 2`."""

    @classmethod
    def draw(cls, chance: Chance, bass: bool, muted: bool = False) -> "Strings":
        """Draw an instrument."""
        return cls(
            pluck_place=chance.uniform(0.06, 0.35),
            pickup_place=chance.uniform(0.05, 0.28),
            softness=chance.uniform(0.5, 1.7) if bass else chance.uniform(0.2, 0.9),
            decay=chance.uniform(0.6, 2.5) if bass else chance.uniform(1.0, 3.5),
            damping=chance.uniform(0.3, 2.2) if bass else chance.uniform(0.3, 1.2),
            muted=muted,
            noise=chance.uniform(0.0, 0.12),
            stiffness=chance.uniform(1e-5, 1e-4),
        )


def pluck_spectra(frequency: np.ndarray, since: np.ndarray, strings: Strings, place_shift: float) -> Spectra:
    """Return the harmonics [frames, harmonics] for a pitch in Hz and the time since the pluck."""
    number = np.arange(1, harmonic_count(float(frequency.min())) + 1, dtype=np.float32)
    pluck = np.abs(np.sin(np.pi * number * (strings.pluck_place + place_shift))) + 0.02
    pickup = np.abs(np.sin(np.pi * number * strings.pickup_place)) + 0.05
    level = pluck * pickup / number**strings.softness
    hertz_of = frequency[:, None] * number
    rate = (1 + strings.damping * (hertz_of / 1000) ** 1.3) / strings.decay
    if strings.muted:
        rate = rate * 5 + hertz_of / 90
    decayed = level * np.exp(-since[:, None] * rate)
    advance = 2 * np.pi * FRAME_SECONDS * hertz_of * (strings.stiffness * number**2 / 2)
    # Waves of high frequency travel faster along a stiff string: the pulse of the pluck spreads.
    turns = np.minimum(advance, FASTEST_ADVANCE) * (since[:, None] / FRAME_SECONDS) + DISPERSION * number**2
    return np.asarray(decayed * (hertz_of < 17_000) * np.exp(1j * turns), dtype=np.complex64)


def play_strings(notes: Sequence[PlayedNote], strings: Strings, samples: int, chance: Chance) -> FloatArray:
    """Play chords and picked notes [samples]; the end of a note is damped."""
    output: FloatArray = np.zeros((1, samples), dtype=np.float32)
    longest: dict[int, float] = {}
    for note in notes:
        longest[note.pitch] = max(longest.get(note.pitch, 0.0), note.duration)
    sounds = {
        (pitch, variant): _pluck(pitch, duration + 0.12, strings, chance.child(pitch, variant))
        for pitch, duration in sorted(longest.items())
        for variant in range(VARIANTS)
    }
    for index, note in enumerate(notes):
        place(output, sounds[note.pitch, index % VARIANTS], note, 0.05)
    return output.reshape(-1)


def play_solo(
    notes: Sequence[PlayedNote], strings: Strings, expression: Expression, samples: int, chance: Chance
) -> FloatArray:
    """Play one string with bends and vibrato [samples]."""
    line = one_at_a_time(notes)
    frames = frame_count(samples)
    curve = pitch_curve(line, samples / SAMPLE_RATE + 2 * FRAME_SECONDS, FRAME_SECONDS, expression, chance)
    times = np.arange(frames) * FRAME_SECONDS
    since, level = np.full(frames, 20.0), np.zeros(frames)
    for note in line:
        first = int(note.start / FRAME_SECONDS)
        since[first:] = times[first:] - note.start
        ending = np.clip(1 - (times[first:] - note.start - note.duration) / 0.06, 0, 1)
        level[first:] = ending * (0.3 + 0.7 * note.velocity / 127)
    frequency = hertz(curve[:frames])
    table = period_table(_normalised(pluck_spectra(frequency, since, strings, 0.0)))
    gains = np.interp(np.arange(samples) / SAMPLE_RATE, times, level).astype(np.float32)
    return np.asarray(read_table(table, frequency, samples) * gains, dtype=np.float32)


def _normalised(spectra: Spectra) -> Spectra:
    power = np.sqrt((np.abs(spectra) ** 2).sum(axis=1).max()) + 1e-9
    return np.asarray(spectra * np.float32(0.3 / power), dtype=np.complex64)


def _pluck(pitch: int, seconds: float, strings: Strings, chance: Chance) -> FloatArray:
    """Return one pluck [1, samples]."""
    samples = max(HOP, round(seconds * SAMPLE_RATE))
    times = np.arange(frame_count(samples)) * FRAME_SECONDS
    # Real strings start sharp and settle within a tenth of a second.
    cents = 6 * np.exp(-times / 0.08) + chance.normal(0, 2.5)
    frequency = hertz(pitch + cents / 100)
    table = period_table(_normalised(pluck_spectra(frequency, times, strings, chance.uniform(-0.02, 0.02))))
    sound = read_table(table, frequency, samples)
    sound[:48] *= np.linspace(0, 1, min(48, samples), dtype=np.float32)
    if strings.noise:
        length = min(samples, 1200)
        burst = chance.generator.standard_normal(length) * np.exp(-np.arange(length) / 220)
        support, gains = np.array([300, 2500, 6000], np.float32), np.array([-25, 0, -10], np.float32)
        sound[:length] += strings.noise * filter_magnitude(
            burst.astype(np.float32), support, gains, SAMPLE_RATE
        )
    return sound[None]
