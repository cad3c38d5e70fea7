"""What training minimises: the energy of each stem's error in decibels, and of its magnitudes' errors.

By Parseval's theorem the energy of the error on spectra is that of the error of the waveform, up to the
overlap of the windows; computed on spectra it needs no inverse transform. The second term compares magnitudes
at other resolutions, as Yamamoto et al. do ("Parallel WaveGAN", 2020), so that attacks stay sharp where the
network's long window would smear them.

Decibels of an excerpt's error alone would teach mostly silence: a stem that is silent in the excerpt always
has many decibels to gain, one that plays has few. So errors well below what is typical of their stem count
little.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import Masks

FLOOR_SHARE = 0.5
"""Error energy below which improving a stem in an excerpt brings little, relative to what is typical."""
TYPICAL_ERROR_MEMORY = 0.98
"""Decay per step of the moving average that says what is typical."""


class ErrorLevel:
    """The loss for error energies; remembers what is typical of each stem."""

    def __init__(self) -> None:
        self.typical: Tensor | None = None
        """Error energy [stems] relative to the mixture's, averaged over steps; None before the first."""

    def __call__(self, errors: Tensor) -> Tensor:
        """Return the mean in dB of error energies [batch, stems] relative to their mixture's."""
        mean = errors.detach().mean(dim=0)
        if self.typical is None:
            self.typical = mean
        floor = FLOOR_SHARE * self.typical + 1e-8
        self.typical = torch.lerp(mean, self.typical, TYPICAL_ERROR_MEMORY)
        return 10 * torch.log10(errors.clamp_min(0) + floor).mean()


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


def relative_errors(masks: Masks, targets: Targets) -> Tensor:
    """Return the error energy [batch, sources] of the masked mixture relative to the mixture's energy.

    With mixture z, stem y and mask m = s + c the error |m z - y|^2 is
    |m|^2 |z|^2 - 2 Re(m conj(conj(z) y)) + |y|^2.
    """
    share, real, imaginary = masks
    error = (share * (share * targets.power - 2 * targets.product_real)).sum(dim=(2, 3, 4))
    low = real.shape[-1]
    change = (real * (2 * share[..., :low] + real) + imaginary * imaginary) * targets.power[..., :low]
    change = change - 2 * (real * targets.product_real[..., :low] + imaginary * targets.product_imaginary)
    error = error + change.sum(dim=(2, 3, 4)) + targets.source_energy
    return error / targets.mixture_energy


def relative_magnitude_errors(
    estimates: Tensor, truth: Tensor, fft_sizes: Sequence[int], mixture_energy: Tensor
) -> Tensor:
    """Return the energy [batch, sources] of the errors of magnitudes, averaged over several resolutions.

    Args:
        estimates: audio [batch, sources, channels, time].
        truth: audio of the same shape.
        fft_sizes: windows in samples; they are a quarter of a window apart.
        mixture_energy: of the normalised spectra of the mixture [batch, 1]; errors are relative to it.
    """
    total = torch.zeros(())
    for fft_size in fft_sizes:
        difference = magnitude(estimates, fft_size) - magnitude(truth, fft_size)
        total = total + difference.square().sum(dim=(2, 3, 4)) / mixture_energy
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


def energy(spectrum: Tensor) -> Tensor:
    """Return the squared magnitude of each element of a complex spectrum."""
    return spectrum.real.square() + spectrum.imag.square()
