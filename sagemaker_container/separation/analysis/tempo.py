"""Tempo and beats: an onset envelope, its periodicity, and beats by dynamic programming.

The beat tracker follows Ellis, "Beat Tracking by Dynamic Programming", Journal of New Music Research 36
(2007), with a period that follows the music from window to window.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sagemaker_container.separation.analysis.frames import Framer, Samples

Array = NDArray[np.float64]

_FRAME = 1024
HOP = 256
_BANDS = 40
# Weak onsets count, yet less than strong ones: with 100, every other eighth note becomes a beat at 174 BPM.
_COMPRESSION = 3.0
_LOWEST_HZ = 30.0
_HIGHEST_HZ = 8_000.0
# Onsets are noticed when they enter a frame, this much before they reach its centre.
_ONSET_LEAD_SECONDS = 0.012

_SLOWEST_BPM = 40.0
_FASTEST_BPM = 220.0
# Preference for common tempi: a wide one, so that 180 stays 180 when the onsets say so.
_PREFERRED_BPM = 120.0
_PREFERENCE_OCTAVES = 1.2
_WINDOW_SECONDS = 12.0
_SHORTEST_SECONDS = 3.0
# Against the strongest onset of the song.
_LEAST_ONSET = 0.02
# Autocorrelation of the onsets that counts as certain, and below which there is no beat.
_CERTAIN_STRENGTH = 0.6
_LEAST_CONFIDENCE = 0.15
# Weight of regular spacing against strong onsets (Ellis uses 100 to 400).
_TIGHTNESS = 200.0


class OnsetEnvelope:
    """How much spectral energy rises in each frame; four bytes for each 12 ms of sound."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._framer = Framer(_FRAME, HOP)
        self._window = np.hanning(_FRAME).astype(np.float32)
        self._filters = _band_filters(sample_rate_hz)
        self._previous: Samples = np.zeros((1, _BANDS), np.float32)
        self._parts: list[Samples] = []

    def add(self, mono: Samples) -> None:
        """Hear the next [n] samples."""
        self._collect(self._framer.add(mono))

    def result(self) -> Array:
        """The envelope of everything heard, [frames]; ends the collection."""
        self._collect(self._framer.flush())
        return np.concatenate([np.zeros(0, np.float32), *self._parts]).astype(np.float64)

    def _collect(self, frames: Samples) -> None:
        # A few hundred frames at a time: the memory stays small however long a block is.
        for start in range(0, len(frames), 512):
            spectra = np.abs(np.fft.rfft(frames[start : start + 512] * self._window))
            levels = np.log1p(_COMPRESSION * (spectra @ self._filters)).astype(np.float32)
            rises = np.diff(np.concatenate((self._previous, levels)), axis=0)
            self._previous = levels[-1:]
            self._parts.append(np.maximum(rises, 0).mean(axis=1, dtype=np.float32))


@dataclass(frozen=True)
class Tempo:
    """A tempo with its half and double, each as (BPM, strength 0 to 1), and the beats in seconds."""

    bpm: float
    confidence: float
    alternatives: list[tuple[float, float]]
    beats: list[float]


def find_tempo(envelope: Array, frames_per_second: float) -> Tempo | None:
    """Tempo and beats of an onset envelope; None for less than three seconds and for music without a beat."""
    if len(envelope) < _SHORTEST_SECONDS * frames_per_second or envelope.max() < 1e-4:
        return None
    onsets = _sharpen(envelope, frames_per_second)
    tempogram = _tempogram(onsets, frames_per_second)
    if len(tempogram) == 0:
        return None
    periodicity = tempogram.mean(axis=0)
    period = _best_period(periodicity, frames_per_second)
    confidence = _strength(periodicity, period)
    if confidence < _LEAST_CONFIDENCE:
        return None
    beats = _track(onsets, _local_periods(tempogram, period, len(onsets)))
    if len(beats) < 4:
        return None
    intervals = np.diff(beats)
    steady = intervals[np.abs(intervals / np.median(intervals) - 1) < 0.15]
    bpm = 60 * frames_per_second / float(steady.mean())
    length = len(envelope) / frames_per_second
    times = np.clip(beats / frames_per_second + _ONSET_LEAD_SECONDS, 0, length)
    return Tempo(
        bpm=bpm,
        confidence=confidence,
        alternatives=[
            (bpm / 2, _strength(periodicity, period * 2)),
            (bpm * 2, _strength(periodicity, period / 2)),
        ],
        beats=[float(time) for time in times],
    )


