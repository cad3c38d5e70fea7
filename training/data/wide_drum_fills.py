"""Fills and build-ups: what drummers and programmers do at the end of a section."""

from collections.abc import Callable
from typing import Final

from training.data.chance import Chance
from training.data.theory import Note
from training.data.wide_drum_patterns import FillStyle, strike

Fill = Callable[[float, float, Chance], list[Note]]
"""Takes its start and length in beats."""

SNARE, KICK, CLAP = 38, 36, 39
TOMS_DOWN: Final = (50, 48, 47, 45, 43, 41)


def _steps(start: float, length: float, per_beat: int) -> list[float]:
    return [start + index / per_beat for index in range(max(1, round(length * per_beat)))]


def tom_run(start: float, length: float, chance: Chance) -> list[Note]:
    """Go down the toms in sixteenths, eighths, triplets or thirty-seconds, a few strokes on each."""
    moments = _steps(start, length, chance.choice((2, 4, 4, 4, 3, 6, 8)))
    drums: tuple[int, ...] = (SNARE, *TOMS_DOWN) if chance.happens(0.5) else TOMS_DOWN
    if chance.happens(0.3):
        drums = tuple(sorted(chance.choice(drums) for _ in range(4)))[::-1]
    notes = []
    for index, moment in enumerate(moments):
        drum = drums[min(len(drums) - 1, index * len(drums) // len(moments))]
        notes.append(strike(moment, drum, chance.integer(85, 124)))
    return notes


def snare_roll(start: float, length: float, chance: Chance) -> list[Note]:
    """Roll on the snare, growing louder."""
    moments = _steps(start, length, chance.choice((4, 4, 6, 8)))
    first, last = chance.integer(35, 90), chance.integer(95, 124)
    return [
        strike(moment, SNARE, first + (last - first) * index / len(moments) + chance.integer(-6, 6))
        for index, moment in enumerate(moments)
    ]


def linear(start: float, length: float, chance: Chance) -> list[Note]:
    """Spread sixteenths or sextuplets over kick, snare and toms, one at a time."""
    pattern = [chance.choice((SNARE, SNARE, KICK, 48, 45, 41, 43)) for _ in range(chance.choice((3, 4, 6)))]
    return [
        strike(moment, pattern[index % len(pattern)], chance.integer(80, 122))
        for index, moment in enumerate(_steps(start, length, chance.choice((4, 4, 6))))
        if chance.happens(0.9)
    ]


def flams(start: float, length: float, chance: Chance) -> list[Note]:
    """Strike snare and floor tom together in eighths or quarters."""
    notes = []
    for moment in _steps(start, length, chance.choice((1, 2, 2))):
        loud = chance.integer(98, 125)
        notes += [strike(moment, SNARE, loud), strike(moment + 0.01, chance.choice((41, 43)), loud)]
    return notes


def stabs(start: float, length: float, chance: Chance) -> list[Note]:
    """Strike kick and crash together on a few offbeats."""
    notes = []
    for moment in _steps(start, length, 2):
        if chance.happens(0.55):
            notes += [
                strike(moment, KICK, 120),
                strike(moment, chance.choice((49, 57)), chance.integer(95, 122)),
            ]
    return notes


def rest(start: float, length: float, chance: Chance) -> list[Note]:
    """Stop, with at most one last stroke."""
    del length
    return (
        [strike(start, chance.choice((SNARE, KICK, 46)), chance.integer(90, 122))]
        if chance.happens(0.6)
        else []
    )


def machine_roll(start: float, length: float, chance: Chance) -> list[Note]:
    """Repeat one sound ever faster: eighths, sixteenths, thirty-seconds."""
    pitch = chance.choice((SNARE, SNARE, CLAP, 42, 41, 40))
    notes = []
    for beat in range(max(1, round(length))):
        rate = (2, 4, 8)[min(2, 3 * beat // max(1, round(length)) + chance.integer(0, 1))]
        share = (beat + 1) / max(1.0, length)
        notes += [strike(moment, pitch, 60 + 55 * share) for moment in _steps(start + beat, 1, rate)]
    return notes


def machine_toms(start: float, length: float, chance: Chance) -> list[Note]:
    """Play electronic toms on a syncopated grid."""
    return [
        strike(moment, chance.choice(TOMS_DOWN), chance.integer(95, 124))
        for moment in _steps(start, length, 4)
        if chance.happens(0.6)
    ]


def timbales(start: float, length: float, chance: Chance) -> list[Note]:
    """Roll on the timbales and end on the rim."""
    notes = [
        strike(moment, chance.choice((65, 65, 66)), chance.integer(85, 122))
        for moment in _steps(start, length, chance.choice((3, 4, 6)))
        if chance.happens(0.85)
    ]
    return [*notes, strike(start + length - 0.5, chance.choice((56, 65)), 120)]


FILLS: Final[dict[FillStyle, tuple[Fill, ...]]] = {
    "acoustic": (tom_run, tom_run, tom_run, snare_roll, linear, linear, flams, stabs, rest),
    "electronic": (machine_roll, machine_roll, machine_toms, snare_roll, rest, rest, stabs, tom_run),
    "latin": (timbales, timbales, snare_roll, tom_run, rest),
    "none": (rest,),
}


def build_up(start: float, length: float, chance: Chance) -> list[Note]:
    """Repeat snare, clap or floor tom over whole bars, twice as fast every half, with a swelling cymbal."""
    pitch = chance.choice((SNARE, SNARE, CLAP, 41, 40))
    notes, at, span, rate = [], start, length / 2, chance.choice((1, 1, 2))
    while span >= 0.5 and rate <= 8:
        moments = _steps(at, span, rate)
        notes += [
            strike(moment, pitch, 45 + 78 * (moment - start) / length + chance.integer(-5, 5))
            for moment in moments
        ]
        at, span, rate = at + span, span / 2, rate * 2
    if chance.happens(0.6):
        notes += [strike(beat, KICK, 112) for beat in _steps(start, length, 1)]
    if chance.happens(0.5):
        swell = _steps(start + length - min(4.0, length), min(4.0, length), 4)
        notes += [strike(moment, 49, 15 + 70 * index / len(swell)) for index, moment in enumerate(swell)]
    return notes
