"""A whole wide song as notes: sections in which instruments enter and leave."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from training.data.chance import Chance
from training.data.fingerprints import fingerprint_of
from training.data.theory import Note, WidePool
from training.data.wide_bass_grammars import LOWEST_PITCH, WIDE_BASS_GRAMMARS
from training.data.wide_drum_grammars import WIDE_DRUM_GRAMMARS
from training.data.wide_melody_grammars import LOWEST_VOICES, WIDE_MELODY_GRAMMARS
from training.data.wide_styles import SAMPLED_BASSES, STYLES, InstrumentKind, Layer, Style
from training.data.wide_theory import WideSketch, make_wide_sketch

SectionKind = Literal["intro", "verse", "chorus", "break", "solo"]

SECTIONS: Final[tuple[SectionKind, ...]] = (
    "intro", "verse", "verse", "verse", "verse", "chorus", "chorus", "chorus", "chorus", "break", "solo",
)  # fmt: skip

PRESENCE: Final[dict[SectionKind, dict[str, float]]] = {
    "intro": {"drums": 0.5, "bass": 0.5, "other": 0.75, "vocals": 0.15},
    "verse": {"drums": 0.95, "bass": 0.93, "other": 0.7, "vocals": 0.95},
    "chorus": {"drums": 1.0, "bass": 0.98, "other": 0.95, "vocals": 0.97},
    "break": {"drums": 0.4, "bass": 0.35, "other": 0.5, "vocals": 0.5},
    "solo": {"drums": 0.97, "bass": 0.97, "other": 0.95, "vocals": 0.05},
}
"""How likely a part plays in a section of a kind."""

LOW_GUITARS: Final = frozenset({"muted_guitar", "high_gain_guitar", "crunch_guitar"})
"""Guitars that a bass may double."""

ABSENCE: Final = {"drums": 0.05, "bass": 0.06, "vocals": 0.14}
"""How likely a song is without a stem throughout."""


@dataclass(frozen=True, slots=True)
class WidePart:
    """One instrument."""

    kind: InstrumentKind
    program: int
    """General MIDI program counted from 0 for sampled kinds."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class WideComposition:
    """A song without sound."""

    seed: int
    tempo: float
    """Beats per minute."""
    beats_per_bar: int
    pulse: int
    """2 or 3: how eighths group."""
    style: str
    drums: tuple[Note, ...]
    """Over the General MIDI percussion map."""
    bass: tuple[WidePart, ...]
    """One part or none."""
    other: tuple[WidePart, ...]
    voice: tuple[Note, ...]
    sections: tuple[tuple[float, SectionKind], ...]
    """First beat and kind of each section."""

    def fingerprint(self) -> str:
        """Return a SHA-256 over every note, rounded to a microbeat, equal on every machine."""
        return fingerprint_of(dataclasses.asdict(self))


