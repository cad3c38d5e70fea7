"""From parts to their sound, guitars in two takes and basses through their amplifiers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np

from training.data.chance import Chance
from training.data.instruments.amplifier import Amplifier
from training.data.instruments.events import (
    Expression,
    PlayedNote,
    in_seconds,
    loosened,
    one_at_a_time,
    pitch_curve,
)
from training.data.instruments.modulation import chorus, phaser, rotary, tremolo, wah
from training.data.instruments.patches import Family, draw_patch
from training.data.instruments.risers import play_risers
from training.data.instruments.sampler import BEND_STEP, SampledPart, open_sampler
from training.data.instruments.strings import Strings, play_solo, play_strings
from training.data.instruments.synthesiser import play_chords, play_line
from training.data.instruments.toolkit import (
    BASS_MODELS,
    CHORD_MODELS,
    SOLO_MODELS,
    ToolkitModel,
    play_model,
)
from training.data.production.filters import low_pass
from training.data.signal import FloatArray
from training.data.wide_composition import WidePart
from training.sources import CHANNELS, SAMPLE_RATE

DRIVES: Final = {
    "clean_guitar": (0.15, 1.2),
    "crunch_guitar": (1.5, 8.0),
    "high_gain_guitar": (10.0, 60.0),
    "muted_guitar": (10.0, 60.0),
    "guitar_solo": (2.0, 40.0),
    "finger_bass": (0.1, 0.8),
    "picked_bass": (0.2, 4.0),
}
"""Ranges of an amplifier's drive."""

FAMILIES: Final[dict[str, Family]] = {
    "synth_bass": "bass",
    "sub_bass": "sub",
    "boom_bass": "boom",
    "acid_bass": "acid",
    "reese_bass": "reese",
}
LINES: Final = frozenset({*FAMILIES, "lead"})
CHORDS: Final = frozenset({"pad", "pluck", "stab", "keys", "organ"})
DIRECT_PROGRAMS: Final = (26, 27, 27, 28)
"""Clean electric guitars of General MIDI, as a source for the amplifier."""

ELECTRIC_GUITARS: Final = ("clean_guitar", "crunch_guitar", "high_gain_guitar", "guitar_solo")
SAMPLED_GUITAR_SHARE: Final = 0.35

SOLOS: Final = ("sampled_solo", "lead", "guitar_solo")
MODELS: Final[dict[str, tuple[ToolkitModel, ...]]] = {
    **dict.fromkeys(SOLOS, SOLO_MODELS),
    **dict.fromkeys(("sampled", "acoustic_guitar", "pad", "pluck", "stab", "keys", "organ"), CHORD_MODELS),
    **dict.fromkeys(
        ("sampled_bass", "synth_bass", "acid_bass", "reese_bass", "finger_bass", "picked_bass"), BASS_MODELS
    ),
}
"""What can play parts of a kind where models are asked for."""

MODELLED_SHARE: Final = 0.7
"""Share of such parts that a model plays."""


def play_parts(
    parts: Sequence[WidePart],
    tempo: float,
    samples: int,
    soundfont: Path,
    chance: Chance,
    *,
    modelled: bool = False,
) -> list[FloatArray]:
    """Return the sound [2, samples] of each part, effects of the instrument's own included.

    With `modelled`, models of the Synthesis ToolKit play most of the parts that they can play.
    """
    seconds = samples / SAMPLE_RATE
    players = [
        _Player(
            part,
            in_seconds(part.notes, tempo, seconds),
            tempo,
            samples,
            chance.child(index),
            modelled=modelled,
        )
        for index, part in enumerate(parts)
    ]
    requests = [request for player in players for request in player.requests]
    sampled = iter(open_sampler(soundfont).play(requests, samples) if requests else ())
    return [player.sound([next(sampled) for _ in player.requests]) for player in players]


