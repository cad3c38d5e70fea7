"""Signal-to-distortion ratio and the two reference points every result is printed beside.

The ratio is the one of the Music Demixing Challenge (Mitsufuji et al., "Music Demixing Challenge 2021",
Frontiers in Signal Processing 1, 2022): energy of the true stem over energy of the error, over the whole song
and both channels.
"""

from typing import Final

import numpy as np
import torch

from training.data.signal import FloatArray

EPSILON: Final = 1e-7
"""Added to both energies, as in the challenge, so that silence gives a number."""

SILENT_ENERGY: Final = 1e-3
"""Energy of a true stem below which it counts as silent: -84 dBFS root mean square over 3 s of stereo."""


def signal_to_distortion(truth: FloatArray, estimate: FloatArray) -> float:
    """Return the ratio in dB for audio [channels, time]."""
    reference = truth.astype(np.float64)
    error = reference - estimate
    return float(10 * np.log10(((reference**2).sum() + EPSILON) / ((error**2).sum() + EPSILON)))


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


def ratio_mask_oracle(stems: FloatArray, fft_size: int = 4096, hop: int = 1024) -> FloatArray:
    """Return estimates [stems, channels, time] by masks made of the true magnitudes.

    Each mask is the stem's share of the sum of all magnitudes, at the resolution of the network. It shows
    about how far soft masks on the mixture's phase can go.
    """
    window = torch.hann_window(fft_size)
    audio = torch.from_numpy(stems)
    count, channels, samples = audio.shape
    spectra = torch.stft(audio.reshape(-1, samples), fft_size, hop, window=window, return_complex=True)
    spectra = spectra.reshape(count, channels, *spectra.shape[-2:])
    magnitude = spectra.abs()
    masked = magnitude / (magnitude.sum(dim=0) + 1e-9) * spectra.sum(dim=0)
    flat = masked.reshape(-1, *masked.shape[-2:])
    estimates = torch.istft(flat, fft_size, hop, window=window, length=samples)
    return np.asarray(estimates.reshape(count, channels, samples).numpy(), dtype=np.float32)
