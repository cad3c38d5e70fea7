"""Training examples: random remixes of excerpts from the rendered songs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from training.data.chance import Chance
from training.data.clips import FULL_SCALE, load_clip
from training.data.signal import FloatArray
from training.sources import CHANNELS

COHERENT_SHARE: Final = 0.5
"""Share of examples whose stems come from one song at one time; the rest are mixed from different songs."""
GAIN_DB: Final = (-8.0, 5.0)
COHERENT_GAIN_DB: Final = (-4.0, 4.0)
SILENCE_SHARE: Final = 0.08
DOUBLE_SHARE: Final = 0.08
"""Share of incoherent examples in which a stem is the sum of two songs' stems."""
SPEED_SHARE: Final = 0.4
SPEED: Final = (0.88, 1.12)
NARROW_SHARE: Final = 0.2
"""Share of stems whose sides come closer to the middle, down to mono."""
MONO_SHARE: Final = 0.06
"""Share of examples that are mono altogether."""
LIMITED_SHARE: Final = 0.35
"""Share of examples driven into a limiter, as loud masters are."""
DRIVE_DB: Final = (0.0, 9.0)


class ExampleSampler:
    """Draws batches; the batch of a step depends on the seed and the step alone, so training can resume.

    Args:
        paths: stored clips, each [stems, 2, time] int16, all longer than 1.2 segments.
        segment_samples: length of an example.
        seed: of the whole training run.
        recolourings: for each stem, what gives its audio [2, time] another tone colour; by default none does.
        recoloured_share: share of stems that get one, 0 to 1.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        segment_samples: int,
        seed: int,
        recolourings: Sequence[Callable[[FloatArray, Chance], FloatArray]] = (),
        recoloured_share: float = 1.0,
    ) -> None:
        self._clips = [load_clip(path) for path in paths]
        self._segment = segment_samples
        self._seed = seed
        self._recolourings = recolourings
        self._recoloured_share = recoloured_share

    def batch(self, step: int, size: int) -> FloatArray:
        """Return the true stems [size, stems, 2, time] of a step's examples; the mixture is their sum."""
        return np.stack([self._example(Chance("example", self._seed, step, index)) for index in range(size)])

    def _example(self, chance: Chance) -> FloatArray:
        coherent = chance.happens(COHERENT_SHARE)
        speed = chance.uniform(*SPEED) if chance.happens(SPEED_SHARE) else 1.0
        gains = COHERENT_GAIN_DB if coherent else GAIN_DB
        excerpt = self._excerpt(chance, speed)
        count = len(self._clips[excerpt[0]])
        stems = np.zeros((count, CHANNELS, self._segment), dtype=np.float32)
        for index in range(count):
            if chance.happens(SILENCE_SHARE):
                continue
            if not coherent:
                excerpt = self._excerpt(chance, speed)
            stems[index] = vary(self._coloured(excerpt, index, speed, chance), chance, gains)
            if not coherent and chance.happens(DOUBLE_SHARE):
                second = self._coloured(self._excerpt(chance, speed), index, speed, chance.child("second"))
                stems[index] += vary(second, chance, gains)
        if chance.happens(MONO_SHARE):
            stems[:] = stems.mean(axis=1, keepdims=True)
        if chance.happens(LIMITED_SHARE):
            stems *= limiting_gain(stems.sum(axis=0), chance.uniform(*DRIVE_DB))
        return stems

    def _excerpt(self, chance: Chance, speed: float) -> tuple[int, int]:
        """Draw a clip and a start in it."""
        clip = chance.integer(0, len(self._clips) - 1)
        return clip, chance.integer(0, self._clips[clip].shape[-1] - self._needed(speed))

    def _coloured(self, excerpt: tuple[int, int], stem: int, speed: float, chance: Chance) -> FloatArray:
        audio = self._read(excerpt, stem, speed)
        if not self._recolourings or not chance.child("coloured", stem).happens(self._recoloured_share):
            return audio
        return self._recolourings[stem](audio, chance.child("colour", stem))

    def _read(self, excerpt: tuple[int, int], stem: int, speed: float) -> FloatArray:
        clip, start = excerpt
        audio = self._clips[clip][stem, :, start : start + self._needed(speed)] * np.float32(1 / FULL_SCALE)
        return at_speed(audio, speed, self._segment)

    def _needed(self, speed: float) -> int:
        return int(self._segment * speed) + 2


def at_speed(audio: FloatArray, speed: float, samples: int) -> FloatArray:
    """Play [channels, time] faster or slower, pitch included, by linear interpolation."""
    if speed == 1.0:
        return audio[:, :samples]
    position = np.arange(samples, dtype=np.float64) * speed
    whole = position.astype(np.int64)
    part = (position - whole).astype(np.float32)
    return audio[:, whole] * (1 - part) + audio[:, whole + 1] * part


def vary(audio: FloatArray, chance: Chance, gain_db: tuple[float, float]) -> FloatArray:
    """Change level, polarity, sides and width of [2, time]."""
    gain = 10 ** (chance.uniform(*gain_db) / 20)
    if chance.happens(0.5):
        gain = -gain
    if chance.happens(0.5):
        audio = audio[::-1]
    if chance.happens(NARROW_SHARE):
        width = np.float32(chance.choice((0.0, chance.uniform(0.0, 1.0))))
        middle = audio.mean(axis=0, keepdims=True)
        audio = middle + width * (audio - middle)
    return audio * np.float32(gain)


def limiting_gain(mixture: FloatArray, drive_db: float) -> FloatArray:
    """Return the gain [2, time] that soft clipping has at each sample of a mixture [2, time].

    All stems get the same gain, so they still add up to what was clipped.
    """
    peak = np.abs(mixture).max()
    if peak == 0:
        return np.ones_like(mixture)
    driven = mixture * np.float32(10 ** (drive_db / 20) / peak)
    # tanh(x) / x, which is 1 at 0.
    safe = np.where(np.abs(driven) < 1e-4, np.float32(1.0), driven)
    return np.asarray(
        np.where(np.abs(driven) < 1e-4, np.float32(1.0), np.tanh(safe) / safe), dtype=np.float32
    )
