"""Levels of stems and how well they add up, measured block by block."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from contract.audio import Stem
from contract.report import StemReport
from sagemaker_container.separation.analysis.loudness import LoudnessMeter

SILENCE_DBFS = -70.0
# One step of 16-bit audio: dither and converter noise stay below it.
SILENT_INPUT_PEAK = 2.0**-15
# The rounding error of float32 samples.
_LOWEST_RESIDUAL = 1e-15


def peak(samples: Tensor) -> float:
    """Largest absolute sample of [channels, samples], 0 without samples."""
    return float(samples.abs().max()) if samples.numel() else 0.0


def energy(samples: Tensor) -> float:
    """Sum of squares of [channels, samples], in double precision."""
    return float(torch.linalg.vector_norm(samples, dtype=torch.float64)) ** 2


class LevelMeter:
    """Levels of one stem.

    Args:
        loudness: whether to measure loudness and true peak too, which costs more than all the rest.
    """

    def __init__(self, *, loudness: bool) -> None:
        self._energy = 0.0
        self._values = 0
        self._clipped = 0
        self._loudness = LoudnessMeter() if loudness else None
        self.peak = 0.0

    def add(self, block: Tensor) -> None:
        """Take the next samples, [channels, samples]."""
        self._energy += energy(block)
        self._values += block.numel()
        highest = peak(block)
        if highest > 1:
            self._clipped += int((block.abs() > 1).sum())
        self.peak = max(self.peak, highest)
        if self._loudness is not None:
            self._loudness.add(block)

    def report(self, stem: Stem) -> StemReport:
        """What was measured."""
        power = self._energy / max(1, self._values)
        level = 10 * math.log10(power) if power > 0 else -math.inf
        silent = level < SILENCE_DBFS
        loudness = None if self._loudness is None else self._loudness.result()
        return StemReport(
            stem=stem,
            peak=self.peak,
            rms_dbfs=None if silent else round(level, 2),
            silent=silent,
            clipped_samples=self._clipped,
            loudness_lufs=loudness and loudness.integrated_lufs,
            true_peak_dbtp=loudness and loudness.true_peak_dbtp,
        )


class ResidualMeter:
    """Energy of the mixture minus the sum of the stems, against the mixture."""

    def __init__(self) -> None:
        self._total = 0.0
        self._difference = 0.0

    def add(self, mixture: Tensor, stems: Iterable[Tensor]) -> None:
        """Take the next samples, each [channels, samples]."""
        difference = mixture.clone()
        for samples in stems:
            difference.sub_(samples)
        self._total += energy(mixture)
        self._difference += energy(difference)

    def result(self) -> float | None:
        """The ratio in dB, bounded below at -150; None for silence."""
        if self._total == 0:
            return None
        return round(10 * math.log10(max(self._difference / self._total, _LOWEST_RESIDUAL)), 2)
