"""Drum patterns over the General MIDI percussion map (channel 10)."""

from collections.abc import Callable, Mapping
from typing import Final

from training.data.chance import Chance
from training.data.theory import GrammarPool, Note, Sketch

DrumGrammar = Callable[[Sketch, Chance], list[Note]]

KICKS: Final = (35, 36, 36)
SNARES: Final = (38, 38, 40, 37, 39)
CLOSED_HATS: Final = (42, 42, 44, 69, 70)
TOMS: Final = (41, 43, 45, 47, 48, 50)
OPEN_HAT, RIDE, CRASH, SIDE_STICK, COWBELL, TAMBOURINE = 46, 51, 49, 37, 56, 54


def _hit(start: float, pitch: int, velocity: int) -> Note:
    return Note(max(0.0, start), 0.2, pitch, max(1, min(127, velocity)))


def _bar_starts(sketch: Sketch) -> range:
    return range(0, sketch.beats, sketch.beats_per_bar)


def _ride_line(sketch: Sketch, chance: Chance, pitch: int, per_beat: int) -> list[Note]:
    """Return a steady cymbal line with accents on the beat."""
    accent, weak = chance.integer(75, 110), chance.integer(45, 75)
    return [
        _hit(beat + step / per_beat, pitch, (accent if step == 0 else weak) + chance.integer(-8, 8))
        for beat in range(sketch.beats)
        for step in range(per_beat)
    ]


def rock(sketch: Sketch, chance: Chance) -> list[Note]:
    """Kick on one and three with random pick-ups, snare on the back beats, eighth-note hats or ride."""
    kick, snare = chance.choice(KICKS), chance.choice(SNARES)
    extras = [step / 2 for step in range(2 * sketch.beats_per_bar) if chance.happens(0.25)]
    notes = _ride_line(
        sketch, chance, chance.choice((*CLOSED_HATS, RIDE, OPEN_HAT)), chance.choice((1, 2, 2))
    )
    for bar in _bar_starts(sketch):
        kicks = {0.0, 2.0, *extras} if sketch.beats_per_bar == 4 else {0.0, *extras}
        notes += [_hit(bar + at, kick, chance.integer(95, 125)) for at in sorted(kicks)]
        notes += [_hit(bar + at, snare, chance.integer(90, 125)) for at in range(1, sketch.beats_per_bar, 2)]
    return notes


def four_on_the_floor(sketch: Sketch, chance: Chance) -> list[Note]:
    """House and disco: kick on every beat, open hat between, clap on the back beats."""
    kick, clap = chance.choice(KICKS), chance.choice((38, 39, 39, 40))
    notes: list[Note] = []
    shaker = chance.happens(0.5)
    for beat in range(sketch.beats):
        notes.append(_hit(beat, kick, chance.integer(105, 126)))
        notes.append(_hit(beat + 0.5, OPEN_HAT, chance.integer(70, 100)))
        if beat % 2 == 1:
            notes.append(_hit(beat, clap, chance.integer(90, 118)))
        if shaker:
            notes += [_hit(beat + step / 4, 70, chance.integer(45, 85)) for step in range(4)]
    return notes


def random_grid(sketch: Sketch, chance: Chance) -> list[Note]:
    """Sixteenth-note kick grid drawn once per song, hats at a random density, ghost notes on the snare."""
    steps = 4 * sketch.beats_per_bar
    kick_grid = [
        chance.happens(0.95 if step == 0 else 0.3 if step % 2 == 0 else 0.12) for step in range(steps)
    ]
    kick, snare, hat = chance.choice(KICKS), chance.choice(SNARES), chance.choice(CLOSED_HATS)
    notes = _ride_line(sketch, chance, hat, chance.choice((1, 2, 4)))
    for bar in _bar_starts(sketch):
        for step in range(steps):
            if kick_grid[step]:
                notes.append(_hit(bar + step / 4, kick, chance.integer(90, 125)))
            if step % 8 == 4:
                notes.append(_hit(bar + step / 4, snare, chance.integer(90, 125)))
            elif chance.happens(0.05):
                notes.append(_hit(bar + step / 4, snare, chance.integer(35, 70)))
    return notes


