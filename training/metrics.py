"""Signal-to-distortion ratios and the two reference points every result is printed beside.

The ratio is the one of the Music Demixing Challenge (Mitsufuji et al., "Music Demixing Challenge 2021",
Frontiers in Signal Processing 1, 2022): energy of the true stem over energy of the error, over the whole song
and both channels. Its scale-invariant sibling is the one of Le Roux et al., "SDR - half-baked or well done?"
(ICASSP 2019), with both channels as one vector and no mean removed: the true stem may be scaled first, so a
wrong level costs nothing.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from training.data.signal import FloatArray

EPSILON: Final = 1e-7
"""Added to both energies, as in the challenge, so that silence gives a number."""

SILENT_ENERGY: Final = 1e-3
"""Energy of a true stem below which it counts as silent: -84 dBFS root mean square over 3 s of stereo."""

MASK_FFT_SIZE: Final = 4096
MASK_HOP: Final = 1024
"""Resolution of the bundled models' spectra, at which the oracle masks."""


@dataclass(slots=True)
class RatioMeter:
    """Energies of a true stem, of its estimate and of their difference, added up block by block.

    It holds four numbers however long the song is.
    """

    truth_energy: float = 0.0
    estimate_energy: float = 0.0
    product: float = 0.0
    error_energy: float = 0.0

    def add(self, truth: FloatArray, estimate: FloatArray) -> None:
        """Take in the same stretch [channels, time] of both."""
        reference, guess = truth.astype(np.float64).ravel(), estimate.astype(np.float64).ravel()
        error = reference - guess
        self.truth_energy += float(reference @ reference)
        self.estimate_energy += float(guess @ guess)
        self.product += float(reference @ guess)
        self.error_energy += float(error @ error)

    @property
    def is_silent(self) -> bool:
        """Whether the true stem has no sound; its ratio says nothing and is left out."""
        return self.truth_energy < SILENT_ENERGY

    def signal_to_distortion(self) -> float:
        """Return the challenge's ratio in dB."""
        return _decibels(self.truth_energy, self.error_energy)

    def scale_invariant(self) -> float:
        """Return the ratio of Le Roux et al. in dB."""
        explained = self.product**2 / (self.truth_energy + EPSILON)
        return _decibels(explained, max(0.0, self.estimate_energy - explained))

    def at_best_gain(self) -> float:
        """Return the challenge's ratio in dB of the estimate at the one gain that makes it largest."""
        explained = self.product**2 / (self.estimate_energy + EPSILON)
        return _decibels(self.truth_energy, max(0.0, self.truth_energy - explained))


def _decibels(signal: float, noise: float) -> float:
    return float(10 * np.log10((signal + EPSILON) / (noise + EPSILON)))


def signal_to_distortion(truth: FloatArray, estimate: FloatArray) -> float:
    """Return the challenge's ratio in dB for audio [channels, time]."""
    meter = RatioMeter()
    meter.add(truth, estimate)
    return meter.signal_to_distortion()


def scale_invariant_ratio(truth: FloatArray, estimate: FloatArray) -> float:
    """Return the scale-invariant ratio in dB for audio [channels, time]."""
    meter = RatioMeter()
    meter.add(truth, estimate)
    return meter.scale_invariant()


def is_silent(truth: FloatArray) -> bool:
    """Return True if a true stem [channels, time] has no sound; its ratio says nothing and is left out."""
    return bool((truth.astype(np.float64) ** 2).sum() < SILENT_ENERGY)


def best_constant_gain(truth: FloatArray, mixture: FloatArray) -> FloatArray:
    """Return the mixture [channels, time] times the one gain that is closest to a true stem.

    It is what can be reached without separating anything.
    """
    energy = (mixture.astype(np.float64) ** 2).sum()
    gain = (truth.astype(np.float64) * mixture).sum() / (energy + EPSILON)
    return (np.float32(gain) * mixture).astype(np.float32)


def ratio_mask_oracle(
    stems: FloatArray,
    mixture: FloatArray | None = None,
    fft_size: int = MASK_FFT_SIZE,
    hop: int = MASK_HOP,
) -> FloatArray:
    """Return estimates [stems, channels, time] by masks made of the true magnitudes.

    Each mask is the stem's share of the sum of all magnitudes, at the resolution of the network. It shows
    about how far soft masks on the mixture's phase can go.

    Args:
        stems: the true stems [stems, channels, time].
        mixture: what is masked [channels, time]; by default the sum of the stems.
        fft_size: window in samples.
        hop: samples between windows.
    """
    window = torch.hann_window(fft_size)
    whole = stems.sum(axis=0) if mixture is None else mixture
    audio = torch.from_numpy(np.concatenate([stems, whole[None]]))
    count, channels, samples = audio.shape
    spectra = torch.stft(audio.reshape(-1, samples), fft_size, hop, window=window, return_complex=True)
    spectra = spectra.reshape(count, channels, *spectra.shape[-2:])
    magnitude = spectra[:-1].abs()
    masked = magnitude / (magnitude.sum(dim=0) + 1e-9) * spectra[-1]
    flat = masked.reshape(-1, *masked.shape[-2:])
    estimates = torch.istft(flat, fft_size, hop, window=window, length=samples)
    return np.asarray(estimates.reshape(count - 1, channels, samples).numpy(), dtype=np.float32)
