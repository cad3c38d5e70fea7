"""Random changes to the spectra of an example's stems, which leave the mixture their exact sum."""

import math

import torch
from torch import Tensor

EQUALISER_POINTS = 8
EQUALISER_DEVIATION_DB = 2.0
LOW_PASS_SHARE = 0.12
"""Share of examples without treble, as lossy codecs and old recordings leave them."""
LOW_PASS_HZ = (6_000.0, 16_000.0)
LOW_PASS_DB_PER_OCTAVE = 90.0


def random_equaliser(sources: Tensor, step: int, sample_rate: int) -> Tensor:
    """Return random gains [batch, sources, 1, 1, bins] for spectra [batch, sources, channels, frames, bins].

    Every stem gets smooth gains of its own over a logarithmic frequency axis; some examples lose their treble
    in all stems alike. The gains depend on the step alone.
    """
    generator = torch.Generator().manual_seed(step)
    batch, count, bins = sources.shape[0], sources.shape[1], sources.shape[-1]
    points_db = EQUALISER_DEVIATION_DB * torch.randn(batch * count, EQUALISER_POINTS, generator=generator)
    place = torch.log2(torch.arange(bins) + 1.0) / math.log2(bins) * (EQUALISER_POINTS - 1)
    below = place.floor().long().clamp(max=EQUALISER_POINTS - 2)
    share = place - below
    gains_db = points_db[:, below] * (1 - share) + points_db[:, below + 1] * share
    gains_db = gains_db.reshape(batch, count, bins) + _low_pass_db(batch, bins, sample_rate, generator)
    gains: Tensor = 10 ** (gains_db[:, :, None, None] / 20)
    return gains.to(sources.device)


def _low_pass_db(batch: int, bins: int, sample_rate: int, generator: torch.Generator) -> Tensor:
    """Return gains in dB [batch, 1, bins] that fall above a random frequency for some examples."""
    low, high = (math.log2(edge) for edge in LOW_PASS_HZ)
    edges = 2 ** (low + (high - low) * torch.rand(batch, 1, 1, generator=generator))
    chosen = torch.rand(batch, 1, 1, generator=generator) < LOW_PASS_SHARE
    frequencies = torch.linspace(0, sample_rate / 2, bins).clamp_min(1.0)
    octaves_above = torch.log2(frequencies / edges).clamp_min(0)
    return -LOW_PASS_DB_PER_OCTAVE * octaves_above * chosen
