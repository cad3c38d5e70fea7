"""The harmonic and rhythmic frame that all parts of one song share."""

from dataclasses import dataclass
from typing import Final, Literal

from training.data.chance import Chance

WidePool = Literal["wide", "wide_held_out"]
"""Pools of the wide songs; their sketches come from `wide_theory`."""

SourcePool = Literal["training", "unseen"]
"""Which drum kits and voices a wide song may use; unseen ones never appear in training data."""

GrammarPool = Literal["training", "held_out", WidePool]
"""Which grammars a song may use; held-out ones never appear in training data."""

SCALES: Final = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}

PROGRESSIONS: Final[dict[GrammarPool, tuple[tuple[int, ...], ...]]] = {
    "training": (
        (0, 4, 5, 3),
        (0, 5, 3, 4),
        (5, 3, 0, 4),
        (0, 3, 4, 4),
        (0, 0, 3, 4),
        (0, 2, 3, 4),
        (0, 6, 5, 6),
        (0, 3),
        (0,),
    ),
    "held_out": (
        (0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4),
        (0, 3, 6, 2, 5, 1, 4, 0),
        (1, 4, 0, 5),
    ),
}
"""Scale degrees of the chords, counted from 0. Held out: twelve-bar blues, circle of fifths, ii-V-I-vi."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a part."""

    start: float
    """Onset in beats from the start of the song."""
    duration: float
    """Length in beats."""
    pitch: int
    """MIDI note number, 0 to 127 (60 is middle C, 69 is 440 Hz)."""
    velocity: int
    """MIDI velocity, 1 to 127."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Tempo, metre, key and chords of a song."""

    tempo: float
    """Beats per minute."""
    bars: int
    beats_per_bar: int
    root: int
    """MIDI note number of the tonic in the bass octave, 36 to 47."""
    scale: tuple[int, ...]
    progression: tuple[int, ...]
    bars_per_chord: int
    swing: float
    """How far, in beats, the second eighth of every beat is late: 0 is straight, 1/6 a triplet shuffle."""
    pool: GrammarPool

    @property
    def beats(self) -> int:
        """Length of the song in beats."""
        return self.bars * self.beats_per_bar

    def chord_degree(self, beat: float) -> int:
        """Return the scale degree of the chord that sounds at a beat."""
        bar = int(beat // self.beats_per_bar)
        return self.progression[(bar // self.bars_per_chord) % len(self.progression)]

    def pitch(self, degree: int, octave: int = 0) -> int:
        """Return the MIDI note of a scale degree, `octave` octaves above the bass octave."""
        turns, step = divmod(degree, 7)
        return self.root + self.scale[step] + 12 * (turns + octave)

    def triad(self, beat: float, octave: int) -> tuple[int, int, int]:
        """Return the MIDI notes of the chord that sounds at a beat, in root position."""
        degree = self.chord_degree(beat)
        return self.pitch(degree, octave), self.pitch(degree + 2, octave), self.pitch(degree + 4, octave)

    def swung(self, beat: float) -> float:
        """Move a position of the straight grid to where the swing puts it."""
        whole = int(beat)
        fraction = beat - whole
        late = 0.5 + self.swing
        moved = fraction * 2 * late if fraction < 0.5 else late + (fraction - 0.5) * 2 * (1 - late)
        return whole + moved


def make_sketch(chance: Chance, seconds: float, pool: GrammarPool) -> Sketch:
    """Draw the frame of a song that lasts at least `seconds`."""
    tempo = chance.uniform(68, 168)
    beats_per_bar = chance.choice((4, 4, 4, 4, 4, 3))
    bars = int(seconds * tempo / 60 / beats_per_bar) + 1
    return Sketch(
        tempo=tempo,
        bars=bars,
        beats_per_bar=beats_per_bar,
        root=chance.integer(36, 47),
        scale=SCALES[chance.choice(("major", "major", "minor", "minor", "dorian", "mixolydian"))],
        progression=chance.choice(PROGRESSIONS[pool]),
        bars_per_chord=chance.choice((1, 1, 1, 2)),
        swing=chance.choice((0.0, 0.0, 0.0, chance.uniform(0.02, 0.17))),
        pool=pool,
    )
