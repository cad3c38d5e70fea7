"""The frame of a wide song: metre, chords with extensions, key changes, drifting tempo."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from training.data.chance import Chance
from training.data.theory import Sketch, WidePool
from training.data.wide_chords import QUALITIES, progressions

METRES: Final[tuple[tuple[int, int, float], ...]] = (
    *(((4, 2, 1.0),) * 13),
    (3, 2, 1.0),
    (3, 2, 1.0),
    (6, 3, 2.2),
    (6, 3, 2.4),
    (12, 3, 2.6),
    (5, 2, 1.2),
    (7, 2, 2.0),
)
"""Beats per bar, pulse (3 groups eighths in threes), and how much faster than a quarter a beat is."""

MODES: Final = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "harmonic_minor": (0, 2, 3, 5, 7, 8, 11),
}


@dataclass(frozen=True, slots=True)
class Chord:
    """What the accompaniment plays for a while."""

    root: int
    """Pitch class of the root, 0 (C) to 11."""
    intervals: tuple[int, ...]
    """Semitones above the root, the root itself included."""
    bass: int
    """Pitch class under the chord: the root, an inversion or a pedal point."""

    def voicing(self, lowest: int) -> tuple[int, ...]:
        """Return the closest position at or above a MIDI note, rising."""
        pitches = sorted(
            lowest + (self.root + interval - lowest) % 12 for interval in dict.fromkeys(self.intervals)
        )
        return tuple(pitches)

    def root_pitch(self, lowest: int) -> int:
        """Return the root at or above a MIDI note."""
        return lowest + (self.root - lowest) % 12

    def bass_pitch(self, lowest: int = 28) -> int:
        """Return the bass note at or above a MIDI note."""
        return lowest + (self.bass - lowest) % 12


@dataclass(frozen=True, slots=True)
class WideSketch(Sketch):
    """A sketch with chords of its own and scales that may change along the way."""

    pulse: int
    """2 when eighths come in pairs, 3 when a beat is an eighth of a compound metre."""
    changes: tuple[tuple[float, Chord], ...]
    """Chords by the beat at which they begin, the first at 0."""
    lift_beat: float
    """Beat from which everything is `lift` semitones higher; beyond the end when the key stays."""
    lift: int
    energy: float
    """How busy and loud the song is, 0 to 1."""
    drift: tuple[float, float]
    """Depth in beats and phase in turns of a slow change of tempo over the song."""

    def chord(self, beat: float) -> Chord:
        """Return the chord that sounds at a beat."""
        index = bisect_right(self.changes, beat + 1e-6, key=lambda change: change[0]) - 1
        return self.changes[max(0, index)][1]

    def tonic(self, beat: float) -> int:
        """Return the pitch class of the key at a beat."""
        return (self.root + (self.lift if beat >= self.lift_beat else 0)) % 12

    def scale_pitch(self, beat: float, step: int, lowest: int) -> int:
        """Return the scale's note `step` steps above its first tonic at or above a MIDI note."""
        turns, degree = divmod(step, len(self.scale))
        return lowest + (self.tonic(beat) - lowest) % 12 + self.scale[degree] + 12 * turns

    def nearest_chord_pitch(self, beat: float, pitch: int) -> int:
        """Return the chord's note that lies closest to a MIDI note."""
        chord = self.chord(beat)
        classes = {(chord.root + interval) % 12 for interval in chord.intervals}
        return min(
            range(pitch - 6, pitch + 7), key=lambda near: (near % 12 not in classes, abs(near - pitch))
        )

    @property
    def bar_starts(self) -> range:
        """Return the first beat of every bar."""
        return range(0, self.beats, self.beats_per_bar)

    @property
    def accents(self) -> tuple[float, ...]:
        """Return the strong beats of a bar, counted from its start."""
        if self.pulse == 3:
            return tuple(float(beat) for beat in range(0, self.beats_per_bar, 3))
        groups = {5: (0.0, 3.0), 7: (0.0, 2.0, 4.0)}
        return groups.get(self.beats_per_bar, tuple(float(beat) for beat in range(self.beats_per_bar)))


def make_wide_sketch(chance: Chance, seconds: float, pool: WidePool) -> WideSketch:
    """Draw the frame of a song that lasts at least `seconds`."""
    beats_per_bar, pulse, speed = chance.choice(METRES)
    tempo = speed * (chance.uniform(60, 190) if chance.happens(0.3) else chance.uniform(78, 145))
    bars = int(seconds * tempo / 60 / beats_per_bar) + 2
    mode, progression = chance.choice(progressions(pool))
    root = chance.integer(36, 47)
    bars_per_chord = chance.choice((0.5, 1.0, 1.0, 1.0, 1.0, 2.0))
    lifted = chance.happens(0.1)
    lift_bar = chance.integer(bars // 3, bars - 1) if lifted else bars
    sketch = WideSketch(
        tempo=tempo,
        bars=bars,
        beats_per_bar=beats_per_bar,
        root=root,
        scale=MODES[mode],
        progression=tuple(degree % 7 for degree, *_ in progression),
        bars_per_chord=max(1, int(bars_per_chord)),
        swing=chance.choice((0.0, 0.0, 0.0, chance.uniform(0.02, 0.17))) if pulse == 2 else 0.0,
        pool=pool,
        pulse=pulse,
        changes=(),
        lift_beat=float(lift_bar * beats_per_bar),
        lift=chance.choice((1, 2, 2, -1, 3, 5)),
        energy=chance.uniform(0, 1),
        drift=(chance.uniform(0, 0.25) if chance.happens(0.4) else 0.0, chance.uniform(0, 1)),
    )
    return _with_changes(sketch, progression, bars_per_chord, chance.child("chords"))


def _with_changes(
    sketch: WideSketch, progression: tuple[tuple[int, str], ...], bars_per_chord: float, chance: Chance
) -> WideSketch:
    """Lay the progression out over the song, now and then with richer chords, inversions or a pedal."""
    step = bars_per_chord * sketch.beats_per_bar
    rich = chance.choice((0.0, 0.0, 0.3, 0.8))
    pedal = chance.happens(0.08)
    drawn = [_chord(degree, quality, rich, chance) for degree, quality in progression]
    changes: list[tuple[float, Chord]] = []
    count = int(sketch.beats / step) + 1
    for index in range(count):
        beat = index * step
        tonic = sketch.tonic(beat)
        degree, intervals, inverted = drawn[index % len(drawn)]
        root = (tonic + degree) % 12
        bass = tonic if pedal else (root + (intervals[1] if inverted else 0)) % 12
        changes.append((beat, Chord(root, intervals, bass)))
    fields = {name: getattr(sketch, name) for name in sketch.__dataclass_fields__}
    return WideSketch(**{**fields, "changes": tuple(changes)})


def _chord(degree: int, quality: str, rich: float, chance: Chance) -> tuple[int, tuple[int, ...], bool]:
    """Return semitones above the tonic, the intervals, and whether the third lies in the bass."""
    name = quality
    if chance.happens(rich):
        name = chance.choice(RICHER.get(quality, (quality,)))
    return degree, QUALITIES[name], chance.happens(0.06)


RICHER: Final = {
    "maj": ("maj7", "add9", "sus4", "sus2", "six", "maj9", "dom7"),
    "min": ("min7", "min9", "min7", "min11", "min6"),
    "dom7": ("dom9", "dom13", "sus7"),
    "dim": ("half_diminished",),
}
"""What a plain chord may become in a song with rich harmony."""
