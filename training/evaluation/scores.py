"""Results of one way to separate on one song, and their means over the songs of a set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from training.data.signal import FloatArray
from training.metrics import RatioMeter


class Ratios(NamedTuple):
    """Of one stem of one song, in dB."""

    sdr: float
    si_sdr: float


SongScores = dict[str, Ratios]
"""By stem; without those that are silent in the song and those there is no estimate of."""


class SongMeter:
    """Compares the estimates of a song with its true stems, stretch by stretch.

    Args:
        stems: names of the true stems, in their order.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        self._stems = tuple(stems)
        self._meters: dict[str, RatioMeter] = {}

    def add(self, truth: FloatArray, estimates: Mapping[str, FloatArray]) -> None:
        """Take in the same stretch of the true stems [stems, 2, time] and of estimates [2, time] by name."""
        for stem, audio in zip(self._stems, truth, strict=True):
            if stem in estimates:
                self._meters.setdefault(stem, RatioMeter()).add(audio, estimates[stem])

    def scores(self) -> SongScores:
        """Return the ratios of the whole song."""
        return {
            stem: Ratios(meter.signal_to_distortion(), meter.scale_invariant())
            for stem, meter in self._meters.items()
            if not meter.is_silent
        }

    def scores_at_best_gain(self) -> SongScores:
        """Return the ratios each estimate would reach with the one gain that suits it best."""
        return {
            stem: Ratios(meter.at_best_gain(), meter.scale_invariant())
            for stem, meter in self._meters.items()
            if not meter.is_silent
        }


@dataclass(slots=True)
class SetScores:
    """Of one row of a set's table.

    Attributes:
        ratios: of every song that has the stem, by stem.
        audio_seconds: sound that was separated; 0 for what is not timed.
        wall_seconds: what that took.
    """

    ratios: dict[str, list[Ratios]] = field(default_factory=dict)
    audio_seconds: float = 0.0
    wall_seconds: float = 0.0

    def add(self, scores: SongScores) -> None:
        """Take in a song."""
        for stem, ratios in scores.items():
            self.ratios.setdefault(stem, []).append(ratios)

    def sdr(self) -> dict[str, float]:
        """Return the mean over the songs, by stem."""
        return {stem: float(np.mean([song.sdr for song in songs])) for stem, songs in self.ratios.items()}

    def si_sdr(self) -> dict[str, float]:
        """Return the mean over the songs, by stem."""
        return {stem: float(np.mean([song.si_sdr for song in songs])) for stem, songs in self.ratios.items()}

    @property
    def times_real_time(self) -> float | None:
        """How much faster than the sound lasts, if that was measured."""
        return self.audio_seconds / self.wall_seconds if self.wall_seconds else None


def left_out(stems: Iterable[str], songs: int, mixture: SetScores) -> dict[str, int]:
    """Return in how many songs each true stem is silent, which the mixture's row shows: it estimates all."""
    return {stem: songs - len(mixture.ratios.get(stem, [])) for stem in stems}