def _band_filters(sample_rate_hz: float) -> Samples:
    """Triangular bands spaced by the mel scale, [bins, bands]."""
    lowest, highest = (2595 * math.log10(1 + limit / 700) for limit in (_LOWEST_HZ, _HIGHEST_HZ))
    mel = np.linspace(lowest, highest, _BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    bins = np.arange(_FRAME // 2 + 1)[:, None] * sample_rate_hz / _FRAME
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: Samples = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    # Low bands can fall between two bins; they take the nearest.
    empty = np.flatnonzero(filters.sum(axis=0) == 0)
    filters[np.abs(bins - edges[1:-1][empty]).argmin(axis=0), empty] = 1
    normalised: Samples = filters / filters.sum(axis=0)
    return normalised


def _sharpen(envelope: Array, frames_per_second: float) -> Array:
    """Remove the local average, smooth a little, and scale to a standard deviation of one."""
    width = int(frames_per_second) | 1
    padded = np.pad(envelope, width // 2, mode="edge")
    sums = np.cumsum(np.insert(padded, 0, 0.0))
    local = (sums[width:] - sums[:-width]) / width
    raised = np.maximum(envelope - local, 0)
    # The ripple of a steady tone is periodic too, and no onset.
    raised[raised < _LEAST_ONSET * raised.max()] = 0
    smooth = np.convolve(raised, np.array([0.25, 0.5, 0.25]), mode="same")
    deviation = float(smooth.std())
    return smooth / deviation if deviation > 0 else smooth


def _tempogram(onsets: Array, frames_per_second: float) -> Array:
    """Normalised autocorrelation by lag of overlapping windows that hold onsets, [windows, lags].

    Row by row so that an hour needs no more than its result: one row each six seconds.
    """
    width = min(len(onsets), int(_WINDOW_SECONDS * frames_per_second))
    lags = min(width - 1, int(4.2 * 60 * frames_per_second / _SLOWEST_BPM))
    size = 1 << (2 * width - 1).bit_length()
    rows = []
    for start in range(0, len(onsets) - width + 1, max(1, width // 2)):
        window = onsets[start : start + width] - onsets[start : start + width].mean()
        power = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, size))), size)[:lags]
        # Fewer products remain at long lags; without this they would look weaker.
        unbiased = power / np.maximum(width - np.arange(lags), width / 4) * width
        rows.append(unbiased / power[0] if power[0] > 1e-9 else np.zeros(lags))
    return np.array(rows)


def _at(periodicity: Array, lag: Array) -> Array:
    """Periodicity at fractional lags; 0 beyond the last."""
    return np.interp(lag, np.arange(len(periodicity)), periodicity, right=0.0)


def _strength(periodicity: Array, period: float) -> float:
    near = period * np.linspace(0.98, 1.02, 9)
    return float(np.clip(_at(periodicity, near).max() / _CERTAIN_STRENGTH, 0, 1))


def _best_period(periodicity: Array, frames_per_second: float) -> float:
    """The lag, in frames, whose first four multiples are the most periodic, common tempi preferred."""
    bpm = np.geomspace(_SLOWEST_BPM, _FASTEST_BPM, 1000)
    period = 60 * frames_per_second / bpm
    # The beat itself counts twice: one and a half beats repeat too, at every other multiple.
    multiples = sum((_at(periodicity, period * multiple) for multiple in (1, 1, 2, 3, 4)), np.zeros(len(bpm)))
    octaves = np.log2(bpm / _PREFERRED_BPM)
    preference = np.exp(-0.5 * np.square(octaves / _PREFERENCE_OCTAVES))
    return float(period[np.argmax(np.maximum(multiples, 0) * preference)])


def _local_periods(tempogram: Array, period: float, frames: int) -> Array:
    """The period around each frame: the strongest within 15 % of the song's, changing smoothly."""
    near = period * np.linspace(0.85, 1.15, 121)
    found = []
    for row in tempogram:
        fit = _at(row, near) + _at(row, near * 2)
        # Where nothing repeats, the song's own period holds.
        found.append(near[fit.argmax()] if fit.max() > 0.2 else period)
    padded = np.pad(np.array(found), 1, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1)
    periods: Array = np.interp(np.arange(frames), np.linspace(0, frames - 1, len(smooth) + 2)[1:-1], smooth)
    return periods


def _track(onsets: Array, periods: Array) -> NDArray[np.int64]:
    """Frames of the beats: strong onsets, spaced by the local period."""
    rounded = np.round(periods).astype(np.int64)
    penalties = {int(period): _spacing_penalty(int(period)) for period in np.unique(rounded)}
    longest = 2 * int(rounded.max())
    # In front of the song lies silence from which the first beat may come at no cost.
    score = np.zeros(len(onsets) + longest)
    previous = np.full(len(onsets), -1, np.int64)
    for frame, period in enumerate(rounded.tolist()):
        here = frame + longest
        candidates = score[here - 2 * period : here - period // 2] + penalties[period]
        best = int(candidates.argmax())
        score[here] = onsets[frame] + max(float(candidates[best]), 0.0)
        if candidates[best] > 0:
            previous[frame] = frame - 2 * period + best
    return _trace_back(score[longest:], previous, onsets, int(rounded[-1]))


def _spacing_penalty(period: int) -> Array:
    """What a beat costs whose predecessor lies 2 periods ... half a period back, in that order."""
    back = np.arange(2 * period, period // 2, -1)
    return -_TIGHTNESS / 10 * np.square(np.log(back / period))


def _trace_back(score: Array, previous: NDArray[np.int64], onsets: Array, period: int) -> NDArray[np.int64]:
    first = max(0, len(score) - period)
    frame = first + int(score[first:].argmax())
    beats = []
    while frame >= 0:
        beats.append(frame)
        frame = int(previous[frame])
    found = np.array(beats[::-1], np.int64)
    # Beats that were only counted on into a silent beginning or end are none.
    heard = np.array([onsets[max(0, beat - 3) : beat + 4].max() for beat in found]) > 0.2
    where = np.flatnonzero(heard)
    return found[where[0] : where[-1] + 1] if len(where) else found[:0]
