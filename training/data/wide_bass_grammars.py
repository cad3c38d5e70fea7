"""Bass lines of many genres for the wide songs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from training.data.chance import Chance
from training.data.theory import Note, WidePool
from training.data.wide_theory import WideSketch

WideBassGrammar = Callable[[WideSketch, Chance], list[Note]]

LOWEST_PITCH: Final = 28
"""E1, the open lowest string of a four-string bass."""


def _line(
    sketch: WideSketch,
    chance: Chance,
    pattern: Sequence[tuple[float, float, int]],
    lowest: int = LOWEST_PITCH,
    velocity: tuple[int, int] = (85, 118),
) -> list[Note]:
    """Play a pattern of (onset in the bar, beats, semitones above the chord's bass note) in every bar."""
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for onset, duration, above in pattern:
            if onset < sketch.beats_per_bar:
                pitch = sketch.chord(bar + onset).bass_pitch(lowest) + above
                room = min(duration, sketch.beats_per_bar - onset)
                notes.append(Note(bar + onset, room, pitch, chance.integer(*velocity)))
    return notes


def _grid(sketch: WideSketch, step: float) -> list[float]:
    return [index * step for index in range(round(sketch.beats_per_bar / step))]


def _eighth(sketch: WideSketch) -> float:
    return 1.0 if sketch.pulse == 3 or sketch.beats_per_bar == 7 else 0.5


def root_eighths(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Driving eighths on the root, the length drawn once per song."""
    step = _eighth(sketch)
    share = chance.uniform(0.5, 0.98)
    lift = chance.choice((0, 0, 12))
    return _line(sketch, chance, [(onset, step * share, 0) for onset in _grid(sketch, step)], 28 + lift)


def picked_rock(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Picked eighths with pushes to the fifth and octave, and a walk into the next chord."""
    notes = root_eighths(sketch, chance)
    last = sketch.beats_per_bar - 2 * _eighth(sketch)
    moved: list[Note] = []
    for note in notes:
        inside = note.start % sketch.beats_per_bar
        target = sketch.chord(note.start - inside + sketch.beats_per_bar).bass_pitch()
        here = sketch.chord(note.start).bass_pitch()
        above = chance.choice((0, 7, 12, 2)) if inside >= last and target == here else 0
        if inside >= last and target != here and chance.happens(0.5):
            above = (1 if target > here else -1) * chance.choice((1, 2))
        moved.append(Note(note.start, note.duration, note.pitch + above, note.velocity))
    return moved


def half_notes(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A root on every accent or every other one, held."""
    accents = sketch.accents[:: chance.choice((1, 2, 2))]
    ends = [*accents[1:], float(sketch.beats_per_bar)]
    share = chance.uniform(0.6, 0.99)
    return _line(sketch, chance, [(a, (b - a) * share, 0) for a, b in zip(accents, ends, strict=True)])


def sustained_sub(sketch: WideSketch, chance: Chance) -> list[Note]:
    """One very low held note per chord."""
    lowest = chance.choice((24, 26, 28))
    ends = [start for start, _ in sketch.changes[1:]] + [float(sketch.beats)]
    return [
        Note(start, 0.97 * (end - start), chord.bass_pitch(lowest), chance.integer(90, 115))
        for (start, chord), end in zip(sketch.changes, ends, strict=True)
        if end > start
    ]


def octaves(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Disco: low and high octave alternating in eighths, now and then in sixteenths."""
    step = chance.choice((_eighth(sketch), _eighth(sketch), _eighth(sketch) / 2))
    share = chance.uniform(0.4, 0.9)
    pattern = [(onset, step * share, 12 * (index % 2)) for index, onset in enumerate(_grid(sketch, step))]
    return _line(sketch, chance, pattern)


def walking(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Jazz and rock-and-roll: a step on every beat towards the next chord's root."""
    notes: list[Note] = []
    pitch = sketch.chord(0).bass_pitch(33)
    for beat in range(sketch.beats):
        target = sketch.chord(beat + 1).bass_pitch(33)
        if sketch.chord(beat) != sketch.chord(beat - 1):
            pitch = sketch.chord(beat).bass_pitch(33)
        elif sketch.chord(beat + 1) != sketch.chord(beat):
            pitch = target + chance.choice((-1, 1, 2, -2))
        else:
            pitch = sketch.nearest_chord_pitch(beat, pitch + chance.choice((-5, -3, 3, 4, 5)))
        pitch = min(52, max(LOWEST_PITCH, pitch))
        notes.append(Note(float(beat), chance.uniform(0.7, 0.97), pitch, chance.integer(85, 110)))
    return notes


def funk_slap(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Sixteenth-note slap: strong thumb on one, popped octaves off the beat, dead notes between."""
    pattern: list[tuple[float, float, int]] = [(0.0, 0.4, 0)]
    for onset in _grid(sketch, 0.25)[1:]:
        if chance.happens(0.42):
            pattern.append((onset, chance.choice((0.1, 0.18, 0.24)), chance.choice((0, 0, 12, 12, 10, 7))))
    return _line(sketch, chance, pattern, velocity=(70, 126))


def syncopated(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A pattern of one bar over sixteenths, drawn once per song."""
    onsets = [0.0, *(onset for onset in _grid(sketch, _eighth(sketch) / 2)[1:] if chance.happens(0.28))]
    ends = [*onsets[1:], float(sketch.beats_per_bar)]
    share = chance.uniform(0.4, 0.98)
    pattern = [
        (a, (b - a) * share, chance.choice((0, 0, 0, 0, 7, 12, -2)))
        for a, b in zip(onsets, ends, strict=True)
    ]
    return _line(sketch, chance, pattern)


def reggae(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A heavy melodic figure that leaves the first beat open."""
    figure = chance.choice(
        (((1.0, 0), (1.5, 0), (2.0, 4), (3.0, 7)), ((0.5, 0), (1.5, 7), (2.5, 0), (3.0, 0)))
    )
    return _line(sketch, chance, [(onset, chance.uniform(0.4, 0.9), above) for onset, above in figure])


def dub(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Few long low notes with rests of bars between."""
    notes = _line(sketch, chance, ((0.0, 1.4, 0), (1.5, 0.5, 0), (2.5, 1.4, chance.choice((0, 7, 10)))), 26)
    return [note for note in notes if int(note.start // sketch.beats_per_bar) % 4 != 3 or chance.happens(0.3)]


def synth_sixteenths(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Electronic: machine-even sixteenths with gaps and octave jumps drawn once."""
    step = _eighth(sketch) / 2
    gaps = [chance.happens(0.8) for _ in range(16)]
    jumps = [chance.choice((0, 0, 0, 12)) for _ in range(16)]
    pattern = [
        (onset, step * 0.8, jumps[index % 16])
        for index, onset in enumerate(_grid(sketch, step))
        if gaps[index % 16]
    ]
    return _line(sketch, chance, pattern, velocity=(98, 106))


def off_beats(sketch: WideSketch, chance: Chance) -> list[Note]:
    """House and trance: between the kicks only."""
    step = _eighth(sketch)
    onsets = [onset for onset in _grid(sketch, step) if onset % (2 * step) == step]
    pattern = [(onset, step * chance.uniform(0.5, 0.95), 0) for onset in onsets]
    return _line(sketch, chance, pattern, velocity=(100, 110))


def eight_oh_eight(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Trap: long booming notes on a sparse pattern; overlapping ones glide."""
    onsets = [0.0] + [onset for onset in _grid(sketch, 0.5)[1:] if chance.happens(0.22)]
    ends = [*onsets[1:], float(sketch.beats_per_bar)]
    pattern = [
        (a, (b - a) * chance.choice((0.6, 0.98, 1.02)), chance.choice((0, 0, 0, 0, 12, -5)))
        for a, b in zip(onsets, ends, strict=True)
    ]
    return _line(sketch, chance, pattern, 26)


def arpeggiated(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Through the notes of the chord in eighths."""
    step = _eighth(sketch)
    order = [chance.choice((0, 1, 2, 3)) for _ in range(8)]
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        tones = sketch.chord(index * step).voicing(31)
        position = order[index % 8]
        pitch = tones[position % len(tones)] + 12 * (position // len(tones))
        notes.append(Note(index * step, step * 0.9, pitch, chance.integer(85, 112)))
    return notes


def melodic(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A moving line that sings: scale steps between chord notes, a fill at the end of phrases."""
    notes: list[Note] = []
    at, pitch = 0.0, sketch.chord(0).bass_pitch(33)
    while at < sketch.beats:
        if sketch.chord(at) != sketch.chord(at - 0.5):
            pitch = sketch.chord(at).bass_pitch(31)
        duration = chance.choice((0.5, 0.5, 1.0, 1.0, 1.5)) * (2 * _eighth(sketch))
        notes.append(Note(at, duration * chance.uniform(0.75, 0.98), pitch, chance.integer(82, 116)))
        pitch = sketch.nearest_chord_pitch(at, pitch + chance.choice((-5, -2, 2, 3, 5)))
        pitch = min(52, max(LOWEST_PITCH, pitch))
        at += duration
    return notes


def pedal_gallop(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Metal: an eighth and two sixteenths on the low string."""
    unit = _eighth(sketch)
    pattern: list[tuple[float, float, int]] = []
    for onset in _grid(sketch, 2 * unit):
        pattern += [
            (onset, unit * 0.8, 0),
            (onset + unit, unit * 0.4, 0),
            (onset + 1.5 * unit, unit * 0.4, 0),
        ]
    return _line(sketch, chance, pattern, 26, (100, 124))


def tumbao(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Son and salsa: the off-beat of two and the fourth beat, which already has the next chord."""
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        root = sketch.chord(bar).bass_pitch(33)
        following = sketch.chord(bar + sketch.beats_per_bar).bass_pitch(33)
        notes.append(Note(bar + 1.5, 1.4, root + chance.choice((7, 7, 0)), chance.integer(88, 115)))
        notes.append(Note(bar + 3.0, 1.9, following, chance.integer(90, 118)))
    return notes


def dotted_bossa(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Root and fifth on a dotted rhythm."""
    fifth = chance.choice((7, -5))
    return _line(sketch, chance, ((0.0, 1.4, 0), (1.5, 0.45, fifth), (2.0, 1.4, fifth), (3.5, 0.45, 0)), 33)


def two_beat(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Country and polka: root and fifth in turn, short."""
    pattern = [
        (onset, chance.uniform(0.5, 0.8), 7 * (index % 2)) for index, onset in enumerate(sketch.accents[::2])
    ]
    return _line(sketch, chance, pattern)


def boogie(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Boogie-woogie: root, third, fifth, sixth and down again in eighths."""
    steps = (0, 0, 4, 4, 7, 7, 9, 9, 10, 10, 9, 9, 7, 7, 4, 4)
    pattern = [(onset, 0.4, steps[index % 16]) for index, onset in enumerate(_grid(sketch, 0.5))]
    return _line(sketch, chance, pattern)


WIDE_BASS_GRAMMARS: Final[dict[WidePool, Mapping[str, WideBassGrammar]]] = {
    "wide": {
        "root_eighths": root_eighths,
        "picked_rock": picked_rock,
        "half_notes": half_notes,
        "sustained_sub": sustained_sub,
        "octaves": octaves,
        "walking": walking,
        "funk_slap": funk_slap,
        "syncopated": syncopated,
        "reggae": reggae,
        "dub": dub,
        "synth_sixteenths": synth_sixteenths,
        "off_beats": off_beats,
        "eight_oh_eight": eight_oh_eight,
        "arpeggiated": arpeggiated,
        "melodic": melodic,
        "pedal_gallop": pedal_gallop,
    },
    "wide_held_out": {"tumbao": tumbao, "dotted_bossa": dotted_bossa, "two_beat": two_beat, "boogie": boogie},
}

SYNTHETIC_BASSES: Final = frozenset(
    {"sustained_sub", "synth_sixteenths", "off_beats", "eight_oh_eight", "dub", "octaves", "arpeggiated"}
)
"""Grammars that synthesisers play as readily as bass guitars."""
