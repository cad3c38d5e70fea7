"""What training minimises: the energy of the error of each stem in decibels, computed on spectra."""

import torch
from torch import Tensor

ERROR_FLOOR = 2e-3
"""Error energy, relative to the mixture's, below which improving a stem brings nothing (-27 dB)."""


def log_error_energy(masks: Tensor, sources: Tensor, mixture: Tensor) -> Tensor:
    """Return the mean over examples and stems of the error energy of the masked mixture in dB.

    With mixture z, source y and real mask m the error |m z - y|^2 is m^2 |z|^2 - 2 m Re(conj(z) y) + |y|^2.
    Only real arrays carry gradients, which is much cheaper on a processor than complex ones. For a fixed
    mixture, lowering this loss by one decibel raises the signal-to-distortion ratio by one.

    Args:
        masks: [batch, sources, 1, bins, frames], 0 to 1, shared by the channels.
        sources: complex spectra of the true stems [batch, sources, channels, bins, frames].
        mixture: complex spectrum [batch, channels, bins, frames].
    """
    with torch.no_grad():
        power = energy(mixture).sum(dim=1)[:, None, None]
        product = mixture.real[:, None] * sources.real + mixture.imag[:, None] * sources.imag
        doubled_product = 2 * product.sum(dim=2, keepdim=True)
        source_energy = energy(sources).sum(dim=(2, 3, 4))
        mixture_energy = power.sum(dim=(1, 2, 3, 4))[:, None] + 1e-8
    error = (masks * (masks * power - doubled_product)).sum(dim=(2, 3, 4)) + source_energy
    return 10 * torch.log10(error.clamp_min(0) / mixture_energy + ERROR_FLOOR).mean()


def energy(spectrum: Tensor) -> Tensor:
    """Return the squared magnitude of each element of a complex spectrum."""
    return spectrum.real.square() + spectrum.imag.square()
