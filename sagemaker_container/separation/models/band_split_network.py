"""A small network that separates music band by band.

The spectrum is split into bands, narrow where music is dense, as in band-split RNN (Luo and Yu, "Music source
separation with band-split RNN", 2023). Each band of each frame becomes one vector; gated dilated convolutions
(van den Oord et al., "WaveNet", 2016; Dauphin et al., "Language modeling with gated convolutional networks",
2017) carry knowledge over time and attention carries it between bands, as axial attention does in Lu et al.,
"Music source separation with band-split RoPE transformer", 2024. All of it is large matrix products, which
processors with matrix units and graphics processors are good at.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from sagemaker_container.separation.models.band_split_layers import BandwiseLinear, Block, Norm

COMPRESSION_EXPONENT = 0.3
"""Power law on magnitudes: close to the loudness law of hearing, it keeps quiet partials visible."""

MAGNITUDE_FEATURES, PHASE_FEATURES = 5, 4
MIDDLE = 0.5**0.5
SILENCE = 1e-6
"""Root mean square, of full scale 1, below which a segment is not brought to the common level."""


INITIAL_MASK_DEVIATION = 0.005
"""Small enough that training starts from equal shares."""


class BandGroup(NamedTuple):
    """Neighbouring bands of one width."""

    bands: int
    bins_per_band: int
    bins_per_cell: int = 1
    """Bins that are seen as one and share a mask."""

    @property
    def bins(self) -> int:
        """Bins of all its bands."""
        return self.bands * self.bins_per_band

    @property
    def cells_per_band(self) -> int:
        """What one band's layers see and make masks for."""
        return self.bins_per_band // self.bins_per_cell


class Masks(NamedTuple):
    """What every source keeps of the mixture's bins; arrays are [batch, sources, channels, frames, bins].

    A network with a remainder has one more entry than sources, the last.

    The share is real and sums to one over the sources. The correction is complex and sums to zero; it exists
    for the lowest bins only, where partials of several sources meet in one bin and their phases matter.
    """

    share: Tensor
    correction_real: Tensor
    correction_imaginary: Tensor


