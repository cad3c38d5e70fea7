"""What has to be known of a whole song before its first segment is separated."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_container.separation.streaming.spool import Spool

_BLOCK_SAMPLES = 1 << 19
# As in demucs.api.Separator: keeps the normalisation of near-silence finite.
_NORMALISATION_FLOOR = 1e-8


@dataclass(frozen=True, slots=True)
class MixtureStatistics:
    """Of a song of at least one sample.

    ``mean`` and ``deviation`` are those of the mean of the channels, the deviation unbiased plus a floor, as
    Demucs normalises by them; ``peak`` is the largest absolute sample of any channel.
    """

    mean: float
    deviation: float
    peak: float
    is_constant: bool


def mixture_statistics(spool: Spool, checkpoint: Callable[[], None] = lambda: None) -> MixtureStatistics:
    """Read a song once, in double precision: sums over millions of samples otherwise lose digits.

    Mean and squared deviation of the blocks are merged as in Chan, Golub and LeVeque, "Updating formulae and
    a pairwise algorithm for computing sample variances", 1979.

    Args:
        spool: the song.
        checkpoint: called between blocks; what it raises ends the reading.
    """
    count, mean, squares, peak = 0, 0.0, 0.0, 0.0
    first = spool.read(0, 1)
    is_constant = True
    for start in range(0, spool.samples, _BLOCK_SAMPLES):
        checkpoint()
        block = spool.read(start, min(start + _BLOCK_SAMPLES, spool.samples))
        peak = max(peak, float(block.abs().max()))
        is_constant = is_constant and bool((block == first).all())
        reference = block.mean(0).double()
        size, block_mean = reference.numel(), float(reference.mean())
        difference, total = block_mean - mean, count + reference.numel()
        squares += float((reference - block_mean).square().sum()) + difference**2 * count * size / total
        mean += difference * size / total
        count = total
    deviation = math.sqrt(squares / (count - 1)) if count > 1 else 0.0
    return MixtureStatistics(mean, deviation + _NORMALISATION_FLOOR, peak, is_constant)
