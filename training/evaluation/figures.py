"""Figures that describe a stem when nobody knows the true one."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d
from scipy.signal import stft

from training.data.signal import FloatArray, fit
from training.sources import SAMPLE_RATE

Values = npt.NDArray[np.float64]

BANDS: Final = {
    "sub": (0, 60),
    "bass": (60, 250),
    "low-mid": (250, 500),
    "mid": (500, 2000),
    "high-mid": (2000, 6000),
    "high": (6000, SAMPLE_RATE / 2 + 1),
}
"""Lower and upper edge in Hz."""

FLOOR_DB: Final = -90.0
"""What silence is called."""

_FLOOR_ENERGY: Final = 10 ** (FLOOR_DB / 10)
_FFT_SIZE: Final = 4096
_PIECE_SAMPLES: Final = 256 * _FFT_SIZE
_ENVELOPE_SAMPLES: Final = 441
_SLOW_FRAMES: Final = 100
_NEAR_SAMPLES, _AROUND_SAMPLES = 64, 2048
_CLICK_PERCENTILE: Final = 99.9
_BESIDE_FRAMES: Final = 50


class Borders(NamedTuple):
    """Whether segments show.

    Attributes:
        rank: mean percentile of the sharpest corner at a border among those elsewhere; 50 when borders are
            like any other place.
        clicks: borders with a sharper corner than 99.9 % of the other places.
        level_step_db: mean absolute difference of level, relative to the song's, of the half seconds before
            and after a border.
        level_step_elsewhere_db: the same at all other places.
    """

    rank: float
    clicks: int
    level_step_db: float
    level_step_elsewhere_db: float


def band_energies(audio: FloatArray) -> dict[str, float]:
    """Return the energy of [2, time] in each of `BANDS`, in the units of the power spectrum."""
    frequencies = np.fft.rfftfreq(_FFT_SIZE, 1 / SAMPLE_RATE)
    power = np.zeros(len(frequencies))
    for start in range(0, audio.shape[-1], _PIECE_SAMPLES):
        _, _, spectrum = stft(
            fit(audio[:, start : start + _PIECE_SAMPLES], _PIECE_SAMPLES), nperseg=_FFT_SIZE
        )
        power += (np.abs(spectrum) ** 2).sum(axis=(0, 2))
    return {
        name: float(power[(frequencies >= low) & (frequencies < high)].sum())
        for name, (low, high) in BANDS.items()
    }


def levels_db(audio: FloatArray, samples: int = SAMPLE_RATE) -> Values:
    """Return the level of each stretch of `samples` of [2, time] in dB of full scale, not below -90."""
    whole = audio[:, : audio.shape[-1] // samples * samples].astype(np.float64)
    energy = (whole.reshape(len(audio), -1, samples) ** 2).mean(axis=(0, 2))
    return np.asarray(10 * np.log10(energy + _FLOOR_ENERGY))


def correlations(stems: Mapping[str, FloatArray]) -> Values:
    """Return how the waveforms of all stems correlate, [stems, stems]; no mean is removed."""
    products = np.zeros((len(stems), len(stems)))
    samples = min(audio.shape[-1] for audio in stems.values())
    for start in range(0, samples, _PIECE_SAMPLES):
        piece = [audio[:, start : min(start + _PIECE_SAMPLES, samples)].ravel() for audio in stems.values()]
        rows = np.stack(piece).astype(np.float64)
        products += rows @ rows.T
    norms = np.sqrt(products.diagonal()) + 1e-12
    return np.asarray(products / np.outer(norms, norms))


def pumping(stem: FloatArray, drums: FloatArray) -> float:
    """Return how a stem's level moves with that of the drums, -1 to 1.

    It is the correlation of both levels, in dB over 10 ms, after removing what changes more slowly than over
    a second. Where drums press other stems down, it is well below zero; where they leak into them, above.
    """
    moving, beating = (_fast(levels_db(audio, _ENVELOPE_SAMPLES)) for audio in (stem, drums))
    return float(np.corrcoef(moving, beating)[0, 1])


def _fast(levels: Values) -> Values:
    return np.asarray(levels - uniform_filter1d(levels, _SLOW_FRAMES))


def borders_of(samples: int, segment_samples: int, stride: int) -> list[int]:
    """Return where a segment starts or ends within a song."""
    starts = range(stride, samples, stride)
    ends = range(segment_samples, samples, stride)
    return sorted({*starts, *ends})


def border_figures(stem: FloatArray, song: FloatArray, borders: Sequence[int]) -> Borders | None:
    """Compare a stem [2, time] at borders of segments with itself elsewhere.

    A corner is the largest second difference within 64 samples, over the root mean square of those within
    2048 samples around. There is nothing to compare, hence None, in a song of less than two segments.
    """
    corners = _corners(stem)
    if not borders or len(corners) < 2:
        return None
    nearest = [min(border // _NEAR_SAMPLES, len(corners) - 1) for border in borders]
    # A border between two stretches belongs to both.
    at_borders = np.array([corners[max(0, place - 1) : place + 1].max() for place in nearest])
    elsewhere = np.sort(np.maximum(corners[1:], corners[:-1]))
    ranks = 100 * np.searchsorted(elsewhere, at_borders) / len(elsewhere)
    steps = np.abs(_level_steps(stem) - _level_steps(song))
    frames = [border // _ENVELOPE_SAMPLES - _BESIDE_FRAMES for border in borders]
    at_steps = [steps[frame] for frame in frames if 0 <= frame < len(steps)]
    if not at_steps:
        return None
    return Borders(
        rank=float(np.mean(ranks)),
        clicks=int((ranks > _CLICK_PERCENTILE).sum()),
        level_step_db=float(np.mean(at_steps)),
        level_step_elsewhere_db=float(np.mean(steps)),
    )


def _corners(stem: FloatArray) -> Values:
    """Return the sharpest corner of each 64 samples, relative to what is usual around them."""
    second = np.abs(np.diff(stem.astype(np.float64), n=2, prepend=0, append=0)).max(axis=0)
    whole = second[: len(second) // _NEAR_SAMPLES * _NEAR_SAMPLES].reshape(-1, _NEAR_SAMPLES)
    width = _AROUND_SAMPLES // _NEAR_SAMPLES
    usual = np.convolve((whole**2).mean(axis=1), np.ones(width) / width, mode="same")
    return np.asarray(whole.max(axis=1) / np.sqrt(usual + 1e-14))


def _level_steps(audio: FloatArray) -> Values:
    """Return the change of level in dB at every 10 ms that have half a second on both sides."""
    energies = 10 ** (levels_db(audio, _ENVELOPE_SAMPLES) / 10)
    means = np.convolve(energies, np.ones(_BESIDE_FRAMES) / _BESIDE_FRAMES, mode="valid")
    levels = 10 * np.log10(means)
    return np.asarray(levels[_BESIDE_FRAMES:] - levels[:-_BESIDE_FRAMES])
