"""Tempo, key and loudness, found beside the separation in one pass and in little memory."""

from typing import Literal

import numpy as np
from torch import Tensor

from contract.report import MusicAnalysis, TempoAlternative, TempoReport
from sagemaker_container.separation.analysis.frames import HalfRate, Samples
from sagemaker_container.separation.analysis.key import KeyFinder
from sagemaker_container.separation.analysis.loudness import Loudness, LoudnessMeter
from sagemaker_container.separation.analysis.tempo import HOP, OnsetEnvelope, Tempo, find_tempo

__all__ = ["Analyser", "Loudness", "LoudnessMeter"]

# Drums this much quieter than the mixture are what the separation left over (power, -40 dB).
_LEAST_DRUMS = 1e-4


class Analyser:
    """Finds tempo and key of a song that arrives in blocks. Not for several threads at once."""

    def __init__(self, sample_rate_hz: int = 44_100) -> None:
        rate = sample_rate_hz / 2
        self._frames_per_second = rate / HOP
        self._halves = {"mixture": HalfRate(), "drums": HalfRate()}
        self._onsets = {"mixture": OnsetEnvelope(rate), "drums": OnsetEnvelope(rate)}
        self._energy = {"mixture": 0.0, "drums": 0.0}
        self._key = KeyFinder(rate)

    def add(self, mixture: Tensor, drums: Tensor | None) -> None:
        """Hear the next [2, n] of the mixture and, in all blocks or in none, as much of its drums.

        Raises ValueError for other shapes.
        """
        if mixture.dim() != 2 or mixture.shape[0] != 2:
            raise ValueError(f"expected a mixture of shape [2, n], got {list(mixture.shape)}")
        if drums is not None and drums.shape != mixture.shape:
            raise ValueError(f"drums of shape {list(drums.shape)} beside {list(mixture.shape)}")
        whole = self._hear("mixture", mixture)
        self._key.add(whole if drums is None else whole - self._hear("drums", drums))

    def result(self) -> MusicAnalysis:
        """What was heard; ends the analysis."""
        return MusicAnalysis(tempo=self._tempo(), key=self._key.result())

    def _hear(self, source: Literal["mixture", "drums"], samples: Tensor) -> Samples:
        block: Samples = samples.detach().cpu().numpy().astype(np.float32, copy=False)
        mono = self._halves[source].add(block)
        self._energy[source] += float(np.dot(mono, mono))
        self._onsets[source].add(mono)
        return mono

    def _tempo(self) -> TempoReport | None:
        if self._energy["drums"] > _LEAST_DRUMS * self._energy["mixture"]:
            found = find_tempo(self._onsets["drums"].result(), self._frames_per_second)
            if found is not None:
                return _tempo_report(found, "drums")
        found = find_tempo(self._onsets["mixture"].result(), self._frames_per_second)
        return None if found is None else _tempo_report(found, "mixture")


def _tempo_report(tempo: Tempo, source: Literal["drums", "mixture"]) -> TempoReport:
    return TempoReport(
        bpm=round(tempo.bpm, 2),
        confidence=round(tempo.confidence, 3),
        alternatives=[
            TempoAlternative(bpm=round(bpm, 2), strength=round(strength, 3))
            for bpm, strength in tempo.alternatives
        ],
        beat_source=source,
        beats_seconds=[round(time, 3) for time in tempo.beats],
    )
