"""How loud the parts of a kit are beside each other."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.kits.parts import KitPart
from training.data.signal import FloatArray

BLOCK_SAMPLES: Final = 2048
FARTHEST_DB: Final[Mapping[KitPart, tuple[float, float]]] = {
    "kick": (3.0, 10.0),
    "snare": (3.0, 12.0),
    "toms": (4.0, 14.0),
    "cymbals": (8.0, 20.0),
    "percussion": (6.0, 20.0),
}
"""How far below the loudest part each may lie, drawn per song between the two, comparing loudest moments."""


def balanced(parts: Mapping[KitPart, FloatArray], chance: Chance) -> dict[KitPart, FloatArray]:
    """Turn up parts [2, time] that would be lost in the kit, as who mixes it would."""
    levels = {part: _loudest_moment(audio) for part, audio in parts.items()}
    loudest = max(levels.values())
    result: dict[KitPart, FloatArray] = {}
    for part, audio in parts.items():
        farthest_db = chance.uniform(*FARTHEST_DB[part])
        wanted = loudest * 10 ** (-farthest_db / 20)
        lifted = 0 < levels[part] < wanted
        result[part] = audio * np.float32(wanted / levels[part]) if lifted else audio
    return result


def _loudest_moment(audio: FloatArray) -> float:
    """Return the highest root mean square of a block of 46 ms."""
    blocks = audio[:, : audio.shape[-1] // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(2, -1, BLOCK_SAMPLES)
    return float(np.sqrt((blocks**2).mean(axis=(0, 2)).max(initial=0.0)))
