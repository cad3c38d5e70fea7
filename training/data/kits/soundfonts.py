"""Drum kits of General MIDI soundfonts, each part of the kit rendered by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from scipy import signal

from training.data.chance import Chance
from training.data.composition import Part
from training.data.kits.parts import Hit, KitPart
from training.data.rendering import find_soundfont, render
from training.data.signal import FloatArray, fit
from training.data.theory import Note

SECONDS_PER_MINUTE: Final = 60.0
LONGEST_STRIKE: Final = 2.5
"""Seconds after which a key is let go; a shorter press would cut cymbals of some soundfonts."""

FLUID_PROGRAMS: Final = (*range(20), 24, 25, *range(32, 37), 40, 41, 42, 48)
MUSESCORE_PROGRAMS: Final = FLUID_PROGRAMS
GENERAL_MIDI_PROGRAMS: Final = (0, 8, 16, 24, 25, 32, 40, 48)

PROGRAMS: Final[Mapping[str, tuple[int, ...]]] = {
    "FluidR3_GM.sf2": FLUID_PROGRAMS,
    "MuseScore_General.sf3": MUSESCORE_PROGRAMS,
    "MuseScore_General_Lite.sf3": MUSESCORE_PROGRAMS,
    "TimGM6mb.sf2": GENERAL_MIDI_PROGRAMS,
    "OPL-3_FM_128M.sf2": (0,),
    "Black_Pearl_4_LV2.sf2": (0,),
    "Red_Zeppelin_4_LV2.sf2": (0,),
}
"""Kits by program number on the drum channel."""

_AVL_KEYS: Final[Mapping[int, int]] = {
    **{key: key for key in (*range(36, 48), 49, 51, 53, 54, 55, 56, 57, 59)},
    35: 36,
    48: 47,
    50: 45,
    52: 57,
    **dict.fromkeys((69, 70, 82), 64),
}

MELODIC_KITS: Final[Mapping[str, Mapping[int, int]]] = {
    "Black_Pearl_4_LV2.sf2": _AVL_KEYS,
    "Red_Zeppelin_4_LV2.sf2": _AVL_KEYS,
}
"""Soundfonts whose kit is not on the drum channel: the key of each General MIDI note; others are silent."""


PACKAGES: Final[Mapping[str, str]] = {
    "FluidR3_GM.sf2": "fluid-soundfont-gm",
    "MuseScore_General.sf3": "musescore-general-soundfont",
    "MuseScore_General_Lite.sf3": "musescore-general-soundfont-small",
    "TimGM6mb.sf2": "timgm6mb-soundfont",
    "OPL-3_FM_128M.sf2": "opl3-soundfont",
    "Black_Pearl_4_LV2.sf2": "avldrums.lv2-soundfont",
    "Red_Zeppelin_4_LV2.sf2": "avldrums.lv2-soundfont",
}
"""Debian package of each soundfont."""


@dataclass(frozen=True, slots=True)
class SoundfontSource:
    """One kit of a soundfont and how far each part is tuned from it."""

    soundfont: str
    program: int
    reverb: int
    """MIDI reverb send, 0 to 127."""
    tuning: Mapping[KitPart, Fraction]
    """Playback speed of each part; above 1 is higher and shorter."""

    def play(
        self, hits: Mapping[KitPart, Sequence[Hit]], samples: int, chance: Chance
    ) -> dict[KitPart, FloatArray]:
        """Return the sound [2, samples] of each part that is struck.

        Raises:
            FileNotFoundError: the soundfont is not installed; the message names the Debian package.
        """
        del chance  # FluidSynth plays a note the same way every time.
        stems: dict[str, list[Part]] = {
            part: [self._part(struck, self.tuning[part])] for part, struck in hits.items()
        }
        longest = int(samples * max(map(float, self.tuning.values()))) + 1
        played = render(stems, SECONDS_PER_MINUTE, installed(self.soundfont), longest)
        result: dict[KitPart, FloatArray] = {}
        for part in hits:
            ratio = self.tuning[part]
            audio = played[part][:, : int(samples * ratio) + 1]
            if ratio != 1:
                audio = signal.resample_poly(audio, ratio.denominator, ratio.numerator, axis=-1)
            result[part] = fit(np.asarray(audio, dtype=np.float32), samples)
        return result

    def _part(self, hits: Sequence[Hit], speed: Fraction) -> Part:
        """Return the strikes as they must be played for tape at `speed` to sound in time."""
        keys = MELODIC_KITS.get(self.soundfont)
        next_strike: dict[int, float] = {}
        notes: list[Note] = []
        for hit in sorted(hits, key=lambda hit: hit.start, reverse=True):
            start = hit.start * float(speed)
            length = min(LONGEST_STRIKE, next_strike.get(hit.pitch, start + LONGEST_STRIKE) - start)
            next_strike[hit.pitch] = start
            key = hit.pitch if keys is None else keys.get(hit.pitch)
            if length > 0.002 and key is not None:
                notes.append(Note(start, length, key, hit.velocity))
        return Part(self.program, keys is None, 64, self.reverb, tuple(reversed(notes)))


def installed(soundfont: str) -> Path:
    """Return the path of a soundfont.

    Raises:
        FileNotFoundError: it is not installed; the message names the Debian package.
    """
    try:
        return find_soundfont(soundfont)
    except FileNotFoundError as error:
        message = (
            f"{soundfont} is missing: install the Debian package {PACKAGES.get(soundfont, 'that has it')}"
        )
        raise FileNotFoundError(message) from error


def draw_soundfont(chance: Chance, soundfont: str) -> SoundfontSource:
    """Draw a kit of a soundfont and its tuning."""
    tuning: dict[KitPart, Fraction] = {}
    spreads: tuple[tuple[KitPart, float], ...] = (
        ("kick", 1.5),
        ("snare", 1.5),
        ("toms", 2.0),
        ("cymbals", 1.0),
        ("percussion", 1.0),
    )
    tuned = chance.happens(0.7)
    for part, semitones in spreads:
        shift = max(-4.0, min(4.0, chance.normal(0, semitones))) if tuned else 0.0
        tuning[part] = Fraction(2 ** (shift / 12)).limit_denominator(24)
    program = chance.choice(PROGRAMS.get(soundfont, GENERAL_MIDI_PROGRAMS))
    return SoundfontSource(soundfont, program, chance.choice((0, 0, 0, 20, 50)), tuning)