@dataclass(frozen=True, slots=True)
class DrumTrack:
    """What a drummer plays alone."""

    seed: int
    tempo: float
    """Beats per minute."""
    notes: tuple[Note, ...]
    """Over the General MIDI percussion map."""

    def fingerprint(self) -> str:
        """Return a SHA-256 over every note, rounded to a microbeat, equal on every machine."""
        return fingerprint_of(dataclasses.asdict(self))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who plays when."""

    sketch: WideSketch
    sections: tuple[tuple[int, SectionKind], ...]
    """First bar and kind."""
    absent: frozenset[str]

    def active(self, stem: str, chance: Chance) -> list[bool]:
        """Draw the bars in which one part of a stem plays."""
        bars = [False] * self.sketch.bars
        for index, (first, kind) in enumerate(self.sections):
            following = self.sections[index + 1][0] if index + 1 < len(self.sections) else self.sketch.bars
            plays = stem not in self.absent and chance.happens(PRESENCE[kind][stem])
            # Some parts enter late or stop a bar early.
            late = 1 if following - first > 2 and chance.happens(0.12) else 0
            early = 1 if following - first > 2 and chance.happens(0.08) else 0
            for bar in range(first + late, following - early):
                bars[bar] = plays
        if not any(bars) and stem not in self.absent and chance.happens(0.85):
            return [True] * self.sketch.bars
        return bars


def compose_wide(seed: int, seconds: float, pool: WidePool) -> WideComposition:
    """Compose the wide song of a seed, at least `seconds` long, from one pool of grammars."""
    chance = Chance("wide composition", seed)
    sketch = make_wide_sketch(chance.child("sketch"), seconds, pool)
    style_name = chance.child("style").choice(sorted(STYLES[pool]))
    style = STYLES[pool][style_name]
    plan = _plan(sketch, chance.child("plan"))
    other = _others(plan, style, chance.child("other"))
    return WideComposition(
        seed=seed,
        tempo=sketch.tempo,
        beats_per_bar=sketch.beats_per_bar,
        pulse=sketch.pulse,
        style=style_name,
        drums=_drum_notes(
            sketch, plan.active("drums", chance.child("drum sections")), chance.child("drums"), style.drums
        ),
        bass=_bass(plan, style, other, chance.child("bass")),
        other=other,
        voice=_voice(plan, chance.child("voice")),
        sections=tuple((float(bar * sketch.beats_per_bar), kind) for bar, kind in plan.sections),
    )


def compose_drums(seed: int, seconds: float, pool: WidePool) -> DrumTrack:
    """Compose drums that play throughout, at least `seconds` long, with a stop of a bar now and then."""
    chance = Chance("drum composition", seed)
    sketch = make_wide_sketch(chance.child("sketch"), seconds, pool)
    stops = chance.child("stops")
    active = [not stops.happens(0.06) for _ in range(sketch.bars)]
    return DrumTrack(seed, sketch.tempo, _drum_notes(sketch, active, chance.child("drums")))


def _plan(sketch: WideSketch, chance: Chance) -> _Plan:
    sections: list[tuple[int, SectionKind]] = []
    bar = 0
    while bar < sketch.bars:
        kind = chance.choice(SECTIONS)
        if kind == "intro" and bar:
            kind = "chorus"
        sections.append((bar, kind))
        bar += chance.choice((2, 4, 4, 4, 8))
    absent = [stem for stem in ("drums", "bass", "vocals") if chance.happens(ABSENCE[stem])]
    return _Plan(sketch, tuple(sections), frozenset(absent[:2]))


def _played(
    notes: Sequence[Note], sketch: WideSketch, active: list[bool], chance: Chance, loose: float
) -> tuple[Note, ...]:
    """Keep the notes of active bars, swing them, shift each by a few milliseconds, let the tempo drift."""
    deviation = chance.uniform(0.0, loose) * sketch.tempo / 60
    push = chance.normal(0, 0.004) * sketch.tempo / 60
    played: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        bar = int(note.start // sketch.beats_per_bar)
        if 0 <= bar < len(active) and active[bar] and 0 <= note.pitch <= 127:
            start = sketch.swung(note.start) if sketch.pulse == 2 else note.start
            start = _drifted(start, sketch) + chance.normal(push, deviation)
            played.append(dataclasses.replace(note, start=max(0.0, start)))
    return tuple(played)


def _drifted(beat: float, sketch: WideSketch) -> float:
    """Move a beat to where the slow drift of the tempo puts it."""
    depth, phase = sketch.drift
    turn = 2 * math.pi * (beat / sketch.beats + phase)
    return beat + depth * (math.sin(turn) - math.sin(2 * math.pi * phase))


def _drum_notes(
    sketch: WideSketch, active: list[bool], chance: Chance, usual: Sequence[str] = ()
) -> tuple[Note, ...]:
    """Play a drum grammar: mostly one that is usual in the style."""
    grammars = WIDE_DRUM_GRAMMARS[_pool(sketch)]
    name = chance.choice(usual if usual and chance.happens(0.75) else sorted(grammars))
    notes = grammars[name](sketch, chance.child("pattern"))
    inside = [note for note in notes if note.start < sketch.beats]
    return _played(inside, sketch, active, chance.child("feel"), 0.008)


def _bass(plan: _Plan, style: Style, other: Sequence[WidePart], chance: Chance) -> tuple[WidePart, ...]:
    if "bass" in plan.absent:
        return ()
    kind, program = chance.choice(style.bass_kinds), chance.choice(SAMPLED_BASSES)
    guitars = [part for part in other if part.kind in LOW_GUITARS and part.notes]
    if guitars and chance.happens(0.4):
        return (WidePart(kind, program, _following(guitars[0].notes)),)
    grammar = WIDE_BASS_GRAMMARS[_pool(plan.sketch)][chance.choice(style.basses)]
    notes = grammar(plan.sketch, chance.child("line"))
    active = plan.active("bass", chance.child("active"))
    tight = 0.0 if kind in ("synth_bass", "acid_bass", "boom_bass") else 0.009
    return (WidePart(kind, program, _played(notes, plan.sketch, active, chance.child("feel"), tight)),)


def _following(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Double a guitar: the lowest note of every stroke, an octave or two lower."""
    line: list[Note] = []
    for note in notes:
        if line and note.start - line[-1].start < 0.1:
            line[-1] = dataclasses.replace(line[-1], pitch=min(note.pitch, line[-1].pitch))
        else:
            line.append(note)
    return tuple(
        dataclasses.replace(note, pitch=LOWEST_PITCH + (note.pitch - LOWEST_PITCH) % 12) for note in line
    )


def _others(plan: _Plan, style: Style, chance: Chance) -> tuple[WidePart, ...]:
    count = 0 if chance.happens(0.04) else chance.integer(1, style.most_layers)
    order = [chance.choice(style.layers) for _ in range(count)]
    return tuple(_layer(plan, layer, chance.child("layer", index)) for index, layer in enumerate(order))


def _layer(plan: _Plan, layer: Layer, chance: Chance) -> WidePart:
    kind = chance.choice(layer.kinds)
    notes = layer.grammar(plan.sketch, chance.child("notes"))
    active = plan.active("other", chance.child("active"))
    tight = 0.002 if kind in ("pluck", "stab", "lead", "riser") else 0.012
    played = _played(notes, plan.sketch, active, chance.child("feel"), tight)
    return WidePart(kind, chance.choice(layer.programs), played)


def _voice(plan: _Plan, chance: Chance) -> tuple[Note, ...]:
    grammars = WIDE_MELODY_GRAMMARS[_pool(plan.sketch)]
    grammar = grammars[chance.choice(sorted(grammars))]
    notes = grammar(plan.sketch, chance.child("melody"), chance.choice(LOWEST_VOICES))
    active = plan.active("vocals", chance.child("active"))
    return _played(notes, plan.sketch, active, chance.child("feel"), 0.02)


def _pool(sketch: WideSketch) -> WidePool:
    return "wide_held_out" if sketch.pool == "wide_held_out" else "wide"
