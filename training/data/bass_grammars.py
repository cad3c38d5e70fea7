"""Bass lines over the chords of a sketch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from training.data.chance import Chance
from training.data.theory import GrammarPool, Note, Sketch

BassGrammar = Callable[[Sketch, Chance], list[Note]]

LOWEST_PITCH: Final = 28
"""E1, the open lowest string of a four-string bass."""


def _in_range(pitch: int) -> int:
    """Fold a pitch into the octaves a bass plays in."""
    while pitch > 55:
        pitch -= 12
    while pitch < LOWEST_PITCH:
        pitch += 12
    return pitch


def _pattern(
    sketch: Sketch, chance: Chance, onsets: Sequence[float], length: tuple[float, float]
) -> list[Note]:
    """Play the chord root at the given onsets of every bar, holding each for a share of the gap."""
    inside = [onset for onset in onsets if onset < sketch.beats_per_bar]
    ends = [*inside[1:], float(sketch.beats_per_bar)]
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        for onset, end in zip(inside, ends, strict=True):
            root = sketch.pitch(sketch.chord_degree(bar + onset))
            jump = chance.choice((7, 12, -5)) if chance.happens(0.12) else 0
            duration = (end - onset) * chance.uniform(*length)
            notes.append(Note(bar + onset, duration, _in_range(root + jump), chance.integer(85, 120)))
    return notes


def eighths(sketch: Sketch, chance: Chance) -> list[Note]:
    """Driving eighth notes on the root."""
    return _pattern(sketch, chance, [step / 2 for step in range(8)], (0.6, 0.98))


def quarters(sketch: Sketch, chance: Chance) -> list[Note]:
    """One note per beat."""
    return _pattern(sketch, chance, range(4), (0.5, 0.98))


def long_notes(sketch: Sketch, chance: Chance) -> list[Note]:
    """One or two held notes per bar."""
    return _pattern(sketch, chance, chance.choice(((0.0,), (0.0, 2.0), (0.0, 3.0))), (0.8, 0.99))


def syncopated(sketch: Sketch, chance: Chance) -> list[Note]:
    """A sixteenth-note pattern drawn once per song."""
    onsets = [0.0] + [step / 4 for step in range(1, 16) if chance.happens(0.3)]
    return _pattern(sketch, chance, onsets, (0.4, 0.95))


def octaves(sketch: Sketch, chance: Chance) -> list[Note]:
    """Disco: the root on the beat, its octave between."""
    notes: list[Note] = []
    for beat in range(sketch.beats):
        root = _in_range(sketch.pitch(sketch.chord_degree(beat)))
        notes.append(Note(beat, 0.45, root, chance.integer(95, 120)))
        notes.append(Note(beat + 0.5, 0.4, root + 12, chance.integer(85, 112)))
    return notes


def riff(sketch: Sketch, chance: Chance) -> list[Note]:
    """A two-bar figure of scale steps around the chord root, repeated."""
    span = 2 * sketch.beats_per_bar
    figure: list[tuple[float, float, int]] = []
    at = 0.0
    while at < span:
        duration = chance.choice((0.5, 0.5, 0.75, 1.0, 1.5))
        figure.append((at, duration, chance.choice((0, 0, 0, 2, 4, 4, 6, -1, 7))))
        at += duration
    return [
        Note(
            start + at,
            duration * 0.9,
            _in_range(sketch.pitch(sketch.chord_degree(start + at) + step)),
            chance.integer(85, 120),
        )
        for start in range(0, sketch.beats, span)
        for at, duration, step in figure
    ]


def walking(sketch: Sketch, chance: Chance) -> list[Note]:
    """Jazz walking bass: chord tones on strong beats, a chromatic approach before each new bar."""
    notes: list[Note] = []
    for beat in range(sketch.beats):
        degree = sketch.chord_degree(beat)
        if beat % sketch.beats_per_bar == sketch.beats_per_bar - 1:
            pitch = sketch.pitch(sketch.chord_degree(beat + 1)) + chance.choice((-1, 1))
        elif beat % sketch.beats_per_bar == 0:
            pitch = sketch.pitch(degree)
        else:
            pitch = sketch.pitch(degree + chance.choice((1, 2, 3, 4)))
        notes.append(Note(beat, 0.92, _in_range(pitch), chance.integer(85, 112)))
    return notes


def tumbao(sketch: Sketch, chance: Chance) -> list[Note]:
    """Latin anticipation: the fifth on the off-beat of two, the next root on four."""
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        root = sketch.pitch(sketch.chord_degree(bar))
        following = sketch.pitch(sketch.chord_degree(bar + sketch.beats_per_bar))
        notes.append(Note(bar + 1.5, 1.3, _in_range(root + 7), chance.integer(90, 115)))
        notes.append(Note(bar + sketch.beats_per_bar - 1, 1.8, _in_range(following), chance.integer(90, 115)))
    return notes


BASS_GRAMMARS: Final[dict[GrammarPool, Mapping[str, BassGrammar]]] = {
    "training": {
        "eighths": eighths,
        "quarters": quarters,
        "long_notes": long_notes,
        "syncopated": syncopated,
        "octaves": octaves,
        "riff": riff,
    },
    "held_out": {"walking": walking, "tumbao": tumbao},
}

BASS_PROGRAMS: Final = (32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 38, 39, 39, 43)
"""General MIDI programs counted from 0: the basses, and once the double bass of the string section."""
