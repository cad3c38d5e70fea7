"""Levels of stems and how well they add up."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from contract.audio import Stem
from contract.report import StemReport

SILENCE_DBFS = -70.0
# One step of 16-bit audio: dither and converter noise stay below it.
SILENT_INPUT_PEAK = 2.0**-15


def peak(samples: Tensor) -> float:
    """Largest absolute sample of [channels, samples]."""
    return float(samples.abs().max())


def stem_report(stem: Stem, samples: Tensor) -> StemReport:
    """Levels of one stem, [channels, samples]."""
    power = _power(samples)
    level = 10 * math.log10(power) if power > 0 else -math.inf
    silent = level < SILENCE_DBFS
    return StemReport(
        stem=stem, peak=peak(samples), rms_dbfs=None if silent else round(level, 2), silent=silent
    )


def residual_db(mixture: Tensor, stems: Iterable[Tensor]) -> float | None:
    """Energy of the mixture minus the sum of the stems against the mixture, dB; None for silence.

    Bounded below at -150 dB, the rounding error of the samples.
    """
    total = _power(mixture)
    if total == 0:
        return None
    difference = mixture.clone()
    for samples in stems:
        difference.sub_(samples)
    return round(max(-150.0, 10 * math.log10(max(_power(difference) / total, 1e-15))), 2)


def _power(samples: Tensor) -> float:
    """Mean square over all channels, summed in double precision."""
    sums = [torch.sum(channel.square(), dtype=torch.float64) for channel in samples]
    return float(sum(sums, torch.zeros((), dtype=torch.float64))) / max(1, samples.numel())
