"""Guitar parts of the wide songs: strumming, chugging, riffs and picking, string by string."""

from typing import Final

from training.data.chance import Chance
from training.data.theory import Note
from training.data.wide_theory import WideSketch

OPEN_STRINGS: Final = (40, 45, 50, 55, 59, 64)
"""Standard tuning, E2 to E4."""


def _eighth(sketch: WideSketch) -> float:
    return 1.0 if sketch.pulse == 3 or sketch.beats_per_bar == 7 else 0.5


def fretted(sketch: WideSketch, beat: float, position: int) -> list[int]:
    """Return a chord on up to six strings: on each the lowest chord note at or above a fret position."""
    chord = sketch.chord(beat)
    classes = {(chord.root + interval) % 12 for interval in chord.intervals}
    strings: list[int] = []
    for open_string in OPEN_STRINGS:
        fret = next(fret for fret in range(position, position + 12) if (open_string + fret) % 12 in classes)
        strings.append(open_string + fret)
    while strings and strings[0] % 12 != chord.bass and len(strings) > 4:
        strings.pop(0)
    return strings


def _strum(
    at: float, strings: list[int], duration: float, velocity: int, *, up: bool, spread: float
) -> list[Note]:
    ordered = strings[::-1][:4] if up else strings
    return [
        Note(at + spread * index, duration, pitch, max(1, min(127, velocity - 2 * index)))
        for index, pitch in enumerate(ordered)
    ]


