"""A formant singer: harmonics of a gliding pitch shaped by the resonances of a vocal tract.

Vowel formants are the averages for adult men of Peterson and Barney, "Control methods used in a study of the
vowels" (Journal of the Acoustical Society of America 24, 1952); the vocal-tract scale covers other speakers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from training.data.chance import Chance
from training.data.signal import FloatArray, filter_magnitude, ramp_between
from training.sources import SAMPLE_RATE

VOWELS: Final = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)
"""First three formant frequencies in Hz of ten English vowels."""

UPPER_FORMANTS: Final = (3500, 4500)
BANDWIDTHS: Final = (80.0, 100.0, 130.0, 200.0, 260.0)
LEVELS: Final = (1.0, 0.6, 0.4, 0.3, 0.15)
CONTROL_HOP: Final = 128
HIGHEST_HARMONIC_HZ: Final = 11_000
MOST_HARMONICS: Final = 80

Controls = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note in seconds."""

    start: float
    duration: float
    pitch: float
    """MIDI note number, may be fractional."""


@dataclass(frozen=True, slots=True)
class Singer:
    """The constant traits of one voice."""

    tract_scale: float
    """Formants relative to an adult man: 1.0, women about 1.17, children about 1.3."""
    tilt: float
    """Fall of the harmonics as a power of their number: 1 is bright, 2 is dull."""
    vibrato_hz: float
    vibrato_semitones: float
    breath: float
    """Level of aspiration noise relative to the voice."""
    glide_seconds: float
    ring: float
    """Extra level of the third to fifth formants, the singer's formant."""

    @classmethod
    def draw(cls, chance: Chance) -> "Singer":
        """Draw a singer."""
        return cls(
            tract_scale=chance.uniform(0.92, 1.3),
            tilt=chance.uniform(0.7, 1.6),
            vibrato_hz=chance.uniform(4.5, 6.8),
            vibrato_semitones=chance.uniform(0.0, 0.6),
            breath=chance.uniform(0.003, 0.05),
            glide_seconds=chance.uniform(0.015, 0.07),
            ring=chance.uniform(0.8, 2.5),
        )


def sing(notes: Sequence[SungNote], samples: int, chance: Chance, singer: Singer) -> FloatArray:
    """Sing a line on random syllables.

    Args:
        notes: the melody, in rising order.
        samples: length of the result at 44.1 kHz.
        chance: stream for syllables, vibrato phase and noise.
        singer: the voice.

    Returns:
        One channel [samples], peak near 1 while singing.
    """
    line = np.zeros(samples, dtype=np.float32)
    previous: float | None = None
    for note in notes:
        first = round(note.start * SAMPLE_RATE)
        frames = min(round(note.duration * SAMPLE_RATE), samples - first) // CONTROL_HOP
        if frames < 16:
            continue
        sound = _note(note.pitch, previous, frames, chance, singer)
        line[first : first + len(sound)] += sound
        previous = note.pitch
    return line


def _note(pitch: float, previous: float | None, frames: int, chance: Chance, singer: Singer) -> FloatArray:
    """Synthesise one note of frames * CONTROL_HOP samples."""
    times = np.arange(frames + 1) * CONTROL_HOP / SAMPLE_RATE
    fundamental = _pitch_track(pitch, previous, times, chance, singer)
    voiced_from = chance.choice((0.0, 0.0, 0.0, 0.03, 0.06, 0.1))
    envelope = np.clip((times - voiced_from) / 0.04, 0, 1) * np.clip((times[-1] - times) / 0.06, 0, 1)
    voice = _harmonics(fundamental, _formant_tracks(times, chance, singer), envelope, singer)
    noise = chance.generator.standard_normal(len(voice)).astype(np.float32)
    support = np.array([300, 1200, 2500, 6000, 9000, 14000], dtype=np.float32)
    breath = filter_magnitude(noise, support, np.array([-40, -12, 0, 0, -6, -30], np.float32), SAMPLE_RATE)
    voice += singer.breath * ramp_between(envelope.astype(np.float32), CONTROL_HOP) * breath
    if voiced_from > 0:
        voice += _consonant(len(voice), voiced_from, noise, chance)
    return voice