class _Player:
    """One part on its way to sound: it asks the sampler for what it needs, then it finishes the sound."""

    def __init__(
        self,
        part: WidePart,
        notes: list[PlayedNote],
        tempo: float,
        samples: int,
        chance: Chance,
        *,
        modelled: bool,
    ) -> None:
        self._part, self._notes, self._tempo = part, notes, tempo
        self._samples, self._chance = samples, chance
        self._expression = Expression.draw(chance.child("expression"))
        drive = DRIVES.get(part.kind)
        doubled = part.kind in ("crunch_guitar", "high_gain_guitar", "muted_guitar", "acoustic_guitar")
        self._takes = 2 if doubled and chance.happens(0.6) else 1
        sampled_source = drive is not None and chance.happens(SAMPLED_GUITAR_SHARE)
        self._model = _draw_model(part.kind, chance.child("model")) if modelled else None
        self.requests = [] if self._model else self._requests(sampled_source)

    def _requests(self, sampled_source: bool) -> list[SampledPart]:
        """Return what the sampler has to play: the instrument itself or a guitar for the amplifier."""
        kind, chance = self._part.kind, self._chance
        sampled = kind in ("sampled", "sampled_bass", "sampled_solo", "acoustic_guitar")
        if not self._notes or not (sampled or sampled_source):
            return []
        program = {
            "acoustic_guitar": chance.choice((24, 25, 25)),
            "picked_bass": 34,
            "finger_bass": 33,
            "muted_guitar": 28,
            **dict.fromkeys(ELECTRIC_GUITARS, chance.choice(DIRECT_PROGRAMS)),
        }.get(kind, self._part.program)
        if kind in ("sampled_solo", "guitar_solo"):
            line = one_at_a_time(self._notes)
            return [SampledPart(program, line, self._bend(line))]
        return [SampledPart(program, self._take(take)) for take in range(self._takes)]

    def _take(self, take: int) -> list[PlayedNote]:
        return loosened(self._notes, self._chance.child("take", take), 0.007) if take else self._notes

    def _bend(self, line: Sequence[PlayedNote]) -> np.ndarray:
        """Return semitones away from the notes that are written, for the pitch wheel."""
        seconds = self._samples / SAMPLE_RATE
        chance = self._chance.child("bend")
        curve = pitch_curve(line, seconds, BEND_STEP, self._expression, chance)
        plain = pitch_curve(line, seconds, BEND_STEP, Expression(0, 0, 1, 0, 0), chance)
        return np.asarray(curve - plain)

    def sound(self, sampled: Sequence[FloatArray]) -> FloatArray:
        """Return the finished part [2, samples]."""
        kind, chance = self._part.kind, self._chance.child("sound")
        if not self._notes:
            return np.zeros((CHANNELS, self._samples), dtype=np.float32)
        if self._model:
            return self._modelled(self._model, chance.child("model"))
        if kind in DRIVES:
            return self._amplified(sampled, chance)
        if kind == "acoustic_guitar":
            return sides([take.mean(axis=0) for take in sampled], chance)
        if sampled:
            return self._keyboard_effects(sampled[0], chance)
        return self._synthesised(chance)

    def _modelled(self, model: ToolkitModel, chance: Chance) -> FloatArray:
        notes = one_at_a_time(self._notes) if self._part.kind in SOLOS else self._notes
        return self._keyboard_effects(play_model(notes, model, self._samples, chance), chance)

    def _synthesised(self, chance: Chance) -> FloatArray:
        kind = self._part.kind
        if kind == "riser":
            return play_risers(self._notes, self._samples, chance)
        family = FAMILIES.get(kind, kind)
        patch = draw_patch(cast("Family", family), chance.child("patch"))
        if kind in LINES:
            return play_line(self._notes, patch, self._expression, self._samples, chance)
        sound = play_chords(self._notes, patch, self._samples, chance)
        return self._keyboard_effects(sound, chance)

    def _keyboard_effects(self, sound: FloatArray, chance: Chance) -> FloatArray:
        """Send some keyboards through a chorus, a tremolo, a phaser or a rotary loudspeaker."""
        kind = self._part.kind
        if kind == "organ" or (kind == "sampled" and self._part.program in (16, 17, 18)):
            return rotary(sound, chance) if chance.happens(0.6) else sound
        electric = kind in ("keys", "pad", "stab") or (
            kind == "sampled" and self._part.program in (4, 5, 26, 27)
        )
        if electric and chance.happens(0.4):
            return chance.choice((chorus, tremolo, phaser, chorus))(sound, chance)
        return sound

    def _amplified(self, sampled: Sequence[FloatArray], chance: Chance) -> FloatArray:
        kind = self._part.kind
        bass = kind in ("finger_bass", "picked_bass")
        sources = [take.mean(axis=0) for take in sampled] or self._plucked(bass, chance.child("strings"))
        amplifier = Amplifier.draw(chance.child("amplifier"), DRIVES[kind], bass)
        second = (
            Amplifier.draw(chance.child("second"), DRIVES[kind], bass) if chance.happens(0.4) else amplifier
        )
        takes = [(second if index else amplifier).play(source) for index, source in enumerate(sources)]
        if bass:
            # The direct signal is mixed in, as bass players do.
            tone = low_pass(sources[0], chance.uniform(1500, 9000), 1)
            direct = tone * np.float32(0.15 / (np.sqrt(np.square(tone).mean()) + 1e-6))
            share = np.float32(chance.uniform(0, 1))
            mono = share * takes[0] + (1 - share) * direct
            return np.stack([mono, mono])
        sound = sides(takes, chance)
        if kind == "clean_guitar" and chance.happens(0.35):
            return chance.choice((chorus, chorus, tremolo, phaser))(sound, chance)
        if kind in ("clean_guitar", "guitar_solo") and chance.happens(0.12):
            return wah(sound, chance, 60 / self._tempo)
        return sound

    def _plucked(self, bass: bool, chance: Chance) -> list[FloatArray]:
        strings = Strings.draw(chance, bass, self._part.kind == "muted_guitar")
        if self._part.kind == "guitar_solo":
            return [play_solo(self._notes, strings, self._expression, self._samples, chance)]
        return [
            play_strings(self._take(take), strings, self._samples, chance.child(take))
            for take in range(self._takes)
        ]


def _draw_model(kind: str, chance: Chance) -> ToolkitModel | None:
    """Return a model for most parts of a kind that models can play."""
    models = MODELS.get(kind)
    return chance.choice(models) if models and chance.happens(MODELLED_SHARE) else None


def sides(takes: Sequence[FloatArray], chance: Chance) -> FloatArray:
    """Put one take anywhere and two takes far apart."""
    if len(takes) == 1:
        return panned(takes[0], chance.uniform(-0.7, 0.7) if chance.happens(0.6) else 0.0)
    width = chance.choice((1.0, 1.0, 0.8, 0.6))
    return panned(takes[0], -width) + panned(takes[1], width)


def panned(mono: FloatArray, place: float) -> FloatArray:
    """Put one channel [samples] between left (-1) and right (1) at constant power."""
    angle = (place + 1) * np.pi / 4
    return np.stack([np.cos(angle) * mono, np.sin(angle) * mono]).astype(np.float32)