class BandSplitNetwork(nn.Module):
    """Separates a mixture into sources that add up to it, or to less if there is a remainder.

    The interface is the one `demucs.apply.apply_model` expects of a model.

    Args:
        sources: names of the stems, in the order of the output.
        audio_channels: channels of the audio; masks of two channels see their sum and difference.
        samplerate: in Hz.
        segment_seconds: length of audio that is separated at a time.
        fft_size: window of the short-time Fourier transform in samples.
        hop: samples between windows.
        bands: from low to high, groups of (number of bands, bins per band) or of (number of bands, bins per
            band, bins per cell). The bins of a cell are seen as their mean and share a mask; by default a
            cell is one bin. Bins above the last band get the masks of its highest bin.
        corrected_groups: how many of the lowest groups, with cells of one bin, also get a complex
            correction.
        width: features of a band in a frame.
        dilations: distance in frames of the taps of each block's convolution.
        taps: taps of the convolutions, odd.
        heads: attention heads; must divide `width`.
        expansion: hidden features of the feed-forward layers relative to `width`.
        remainder: whether some of the mixture belongs to none of the sources; it is left out of the output.
    """

    def __init__(
        self,
        *,
        sources: Sequence[str],
        audio_channels: int = 2,
        samplerate: int = 44_100,
        segment_seconds: int = 8,
        fft_size: int = 4096,
        hop: int = 1024,
        bands: Sequence[Sequence[int]] = ((8, 4), (12, 8), (8, 16), (6, 32), (5, 64), (6, 128)),
        corrected_groups: int = 2,
        width: int = 128,
        dilations: Sequence[int] = (1, 3, 9, 27, 3, 1),
        taps: int = 5,
        heads: int = 4,
        expansion: int = 2,
        remainder: bool = False,
    ) -> None:
        super().__init__()
        self.sources = list(sources)
        self.mask_count = len(self.sources) + remainder
        self.audio_channels = audio_channels
        self.samplerate = samplerate
        self.segment = Fraction(segment_seconds)
        self.fft_size = fft_size
        self.hop = hop
        self.groups = [BandGroup(*group) for group in bands]
        self.masked_bins = sum(group.bins for group in self.groups)
        self.corrected_groups = corrected_groups
        self.corrected_bins = sum(group.bins for group in self.groups[:corrected_groups])
        self.register_buffer("window", torch.hann_window(fft_size), persistent=False)
        band_count = sum(group.bands for group in self.groups)
        self.entrance = nn.ModuleList()
        self.exit = nn.ModuleList()
        for index, group in enumerate(self.groups):
            corrected = index < corrected_groups
            features = group.cells_per_band * (MAGNITUDE_FEATURES + (PHASE_FEATURES if corrected else 0))
            outputs = group.cells_per_band * self.mask_count * audio_channels * (3 if corrected else 1)
            self.entrance.append(BandwiseLinear(group.bands, features, width))
            self.exit.append(BandwiseLinear(group.bands, width, outputs, INITIAL_MASK_DEVIATION))
        self.band_embedding = nn.Parameter(0.02 * torch.randn(band_count, width))
        self.blocks = nn.Sequential(
            *(
                Block(
                    width=width,
                    taps=taps,
                    dilation=dilation,
                    heads=heads,
                    bands=band_count,
                    expansion=expansion,
                )
                for dilation in dilations
            )
        )
        self.exit_norm = Norm(width)

    def forward(self, mixture: Tensor) -> Tensor:
        """Separate [batch, channels, time] into [batch, sources, channels, time], any time of at least 1."""
        length = mixture.shape[-1]
        # Reflection at the borders of the first and last window needs more samples than half a window.
        missing = max(0, self.fft_size // 2 + 1 - length)
        spectrum = self.spectrum(functional.pad(mixture, (0, missing)))
        separated = apply_masks(self.masks(*self.features(spectrum)), spectrum)
        return self.waveform(separated[:, : len(self.sources)], length)

    def valid_length(self, length: int) -> int:
        """Return the length to pad a segment to; this network takes any."""
        return length

    def spectrum(self, audio: Tensor) -> Tensor:
        """Return the complex short-time spectrum [..., frames, fft_size // 2 + 1] of [..., time]."""
        flat = audio.reshape(-1, audio.shape[-1])
        spectrum = torch.stft(
            flat, self.fft_size, self.hop, window=self._window(), normalized=True, return_complex=True
        ).transpose(-1, -2)
        return spectrum.reshape(*audio.shape[:-1], *spectrum.shape[-2:])

    def waveform(self, spectrum: Tensor, length: int) -> Tensor:
        """Return audio [..., length] from a complex spectrum [..., frames, fft_size // 2 + 1]."""
        flat = spectrum.reshape(-1, *spectrum.shape[-2:]).transpose(-1, -2)
        padded = max(length, self.fft_size // 2 + 1)
        audio = torch.istft(
            flat, self.fft_size, self.hop, window=self._window(), normalized=True, length=padded
        )
        return audio[..., :length].reshape(*spectrum.shape[:-2], length)

    def features(self, spectrum: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the network sees of a complex spectrum [batch, channels, frames, bins].

        Returns:
            Compressed magnitudes of both channels, their sum and their difference, and the cosine of the
            angle between the channels [batch, frames, masked_bins, 5]; compressed real and imaginary parts of
            both channels [batch, frames, corrected_bins, 4]. The level of a song does not matter.
        """
        masked = spectrum[..., : self.masked_bins]
        left, right = masked[:, 0], masked[:, -1]
        level = (left.abs().square() + right.abs().square()).mean(dim=(1, 2), keepdim=True).div(2).sqrt()
        scale = 1 / level.clamp_min(SILENCE)
        magnitudes = torch.stack(
            (left.abs(), right.abs(), MIDDLE * (left + right).abs(), MIDDLE * (left - right).abs()), dim=-1
        )
        compressed = (magnitudes * scale[..., None] + 1e-6) ** COMPRESSION_EXPONENT
        product = left * right.conj()
        angle = product.real / (product.abs() + 1e-12)
        low = self.corrected_bins
        phases = torch.cat(
            [
                torch.view_as_real(torch.polar(compressed[:, :, :low, side], channel[..., :low].angle()))
                for side, channel in enumerate((left, right))
            ],
            dim=-1,
        )
        return torch.cat((compressed, angle[..., None]), dim=-1), phases

    def masks(self, magnitudes: Tensor, phases: Tensor) -> Masks:
        """Return the masks for the two arrays that `features` returns."""
        hidden = self.blocks(self._split(magnitudes, phases))
        return self._merge(self.exit_norm(hidden))

    def _split(self, magnitudes: Tensor, phases: Tensor) -> Tensor:
        """Turn bins into vectors [batch, frames, bands, width]."""
        batch, frames = magnitudes.shape[:2]
        vectors: list[Tensor] = []
        first = 0
        for group, linear in zip(self.groups, self.entrance, strict=True):
            last = first + group.bins
            seen = magnitudes[:, :, first:last]
            if last <= self.corrected_bins:
                seen = torch.cat((seen, phases[:, :, first:last]), dim=-1)
            if group.bins_per_cell > 1:
                seen = seen.reshape(batch, frames, -1, group.bins_per_cell, seen.shape[-1]).mean(dim=3)
            vectors.append(linear(seen.reshape(batch, frames, group.bands, -1)))
            first = last
        return torch.cat(vectors, dim=2) + self.band_embedding

    def _merge(self, hidden: Tensor) -> Masks:
        """Turn vectors [batch, frames, bands, width] into masks."""
        batch, frames = hidden.shape[:2]
        grid = (self.mask_count, self.audio_channels)
        parts: list[Tensor] = []
        first = 0
        for index, (group, linear) in enumerate(zip(self.groups, self.exit, strict=True)):
            kinds = 3 if index < self.corrected_groups else 1
            outputs = linear(hidden[:, :, first : first + group.bands])
            outputs = outputs.reshape(batch, frames, group.bands, *grid, kinds, -1).permute(
                5, 0, 3, 4, 1, 2, 6
            )
            outputs = outputs.reshape(kinds, batch, *grid, frames, -1)
            if group.bins_per_cell > 1:
                outputs = outputs.repeat_interleave(group.bins_per_cell, dim=-1)
            parts.append(outputs)
            first += group.bands
        share = torch.cat([part[0] for part in parts], dim=-1).float().softmax(dim=1)
        corrections = torch.cat([part[1:] for part in parts[: self.corrected_groups]], dim=-1).float()
        corrections = corrections - corrections.mean(dim=2, keepdim=True)
        return Masks(share, corrections[0], corrections[1])

    def _window(self) -> Tensor:
        return self.get_buffer("window")


def apply_masks(masks: Masks, spectrum: Tensor) -> Tensor:
    """Return the sources [batch, sources, channels, frames, bins] of [batch, channels, frames, bins]."""
    share = masks.share
    highest = share[..., -1:].expand(*share.shape[:-1], spectrum.shape[-1] - share.shape[-1])
    separated = torch.cat((share, highest), dim=-1) * spectrum[:, None]
    low = masks.correction_real.shape[-1]
    correction = torch.complex(masks.correction_real, masks.correction_imaginary)
    separated[..., :low] = separated[..., :low] + correction * spectrum[:, None, ..., :low]
    return separated
