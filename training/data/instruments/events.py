"""Notes as instruments play them: in seconds, with the pitch curves of expressive players."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.chance import Chance
from training.data.theory import Note


@dataclass(frozen=True, slots=True)
class PlayedNote:
    """One note in seconds."""

    start: float
    duration: float
    pitch: int
    """MIDI note number."""
    velocity: int
    """MIDI velocity, 1 to 127."""


def in_seconds(notes: Sequence[Note], tempo: float, seconds: float) -> list[PlayedNote]:
    """Convert beats to seconds, in rising order; notes after the end are dropped and long ones cut."""
    beat = 60 / tempo
    return [
        PlayedNote(
            note.start * beat,
            min(note.duration * beat, seconds - note.start * beat),
            note.pitch,
            note.velocity,
        )
        for note in sorted(notes, key=lambda note: (note.start, note.pitch))
        if note.start * beat < seconds - 0.02
    ]


def loosened(notes: Sequence[PlayedNote], chance: Chance, spread: float) -> list[PlayedNote]:
    """Play the notes again, as a second take does: other timing (deviation in seconds), other force."""
    return [
        PlayedNote(
            max(0.0, note.start + chance.normal(0, spread)),
            note.duration,
            note.pitch,
            max(1, min(127, note.velocity + chance.integer(-8, 8))),
        )
        for note in notes
    ]


@dataclass(frozen=True, slots=True)
class Expression:
    """How a solo player moves the pitch."""

    scoop_semitones: float
    """Depth from below with which some notes begin."""
    scoop_share: float
    vibrato_hz: float
    vibrato_semitones: float
    glide_seconds: float
    """Time constant of the glide from the previous note; 0 jumps."""

    @classmethod
    def draw(cls, chance: Chance) -> "Expression":
        """Draw a player."""
        return cls(
            scoop_semitones=chance.choice((0.3, 1.0, 2.0)),
            scoop_share=chance.uniform(0, 0.5),
            vibrato_hz=chance.uniform(4.2, 6.8),
            vibrato_semitones=chance.choice((0.0, 0.15, 0.3, 0.5)),
            glide_seconds=chance.choice((0.0, 0.0, 0.01, 0.03)),
        )


def pitch_curve(
    notes: Sequence[PlayedNote], seconds: float, step: float, expression: Expression, chance: Chance
) -> npt.NDArray[np.float64]:
    """Return the pitch in MIDI notes [ceil(seconds / step) + 1] of a line that plays one note at a time.

    Before the first note and in rests the last or next pitch is held.
    """
    times = np.arange(int(np.ceil(seconds / step)) + 1) * step
    curve = np.full(len(times), float(notes[0].pitch if notes else 60))
    for index, note in enumerate(notes):
        first = int(note.start / step)
        until = int(notes[index + 1].start / step) if index + 1 < len(notes) else len(times)
        if until <= first:
            continue
        passed = times[first:until] - note.start
        bend = np.zeros(len(passed))
        if index and expression.glide_seconds and abs(notes[index - 1].pitch - note.pitch) < 13:
            bend += (notes[index - 1].pitch - note.pitch) * np.exp(-passed / expression.glide_seconds)
        elif chance.happens(expression.scoop_share):
            bend -= expression.scoop_semitones * np.exp(-passed / chance.uniform(0.02, 0.09))
        onset = np.clip((passed - 0.2) / 0.25, 0, 1)
        bend += expression.vibrato_semitones * onset * np.sin(2 * np.pi * expression.vibrato_hz * passed)
        curve[first:until] = note.pitch + bend
    return curve


def one_at_a_time(notes: Sequence[PlayedNote]) -> list[PlayedNote]:
    """Keep the highest of simultaneous notes and end each note where the next begins."""
    line: list[PlayedNote] = []
    for note in notes:
        if line and note.start - line[-1].start < 0.02:
            line[-1] = max(line[-1], note, key=lambda one: one.pitch)
        else:
            line.append(note)
    return [
        PlayedNote(
            note.start,
            min(note.duration, (following.start - note.start) if following else note.duration),
            note.pitch,
            note.velocity,
        )
        for note, following in zip(line, [*line[1:], None], strict=True)
    ]
