"""A groove over a whole song: sections, rides, crashes, fills, breaks and build-ups."""

from dataclasses import dataclass, replace
from typing import Final

from training.data.chance import Chance
from training.data.drum_grammars import DrumGrammar
from training.data.theory import Note, Sketch
from training.data.wide_drum_fills import FILLS, build_up
from training.data.wide_drum_patterns import Groove, Role, is_compound, play_line, strike

FAST_TEMPO: Final = 140
"""Beats per minute above which a spacious groove may be played at half speed."""

CRASHES: Final = (49, 49, 57, 57, 55, 52)
TOM_LINES: Final = (
    "..............xx",
    "...x......x.....",
    "......xx......xx",
    "....f.......f...",
    "X.x.X.x.X.x.X.x.",
)


@dataclass(frozen=True, slots=True)
class _Manner:
    """What stays the same through one song."""

    pitches: tuple[int, ...]
    """Instrument of each voice."""
    present: tuple[bool, ...]
    stretch: int
    crash_odds: float
    fill_odds: float
    looped: bool
    """Every repeat of a section's lines is struck alike, as a programmed loop is."""
    loudness: float
    toms: bool
    """A few strokes on the toms belong to the groove."""


def grammar(groove: Groove) -> DrumGrammar:
    """Return the grammar that plays a groove."""

    def play(sketch: Sketch, chance: Chance) -> list[Note]:
        manner = _draw_manner(groove, sketch, chance.child("manner"))
        notes: list[Note] = []
        start, index = 0, 0
        while start < sketch.bars:
            section = chance.child("section", index)
            length = min(section.choice((2, 4, 4, 4, 8)), sketch.bars - start)
            notes += _play_section(groove, manner, sketch, range(start, start + length), section)
            start, index = start + length, index + 1
        end = float(sketch.beats)
        return sorted((note for note in notes if note.start < end), key=lambda note: (note.start, note.pitch))

    return play


def _draw_manner(groove: Groove, sketch: Sketch, chance: Chance) -> _Manner:
    fast = sketch.tempo > FAST_TEMPO and sketch.beats_per_bar == 4
    return _Manner(
        pitches=tuple(chance.choice(voice.pitches) for voice in groove.voices),
        present=tuple(chance.happens(voice.odds) for voice in groove.voices),
        stretch=2 if fast and groove.spacious and chance.happens(0.6) else 1,
        crash_odds=min(1.0, groove.crash_odds * chance.uniform(0.4, 1.8)),
        fill_odds=0.0 if groove.fills == "none" else chance.choice((0.15, 0.5, 0.8, 1.0)),
        looped=chance.happens(0.5 if groove.fills == "electronic" else 0.15),
        loudness=chance.uniform(0.8, 1.05),
        toms=chance.happens({"acoustic": 0.4, "electronic": 0.15}.get(groove.fills, 0.0)),
    )


def _play_section(groove: Groove, manner: _Manner, sketch: Sketch, bars: range, chance: Chance) -> list[Note]:
    first, last = float(bars.start * sketch.beats_per_bar), float(bars.stop * sketch.beats_per_bar)
    break_kind = chance.choice(("no kick", "time only", "silence", "build", "kick only"))
    if not chance.happens(groove.build_odds) or bars.start == 0:
        break_kind = "none"
    if break_kind == "build":
        return build_up(first, last - first, chance.child("build"))
    notes = _voices(groove, manner, sketch, bars, break_kind=break_kind, chance=chance)
    loudness = manner.loudness * chance.uniform(0.85, 1.05)
    notes = [replace(note, velocity=max(1, min(127, round(note.velocity * loudness)))) for note in notes]
    pulse = 3 if is_compound(sketch) else 1
    fill_length = min(last - first, float(chance.choice((0.5, 1, 1, 2, 2, 4)) * pulse))
    if break_kind == "none" and chance.happens(manner.fill_odds):
        fill_start = last - fill_length
        notes = [note for note in notes if note.start < fill_start - 1e-6]
        notes += chance.choice(FILLS[groove.fills])(fill_start, fill_length, chance.child("fill"))
    if chance.happens(manner.crash_odds) and break_kind != "silence":
        notes.append(strike(first, chance.choice(CRASHES), chance.integer(88, 125)))
        if chance.happens(0.25):
            notes.append(strike((first + last) / 2, chance.choice(CRASHES), chance.integer(80, 120)))
    return notes


def _voices(
    groove: Groove, manner: _Manner, sketch: Sketch, bars: range, *, break_kind: str, chance: Chance
) -> list[Note]:
    if break_kind == "silence":
        return []
    moved = bool(groove.time_pitches) and chance.happens(0.4)
    time_pitch = chance.choice(groove.time_pitches) if moved else None
    notes: list[Note] = []
    for index, voice in enumerate(groove.voices):
        line = chance.choice(voice.lines)
        silent = (
            (break_kind == "no kick" and voice.role == "kick")
            or (break_kind == "time only" and voice.role not in ("time", "extra"))
            or (break_kind == "kick only" and voice.role != "kick")
        )
        if silent or not manner.present[index]:
            continue
        pitch = manner.pitches[index]
        if voice.role == "time" and time_pitch is not None:
            pitch = time_pitch
        notes += _play_voice(
            manner, voice.role, line, pitch, sketch=sketch, bars=bars, chance=chance.child("voice", index)
        )
    if manner.toms and break_kind == "none":
        line, pitch = chance.choice(TOM_LINES), chance.choice((41, 43, 45, 47, 48, 50))
        notes += _play_voice(
            manner, "extra", line, pitch, sketch=sketch, bars=bars, chance=chance.child("toms")
        )
    return notes


def _play_voice(
    manner: _Manner, role: Role, line: str, pitch: int, *, sketch: Sketch, bars: range, chance: Chance
) -> list[Note]:
    if not manner.looped or role == "extra":
        return play_line(line, pitch, sketch, bars, stretch=manner.stretch, chance=chance)
    notes: list[Note] = []
    for bar in range(bars.start, bars.stop, 2):
        loop = range(bar, min(bar + 2, bars.stop))
        notes += play_line(line, pitch, sketch, loop, stretch=manner.stretch, chance=chance.child("loop"))
    return notes
