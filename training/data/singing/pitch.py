"""The pitch of a singer: glides, scoops, vibrato, drift, creaks and falls around the notes of a melody.

Overshoot, drift and delayed vibrato follow the fluctuations measured by T. Saitou, M. Unoki and M. Akagi,
"Development of an F0 control model based on F0 dynamic characteristics for singing-voice synthesis"
(Speech Communication 46, 2005).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import scipy.signal

from training.data.chance import Chance
from training.data.singing.analysis import FRAME_SECONDS, Frames
from training.data.singing.singers import Singer
from training.data.voice import SungNote

LONG_ENOUGH_FOR_VIBRATO: Final = 0.35
TUNED_GLIDE: Final = 0.006
CREAK_HZ: Final = (45.0, 80.0)
LOWEST_HZ, HIGHEST_HZ = 55.0, 1400.0


def sung_pitch(
    notes: Sequence[SungNote], start: float, frames: int, singer: Singer, chance: Chance
) -> Frames:
    """Return the fundamental in Hz [frames] of a phrase.

    Args:
        notes: the notes of the phrase, in rising order, in the singer's octave.
        start: time of the first frame in seconds.
        frames: how many, one every 5 ms.
        singer: whose habits.
        chance: stream for what differs between two takes.
    """
    times: Frames = start + FRAME_SECONDS * np.arange(frames, dtype=np.float64)
    target = np.full(frames, float(notes[0].pitch))
    ornaments = np.zeros(frames)
    for index, note in enumerate(notes):
        target[times >= note.start - singer.glide / 2] = note.pitch
        local: Frames = times - note.start
        during = (local >= -0.05) & (local < note.duration)
        if chance.happens(singer.scoop):
            depth, length = chance.uniform(0.5, 2.5), chance.uniform(0.04, 0.12)
            ornaments[during] -= depth * np.exp(-np.maximum(0, local[during]) / length)
        if note.duration > LONG_ENOUGH_FOR_VIBRATO:
            ornaments += _vibrato(local, note.duration, singer, chance)
        if index == len(notes) - 1 and chance.happens(singer.fall):
            fall = np.clip((local - note.duration + 0.1) / 0.2, 0, 1)
            ornaments -= chance.uniform(2, 8) * fall**2
    contour = _glide(target, TUNED_GLIDE if singer.tuned else singer.glide, singer.overshoot)
    contour += ornaments * (0.25 if singer.tuned else 1.0) + _unrest(frames, singer, chance)
    hertz: Frames = np.clip(440 * 2 ** ((contour - 69) / 12), LOWEST_HZ, HIGHEST_HZ)
    return _creaks(hertz, times, notes, singer, chance)


def spoken_pitch(contour: Frames, target: float, singer: Singer, chance: Chance) -> Frames:
    """Move a speaker's melody [frames, Hz, 0 without voice] to a MIDI pitch, livelier or flatter."""
    voiced = contour > 0
    if not voiced.any():
        return np.full(len(contour), 440 * 2 ** ((target - 69) / 12))
    semitones = 12 * np.log2(
        np.interp(np.arange(len(contour)), np.flatnonzero(voiced), contour[voiced]) / 440
    )
    liveliness = chance.uniform(0.7, 1.8)
    moved = (
        target - 69 + liveliness * (semitones - np.median(semitones)) + _unrest(len(contour), singer, chance)
    )
    return np.asarray(np.clip(440 * 2 ** (moved / 12), LOWEST_HZ, HIGHEST_HZ))


def _glide(target: Frames, seconds: float, damping: float) -> Frames:
    """Smooth steps with a damped second-order system that overshoots when the damping is below 1."""
    rate = 3.0 / max(seconds, FRAME_SECONDS)
    second_order = scipy.signal.cont2discrete(
        ([rate**2], [1, 2 * damping * rate, rate**2]), FRAME_SECONDS, "zoh"
    )
    numerator, denominator = second_order[0][0], second_order[1]
    return np.asarray(
        target[0] + scipy.signal.lfilter(numerator, denominator, target - target[0]), dtype=np.float64
    )


def _vibrato(local: Frames, duration: float, singer: Singer, chance: Chance) -> Frames:
    """Return semitones [frames] for one note, growing after the delay, different from note to note."""
    onset = np.clip((local - singer.vibrato_delay) / 0.3, 0, 1) * (local < duration)
    rate = singer.vibrato_hz * chance.uniform(0.94, 1.06)
    depth = singer.vibrato_semitones * chance.uniform(0.4, 1.2)
    bent = 0.15 * np.sin(2 * np.pi * 0.9 * local + chance.uniform(0, 6))
    return np.asarray(depth * onset * np.sin(2 * np.pi * rate * local + bent + chance.uniform(0, 6)))


def _unrest(frames: int, singer: Singer, chance: Chance) -> Frames:
    """Return drift and jitter in semitones [frames]."""
    white = chance.generator.standard_normal((2, frames))
    slow = scipy.signal.lfilter([0.02], [1, -0.98], white[0]) / 0.1
    share = 0.2 if singer.tuned else 1.0
    rough = 1 + 4 * singer.roughness
    return np.asarray(share * singer.drift * slow + singer.jitter * rough * white[1])


def _creaks(
    hertz: Frames, times: Frames, notes: Sequence[SungNote], singer: Singer, chance: Chance
) -> Frames:
    """Let the voice start or end in vocal fry now and then."""
    first, last = notes[0].start, notes[-1].start + notes[-1].duration
    creaky = np.zeros(len(hertz), dtype=bool)
    if chance.happens(singer.fry):
        creaky |= (times > first - 0.05) & (times < first + chance.uniform(0.03, 0.1))
    if chance.happens(singer.fry):
        creaky |= times > last - chance.uniform(0.05, 0.2)
    pulses = chance.uniform(*CREAK_HZ) * np.exp(0.15 * chance.generator.standard_normal(len(hertz)))
    return np.where(creaky, pulses, hertz)