def half_time(sketch: Sketch, chance: Chance) -> list[Note]:
    """One heavy snare per bar, rolling hats in sixteenths and triplets, syncopated low kick."""
    kick, snare = 36, chance.choice((38, 39, 40))
    notes: list[Note] = []
    for bar in _bar_starts(sketch):
        notes.append(_hit(bar, kick, 120))
        notes += [
            _hit(bar + at, kick, chance.integer(90, 120)) for at in (0.75, 1.5, 2.5) if chance.happens(0.5)
        ]
        notes.append(_hit(bar + sketch.beats_per_bar // 2, snare, chance.integer(105, 125)))
        for beat in range(sketch.beats_per_bar):
            rate = chance.choice((2, 2, 4, 4, 6, 8))
            notes += [_hit(bar + beat + s / rate, 42, chance.integer(50, 100)) for s in range(rate)]
    return notes


def breakbeat(sketch: Sketch, chance: Chance) -> list[Note]:
    """Funk break: broken kick, snare with ghosts around the back beat, sixteenth hats with gaps."""
    kick, snare = chance.choice(KICKS), chance.choice((38, 40))
    kicks = [0.0, 0.5, chance.choice((2.25, 2.5, 2.75)), chance.choice((1.75, 3.25, 3.5))]
    ghosts = [at for at in (0.75, 1.75, 2.25, 3.75) if chance.happens(0.6)]
    notes: list[Note] = []
    for bar in _bar_starts(sketch):
        notes += [_hit(bar + at, kick, chance.integer(95, 122)) for at in kicks if at < sketch.beats_per_bar]
        notes += [_hit(bar + at, snare, chance.integer(100, 124)) for at in range(1, sketch.beats_per_bar, 2)]
        notes += [_hit(bar + at, snare, chance.integer(30, 60)) for at in ghosts if at < sketch.beats_per_bar]
        notes += [
            _hit(bar + step / 4, 42, chance.integer(55, 100))
            for step in range(4 * sketch.beats_per_bar)
            if chance.happens(0.8)
        ]
    return notes


def percussion(sketch: Sketch, chance: Chance) -> list[Note]:
    """Hand drums without a kit: congas or bongos, shaker, tambourine on the back beats, a soft kick."""
    low, high = chance.choice(((64, 63), (61, 60), (66, 65)))
    pattern = [(step / 4, low if chance.happens(0.4) else high) for step in range(16) if chance.happens(0.55)]
    notes = _ride_line(sketch, chance, chance.choice((70, 82, 69)), 4)
    for bar in _bar_starts(sketch):
        hits = [(at, pitch) for at, pitch in pattern if at < sketch.beats_per_bar]
        notes += [_hit(bar + at, pitch, chance.integer(70, 120)) for at, pitch in hits]
        notes.append(_hit(bar, 36, chance.integer(80, 105)))
        notes += [
            _hit(bar + at, TAMBOURINE, chance.integer(70, 100)) for at in range(1, sketch.beats_per_bar, 2)
        ]
    return notes


def shuffle_brushes(sketch: Sketch, chance: Chance) -> list[Note]:
    """Jazz ride pattern (beat, triplet skip), hi-hat pedal on the back beats, sparse kick comping."""
    notes: list[Note] = []
    for beat in range(sketch.beats):
        notes.append(_hit(beat, RIDE, chance.integer(75, 100)))
        if beat % 2 == 1:
            notes.append(_hit(beat + 2 / 3, RIDE, chance.integer(60, 85)))
            notes.append(_hit(beat, 44, chance.integer(70, 95)))
        if chance.happens(0.3):
            notes.append(
                _hit(beat + chance.choice((0.0, 2 / 3)), chance.choice((36, 38)), chance.integer(50, 95))
            )
    return notes


def bossa(sketch: Sketch, chance: Chance) -> list[Note]:
    """Bossa nova: dotted kick ostinato, side-stick clave over two bars, eighth-note hats."""
    notes = _ride_line(sketch, chance, 42, 2)
    clave = (0.0, 1.5, 3.0, 5.0, 6.5)
    for bar in _bar_starts(sketch):
        notes += [_hit(bar + at, 36, chance.integer(80, 105)) for at in (0.0, 1.5, 2.0, 3.5)]
    for start in range(0, sketch.beats, 8):
        notes += [_hit(start + at, SIDE_STICK, chance.integer(85, 110)) for at in clave]
    return notes


def with_fills(notes: list[Note], sketch: Sketch, chance: Chance) -> list[Note]:
    """Add crashes at the start of phrases and tom fills at their end."""
    phrase = 4 * sketch.beats_per_bar
    crash_odds, fill_odds = chance.uniform(0.2, 1.0), chance.uniform(0.0, 0.8)
    added = list(notes)
    for start in range(0, sketch.beats, phrase):
        if chance.happens(crash_odds):
            added.append(_hit(start, chance.choice((CRASH, 57, 52)), chance.integer(80, 120)))
        if chance.happens(fill_odds):
            fill = start + phrase - 1
            added += [
                _hit(fill + s / 4, chance.choice((*TOMS, 38)), chance.integer(80, 122)) for s in range(4)
            ]
    return added


DRUM_GRAMMARS: Final[dict[GrammarPool, Mapping[str, DrumGrammar]]] = {
    "training": {
        "rock": rock,
        "four_on_the_floor": four_on_the_floor,
        "random_grid": random_grid,
        "half_time": half_time,
        "breakbeat": breakbeat,
        "percussion": percussion,
    },
    "held_out": {"shuffle_brushes": shuffle_brushes, "bossa": bossa},
}
