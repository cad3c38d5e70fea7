"""Inhalations between phrases: noise through an open vocal tract."""

from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.signal import FloatArray, filter_magnitude
from training.sources import SAMPLE_RATE

REFERENCE: Final = 0.12
"""Level of vowels that breaths are compared with."""


def breath(chance: Chance, level_db: float) -> FloatArray:
    """Return one inhalation [time] of 0.15 to 0.6 s, at a level in dB relative to sung vowels."""
    samples = round(chance.uniform(0.15, 0.6) * SAMPLE_RATE)
    noise = chance.generator.standard_normal(samples).astype(np.float32)
    throat, mouth = chance.uniform(1100, 2000), chance.uniform(3200, 5500)
    hertz = np.array([200, 600, throat, 2400, mouth, 8000, 12000, 17000], dtype=np.float32)
    gains = np.array(
        [-35, -14, chance.uniform(-3, 3), -8, chance.uniform(-2, 4), -6, -9, -26], dtype=np.float32
    )
    air = filter_magnitude(noise, hertz, gains, SAMPLE_RATE)
    place = np.linspace(0, 1, samples, dtype=np.float32)
    peak = chance.uniform(0.5, 0.85)
    shape = np.clip(place / peak, 0, 1) ** chance.uniform(1, 2) * np.clip((1 - place) / (1 - peak), 0, 1)
    level = REFERENCE * 10 ** ((level_db + chance.uniform(-6, 4)) / 20)
    return np.asarray(level * air / max(1e-6, float(air.std())) * shape, dtype=np.float32)
