"""Accompaniment: chords, arpeggios, riffs and instrumental lines of the "other" stem."""

from collections.abc import Callable, Mapping
from typing import Final

from training.data.chance import Chance
from training.data.theory import GrammarPool, Note, Sketch

HarmonyGrammar = Callable[[Sketch, Chance], list[Note]]


def pads(sketch: Sketch, chance: Chance) -> list[Note]:
    """Held chords, one per bar, in a random inversion."""
    octave, inversion = chance.choice((1, 2, 2)), chance.integer(0, 2)
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        for position, pitch in enumerate(sketch.triad(bar, octave)):
            raised = pitch + 12 if position < inversion else pitch
            notes.append(Note(bar, sketch.beats_per_bar * 0.97, raised, chance.integer(60, 95)))
    return notes


def stabs(sketch: Sketch, chance: Chance) -> list[Note]:
    """Short chords on a rhythm drawn once per song."""
    octave = chance.choice((1, 2, 2))
    onsets = [step / 2 for step in range(2 * sketch.beats_per_bar) if chance.happens(0.4)] or [0.5]
    length = chance.uniform(0.15, 0.6)
    return [
        Note(bar + onset, length, pitch, chance.integer(70, 112))
        for bar in range(0, sketch.beats, sketch.beats_per_bar)
        for onset in onsets
        for pitch in sketch.triad(bar + onset, octave)
    ]


def strums(sketch: Sketch, chance: Chance) -> list[Note]:
    """Guitar strumming: five or six strings a few milliseconds apart, down on the beat, up between."""
    onsets = [step / 2 for step in range(2 * sketch.beats_per_bar) if step % 2 == 0 or chance.happens(0.6)]
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        for onset in onsets:
            low, third, fifth = sketch.triad(bar + onset, 1)
            strings = [low, fifth, low + 12, third + 12, fifth + 12]
            if onset % 1:
                strings.reverse()
            loudness = chance.integer(60, 105)
            notes += [Note(bar + onset + 0.02 * i, 0.6, pitch, loudness) for i, pitch in enumerate(strings)]
    return notes


def arpeggio(sketch: Sketch, chance: Chance) -> list[Note]:
    """Broken chords in eighths or sixteenths, the order drawn once per song."""
    rate = chance.choice((2, 4, 4))
    octave = chance.choice((1, 2, 2, 3))
    order = [chance.choice((0, 1, 2, 3)) for _ in range(8)]
    notes: list[Note] = []
    for index in range(sketch.beats * rate):
        beat = index / rate
        tones = sketch.triad(beat, octave)
        step = order[index % len(order)]
        pitch = tones[step] if step < 3 else tones[0] + 12
        notes.append(Note(beat, 0.95 / rate, pitch, chance.integer(65, 105)))
    return notes


def lead(sketch: Sketch, chance: Chance) -> list[Note]:
    """A solo line: a four-bar motif of scale steps that follows the chords, with rests."""
    span, octave = 4 * sketch.beats_per_bar, chance.choice((2, 2, 3))
    motif: list[tuple[float, float, int]] = []
    at, step = 0.0, 0
    while at < span:
        duration = chance.choice((0.25, 0.5, 0.5, 1.0, 1.0, 2.0))
        step = max(-3, min(9, step + chance.choice((-2, -1, -1, 1, 1, 2, 3))))
        if not chance.happens(0.2):
            motif.append((at, duration, step))
        at += duration
    return [
        Note(
            start + at,
            duration * 0.92,
            sketch.pitch(sketch.chord_degree(start + at) + step, octave),
            chance.integer(75, 115),
        )
        for start in range(0, sketch.beats, span)
        for at, duration, step in motif
    ]


def power_chords(sketch: Sketch, chance: Chance) -> list[Note]:
    """Rock guitar: root, fifth and octave in steady eighths, some held."""
    notes: list[Note] = []
    held = chance.happens(0.4)
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        onsets = [0.0] if held else [step / 2 for step in range(2 * sketch.beats_per_bar)]
        duration = sketch.beats_per_bar * 0.95 if held else 0.42
        for onset in onsets:
            root = sketch.pitch(sketch.chord_degree(bar + onset), 1)
            loudness = chance.integer(80, 115)
            notes += [Note(bar + onset, duration, root + interval, loudness) for interval in (0, 7, 12)]
    return notes


def alberti(sketch: Sketch, chance: Chance) -> list[Note]:
    """Classical broken chord: low, high, middle, high."""
    octave = chance.choice((1, 2))
    notes: list[Note] = []
    for index in range(sketch.beats * 4):
        tones = sketch.triad(index / 4, octave)
        notes.append(Note(index / 4, 0.24, tones[(0, 2, 1, 2)[index % 4]], chance.integer(65, 95)))
    return notes


def charleston(sketch: Sketch, chance: Chance) -> list[Note]:
    """Jazz comping: seventh chords on one and on the off-beat of two."""
    notes: list[Note] = []
    for bar in range(0, sketch.beats, sketch.beats_per_bar):
        for onset, duration in ((0.0, 1.2), (1.5, 0.4)):
            degree = sketch.chord_degree(bar + onset)
            loudness = chance.integer(65, 100)
            for interval in (2, 4, 6, 8):
                notes.append(Note(bar + onset, duration, sketch.pitch(degree + interval, 1), loudness))
    return notes


HARMONY_GRAMMARS: Final[dict[GrammarPool, Mapping[str, HarmonyGrammar]]] = {
    "training": {
        "pads": pads,
        "stabs": stabs,
        "strums": strums,
        "arpeggio": arpeggio,
        "lead": lead,
        "power_chords": power_chords,
    },
    "held_out": {"alberti": alberti, "charleston": charleston},
}

_KEYS_GUITARS = (0, 1, 2, 4, 5, 6, 7, 11, 16, 17, 18, 19, 24, 25, 26, 27, 28)
PROGRAMS: Final[dict[str, tuple[int, ...]]] = {
    "pads": (0, 4, 16, 18, 19, 48, 49, 50, 51, 61, 62, 63, 88, 89, 90, 92, 94, 95),
    "stabs": (*_KEYS_GUITARS, 29, 30, 61, 62, 80, 81, 55),
    "strums": (24, 25, 25, 26, 27, 28, 29, 104),
    "arpeggio": (*_KEYS_GUITARS, 8, 9, 10, 12, 13, 45, 46, 80, 81, 84, 99, 108),
    "lead": (11, 21, 22, 29, 30, 40, 42, 56, 57, 60, 64, 65, 66, 68, 71, 73, 75, 80, 81, 82, 87),
    "power_chords": (29, 30, 30, 27, 81),
    "alberti": (0, 0, 1, 6, 46, 71),
    "charleston": (0, 1, 4, 16, 26),
}
"""General MIDI programs (counted from 0) that suit each grammar."""
