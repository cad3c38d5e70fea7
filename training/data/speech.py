"""Sung and rapped words: espeak-ng speech, its spectral envelope re-excited at the pitch of a melody.

The singing follows the channel vocoder (H. Dudley, "The vocoder", Bell Laboratories Record 18, 1939), with
the envelope taken from the low part of the cepstrum.
"""

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.programs import read_sound, run_program
from training.data.signal import (
    FloatArray,
    inverse_short_time_spectrum,
    resample,
    short_time_spectrum,
)
from training.data.voice import SungNote
from training.sources import SAMPLE_RATE

# fmt: off
WORDS: Final = (
    "love", "night", "fire", "running", "dancing", "shadow", "morning", "river", "golden", "never",
    "always", "baby", "tonight", "feeling", "dreaming", "city", "light", "heart", "broken", "highway",
    "rain", "summer", "falling", "higher", "believe", "again", "money", "rhythm", "street", "every",
    "people", "ocean", "silver", "window", "forever", "yesterday", "breathing", "mountain", "stay",
    "away", "somewhere", "stars", "shining", "remember", "whisper", "closer", "thunder", "violet",
    "carry", "homeward", "open", "easy", "sister", "electric", "paper", "moon",
)
# fmt: on

VOICES: Final = ("en-us", "en-gb", "en-us+f3", "en-gb+m3", "en-us+f4", "en-us+m7", "es", "fr", "de", "it+f2")

WINDOW, HOP = 1024, 256
OFFSET_BINS: Final = 2
"""Bins of the vocoder that are below every voice: up to 65 Hz."""
LIFTER_SAMPLES: Final = 60
"""Cepstral coefficients kept: 1.4 ms, above the formants' detail and below the shortest pitch period."""


@functools.lru_cache(maxsize=2048)
def speak(word: str, voice: str, pitch: int, words_per_minute: int) -> FloatArray:
    """Return one spoken word [time] at 44.1 kHz, trimmed of silence, peak 1.

    Raises:
        ProgramError: espeak-ng is missing, fails or says nothing.
    """
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(words_per_minute), "--stdout", word]
    sound, rate = read_sound(run_program(command), f"espeak-ng with voice {voice}")
    audio = sound[:, 0]
    audible = np.flatnonzero(np.abs(audio) > 0.01)
    if not audible.size:
        return np.zeros(0, dtype=np.float32)
    audio = audio[audible[0] : audible[-1] + 1]
    audio = resample(audio, round(len(audio) * SAMPLE_RATE / rate))
    return np.asarray(audio / np.abs(audio).max(), dtype=np.float32)


def rap(notes: Sequence[SungNote], samples: int, chance: Chance) -> FloatArray:
    """Speak one word per note onset, at a constant pitch of voice [samples]."""
    voice, pitch, speed = chance.choice(VOICES), chance.integer(20, 80), chance.choice((170, 200, 240))
    line = np.zeros(samples, dtype=np.float32)
    free_from = 0.0
    for note in notes:
        if note.start < free_from:
            continue
        word = speak(chance.choice(WORDS), voice, pitch, speed)
        first = round(note.start * SAMPLE_RATE)
        count = min(len(word), samples - first)
        if count > 0:
            line[first : first + count] += word[:count]
        free_from = note.start + 0.85 * len(word) / SAMPLE_RATE
    return line


def sing_words(notes: Sequence[SungNote], samples: int, chance: Chance) -> FloatArray:
    """Sing one word per note with a voice of espeak-ng [samples]."""
    voice = chance.choice(VOICES)
    glide, vibrato = chance.uniform(0.01, 0.06), chance.uniform(0.0, 0.4)
    line = np.zeros(samples, dtype=np.float32)
    previous: float | None = None
    for note in notes:
        first = round(note.start * SAMPLE_RATE)
        count = min(round(note.duration * SAMPLE_RATE), samples - first)
        word = speak(chance.choice(WORDS), voice, 50, 180)
        if count < 4 * WINDOW or len(word) < 2 * WINDOW:
            continue
        times = np.arange(count) / SAMPLE_RATE
        start = note.pitch - 1 if previous is None else previous
        semitones = note.pitch - 69 + (start - note.pitch) * np.exp(-times / glide)
        semitones += vibrato * np.clip((times - 0.2) / 0.3, 0, 1) * np.sin(2 * np.pi * 5.5 * times)
        line[first : first + count] += _revoice(word, 440 * 2 ** (semitones / 12), chance)
        previous = note.pitch
    return line


def _revoice(word: FloatArray, fundamental: np.ndarray, chance: Chance) -> FloatArray:
    """Give a spoken word the length and pitch of `fundamental` [time, Hz]."""
    count = len(fundamental)
    envelope, voicing = _envelope_and_voicing(word)
    frames = count // HOP + 2
    position = _stretched(frames, len(envelope))
    whole = np.minimum(position.astype(int), len(envelope) - 2)
    part = (position - whole)[:, None]
    envelope = envelope[whole] * (1 - part) + envelope[whole + 1] * part
    voiced = voicing[whole][:, None]
    phase = np.cumsum(fundamental) / SAMPLE_RATE
    pulses = _pulses(phase) * np.sqrt(SAMPLE_RATE / fundamental)
    noise = chance.generator.standard_normal(count).astype(np.float32)
    tone = short_time_spectrum(pulses.astype(np.float32), WINDOW, HOP)[:frames]
    hiss = short_time_spectrum(noise, WINDOW, HOP)[:frames]
    used = min(len(tone), len(hiss), frames)
    spectrum = envelope[:used] * (voiced[:used] * tone[:used] + 0.7 * (1 - voiced[:used]) * hiss[:used])
    # All pulses point one way: without their lowest bins the voice would carry a constant offset.
    spectrum[:, :OFFSET_BINS] = 0
    sound = inverse_short_time_spectrum(spectrum.astype(np.complex64), WINDOW, HOP, count)
    fade = np.minimum(1, np.minimum(np.arange(count), np.arange(count)[::-1]) / 600)
    return np.asarray(fade * sound / (np.abs(sound).max() + 1e-6), dtype=np.float32)


def _pulses(phase: np.ndarray) -> FloatArray:
    """Return one pulse [time] per turn of the phase, shared between two samples to keep its exact time."""
    steps = np.diff(phase, prepend=0.0)
    wraps = np.diff(np.floor(phase), prepend=0.0)
    late = np.clip((phase % 1) / np.maximum(steps, 1e-9), 0, 1)
    pulses = wraps * (1 - late)
    pulses[:-1] += (wraps * late)[1:]
    return np.asarray(pulses, dtype=np.float32)


def _stretched(frames: int, available: int) -> np.ndarray:
    """Map output frames to frames of the word: the attack keeps its speed, the rest fills the note."""
    attack = min(30, available // 3, frames // 3)
    rest = np.linspace(attack, available - 1.001, frames - attack)
    return np.concatenate([np.arange(attack), rest])


def _envelope_and_voicing(word: FloatArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectral envelope [frames, bins] and how voiced each frame is, 0 to 1 [frames]."""
    magnitude = np.abs(short_time_spectrum(word, WINDOW, HOP)) + 1e-4
    cepstrum = np.fft.irfft(np.log(magnitude))
    cepstrum[:, LIFTER_SAMPLES:-LIFTER_SAMPLES] = 0
    envelope = np.exp(np.fft.rfft(cepstrum).real)
    energy = magnitude**2
    split = round(1200 * WINDOW / SAMPLE_RATE)
    low_share = energy[:, :split].sum(axis=1) / energy.sum(axis=1)
    return envelope, np.clip((low_share - 0.3) / 0.3, 0, 1)
