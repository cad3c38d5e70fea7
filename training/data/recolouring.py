"""Other tone colours for stems: the same notes overdriven, through an equaliser, and doubled.

Rendered basses have most of their energy in the lowest partials, real ones often do not, and a network that
knows only the first takes the overtones of the second for another instrument. So examples hear every stem
darker and brighter than it was rendered, with resonances, and some as amplifiers, tapes, loud desks, wah
pedals and doubling leave it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.effects import saturate
from training.data.instruments.amplifier import Amplifier
from training.data.instruments.modulation import chorus, wah
from training.data.production.filters import Band, apply, sections
from training.data.signal import FloatArray

WET_SHARE: Final = (0.3, 0.9)
"""Range of an amplifier's or a wah's share in the level of what is heard; the rest is the stem as it was."""

BEAT_SECONDS: Final = (0.3, 1.0)
MOST_RESONANCES: Final = 2
QUALITY: Final = (0.7, 5.0)
SHELF_QUALITY: Final = 0.6

AUDIBLE: Final = 1e-4
"""Level below which a stem is left alone."""

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Recolouring:
    """How far the colour of a stem may change.

    Attributes:
        shelf_hz: range of the frequency above which the equaliser boosts or cuts.
        shelf_db: range of its gain.
        resonance_hz: range of the centre of each of up to `MOST_RESONANCES` bells.
        resonance_db: range of their gain.
        driven_share: share of examples that are overdriven.
        drive: range of the gain into the curve relative to the stem's level.
        amplified: whether by an amplifier with its loudspeaker, rather than by a curve alone.
        wah_share: share of examples with a moving resonance.
        doubled_share: share of examples that are thickened by delayed copies, one for each side.
    """

    shelf_hz: Range
    shelf_db: Range
    resonance_hz: Range
    resonance_db: Range
    driven_share: float
    drive: Range
    amplified: bool = False
    wah_share: float = 0.0
    doubled_share: float = 0.0


RECOLOURINGS: Final = {
    "drums": Recolouring(
        shelf_hz=(200.0, 8000.0),
        shelf_db=(-6.0, 6.0),
        resonance_hz=(100.0, 8000.0),
        resonance_db=(-6.0, 8.0),
        driven_share=0.15,
        drive=(1.0, 8.0),
    ),
    "bass": Recolouring(
        shelf_hz=(80.0, 800.0),
        shelf_db=(-6.0, 14.0),
        resonance_hz=(150.0, 1500.0),
        resonance_db=(-6.0, 18.0),
        driven_share=0.5,
        drive=(1.0, 25.0),
        amplified=True,
        wah_share=0.15,
        doubled_share=0.15,
    ),
    "other": Recolouring(
        shelf_hz=(200.0, 5000.0),
        shelf_db=(-8.0, 8.0),
        resonance_hz=(200.0, 5000.0),
        resonance_db=(-8.0, 12.0),
        driven_share=0.15,
        drive=(1.0, 15.0),
        amplified=True,
        wah_share=0.05,
        doubled_share=0.1,
    ),
    "vocals": Recolouring(
        shelf_hz=(500.0, 6000.0),
        shelf_db=(-5.0, 9.0),
        resonance_hz=(300.0, 6000.0),
        resonance_db=(-8.0, 9.0),
        driven_share=0.2,
        drive=(1.0, 8.0),
        doubled_share=0.2,
    ),
}


def recolour(recolouring: Recolouring, audio: FloatArray, chance: Chance) -> FloatArray:
    """Give a stem [2, time] another tone colour; its level stays."""
    level = _level(audio)
    if level < AUDIBLE:
        return audio
    if chance.happens(recolouring.driven_share):
        audio = _driven(audio, recolouring, chance.child("drive"))
    if chance.happens(recolouring.wah_share):
        swept = wah(audio, chance.child("wah"), chance.uniform(*BEAT_SECONDS))
        audio = _mixed(audio, swept, chance)
    audio = apply(audio, sections(_equaliser(recolouring, chance.child("equaliser"))))
    if chance.happens(recolouring.doubled_share):
        audio = chorus(audio, chance.child("doubling"))
    return audio * np.float32(level / (_level(audio) + 1e-9))


def _equaliser(recolouring: Recolouring, chance: Chance) -> list[Band]:
    corner = chance.log_uniform(*recolouring.shelf_hz)
    bands = [Band("high_shelf", corner, chance.uniform(*recolouring.shelf_db), SHELF_QUALITY)]
    for _ in range(chance.integer(0, MOST_RESONANCES)):
        centre, quality = chance.log_uniform(*recolouring.resonance_hz), chance.log_uniform(*QUALITY)
        bands.append(Band("peak", centre, chance.uniform(*recolouring.resonance_db), quality))
    return bands


def _driven(audio: FloatArray, recolouring: Recolouring, chance: Chance) -> FloatArray:
    if not recolouring.amplified:
        return saturate(audio, chance.log_uniform(*recolouring.drive))
    amplifier = Amplifier.draw(chance.child("amplifier"), recolouring.drive, bass=True)
    return _mixed(audio, amplifier.play(audio.mean(axis=0)), chance)


def _mixed(dry: FloatArray, wet: FloatArray, chance: Chance) -> FloatArray:
    """Mix what a device made of a stem, heard in the middle, with the stem [2, time]."""
    level = _level(wet)
    if level < AUDIBLE:
        return dry
    share = chance.uniform(*WET_SHARE)
    wet = wet * np.float32(share * _level(dry) / level)
    return np.float32(1 - share) * dry + wet


def _level(audio: FloatArray) -> float:
    """Return the root mean square of all samples; pauses count."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
