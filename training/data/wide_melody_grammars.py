"""Sung and rapped lines of the wide songs: phrases of a singable range with breaths between them."""

from collections.abc import Callable, Mapping
from typing import Final

from training.data.chance import Chance
from training.data.theory import Note, WidePool
from training.data.wide_theory import WideSketch

WideMelodyGrammar = Callable[[WideSketch, Chance, int], list[Note]]
"""Takes the sketch, the stream and the lowest comfortable MIDI note of the singer."""

LOWEST_VOICES: Final = (43, 46, 48, 50, 53, 55, 57, 60)
"""Lowest comfortable notes from bass (G2) to soprano (C4)."""

RANGE_SEMITONES: Final = 17


def _singable(pitch: int, lowest: int) -> int:
    while pitch > lowest + RANGE_SEMITONES:
        pitch -= 12
    while pitch < lowest:
        pitch += 12
    return pitch


def _sung(
    sketch: WideSketch, start: float, duration: float, step: int, lowest: int, *, on_chord: bool
) -> Note:
    pitch = sketch.scale_pitch(start, step, lowest)
    if on_chord:
        pitch = sketch.nearest_chord_pitch(start, pitch)
    return Note(start, duration * 0.96, _singable(pitch, lowest), 100)


def _words(chance: Chance, beats: float, durations: tuple[float, ...]) -> list[tuple[float, float, int]]:
    """Draw one phrase: onset, length and scale step of each syllable."""
    at, step = chance.choice((-0.5, 0.0, 0.0, 0.5, 1.0)), chance.integer(1, 5)
    at = max(0.0, at)
    phrase: list[tuple[float, float, int]] = []
    while at < beats:
        duration = min(chance.choice(durations), beats - at)
        if duration <= 0.1:
            break
        phrase.append((at, duration, step))
        step = max(0, min(9, step + chance.choice((-2, -1, -1, 0, 0, 1, 1, 2, chance.choice((-4, 3, 4, 5))))))
        at += duration
    return phrase


