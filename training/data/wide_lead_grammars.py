"""Instrumental solo lines of the wide songs: they sing like voices and must not be taken for them."""

from typing import Final

from training.data.chance import Chance
from training.data.theory import Note
from training.data.wide_theory import WideSketch

LOWEST_LEAD, HIGHEST_LEAD = 55, 91


def _bounded(pitch: int) -> int:
    while pitch > HIGHEST_LEAD:
        pitch -= 12
    while pitch < LOWEST_LEAD:
        pitch += 12
    return pitch


def _phrase(
    chance: Chance, beats: float, durations: tuple[float, ...], leap: int
) -> list[tuple[float, float, int]]:
    """Draw onsets, lengths and scale steps of one phrase."""
    at, step = chance.choice((0.0, 0.0, 0.5, 1.0)), chance.integer(0, 5)
    phrase: list[tuple[float, float, int]] = []
    while at < beats:
        duration = min(chance.choice(durations), beats - at)
        if duration > 0:
            phrase.append((at, duration, step))
        step = max(-3, min(11, step + chance.choice((-2, -1, -1, 1, 1, 2, leap, -leap))))
        at += max(duration, 0.125)
    return phrase


def _placed(
    sketch: WideSketch, phrase: list[tuple[float, float, int]], start: float, lowest: int, chance: Chance
) -> list[Note]:
    """Put a phrase on the scale; its long notes fall on the chord."""
    notes: list[Note] = []
    for at, duration, step in phrase:
        pitch = sketch.scale_pitch(start + at, step, lowest)
        if duration >= 1:
            pitch = sketch.nearest_chord_pitch(start + at, pitch)
        notes.append(Note(start + at, duration * 0.96, _bounded(pitch), chance.integer(78, 118)))
    return notes


def themed_solo(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Two phrases in turn with breaths between, as a saxophone or a trumpet plays a theme."""
    span, lowest = 2 * sketch.beats_per_bar, chance.choice((60, 60, 67, 72))
    durations = (0.5, 0.5, 1.0, 1.0, 1.5, 2.0)
    phrases = [_phrase(chance, span - chance.choice((0.5, 1, 2)), durations, 4) for _ in range(2)]
    notes: list[Note] = []
    for index, start in enumerate(range(0, sketch.beats, span)):
        notes += _placed(sketch, phrases[chance.choice((index % 2, 0))], start, lowest, chance)
    return notes


def fast_solo(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Runs in sixteenths and triplets that end on long notes."""
    notes: list[Note] = []
    span, lowest = sketch.beats_per_bar, chance.choice((60, 64, 67))
    for start in range(0, sketch.beats, span):
        fast = (0.25, 0.25, 0.25, 0.5) if chance.happens(0.6) else (1 / 3, 1 / 3, 2 / 3)
        phrase = _phrase(chance, span - chance.choice((0, 1, 1)), fast, 3)
        if phrase and chance.happens(0.6):
            at, _, step = phrase[-1]
            phrase[-1] = (at, span - at, step)
        notes += _placed(sketch, phrase, start, lowest, chance)
    return notes


def pentatonic_solo(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Rock guitar: pentatonic licks, repeated notes to be bent, long notes at the end."""
    minor = sketch.scale[2] == 3
    ladder = (0, 3, 5, 7, 10) if minor or chance.happens(0.4) else (0, 2, 4, 7, 9)
    lowest = chance.choice((60, 64, 69))
    notes: list[Note] = []
    at, place = 0.0, chance.integer(0, 6)
    while at < sketch.beats:
        for _ in range(chance.integer(3, 9)):
            duration = chance.choice((0.25, 0.25, 0.5, 0.5, 1 / 3, 1.0))
            turns, degree = divmod(place, len(ladder))
            pitch = lowest + (sketch.tonic(at) - lowest) % 12 + ladder[degree] + 12 * turns
            notes.append(Note(at, duration, _bounded(pitch), chance.integer(88, 122)))
            place = max(0, min(9, place + chance.choice((-2, -1, -1, 0, 1, 1, 2))))
            at += duration
        at += chance.choice((0.0, 0.5, 1.0, 2.0))
        at = round(at * 12) / 12
    return notes


def long_lead(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Slow expressive notes, one or two per bar."""
    notes: list[Note] = []
    pitch = sketch.nearest_chord_pitch(0, chance.choice((64, 69, 74)))
    for bar in sketch.bar_starts:
        split = chance.choice((sketch.beats_per_bar, sketch.beats_per_bar - 1, sketch.beats_per_bar / 2))
        for start, end in ((0.0, float(split)), (float(split), float(sketch.beats_per_bar))):
            if end > start and not chance.happens(0.12):
                pitch = sketch.nearest_chord_pitch(bar + start, pitch + chance.choice((-4, -2, 2, 3, 5)))
                pitch = _bounded(pitch)
                notes.append(Note(bar + start, 0.97 * (end - start), pitch, chance.integer(75, 112)))
    return notes


def hook(sketch: WideSketch, chance: Chance) -> list[Note]:
    """A short figure of one or two bars repeated unchanged: synth or guitar hook."""
    span = chance.choice((1, 2)) * sketch.beats_per_bar
    figure = _phrase(chance, span - 0.5, (0.25, 0.5, 0.5, 0.75, 1.0), 4)
    lowest = chance.choice((60, 67, 72))
    notes: list[Note] = []
    for start in range(0, sketch.beats, span):
        notes += _placed(sketch, figure, start, lowest, chance)
    return notes


def octave_lead(sketch: WideSketch, chance: Chance) -> list[Note]:
    """The theme in octaves."""
    theme = themed_solo(sketch, chance)
    return theme + [Note(note.start, note.duration, note.pitch - 12, note.velocity - 6) for note in theme]


def fiddle_reel(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Folk dance: endless eighths or sixteenths that wander through chord and scale."""
    step_beats = 1.0 if sketch.pulse == 3 else 0.5
    notes: list[Note] = []
    place = 7
    for index in range(round(sketch.beats / step_beats)):
        place = max(0, min(14, place + chance.choice((-2, -1, -1, 1, 1, 2))))
        pitch = sketch.scale_pitch(index * step_beats, place, 62)
        if index % 4 == 0:
            pitch = sketch.nearest_chord_pitch(index * step_beats, pitch)
        notes.append(Note(index * step_beats, 0.95 * step_beats, _bounded(pitch), chance.integer(80, 112)))
    return notes


def bebop(sketch: WideSketch, chance: Chance) -> list[Note]:
    """Jazz eighths with chromatic approaches to chord notes, phrases of irregular length."""
    notes: list[Note] = []
    at, pitch = 0.0, 70
    while at < sketch.beats:
        for _ in range(chance.integer(4, 14)):
            target = sketch.nearest_chord_pitch(at + 0.5, pitch + chance.choice((-5, -3, 3, 4, 7)))
            pitch = _bounded(target + (chance.choice((-1, 1)) if chance.happens(0.4) else 0))
            notes.append(Note(at, 0.46, pitch, chance.integer(75, 112)))
            at += 0.5
        at += chance.choice(RESTS)
    return notes


RESTS: Final = (0.5, 1.0, 1.5, 3.0)
