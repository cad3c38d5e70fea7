"""Vocal melodies. A sung phrase is a list of notes with rests between phrases to breathe."""

from collections.abc import Callable, Mapping
from typing import Final

from training.data.chance import Chance
from training.data.theory import GrammarPool, Note, Sketch

MelodyGrammar = Callable[[Sketch, Chance, int], list[Note]]
"""Takes the sketch, the stream and the octave of the voice above the bass octave."""

LOWEST_STEP, HIGHEST_STEP = -2, 8
HIGHEST_PITCH: Final = 81
"""A5, near the top of what sopranos sing in popular music."""


def _sung(sketch: Sketch, start: float, duration: float, step: int, octave: int) -> Note:
    pitch = sketch.pitch(sketch.chord_degree(start) + step, octave)
    return Note(start, duration * 0.96, pitch - 12 if pitch > HIGHEST_PITCH else pitch, 100)


def stepwise(sketch: Sketch, chance: Chance, octave: int) -> list[Note]:
    """Wander by small steps around the chord, resting now and then."""
    notes: list[Note] = []
    at, step = float(chance.choice((0, 0, 2, 4))), chance.integer(0, 4)
    while at < sketch.beats:
        if chance.happens(0.15):
            at += chance.choice((1.0, 2.0, 3.0))
            continue
        duration = chance.choice((0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 3.0))
        step = max(LOWEST_STEP, min(HIGHEST_STEP, step + chance.choice((-2, -1, -1, 0, 1, 1, 2))))
        notes.append(_sung(sketch, at, duration, step, octave))
        at += duration
    return notes


def motif(sketch: Sketch, chance: Chance, octave: int) -> list[Note]:
    """Repeat a two-bar hook with varied endings."""
    span = 2 * sketch.beats_per_bar
    hook: list[tuple[float, float, int]] = []
    at, step = chance.choice((0.0, 0.5, 1.0)), chance.choice((0, 2, 4))
    while at < span - 1:
        duration = chance.choice((0.5, 0.5, 0.5, 1.0, 1.0, 1.5))
        hook.append((at, duration, step))
        step = max(LOWEST_STEP, min(HIGHEST_STEP, step + chance.choice((-2, -1, 0, 1, 2))))
        at += duration
    notes: list[Note] = []
    for start in range(0, sketch.beats, span):
        shift = chance.choice((0, 0, 0, 1, -1))
        notes += [_sung(sketch, start + at, duration, step + shift, octave) for at, duration, step in hook]
    return notes


def chant(sketch: Sketch, chance: Chance, octave: int) -> list[Note]:
    """Fast syllables mostly on one tone, in phrases: the rhythm of rap and talk-singing."""
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        at, end = chance.choice((0.0, 0.0, 0.25, 0.5)), sketch.beats_per_bar - chance.choice((0.0, 0.5, 1.0))
        while at < end:
            duration = chance.choice((0.25, 0.5, 0.5, 0.5, 1.0))
            notes.append(_sung(sketch, bar + at, duration, chance.choice((0, 0, 0, 2, 4)), octave))
            at += duration
    return notes


def long_tones(sketch: Sketch, chance: Chance, octave: int) -> list[Note]:
    """Ballad: one or two sustained notes per bar."""
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        if chance.happens(0.15):
            continue
        split = chance.choice((1.0, 2.0, float(sketch.beats_per_bar)))
        notes.append(_sung(sketch, bar, split, chance.choice((0, 2, 4, 7)), octave))
        if split < sketch.beats_per_bar:
            notes.append(
                _sung(sketch, bar + split, sketch.beats_per_bar - split, chance.choice((1, 2, 4)), octave)
            )
    return notes


def call_and_response(sketch: Sketch, chance: Chance, octave: int) -> list[Note]:
    """One bar of rising call, one bar of falling answer, a bar of rest."""
    notes: list[Note] = []
    span = 3 * sketch.beats_per_bar
    for start in range(0, sketch.beats, span):
        rising = sorted(chance.integer(0, 7) for _ in range(sketch.beats_per_bar))
        line = [*rising, *reversed(rising)]
        notes += [_sung(sketch, start + index, 1.0, step, octave) for index, step in enumerate(line)]
    return notes


MELODY_GRAMMARS: Final[dict[GrammarPool, Mapping[str, MelodyGrammar]]] = {
    "training": {"stepwise": stepwise, "motif": motif, "chant": chant, "long_tones": long_tones},
    "held_out": {"call_and_response": call_and_response},
}