def pop_phrases(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Two-bar phrases in the order A A B A, with a rest of one to three beats at the end of each."""
    span = 2 * sketch.beats_per_bar
    scale = 2.0 if sketch.pulse == 3 or sketch.beats_per_bar == 7 else 1.0
    durations = tuple(scale * value for value in (0.5, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0))
    kinds = [_words(chance, span - chance.choice((1.0, 1.5, 2.0, 3.0)), durations) for _ in range(2)]
    notes: list[Note] = []
    for index, start in enumerate(range(0, sketch.beats, span)):
        for at, duration, step in kinds[(0, 0, 1, 0)[index % 4]]:
            notes.append(_sung(sketch, start + at, duration, step, lowest, on_chord=duration >= scale))
    return notes


def long_ballad(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Slow lines with held last notes."""
    span = 2 * sketch.beats_per_bar
    notes: list[Note] = []
    for start in range(0, sketch.beats, span):
        phrase = _words(chance, span - chance.choice((0.5, 1.0, 2.0)), (0.5, 1.0, 1.0, 2.0, 3.0))
        for at, duration, step in phrase:
            notes.append(_sung(sketch, start + at, duration, step, lowest, on_chord=duration >= 1))
    return notes


def chorus_hook(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """A one-bar hook sung high, repeated with the chord."""
    figure = _words(chance, sketch.beats_per_bar - chance.choice((0.25, 0.5, 1.0)), (0.25, 0.5, 0.5, 1.0))
    notes: list[Note] = []
    for start in sketch.bar_starts:
        if chance.happens(0.12):
            continue
        for at, duration, step in figure:
            notes.append(_sung(sketch, start + at, duration, step + 4, lowest, on_chord=at in sketch.accents))
    return notes


def verse_recitation(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Many short syllables around one note."""
    notes: list[Note] = []
    span = sketch.beats_per_bar * chance.choice((1, 2))
    centre = chance.integer(1, 4)
    for start in range(0, sketch.beats, span):
        at = chance.choice((0.0, 0.5, 1.0))
        while at < span - chance.choice((0.5, 1.0, 2.0)):
            duration = chance.choice((0.25, 0.5, 0.5, 0.5))
            step = centre + chance.choice((-1, 0, 0, 0, 0, 1, 2))
            notes.append(_sung(sketch, start + at, duration, step, lowest, on_chord=False))
            at += duration
    return notes


def sparse_calls(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """A few notes, then bars of rest, as samples in dance music."""
    notes: list[Note] = []
    span = sketch.beats_per_bar * chance.choice((2, 4))
    figure = _words(chance, min(4.0, span / 2), (0.5, 1.0, 1.0, 2.0))
    for start in range(0, sketch.beats, span):
        for at, duration, step in figure:
            notes.append(_sung(sketch, start + at, duration, step, lowest, on_chord=True))
    return notes


def runs(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Soul: held notes that end in quick falling runs."""
    notes: list[Note] = []
    at = float(chance.choice((0, 1)))
    while at < sketch.beats:
        step = chance.integer(4, 8)
        held = chance.choice((1.0, 1.5, 2.0))
        notes.append(_sung(sketch, at, held, step, lowest, on_chord=True))
        at += held
        for down in range(1, chance.integer(2, 6)):
            notes.append(_sung(sketch, at, 0.25, step - down, lowest, on_chord=False))
            at += 0.25
        at += chance.choice((0.5, 1.0, 2.0))
    return [note for note in notes if note.start < sketch.beats]


def rap_flow(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Sixteenths and triplets with rests at the end of bars, near one pitch."""
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        at, step = chance.choice((0.0, 0.25, 0.5)), chance.choice((0.25, 0.25, 1 / 3, 0.5))
        while at < sketch.beats_per_bar - chance.choice((0.25, 0.5, 1.0)):
            if not chance.happens(0.12):
                notes.append(
                    _sung(sketch, bar + at, step, chance.choice((0, 0, 1, 2)), lowest, on_chord=False)
                )
            at += step
    return notes


def call_and_response(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """One bar of rising call, one bar of falling answer, a bar of rest."""
    notes: list[Note] = []
    span = 3 * sketch.beats_per_bar
    for start in range(0, sketch.beats, span):
        rising = sorted(chance.integer(0, 7) for _ in range(sketch.beats_per_bar))
        for index, step in enumerate([*rising, *reversed(rising)]):
            notes.append(_sung(sketch, start + index, 1.0, step, lowest, on_chord=False))
    return notes


def folk_tune(sketch: WideSketch, chance: Chance, lowest: int) -> list[Note]:
    """Two lines of four bars in turn, mostly steps, ending on the tonic."""
    lines = [[chance.choice((-2, -1, 1, 1, 2)) for _ in range(4 * sketch.beats_per_bar)] for _ in range(2)]
    notes: list[Note] = []
    for index, start in enumerate(range(0, sketch.beats, 4 * sketch.beats_per_bar)):
        step = 2
        for at, move in enumerate(lines[index % 2][:-1]):
            notes.append(
                _sung(sketch, start + at, 1.0, step, lowest, on_chord=at % sketch.beats_per_bar == 0)
            )
            step = max(0, min(9, step + move))
    return notes


WIDE_MELODY_GRAMMARS: Final[dict[WidePool, Mapping[str, WideMelodyGrammar]]] = {
    "wide": {
        "pop_phrases": pop_phrases,
        "long_ballad": long_ballad,
        "chorus_hook": chorus_hook,
        "verse_recitation": verse_recitation,
        "sparse_calls": sparse_calls,
        "runs": runs,
        "rap_flow": rap_flow,
    },
    "wide_held_out": {"call_and_response": call_and_response, "folk_tune": folk_tune},
}
