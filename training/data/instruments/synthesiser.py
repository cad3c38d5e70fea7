"""Plays notes with a patch: chords note by note, or one line with glides."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
from training.data.instruments.patches import Patch
from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

Controls = npt.NDArray[np.floating]

FRAME_SECONDS = HOP / SAMPLE_RATE


def hertz(pitch: Controls | float) -> Controls:
    """Return the frequency of MIDI notes."""
    return np.asarray(440 * 2 ** ((np.asarray(pitch, dtype=np.float64) - 69) / 12))


def play_chords(notes: Sequence[PlayedNote], patch: Patch, samples: int, chance: Chance) -> FloatArray:
    """Play any number of notes at once; equal pitches share one rendering, as in a sampling keyboard.

    Returns:
        Stereo [2, samples]; a note of full velocity has a peak near 0.3.
    """
    output = np.zeros((CHANNELS, samples), dtype=np.float32)
    longest: dict[int, float] = {}
    for note in notes:
        longest[note.pitch] = max(longest.get(note.pitch, 0.0), note.duration)
    sounds = {
        pitch: _held(pitch, duration + patch.release, patch, chance.child("pitch", pitch))
        for pitch, duration in sorted(longest.items())
    }
    for note in notes:
        place(output, sounds[note.pitch], note, patch.release)
    return driven(output, patch.drive)


def play_line(
    notes: Sequence[PlayedNote], patch: Patch, expression: Expression, samples: int, chance: Chance
) -> FloatArray:
    """Play one note at a time with glides and vibrato; notes that touch are slurred.

    Returns:
        Stereo [2, samples].
    """
    line = one_at_a_time(notes)
    seconds = samples / SAMPLE_RATE
    frames = frame_count(samples)
    curve = pitch_curve(line, seconds + 2 * FRAME_SECONDS, FRAME_SECONDS, expression, chance)[:frames]
    since, level = np.full(frames, 10.0), np.zeros(frames)
    times = np.arange(frames) * FRAME_SECONDS
    for note in line:
        first, until = int(note.start / FRAME_SECONDS), int((note.start + note.duration) / FRAME_SECONDS)
        since[first:] = times[first:] - note.start
        held = envelope(times[first:] - note.start, patch, note.duration)
        level[first:] = np.maximum(held * (0.4 + 0.6 * note.velocity / 127), level[first:] * (until <= first))
    sound = _voices(hertz(curve), since, patch, samples, chance)
    gains = np.interp(np.arange(samples) / SAMPLE_RATE, times, level).astype(np.float32)
    return driven(sound * gains, patch.drive)


def _held(pitch: int, seconds: float, patch: Patch, chance: Chance) -> FloatArray:
    """Return one note [2, samples] without its release."""
    samples = max(HOP, round(seconds * SAMPLE_RATE))
    times = np.arange(frame_count(samples)) * FRAME_SECONDS
    sound = _voices(hertz(np.full(len(times), float(pitch))), times, patch, samples, chance)
    exact = np.arange(samples) / SAMPLE_RATE
    return sound * envelope(exact, patch, seconds + 1).astype(np.float32)


def envelope(times: Controls, patch: Patch, duration: float) -> Controls:
    """Return the level at times since the start of a note, the release included."""
    body = patch.sustain + (1 - patch.sustain) * np.exp(-np.maximum(0, times - patch.attack) / patch.decay)
    fade = np.clip(1 - (times - duration) / patch.release, 0, 1) ** 2
    return np.asarray(np.clip(times / patch.attack, 0, 1) * body * np.where(times > duration, fade, 1))


def spectra_over_time(frequency: Controls, since: Controls, patch: Patch) -> Spectra:
    """Return the filtered harmonics [frames, harmonics] for a pitch in Hz and a time since the start."""
    count = harmonic_count(float(frequency.min()))
    number = np.arange(1, count + 1)
    amplitudes = modulated(count, since, patch)
    cutoff = patch.cutoff_hz * (frequency / 220) ** patch.key_tracking
    cutoff *= 2 ** (patch.sweep_octaves * np.exp(-since / patch.sweep_seconds))
    cutoff *= 2 ** (
        patch.wobble_octaves * np.sin(2 * np.pi * patch.wobble_hz * np.arange(len(frequency)) * FRAME_SECONDS)
    )
    ratio = (frequency[:, None] * number / cutoff[:, None]).astype(np.float32)
    square = ratio * ratio
    response = 1 / np.sqrt((1 - square) ** 2 + square / patch.resonance**2)
    aliasing = (frequency[:, None] * number < 19_000).astype(np.float32)
    return np.asarray(amplitudes * response * aliasing, dtype=np.complex64)


def modulated(count: int, since: Controls, patch: Patch) -> Spectra:
    """Return the harmonics [frames or 1, count] before the filter, with frequency modulation worked out."""
    base: Spectra = patch.amplitudes[None, :count]
    harmonic, index, decay = patch.modulation
    if harmonic == 0:
        return base
    points = 1 << max(6, (4 * count - 1).bit_length())
    turn = 2 * np.pi * np.arange(points) / points
    depth = index * (0.15 + 0.85 * np.exp(-since / decay))
    period = np.sin(turn + depth[:, None] * np.sin(harmonic * turn)).astype(np.float32)
    return np.asarray(np.fft.rfft(period)[:, 1 : count + 1] * (2 / points), dtype=np.complex64)


def _voices(frequency: Controls, since: Controls, patch: Patch, samples: int, chance: Chance) -> FloatArray:
    """Sum the unison voices [2, samples] around a frequency per frame."""
    spectra = spectra_over_time(frequency, since, patch)
    power = np.sqrt((np.abs(spectra) ** 2).sum(axis=1).max()) + 1e-9
    table = period_table(spectra * np.float32(0.3 / power))
    output = np.zeros((CHANNELS, samples), dtype=np.float32)
    for voice in range(patch.unison):
        place_between = 2 * voice / (patch.unison - 1) - 1 if patch.unison > 1 else 0.0
        cents = place_between * patch.detune_cents * chance.uniform(0.8, 1.2)
        sound = read_table(table, frequency, samples, 2 ** (cents / 1200), chance.uniform(0, 1))
        # Alternate sides so that high and low voices do not end up on one side each.
        pan = place_between * patch.width * (1 if voice % 2 else -1)
        output[0] += np.float32(np.sqrt((1 - pan) / 2 / patch.unison)) * sound
        output[1] += np.float32(np.sqrt((1 + pan) / 2 / patch.unison)) * sound
    if patch.breath:
        output += patch.breath * chance.generator.standard_normal((1, samples)).astype(np.float32)
    return output * np.float32(np.sqrt(2))


def place(output: FloatArray, sound: FloatArray, note: PlayedNote, release: float) -> None:
    """Add a held sound [2 or 1, time] for the length of a note and fade it out."""
    first = round(note.start * SAMPLE_RATE)
    held = round(note.duration * SAMPLE_RATE)
    tail = max(64, round(release * SAMPLE_RATE))
    count = min(held + tail, sound.shape[-1], output.shape[-1] - first)
    if count <= 0:
        return
    gain = np.float32(0.3 + 0.7 * note.velocity / 127)
    faded = min(tail, max(0, count - held))
    output[:, first : first + count - faded] += gain * sound[:, : count - faded]
    if faded:
        fade = np.linspace(1, 1 - faded / tail, faded, dtype=np.float32) ** 2
        # A sound cut off by the end of its rendering still ends without a step.
        fade[-min(faded, 64) :] *= np.linspace(1, 0, min(faded, 64), dtype=np.float32)
        output[:, first + count - faded : first + count] += gain * fade * sound[:, count - faded : count]


def driven(sound: FloatArray, drive: float) -> FloatArray:
    """Send a sound through a soft curve; 0 leaves it alone."""
    if not drive:
        return sound
    scale = np.float32(1 + 3 * drive)
    return np.asarray(np.tanh(scale * sound) / np.float32(1 + drive), dtype=np.float32)
