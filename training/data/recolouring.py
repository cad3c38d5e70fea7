"""Other tone colours for stems: the same notes through a tone control and, at times, overdriven.

Rendered basses have most of their energy in the lowest partials, real ones often do not, and a network that
knows only the first takes the overtones of the second for another instrument. So examples hear every stem
darker and brighter than it was rendered, and some as amplifiers, tapes and loud desks would leave it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.signal

from training.data.chance import Chance
from training.data.effects import saturate
from training.data.instruments.amplifier import Amplifier
from training.data.signal import FloatArray
from training.sources import SAMPLE_RATE

WET_SHARE: Final = (0.3, 0.9)
"""Range of an amplifier's share in the level of what is heard; the rest is the stem as it was."""


AUDIBLE: Final = 1e-4
"""Level below which a stem is left alone."""


@dataclass(frozen=True, slots=True)
class Recolouring:
    """How far the colour of a stem may change.

    Attributes:
        shelf_hz: range of the frequency above which the tone control boosts or cuts.
        shelf_db: range of its gain.
        driven_share: share of examples that are overdriven.
        drive: range of the gain into the curve relative to the stem's level.
        amplified: whether by an amplifier with its loudspeaker, rather than by a curve alone.
    """

    shelf_hz: tuple[float, float]
    shelf_db: tuple[float, float]
    driven_share: float
    drive: tuple[float, float]
    amplified: bool = False


RECOLOURINGS: Final = {
    "drums": Recolouring((200.0, 8000.0), (-6.0, 6.0), 0.15, (1.0, 8.0)),
    "bass": Recolouring((80.0, 800.0), (-6.0, 14.0), 0.5, (1.0, 25.0), amplified=True),
    "other": Recolouring((200.0, 5000.0), (-8.0, 8.0), 0.15, (1.0, 15.0), amplified=True),
    "vocals": Recolouring((500.0, 6000.0), (-5.0, 9.0), 0.2, (1.0, 8.0)),
}


def recolour(recolouring: Recolouring, audio: FloatArray, chance: Chance) -> FloatArray:
    """Give a stem [2, time] another tone colour; its level stays."""
    level = _level(audio)
    if level < AUDIBLE:
        return audio
    if chance.happens(recolouring.driven_share):
        audio = _driven(audio, recolouring, chance)
    corner = _between(recolouring.shelf_hz, chance)
    audio = shelve(audio, corner, chance.uniform(*recolouring.shelf_db))
    return audio * np.float32(level / (_level(audio) + 1e-9))


def shelve(audio: FloatArray, corner_hz: float, gain_db: float) -> FloatArray:
    """Boost or cut what is above a frequency in [channels, time], with a slope of 6 dB per octave."""
    low_pass = scipy.signal.butter(1, corner_hz, fs=SAMPLE_RATE)
    low = scipy.signal.lfilter(*(part.astype(np.float32) for part in low_pass), audio)
    return np.asarray(low + np.float32(10 ** (gain_db / 20)) * (audio - low), dtype=np.float32)


def _driven(audio: FloatArray, recolouring: Recolouring, chance: Chance) -> FloatArray:
    if not recolouring.amplified:
        return saturate(audio, _between(recolouring.drive, chance))
    middle = audio.mean(axis=0)
    played = Amplifier.draw(chance.child("amplifier"), recolouring.drive, bass=True).play(middle)
    wet = chance.uniform(*WET_SHARE)
    # One amplifier, heard in the middle.
    played = played * np.float32(wet * _level(audio) / (_level(played) + 1e-9))
    return np.float32(1 - wet) * audio + played


def _between(limits: tuple[float, float], chance: Chance) -> float:
    low, high = limits
    value: float = low * (high / low) ** chance.uniform(0, 1)
    return value


def _level(audio: FloatArray) -> float:
    """Return the root mean square of all samples; pauses count."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
