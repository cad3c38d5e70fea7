"""Examples for fine-tuning: random remixes within a user's own multitracks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.data.chance import Chance
from training.data.signal import FloatArray
from training.multitracks import Multitrack
from training.sources import CHANNELS


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How examples differ from what was recorded.

    Attributes:
        coherent_share: examples whose stems belong together; the others mix stems of several songs (Uhlich
            et al., "Improving music source separation based on deep neural networks through data
            augmentation and network blending", ICASSP 2017).
        gain_db: range of each stem's random gain.
        polarity_share: stems turned upside down.
        swap_share: stems with their channels exchanged.
        silence_share: stems left out.
    """

    coherent_share: float = 0.5
    gain_db: tuple[float, float] = (-6.0, 4.0)
    polarity_share: float = 0.5
    swap_share: float = 0.5
    silence_share: float = 0.05


class MultitrackSampler:
    """Draws batches; the batch of a step depends on the seed and the step alone, so training can resume.

    Files are read as examples need them; nothing is kept in memory.

    Args:
        multitracks: the songs, with the same stems in the same order, each longer than a segment.
        segment_samples: length of an example at 44.1 kHz.
        seed: of the whole training run.
        augmentation: how examples are varied.
    """

    def __init__(
        self,
        multitracks: Sequence[Multitrack],
        segment_samples: int,
        seed: int,
        augmentation: Augmentation | None = None,
    ) -> None:
        self._songs = list(multitracks)
        self._segment = segment_samples
        self._seed = seed
        self._augmentation = augmentation or Augmentation()

    def batch(self, step: int, size: int) -> FloatArray:
        """Return the true stems [size, sources, 2, samples] of the examples of a step.

        The mixture is their sum.

        Raises:
            AudioTrackError: a file cannot be decoded.
        """
        return np.stack([self._example(Chance("own", self._seed, step, index)) for index in range(size)])

    def _example(self, chance: Chance) -> FloatArray:
        coherent = chance.happens(self._augmentation.coherent_share)
        whole = self._excerpt(chance)
        stems = np.zeros((len(whole), CHANNELS, self._segment), np.float32)
        for index in range(len(whole)):
            source = whole if coherent else self._excerpt(chance)
            if not chance.happens(self._augmentation.silence_share):
                stems[index] = self._vary(source[index], chance)
        return stems

    def _excerpt(self, chance: Chance) -> FloatArray:
        """Return all stems [sources, 2, samples] of a stretch of a song; long songs are drawn more often."""
        lengths = np.array([song.samples for song in self._songs], dtype=np.float64)
        place = chance.uniform(0, float(lengths.sum()))
        song = self._songs[min(int(np.searchsorted(lengths.cumsum(), place, "right")), len(self._songs) - 1)]
        return song.read(chance.integer(0, song.samples - self._segment), self._segment)

    def _vary(self, audio: FloatArray, chance: Chance) -> FloatArray:
        """Change level, polarity and sides of one stem [2, samples]."""
        gain = 10 ** (chance.uniform(*self._augmentation.gain_db) / 20)
        if chance.happens(self._augmentation.polarity_share):
            gain = -gain
        if chance.happens(self._augmentation.swap_share):
            audio = audio[::-1]
        return audio * np.float32(gain)
