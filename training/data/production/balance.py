"""Levels of the stems of a song against each other, as on records."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.production.loudness import SILENCE_LUFS, loudness
from training.data.signal import FloatArray
from training.sources import SOURCES

TYPICAL_LOUDNESS_DB: Final = {"drums": -3.0, "bass": -5.5, "other": -4.0, "vocals": -1.5}
"""Loudness of a stem relative to a common reference: the voice leads, drums follow."""

DEVIATION_DB: Final = {"drums": 2.8, "bass": 3.0, "other": 3.2, "vocals": 2.6}


def balanced(stems: Mapping[str, FloatArray], chance: Chance) -> FloatArray:
    """Bring the stems [2, time] to a drawn balance.

    Returns:
        Stems [4, 2, time] in the order of SOURCES; silent ones stay silent.
    """
    levelled: list[FloatArray] = []
    for name in SOURCES:
        level = loudness(stems[name])
        target = -18 + TYPICAL_LOUDNESS_DB[name] + chance.normal(0, DEVIATION_DB[name])
        gain = 10 ** ((target - level) / 20) if level > SILENCE_LUFS + 10 else 0.0
        levelled.append(stems[name] * np.float32(gain))
    return np.stack(levelled)
