"""How a song is cut into overlapping segments, exactly as `demucs.apply.apply_model` does it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from contract.audio import CHANNELS
from sagemaker_container.separation.streaming.spool import Spool

OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Segment:
    """One run of the network.

    Attributes:
        start: first sample it estimates.
        length: samples it estimates; shorter than a segment only at the end of the song.
        window_start: first sample the network sees; may lie before the song's first.
        window_length: samples the network sees.
    """

    start: int
    length: int
    window_start: int
    window_length: int

    @property
    def margin(self) -> int:
        """Samples of the window before the first estimated one."""
        return self.start - self.window_start


def stride_of(segment_samples: int) -> int:
    """Samples between the starts of two segments."""
    return int((1 - OVERLAP) * segment_samples)


def segments(samples: int, segment_samples: int, window_length: Callable[[int], int]) -> Iterator[Segment]:
    """Cut a song.

    Args:
        samples: length of the song.
        segment_samples: length of a segment.
        window_length: samples the network wants to see for a segment of a length. Where that is more, the
            segment sits in the middle: real samples on its sides as far as there are any, then silence.
    """
    for start in range(0, samples, stride_of(segment_samples)):
        length = min(segment_samples, samples - start)
        window = window_length(length)
        yield Segment(start, length, start - (window - length) // 2, window)


def triangular_weight(segment_samples: int, device: torch.device) -> Tensor:
    """Weight of each sample of a segment, largest in its middle: [segment_samples]."""
    half = segment_samples // 2
    weight = torch.cat([torch.arange(1, half + 1), torch.arange(segment_samples - half, 0, -1)])
    return (weight / weight.max()).to(device)


def read_window(spool: Spool, segment: Segment) -> Tensor:
    """The part of a window that lies within the song, [channels, samples]."""
    start = max(0, segment.window_start)
    stop = min(spool.samples, segment.window_start + segment.window_length)
    return spool.read(start, stop)


def padded_window(inside: Tensor, segment: Segment) -> Tensor:
    """A whole window with silence where the song has no samples, [channels, window_length]."""
    left = max(0, -segment.window_start)
    if left == 0 and inside.shape[-1] == segment.window_length:
        return inside
    window = inside.new_zeros((CHANNELS, segment.window_length))
    window[:, left : left + inside.shape[-1]] = inside
    return window
