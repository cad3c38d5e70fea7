"""Grooves written as lines of text, and how a line becomes strikes in any metre.

One character is one step of a bar in 4/4, or of several bars; the number of characters settles how short a
step is. `X` accent, `x` stroke, `o` soft, `g` ghost note, `?` and `-` a stroke or a ghost note now and then,
`f` flam, `2` `3` `4` a roll of that many strokes within the step, `.` rest.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from training.data.chance import Chance
from training.data.theory import Note, Sketch

Role = Literal["kick", "snare", "time", "extra"]
"""What a voice is for: `time` may move to another cymbal or to the floor tom in another section."""

FillStyle = Literal["acoustic", "electronic", "latin", "none"]

VELOCITIES: Final = {
    "X": (110, 126),
    "x": (86, 110),
    "o": (58, 84),
    "g": (24, 48),
    "?": (80, 112),
    "-": (24, 50),
    "f": (96, 122),
    "2": (70, 100),
    "3": (66, 98),
    "4": (60, 96),
}
ODDS: Final = {"?": 0.35, "-": 0.35}
ROLLS: Final = {"2": 2, "3": 3, "4": 4}
FLAM_BEATS: Final = 0.04
STRIKE_BEATS: Final = 0.2
BEATS_OF_A_LINE: Final = 4
STEPS_PER_BAR: Final = 16
"""Lines of 16 or fewer characters, or 24, are one bar; longer ones are several bars of sixteenths."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One instrument of a groove."""

    role: Role
    pitches: tuple[int, ...]
    """General MIDI percussion notes to choose from, once per song."""
    lines: tuple[str, ...]
    """Patterns to choose from, once per section."""
    odds: float = 1.0
    """How likely a song has this voice."""


@dataclass(frozen=True, slots=True)
class Groove:
    """A genre: its voices and how it is ornamented."""

    voices: tuple[Voice, ...]
    fills: FillStyle = "acoustic"
    crash_odds: float = 0.5
    time_pitches: tuple[int, ...] = ()
    """Where the time may move in some sections, such as the ride; empty keeps it."""
    build_odds: float = 0.1
    """How likely a section is a break or a build-up."""
    spacious: bool = False
    """May be played at half speed when the song is fast."""


def strike(start: float, pitch: int, velocity: float) -> Note:
    """Return one strike at a time in beats, its velocity kept within MIDI's range."""
    return Note(max(0.0, start), STRIKE_BEATS, pitch, max(1, min(127, round(velocity))))


def line_bars(line: str) -> int:
    """Return how many bars of 4/4 a line lasts."""
    return max(1, len(line) // STEPS_PER_BAR) if len(line) % STEPS_PER_BAR == 0 else 1


def _written(line: str, pitch: int, chance: Chance) -> list[Note]:
    """Return the strikes of one line, in beats of 4/4 from its start."""
    step = BEATS_OF_A_LINE * line_bars(line) / len(line)
    notes: list[Note] = []
    for index, character in enumerate(line):
        if character == "." or not chance.happens(ODDS.get(character, 1.0)):
            continue
        start, count = index * step, ROLLS.get(character, 1)
        for stroke in range(count):
            velocity = chance.integer(*VELOCITIES[character])
            notes.append(strike(start + stroke * step / count, pitch, velocity))
        if character == "f":
            notes.append(strike(start - FLAM_BEATS, pitch, chance.integer(50, 80)))
    return notes


def is_compound(sketch: Sketch) -> bool:
    """Return whether three beats of the sketch make one pulse, as in 6/8 and 12/8."""
    return sketch.beats_per_bar in (6, 12)


def play_line(
    line: str, pitch: int, sketch: Sketch, bars: range, *, stretch: int, chance: Chance
) -> list[Note]:
    """Repeat a line over some bars of the song, whatever their metre.

    In 6/8 and 12/8 a beat of the line lasts three beats of the song and its sixteenths become triplets. In
    sevens, whose beats are eighths, it lasts two; in 4/4 it lasts `stretch`. A bar shorter than the line cuts
    it; a longer one repeats it.
    """
    factor = 3 if is_compound(sketch) else 2 if sketch.beats_per_bar == 7 else stretch
    end = bars.stop * sketch.beats_per_bar
    period = BEATS_OF_A_LINE * factor * line_bars(line)
    aligned = factor * BEATS_OF_A_LINE % sketch.beats_per_bar == 0
    cycle = period if aligned else sketch.beats_per_bar
    start = bars.start * sketch.beats_per_bar
    notes: list[Note] = []
    while start < end:
        limit = min(end, start + cycle)
        offset = 0
        while start + offset < limit:
            for note in _written(line, pitch, chance):
                moved = start + offset + _position(note.start, factor)
                if moved < limit - 1e-6:
                    notes.append(replace(note, start=max(0.0, moved)))
            offset += period
        start += cycle
    return notes


def _position(beats: float, factor: int) -> float:
    """Return where a moment of the line lies in the song, from the line's start."""
    if factor != 3:
        return beats * factor
    whole, fraction = divmod(beats, 1.0)
    straight = abs(fraction * 4 - round(fraction * 4)) < 1e-6
    if straight:
        fraction = {0: 0.0, 1: 1 / 3, 2: 2 / 3, 3: 2 / 3, 4: 1.0}[round(fraction * 4)]
    return (whole + fraction) * factor
