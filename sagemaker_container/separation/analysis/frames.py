"""Overlapping frames of a mono signal that arrives in blocks."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class HalfRate:
    """Mono at half the sample rate, from stereo blocks of any length.

    Pairs are averaged: features look below 8 kHz, where this filter leaks too little to matter.
    """

    def __init__(self) -> None:
        self._odd: Samples = np.zeros(0, np.float32)

    def add(self, block: Samples) -> Samples:
        """The samples that the next [2, n] complete, [about n / 2]."""
        mono = np.concatenate((self._odd, block.mean(axis=0, dtype=np.float32)))
        even = len(mono) // 2 * 2
        self._odd = mono[even:].copy()
        halved: Samples = mono[:even].reshape(-1, 2).mean(axis=1, dtype=np.float32)
        return halved


class Framer:
    """Frames of ``size`` samples every ``hop``; the first is centred on the first sample."""

    def __init__(self, size: int, hop: int) -> None:
        self._size = size
        self._hop = hop
        self._buffer: Samples = np.zeros(size // 2, np.float32)

    def add(self, samples: Samples) -> Samples:
        """The frames that these samples complete, [frames, size]; a view, to be used at once."""
        joined = np.concatenate((self._buffer, samples))
        count = max(0, (len(joined) - self._size) // self._hop + 1)
        self._buffer = joined[count * self._hop :].copy()
        if count == 0:
            return np.zeros((0, self._size), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(joined, self._size)
        return windows[: count * self._hop : self._hop]

    def flush(self) -> Samples:
        """The frames that are left, filled up with silence."""
        return self.add(np.zeros(self._size // 2, np.float32))
