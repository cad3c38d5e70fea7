"""Training examples: random remixes of excerpts from the rendered songs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.clips import FULL_SCALE, load_clip
from training.data.signal import FloatArray
from training.sources import CHANNELS, SOURCES

COHERENT_SHARE: Final = 0.4
"""Share of examples whose stems come from one song at one time; the rest are mixed from different songs."""
GAIN_DB: Final = (-8.0, 5.0)
SILENCE_SHARE: Final = 0.08
SPEED_SHARE: Final = 0.3
SPEED: Final = (0.92, 1.08)


class ExampleSampler:
    """Draws batches; the batch of a step depends on the seed and the step alone, so training can resume.

    Args:
        paths: stored clips, each [4, 2, time] int16, all longer than 1.1 segments.
        segment_samples: length of an example.
        seed: of the whole training run.
    """

    def __init__(self, paths: Sequence[Path], segment_samples: int, seed: int) -> None:
        self._clips = [load_clip(path) for path in paths]
        self._segment = segment_samples
        self._seed = seed

    def batch(self, step: int, size: int) -> FloatArray:
        """Return the true stems [size, 4, 2, time] of the examples of a step; the mixture is their sum."""
        return np.stack([self._example(Chance("example", self._seed, step, index)) for index in range(size)])

    def _example(self, chance: Chance) -> FloatArray:
        coherent = chance.happens(COHERENT_SHARE)
        speed = chance.uniform(*SPEED) if chance.happens(SPEED_SHARE) else 1.0
        needed = int(self._segment * speed) + 2
        stems = np.zeros((len(SOURCES), CHANNELS, self._segment), dtype=np.float32)
        clip, start = self._excerpt(chance, needed)
        for index in range(len(SOURCES)):
            if not coherent:
                clip, start = self._excerpt(chance, needed)
            if chance.happens(SILENCE_SHARE):
                continue
            audio = self._clips[clip][index, :, start : start + needed] * np.float32(1 / FULL_SCALE)
            stems[index] = _vary(_at_speed(audio, speed, self._segment), chance)
        return stems

    def _excerpt(self, chance: Chance, samples: int) -> tuple[int, int]:
        """Draw a clip and a start in it."""
        clip = chance.integer(0, len(self._clips) - 1)
        return clip, chance.integer(0, self._clips[clip].shape[-1] - samples)


def _at_speed(audio: FloatArray, speed: float, samples: int) -> FloatArray:
    """Play [channels, time] faster or slower, pitch included, by linear interpolation."""
    if speed == 1.0:
        return audio[:, :samples]
    position = np.arange(samples, dtype=np.float32) * np.float32(speed)
    whole = position.astype(np.int64)
    part = position - whole
    return audio[:, whole] * (1 - part) + audio[:, whole + 1] * part


def _vary(audio: FloatArray, chance: Chance) -> FloatArray:
    """Change level, polarity and sides."""
    gain = 10 ** (chance.uniform(*GAIN_DB) / 20)
    if chance.happens(0.5):
        gain = -gain
    if chance.happens(0.5):
        audio = audio[::-1]
    return audio * np.float32(gain)