def _pitch_track(
    pitch: float, previous: float | None, times: Controls, chance: Chance, singer: Singer
) -> Controls:
    """Return the fundamental in Hz: glide from the previous note, delayed vibrato, slow drift."""
    start = previous if previous is not None and abs(previous - pitch) < 8 else pitch - chance.uniform(0, 2)
    glide = (start - pitch) * np.exp(-times / singer.glide_seconds)
    onset = np.clip((times - 0.18) / 0.3, 0, 1)
    vibrato = (
        singer.vibrato_semitones
        * onset
        * np.sin(2 * np.pi * (singer.vibrato_hz * times + chance.uniform(0, 1)))
    )
    drift = 0.02 * np.cumsum(chance.generator.standard_normal(len(times))) / np.sqrt(len(times))
    semitones = pitch - 69 + glide + vibrato + drift * 2
    return np.asarray(440 * 2 ** (semitones / 12), dtype=np.float64)


def _formant_tracks(times: Controls, chance: Chance, singer: Singer) -> Controls:
    """Return formant frequencies in Hz [5, frames] that move from one vowel to another."""
    begin = np.array((*chance.choice(VOWELS), *UPPER_FORMANTS), dtype=np.float64)
    end = (
        begin
        if chance.happens(0.4)
        else np.array((*chance.choice(VOWELS), *UPPER_FORMANTS), dtype=np.float64)
    )
    turn = times[-1] * chance.uniform(0.2, 0.8)
    mix = np.clip((times - turn) / 0.12 + 0.5, 0, 1)
    return np.asarray(
        singer.tract_scale * (begin[:, None] * (1 - mix) + end[:, None] * mix), dtype=np.float64
    )


def _harmonics(fundamental: Controls, formants: Controls, envelope: Controls, singer: Singer) -> FloatArray:
    """Sum the harmonics, each weighted by the vocal tract's response at its own frequency."""
    count = int(min(MOST_HARMONICS, HIGHEST_HARMONIC_HZ / fundamental.mean()))
    levels = np.array(LEVELS) * np.array((1, 1, singer.ring, singer.ring, singer.ring))
    phase = 2 * np.pi * np.cumsum(ramp_between(fundamental, CONTROL_HOP)) / SAMPLE_RATE
    rotation = np.exp(1j * phase).astype(np.complex64)
    harmonic = np.ones_like(rotation)
    total = np.zeros(len(rotation), dtype=np.float32)
    for number in range(1, count + 1):
        # Powers of the first harmonic replace one sine per harmonic: a multiplication is far cheaper.
        harmonic *= rotation
        distance = (number * fundamental - formants) / (1.4 * np.array(BANDWIDTHS)[:, None])
        response = (levels[:, None] / (1 + distance**2)).sum(axis=0) + 0.015
        amplitude = (envelope * response * number**-singer.tilt).astype(np.float32)
        total += ramp_between(amplitude, CONTROL_HOP) * harmonic.imag
    return total


def _consonant(samples: int, seconds: float, noise: FloatArray, chance: Chance) -> FloatArray:
    """Return a fricative or a plosive burst that ends where the vowel starts."""
    centre = chance.uniform(1500, 8000)
    support = np.array([centre / 3, centre, min(20000.0, centre * 2.5)], dtype=np.float32)
    coloured = filter_magnitude(noise, support, np.array([-35, 0, -30], np.float32), SAMPLE_RATE)
    times = np.arange(samples) / SAMPLE_RATE
    plosive = chance.happens(0.4)
    centre_time, width = (seconds, 0.008) if plosive else (seconds * 0.6, seconds * 0.5)
    shape = np.exp(-(((times - centre_time) / width) ** 2))
    return (chance.uniform(0.1, 0.5) * shape * coloured).astype(np.float32)
