"""Four stems to a mixture that is their exact sum."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.effects import compression_gain
from training.data.signal import FloatArray, root_mean_square
from training.sources import SOURCES

LEVEL_DEVIATION_DB: Final = 2.2
PEAK: Final = 0.97


def mix(stems: Mapping[str, FloatArray], chance: Chance) -> FloatArray:
    """Balance the stems and master the song.

    Every step is a gain shared by all stems at each instant, so the stems still add up to the mixture.

    Args:
        stems: audio [2, time] of each of the four stems.
        chance: stream for the balance.

    Returns:
        Stems [4, 2, time] in the order of SOURCES; the peak of their sum is at most 0.97.
    """
    balanced = np.stack([_levelled(stems[name], chance) for name in SOURCES])
    if chance.happens(0.4):
        # Bus compression: the gain follows the mixture and is applied to all stems alike.
        balanced = balanced * compression_gain(
            balanced.sum(axis=0), chance.uniform(-3, 3), chance.uniform(1.5, 5)
        )
    peak = np.abs(balanced.sum(axis=0)).max()
    # Loud masters are common, so songs are usually brought up to full scale.
    target = PEAK if chance.happens(0.7) else chance.uniform(0.3, PEAK)
    return np.asarray(balanced * (target / (peak + 1e-9)), dtype=np.float32)


def _levelled(audio: FloatArray, chance: Chance) -> FloatArray:
    level = root_mean_square(audio)
    gain = 10 ** (chance.normal(0, LEVEL_DEVIATION_DB) / 20)
    return audio * np.float32(gain * 0.1 / level) if level > 0 else audio
