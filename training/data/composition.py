"""A whole song as notes: the parts of each stem, ready to be rendered."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from training.data.bass_grammars import BASS_GRAMMARS, BASS_PROGRAMS
from training.data.chance import Chance
from training.data.drum_grammars import DRUM_GRAMMARS, with_fills
from training.data.fingerprints import fingerprint_of
from training.data.harmony_grammars import HARMONY_GRAMMARS, PROGRAMS
from training.data.melody_grammars import MELODY_GRAMMARS
from training.data.theory import GrammarPool, Note, Sketch, make_sketch
from training.sources import SOURCES

VoiceKind = Literal["formant", "duet", "speech_song", "rap", "choir"]

DRUM_KITS: Final = (0, 0, 0, 8, 16, 24, 25, 25, 32, 40)
"""General MIDI level 2 kits: standard, room, power, electronic, TR-808, jazz, brush."""

CHOIR_PROGRAMS: Final = (52, 52, 53, 54, 85)
VOICE_KINDS: Final[tuple[VoiceKind, ...]] = (
    "formant",
    "formant",
    "duet",
    "speech_song",
    "speech_song",
    "rap",
    "choir",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument."""

    program: int
    """General MIDI program counted from 0; for drums, the kit."""
    is_drums: bool
    pan: int
    """MIDI pan, 0 (left) to 127 (right), 64 is the centre."""
    reverb: int
    """MIDI reverb send, 0 to 127."""
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """What the singer does."""

    kind: VoiceKind
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """A song without sound."""

    seed: int
    tempo: float
    """Beats per minute."""
    parts: Mapping[str, tuple[Part, ...]]
    """Instruments of the stems "drums", "bass" and "other"."""
    voice: VoiceLine

    def fingerprint(self) -> str:
        """Return a SHA-256 over every note, equal on every machine for the same seed and grammars."""
        return fingerprint_of(dataclasses.asdict(self))


def compose(
    seed: int, seconds: float, pool: GrammarPool, voices: Sequence[VoiceKind] = VOICE_KINDS
) -> Composition:
    """Compose the song of a seed, at least `seconds` long, from a pool of grammars, for one of the voices."""
    chance = Chance("composition", seed)
    sketch = make_sketch(chance.child("sketch"), seconds, pool)
    arrangement = _arrange(sketch, chance.child("arrangement"))
    parts = {
        "drums": (_drums(sketch, chance.child("drums")),),
        "bass": (_bass(sketch, chance.child("bass")),),
        "other": _others(sketch, chance.child("other")),
    }
    return Composition(
        seed=seed,
        tempo=sketch.tempo,
        parts={
            stem: tuple(
                dataclasses.replace(
                    part, notes=_played(part.notes, sketch, arrangement[stem], chance.child(stem, "feel"))
                )
                for part in stem_parts
            )
            for stem, stem_parts in parts.items()
        },
        voice=_voice(sketch, chance.child("voice"), arrangement["vocals"], voices),
    )


def _arrange(sketch: Sketch, chance: Chance) -> dict[str, list[bool]]:
    """Decide in which bars each stem plays: drop-outs of two bars, now and then a stem that never enters."""
    absence = {"drums": 0.05, "bass": 0.05, "other": 0.03, "vocals": 0.08}
    absent = [stem for stem in SOURCES if chance.happens(absence[stem])][:2]
    plan: dict[str, list[bool]] = {}
    for stem in SOURCES:
        blocks = [stem not in absent and not chance.happens(0.1) for _ in range(sketch.bars // 2 + 1)]
        plan[stem] = [blocks[bar // 2] for bar in range(sketch.bars)]
    return plan


def _played(notes: Sequence[Note], sketch: Sketch, active: list[bool], chance: Chance) -> tuple[Note, ...]:
    """Keep the notes of active bars, swing them, and shift each by a human few milliseconds."""
    spread = chance.uniform(0.0, 0.012) * sketch.tempo / 60
    played: list[Note] = []
    for note in notes:
        bar = int(note.start // sketch.beats_per_bar)
        if bar < len(active) and active[bar]:
            start = max(0.0, sketch.swung(note.start) + chance.normal(0, spread))
            played.append(dataclasses.replace(note, start=start))
    return tuple(played)


def _drums(sketch: Sketch, chance: Chance) -> Part:
    grammars = DRUM_GRAMMARS[sketch.pool]
    pattern = grammars[chance.choice(sorted(grammars))](sketch, chance.child("pattern"))
    notes = with_fills(pattern, sketch, chance.child("fills"))
    return Part(chance.choice(DRUM_KITS), True, 64, chance.choice((0, 10, 30, 60)), tuple(notes))


def _bass(sketch: Sketch, chance: Chance) -> Part:
    grammars = BASS_GRAMMARS[sketch.pool]
    notes = grammars[chance.choice(sorted(grammars))](sketch, chance.child("line"))
    return Part(chance.choice(BASS_PROGRAMS), False, 64, chance.choice((0, 0, 15)), tuple(notes))


def _others(sketch: Sketch, chance: Chance) -> tuple[Part, ...]:
    """Write one to four layers of accompaniment spread across the stereo image."""
    grammars = HARMONY_GRAMMARS[sketch.pool]
    parts: list[Part] = []
    for layer in range(chance.choice((1, 2, 2, 3, 4))):
        name = chance.choice(sorted(grammars))
        notes = grammars[name](sketch, chance.child("layer", layer))
        parts.append(
            Part(
                chance.choice(PROGRAMS[name]),
                False,
                chance.integer(20, 108),
                chance.choice((0, 20, 40, 70)),
                tuple(notes),
            )
        )
    return tuple(parts)


def _voice(sketch: Sketch, chance: Chance, active: list[bool], voices: Sequence[VoiceKind]) -> VoiceLine:
    kind = chance.choice(voices)
    grammars = MELODY_GRAMMARS[sketch.pool]
    name = "chant" if kind == "rap" and "chant" in grammars else chance.choice(sorted(grammars))
    # The tonic lies between 36 and 47: octave 1 above it suits low voices, octave 2 high ones.
    octave = chance.choice((1, 1, 2, 2))
    notes = grammars[name](sketch, chance.child("melody"), octave)
    return VoiceLine(kind, _played(notes, sketch, active, chance.child("feel")))
