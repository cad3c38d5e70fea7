"""Loudness by ITU-R BS.1770."""

import numpy as np
from pyebur128 import MeasurementMode, R128State, get_loudness_global

from training.data.signal import FloatArray
from training.sources import CHANNELS, SAMPLE_RATE

SILENCE_LUFS = -70.0
"""What is below counts as silent."""


def loudness(audio: FloatArray) -> float:
    """Return the gated loudness of [2, time] in LUFS, at least SILENCE_LUFS."""
    state = R128State(CHANNELS, SAMPLE_RATE, MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(audio.T, dtype=np.float32).ravel(), audio.shape[-1])
    return max(SILENCE_LUFS, float(get_loudness_global(state)))
