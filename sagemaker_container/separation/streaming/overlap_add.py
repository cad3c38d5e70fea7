"""Adds overlapping segments up in a buffer of one segment."""

import torch
from torch import Tensor

from contract.audio import CHANNELS
from sagemaker_container.separation.streaming.segments import Segment, stride_of, triangular_weight


class OverlapAdd:
    """Weighted mean of overlapping estimates, finished as soon as no later segment reaches them.

    Memory is that of one segment for each source, whatever the length of the song.

    Args:
        sources: estimates per segment.
        segment_samples: length of a segment.
        samples: length of the song.
        device: where the sums are kept.
    """

    def __init__(self, sources: int, segment_samples: int, samples: int, device: torch.device) -> None:
        self._stride = stride_of(segment_samples)
        self._samples = samples
        self._weight = triangular_weight(segment_samples, device)
        self._sum = torch.zeros((sources, CHANNELS, segment_samples), device=device)
        self._total = torch.zeros(segment_samples, device=device)

    def add(self, segment: Segment, estimate: Tensor) -> Tensor:
        """Add the next segment.

        Args:
            segment: in order, none left out.
            estimate: [sources, channels, segment.length].

        Returns:
            What is now final, [sources, channels, samples]: from the segment's start to the next one's, or to
            the end of the song.
        """
        length = segment.length
        self._sum[..., :length] += self._weight[:length] * estimate
        self._total[:length] += self._weight[:length]
        final = min(self._stride, self._samples - segment.start)
        finished = self._sum[..., :final] / self._total[:final]
        self._sum = _advanced(self._sum, final)
        self._total = _advanced(self._total, final)
        return finished


def _advanced(buffer: Tensor, samples: int) -> Tensor:
    """The buffer moved on by some samples, silence at its end."""
    return torch.nn.functional.pad(buffer[..., samples:], (0, samples))
