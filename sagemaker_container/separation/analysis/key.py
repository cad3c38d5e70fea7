"""The musical key: spectral peaks folded into pitch classes, compared with profiles of all 24 keys.

Krumhansl's key-finding method with the profiles of Albrecht and Shanahan, "The Use of Large Corpora to
Train a New Type of Key-Finding Algorithm", Music Perception 31 (2013).
"""

import numpy as np
from numpy.typing import NDArray

from contract.report import KeyReport
from sagemaker_container.separation.analysis.frames import Framer, Samples

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

_FRAME = 16_384
_LOWEST_HZ = 65.0
_HIGHEST_HZ = 2_000.0
# Pitch classes are collected in steps of 5 cents, so that the tuning can be found at the end.
_STEPS_PER_SEMITONE = 20
_STEPS = 12 * _STEPS_PER_SEMITONE
_SILENT_RMS = 1e-3
# Fewer frames with sound (of 0.7 s, overlapping by half) are a noise or an edge, not a piece in a key.
_LEAST_FRAMES = 4
# Peaks this far below the strongest of their frame are noise and windowing.
_PEAK_FLOOR = 0.03
# A key has to explain this much of the pitch classes; noise stays below.
_LEAST_CORRELATION = 0.5
# Pitch classes of noise differ this little (standard deviation against mean).
_LEAST_CONTRAST = 0.1
# The lead over the next best key that counts as certain.
_CERTAIN_LEAD = 0.2


class KeyFinder:
    """Collects pitch classes from mono audio; the memory does not grow."""

    def __init__(self, sample_rate_hz: float) -> None:
        self._framer = Framer(_FRAME, _FRAME // 2)
        self._window = np.hanning(_FRAME).astype(np.float32)
        self._bin_hz = sample_rate_hz / _FRAME
        self._first = int(_LOWEST_HZ / self._bin_hz)
        self._last = int(_HIGHEST_HZ / self._bin_hz)
        self._histogram = np.zeros(_STEPS)
        self._heard = 0

    def add(self, mono: Samples) -> None:
        """Hear the next [n] samples."""
        self._collect(self._framer.add(mono))

    def result(self) -> KeyReport | None:
        """The key of everything heard; ends the collection. None for silence, noise and atonal music."""
        self._collect(self._framer.flush())
        if self._heard < _LEAST_FRAMES:
            return None
        tuning = _tuning_steps(self._histogram)
        chroma = _fold(self._histogram, tuning)
        if chroma.std() / chroma.mean() < _LEAST_CONTRAST:
            return None
        return _report(_correlations(chroma), tuning)

    def _collect(self, frames: Samples) -> None:
        for frame in frames:
            centred = frame - frame.mean()
            if float(np.sqrt(np.mean(np.square(centred)))) < _SILENT_RMS:
                continue
            magnitude = np.abs(np.fft.rfft(centred * self._window))[self._first - 1 : self._last + 2]
            self._collect_peaks(magnitude.astype(np.float64))

    def _collect_peaks(self, magnitude: NDArray[np.float64]) -> None:
        left, middle, right = magnitude[:-2], magnitude[1:-1], magnitude[2:]
        strongest = float(middle.max())
        if strongest <= 0:
            return
        peaks = np.flatnonzero((middle > left) & (middle >= right) & (middle > _PEAK_FLOOR * strongest))
        if len(peaks) == 0:
            return
        low, mid, high = (np.log(side[peaks] + 1e-12) for side in (left, middle, right))
        offset = 0.5 * (low - high) / np.minimum(low - 2 * mid + high, -1e-9)
        frequency = (self._first + peaks + np.clip(offset, -0.5, 0.5)) * self._bin_hz
        # The root keeps one loud note from hiding the others.
        weight = np.sqrt(middle[peaks])
        semitones_above_c = 12 * np.log2(frequency / 440.0) + 9
        steps = np.round(semitones_above_c * _STEPS_PER_SEMITONE).astype(np.int64) % _STEPS
        self._heard += 1
        # Each frame counts the same, however loud.
        np.add.at(self._histogram, steps, weight / weight.sum())


def _tuning_steps(histogram: NDArray[np.float64]) -> float:
    """How far the notes lie above the equal temperament of 440 Hz, in steps (circular mean)."""
    angle = 2 * np.pi * np.arange(_STEPS) / _STEPS_PER_SEMITONE
    mean = np.sum(histogram * np.exp(1j * angle))
    return float(np.angle(mean) / (2 * np.pi) * _STEPS_PER_SEMITONE)


def _fold(histogram: NDArray[np.float64], tuning: float) -> NDArray[np.float64]:
    """Twelve pitch classes from C, the tuning removed."""
    nearest = np.round((np.arange(_STEPS) - tuning) / _STEPS_PER_SEMITONE).astype(np.int64) % 12
    return np.bincount(nearest, weights=histogram, minlength=12).astype(np.float64)


def _correlations(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit of all keys, [major, minor] x tonic."""
    return np.array(
        [
            [np.corrcoef(chroma, np.roll(profile, tonic))[0, 1] for tonic in range(12)]
            for profile in (_MAJOR, _MINOR)
        ]
    )


def _report(fits: NDArray[np.float64], tuning: float) -> KeyReport | None:
    mode, tonic = divmod(int(fits.argmax()), 12)
    ordered = np.sort(fits.ravel())
    best, second = float(ordered[-1]), float(ordered[-2])
    if best < _LEAST_CORRELATION:
        return None
    minor = mode == 1
    relative_tonic = (tonic + (3 if minor else 9)) % 12
    # Fifths go round the Camelot wheel; C major is 8B and its relative minor 8A.
    major_tonic = relative_tonic if minor else tonic
    number = (major_tonic * 7 + 7) % 12 + 1
    return KeyReport(
        tonic=NAMES[tonic],
        mode="minor" if minor else "major",
        confidence=round(best * min(1.0, (best - second) / _CERTAIN_LEAD), 3),
        camelot=f"{number}{'A' if minor else 'B'}",
        relative=f"{NAMES[relative_tonic]} {'major' if minor else 'minor'}",
        tuning_cents=round(100 * tuning / _STEPS_PER_SEMITONE, 1),
    )
