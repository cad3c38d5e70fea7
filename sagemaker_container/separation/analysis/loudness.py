"""Loudness and peaks of one stem, block by block."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyebur128 import MeasurementMode, R128State, get_loudness_global
from torch import Tensor

OVERSAMPLING = 4
# Samples on either side that the interpolation sees, as many as in the filter of BS.1770-4, Annex 2.
_REACH = 6
# Samples that are looked at together when deciding whether interpolating them can matter.
_TILE = 1024
# Frames per call of the meter, which holds the interpreter's lock.
_METER_FRAMES = 44_100
_GATE_LUFS = -70.0


def _interpolators() -> NDArray[np.float32]:
    """Windowed sinc at the three positions between two samples, [3, 2 x reach]."""
    taps = np.arange(-_REACH + 1, _REACH + 1)
    fractions = np.arange(1, OVERSAMPLING)[:, None] / OVERSAMPLING
    distance = taps[None, :] - fractions
    window = np.cos(np.pi * distance / (2 * _REACH)) ** 2
    kernels = np.sinc(distance) * window
    normalised: NDArray[np.float32] = (kernels / kernels.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


_KERNELS = _interpolators()
# No interpolated value exceeds the largest sample in reach by more than this factor.
_WORST_GAIN = float(np.abs(_KERNELS).sum(axis=1).max())


@dataclass(frozen=True)
class Loudness:
    """What a meter found; levels are None where nothing was heard."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None
    sample_peak: float
    clipped_samples: int


class LoudnessMeter:
    """Integrated loudness, true peak, sample peak and clipped samples of a stereo stem.

    The memory grows by a few hundred bytes for each second of sound.
    """

    def __init__(self, sample_rate_hz: int = 44_100) -> None:
        self._state = R128State(2, sample_rate_hz, MeasurementMode.MODE_I)
        self._tail: NDArray[np.float32] = np.zeros((2, 2 * _REACH - 1), np.float32)
        self._sample_peak = 0.0
        self._true_peak = 0.0
        self._clipped = 0

    def add(self, samples: Tensor) -> None:
        """Measure the next [2, n] float32 samples; full scale is 1. Raises ValueError for another shape."""
        if samples.dim() != 2 or samples.shape[0] != 2:
            raise ValueError(f"expected samples of shape [2, n], got {list(samples.shape)}")
        if samples.shape[1] == 0:
            return
        block: NDArray[np.float32] = samples.detach().cpu().numpy().astype(np.float32, copy=False)
        self._measure_loudness(block)
        magnitude = np.abs(block)
        self._sample_peak = max(self._sample_peak, float(magnitude.max()))
        if self._sample_peak > 1.0:
            self._clipped += int(np.count_nonzero(magnitude > 1.0))
        self._interpolate(block)

    def result(self) -> Loudness:
        """Everything measured so far; the stem may go on."""
        lufs = get_loudness_global(self._state)
        peak = max(self._true_peak, self._sample_peak, self._peak_between(self._padded_tail()))
        return Loudness(
            integrated_lufs=round(lufs, 2) if math.isfinite(lufs) and lufs > _GATE_LUFS else None,
            true_peak_dbtp=round(20 * math.log10(peak), 2) if peak > 0 else None,
            sample_peak=self._sample_peak,
            clipped_samples=self._clipped,
        )

    def _measure_loudness(self, block: NDArray[np.float32]) -> None:
        interleaved = np.ascontiguousarray(block.T)
        for start in range(0, len(interleaved), _METER_FRAMES):
            part = interleaved[start : start + _METER_FRAMES]
            self._state.add_frames(part.reshape(-1), len(part))

    def _interpolate(self, block: NDArray[np.float32]) -> None:
        """Look between samples only where the peak so far could be exceeded: exact, and rarely anywhere."""
        joined = np.concatenate((self._tail, block), axis=1)
        overlap = self._tail.shape[1]
        self._tail = joined[:, -overlap:].copy()
        for start in range(0, joined.shape[1] - overlap, _TILE):
            tile = joined[:, start : start + _TILE + overlap]
            known = max(self._true_peak, self._sample_peak)
            if float(np.abs(tile).max()) * _WORST_GAIN > known:
                self._true_peak = max(self._true_peak, self._peak_between(tile))

    def _padded_tail(self) -> NDArray[np.float32]:
        return np.pad(self._tail, ((0, 0), (0, self._tail.shape[1])))

    @staticmethod
    def _peak_between(samples: NDArray[np.float32]) -> float:
        windows = np.lib.stride_tricks.sliding_window_view(samples, 2 * _REACH, axis=1)
        return float(np.abs(windows @ _KERNELS.T).max())
