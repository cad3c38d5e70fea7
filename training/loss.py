"""What training minimises: the energy of each stem's error in decibels, and of its magnitudes' errors.

By Parseval's theorem the energy of the error on spectra is that of the error of the waveform, up to the
overlap of the windows; computed on spectra it needs no inverse transform. The second term compares magnitudes
at other resolutions, as Yamamoto et al. do ("Parallel WaveGAN", 2020), so that attacks stay sharp where the
network's long window would smear them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import Masks

ERROR_FLOOR = 2e-3
"""Error energy, relative to the mixture's, below which improving a stem brings nothing (-27 dB)."""


class Targets(NamedTuple):
    """What the error of masked spectra depends on, all real: only masks carry gradients."""

    power: Tensor
    """|z|^2 of the mixture z [batch, 1, channels, frames, bins]."""
    product_real: Tensor
    """Real part of conj(z) y for the true stems y [batch, sources, channels, frames, bins]."""
    product_imaginary: Tensor
    """Imaginary part, for the corrected bins only."""
    source_energy: Tensor
    """Energy of each stem [batch, sources]."""
    mixture_energy: Tensor
    """Energy of the mixture [batch, 1]."""


@torch.no_grad()
def prepare_targets(sources: Tensor, mixture: Tensor, masked_bins: int, corrected_bins: int) -> Targets:
    """Return the targets for complex spectra of true stems [batch, sources, channels, frames, bins].

    The mixture is [batch, channels, frames, bins].
    """
    sources = sources[..., :masked_bins]
    mixture = mixture[:, None, ..., :masked_bins]
    power = energy(mixture)
    low_sources, low_mixture = sources[..., :corrected_bins], mixture[..., :corrected_bins]
    return Targets(
        power,
        mixture.real * sources.real + mixture.imag * sources.imag,
        low_mixture.real * low_sources.imag - low_mixture.imag * low_sources.real,
        energy(sources).sum(dim=(2, 3, 4)),
        power.sum(dim=(2, 3, 4)) + 1e-8,
    )


def log_error_energy(masks: Masks, targets: Targets) -> Tensor:
    """Return the mean over examples and stems of the error energy of the masked mixture in dB.

    With mixture z, stem y and mask m = s + c the error |m z - y|^2 is
    |m|^2 |z|^2 - 2 Re(m conj(conj(z) y)) + |y|^2. For a fixed mixture, lowering this loss by one decibel
    raises the signal-to-distortion ratio by one.
    """
    share, real, imaginary = masks
    error = (share * (share * targets.power - 2 * targets.product_real)).sum(dim=(2, 3, 4))
    low = real.shape[-1]
    change = (real * (2 * share[..., :low] + real) + imaginary * imaginary) * targets.power[..., :low]
    change = change - 2 * (real * targets.product_real[..., :low] + imaginary * targets.product_imaginary)
    error = error + change.sum(dim=(2, 3, 4)) + targets.source_energy
    return decibels(error / targets.mixture_energy)


def multi_resolution_error(
    estimates: Tensor, truth: Tensor, fft_sizes: Sequence[int], mixture_energy: Tensor
) -> Tensor:
    """Return the mean energy in dB of the errors of magnitudes at several resolutions.

    Args:
        estimates: audio [batch, sources, channels, time].
        truth: audio of the same shape.
        fft_sizes: windows in samples; they are a quarter of a window apart.
        mixture_energy: of the normalised spectra of the mixture [batch, 1].
    """
    total = estimates.new_zeros(())
    for fft_size in fft_sizes:
        difference = magnitude(estimates, fft_size) - magnitude(truth, fft_size)
        error = difference.square().sum(dim=(2, 3, 4))
        total = total + decibels(error / mixture_energy)
    return total / len(fft_sizes)


def magnitude(audio: Tensor, fft_size: int) -> Tensor:
    """Return magnitudes [batch, sources, channels, bins, frames] of [batch, sources, channels, time].

    Windows are a quarter of their length apart and scaled so that energies are the same at every size.
    """
    flat = audio.reshape(-1, audio.shape[-1])
    window = torch.hann_window(fft_size, device=audio.device)
    spectrum = torch.stft(flat, fft_size, fft_size // 4, window=window, normalized=True, return_complex=True)
    # The square root of zero has no gradient.
    return (energy(spectrum) + 1e-12).sqrt().reshape(*audio.shape[:-1], *spectrum.shape[-2:])


def decibels(relative_error: Tensor) -> Tensor:
    """Return the mean of relative error energies in dB, with a floor."""
    return 10 * torch.log10(relative_error.clamp_min(0) + ERROR_FLOOR).mean()


def energy(spectrum: Tensor) -> Tensor:
    """Return the squared magnitude of each element of a complex spectrum."""
    return spectrum.real.square() + spectrum.imag.square()