def strummed(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Open strumming: down on the beat, up between, the missed strokes drawn once per song."""
    step = _eighth(sketch) / chance.choice((1, 1, 2))
    count = round(sketch.beats_per_bar / step)
    played = [(index % 2 == 0 and chance.happens(0.85)) or chance.happens(0.5) for index in range(count)]
    played[0] = True
    onsets = [index for index in range(count) if played[index]]
    position = chance.choice((0, 0, 0, 2, 3, 5, 7))
    spread = chance.uniform(0.008, 0.03) * sketch.tempo / 120
    ringing = chance.uniform(0.5, 1.6)
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for index, following in zip(onsets, [*onsets[1:], count], strict=True):
            at = bar + index * step
            accent = 18 if (index * step) in sketch.accents else 0
            notes += _strum(
                at,
                fretted(sketch, at, position),
                ringing * (following - index) * step,
                chance.integer(62, 96) + accent,
                up=index % 2 == 1,
                spread=spread,
            )
    return notes


def held_chords(sketch: WideSketch, chance: Chance) -> list[Note]:
    """One slow strum per chord change, ringing."""
    position, spread = chance.choice((0, 0, 3, 5, 7)), chance.uniform(0.01, 0.09)
    ends = [start for start, _ in sketch.changes[1:]] + [float(sketch.beats)]
    notes: list[Note] = []
    for (start, _), end in zip(sketch.changes, ends, strict=True):
        if end > start:
            chord = fretted(sketch, start, position)
            notes += _strum(
                start, chord, 0.98 * (end - start), chance.integer(75, 112), up=False, spread=spread
            )
    return notes


def funk_scratch(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Very short sixteenth chords high on the neck, half of them dead."""
    grid = [chance.happens(0.6) for _ in range(16)]
    notes: list[Note] = []
    for index in range(sketch.beats * 4):
        if grid[index % 16]:
            chord = fretted(sketch, index / 4, 7)[-4:]
            dead = chance.happens(0.4)
            notes += _strum(
                index / 4,
                chord,
                0.04 if dead else 0.18,
                chance.integer(60, 105),
                up=index % 2 == 1,
                spread=0.008,
            )
    return notes


def off_beat_skank(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Reggae and ska: short chords between the beats."""
    step, length = _eighth(sketch), chance.uniform(0.12, 0.3)
    notes: list[Note] = []
    for index in range(1, round(sketch.beats / step), 2):
        chord = fretted(sketch, index * step, 5)[-4:]
        notes += _strum(
            index * step, chord, length, chance.integer(75, 105), up=chance.happens(0.3), spread=0.01
        )
    return notes


def _power(sketch: WideSketch, beat: float, lowest: int) -> list[int]:
    root = sketch.chord(beat).root_pitch(lowest)
    return [root, root + 7, root + 12]


def chugging(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Palm-muted low chords in eighths or sixteenths with open accents drawn once per song."""
    step = _eighth(sketch) / chance.choice((1, 1, 2))
    count = round(sketch.beats_per_bar / step)
    accents = {0, *(index for index in range(count) if chance.happens(0.2))}
    lowest = chance.choice((35, 38, 40, 40))
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for index in range(count):
            at, opened = bar + index * step, index in accents
            if not opened and chance.happens(0.06):
                continue
            pitches = _power(sketch, at, lowest)[: 3 if opened else 2]
            length = step * (0.95 if opened else chance.uniform(0.28, 0.45))
            notes += _strum(
                at,
                pitches,
                length,
                chance.integer(100, 124) if opened else chance.integer(72, 96),
                up=False,
                spread=0.006,
            )
    return notes


def driving_power(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Punk and rock: open power chords in eighths, or one held chord per change."""
    if chance.happens(0.35):
        ends = [start for start, _ in sketch.changes[1:]] + [float(sketch.beats)]
        return [
            Note(start + 0.008 * index, 0.99 * (end - start), pitch, 110)
            for (start, _), end in zip(sketch.changes, ends, strict=True)
            if end > start
            for index, pitch in enumerate(_power(sketch, start, 38))
        ]
    step = _eighth(sketch)
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        notes += _strum(
            index * step,
            _power(sketch, index * step, 40),
            step * 0.96,
            chance.integer(92, 122),
            up=False,
            spread=0.006,
        )
    return notes


def riff(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A low single-note or two-note riff of one or two bars, repeated, in the blues or minor scale."""
    span = sketch.beats_per_bar * chance.choice((1, 2))
    step = _eighth(sketch) / chance.choice((1, 2))
    steps = chance.choice(((0, 3, 5, 6, 7, 10, 12), (0, 2, 3, 5, 7, 8, 10, 12), (0, 1, 3, 5, 7, 12)))
    fifths = chance.happens(0.4)
    figure: list[tuple[float, float, int]] = []
    at = 0.0
    while at < span:
        duration = step * chance.choice((1, 1, 2, 2, 3))
        if not chance.happens(0.15):
            figure.append((at, duration, 0 if chance.happens(0.45) else chance.choice(steps)))
        at += duration
    notes: list[Note] = []
    for start in range(0, sketch.beats, span):
        for at, duration, above in figure:
            pitch = sketch.chord(start).root_pitch(38) + above
            loudness = chance.integer(90, 122)
            notes.append(Note(start + at, duration * 0.92, pitch, loudness))
            if fifths:
                notes.append(Note(start + at, duration * 0.92, pitch + 7, loudness))
    return notes


def fingerpicking(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Thumb on the bass strings, fingers across the upper ones, ringing into each other."""
    step, position = _eighth(sketch) / chance.choice((1, 2)), chance.choice((0, 0, 0, 2, 5))
    order = [chance.choice((-1, -2, -3, -2)) for _ in range(8)]
    notes: list[Note] = []
    for index in range(round(sketch.beats / step)):
        at = index * step
        strings = fretted(sketch, at, position)
        thumb = index % 4 == 0
        pitch = strings[(index // 4) % 2] if thumb else strings[order[index % 8]]
        notes.append(Note(at, step * 3, pitch, chance.integer(72, 104) + (10 if thumb else 0)))
    return notes


def tremolo_picking(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Fast repeated single notes high up, as in surf and post-rock."""
    step = _eighth(sketch) / 2
    notes: list[Note] = []
    pitch = sketch.chord(0).root_pitch(60)
    for index in range(round(sketch.beats / step)):
        if index % 8 == 0:
            pitch = sketch.nearest_chord_pitch(index * step, pitch + chance.choice((-4, -2, 0, 2, 4)))
            pitch = min(81, max(57, pitch))
        notes.append(Note(index * step, step * 0.95, pitch, chance.integer(78, 108)))
    return notes


def montuno_guitar(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Flamenco-like rolled chords: a fast rasgueado on the accents, picked notes between."""
    notes: list[Note] = []
    for bar in sketch.bar_starts:
        for accent in sketch.accents:
            chord = fretted(sketch, bar + accent, 0)
            for stroke in range(3):
                at = bar + accent + stroke / 6
                notes += _strum(
                    at,
                    chord,
                    0.15 if stroke < 2 else 0.6,
                    chance.integer(75, 112),
                    up=stroke == 1,
                    spread=0.01,
                )
    return notes


def swing_four(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Big-band rhythm guitar: a short chord on every beat."""
    notes: list[Note] = []
    for beat in range(sketch.beats):
        chord = fretted(sketch, beat, 5)[:4]
        notes += _strum(
            float(beat), chord, chance.uniform(0.3, 0.55), chance.integer(70, 100), up=False, spread=0.012
        )
    return notes
