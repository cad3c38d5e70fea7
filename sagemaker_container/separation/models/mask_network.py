"""A small network that separates music by masking its spectrogram.

The shape is that of a U-Net (Ronneberger et al., "U-Net: convolutional networks for biomedical image
segmentation", 2015; Jansson et al., "Singing voice separation with deep U-Net convolutional networks", 2017)
that downsamples frequency only, with a recurrent layer over time at its bottom, as in Open-Unmix (Stöter et
al., 2019).
"""

from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional

COMPRESSION_EXPONENT = 0.3
"""Power law on magnitudes: close to the loudness law of hearing, it keeps quiet partials visible."""

FREQUENCY_KERNEL, FREQUENCY_STRIDE = 8, 4


class MaskNetwork(nn.Module):
    """Separates a mixture into sources whose masks add up to one.

    The masks are a softmax over the sources, so the estimates add up to the mixture up to rounding. The
    interface is the one `demucs.apply.apply_model` expects of a model.

    Args:
        sources: names of the stems, in the order of the output.
        audio_channels: channels of the audio, 2 for stereo.
        samplerate: in Hz.
        segment_seconds: length of audio that is separated at a time.
        fft_size: window of the short-time Fourier transform in samples.
        hop: samples between windows.
        masked_bins: frequency bins the network sees, a multiple of 4 to the number of levels; the bins above
            get the masks of the highest one.
        channels: feature channels of the encoder levels; each divides the frequency resolution by four.
        time_kernels: width in frames of the convolution of each level, odd.
        bottleneck: features per frame that enter the recurrent layer.
        recurrent_units: units of the recurrent layer per direction.
        recurrent_layers: stacked recurrent layers.
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
        masked_bins: int = 1536,
        channels: Sequence[int] = (24, 48, 64, 96),
        time_kernels: Sequence[int] = (1, 1, 3, 3),
        bottleneck: int = 256,
        recurrent_units: int = 256,
        recurrent_layers: int = 1,
    ) -> None:
        super().__init__()
        self.sources = list(sources)
        self.audio_channels = audio_channels
        self.samplerate = samplerate
        self.segment = Fraction(segment_seconds)
        self.fft_size = fft_size
        self.hop = hop
        self.masked_bins = masked_bins
        self.register_buffer("window", torch.hann_window(fft_size), persistent=False)
        # Beside every channel, its sum and difference show what sits in the middle of the stereo image.
        inputs = audio_channels + 2 if audio_channels == 2 else audio_channels
        self.encoder = nn.ModuleList()
        for below, above, kernel in zip((inputs, *channels), channels, time_kernels, strict=False):
            self.encoder.append(_downsampling(below, above, kernel))
        bands = masked_bins // FREQUENCY_STRIDE ** len(channels)
        self.frequency_embedding = nn.Parameter(
            torch.zeros(1, channels[0], masked_bins // FREQUENCY_STRIDE, 1)
        )
        self.squeeze = nn.Linear(channels[-1] * bands, bottleneck)
        self.recurrent = nn.GRU(
            bottleneck, recurrent_units, recurrent_layers, batch_first=True, bidirectional=True
        )
        self.expand = nn.Linear(2 * recurrent_units, channels[-1] * bands)
        self.decoder = nn.ModuleList()
        for level in reversed(range(len(channels))):
            last = level == 0
            above = len(self.sources) if last else channels[level - 1]
            self.decoder.append(_upsampling(channels[level], above, time_kernels[level], last))

    def forward(self, mixture: Tensor) -> Tensor:
        """Separate [batch, channels, time] into [batch, sources, channels, time], any time of at least 1."""
        length = mixture.shape[-1]
        # Reflection at the borders of the first and last window needs more samples than half a window.
        missing = max(0, self.fft_size // 2 + 1 - length)
        spectrum = self.spectrum(functional.pad(mixture, (0, missing)))
        masks = self.masks(spectrum[..., : self.masked_bins, :].abs())
        highest = masks[..., -1:, :].expand(-1, -1, -1, spectrum.shape[-2] - self.masked_bins, -1)
        masks = torch.cat([masks, highest], dim=-2)
        return self.waveform(masks * spectrum[:, None], length)

    def valid_length(self, length: int) -> int:
        """Return the length to pad a segment to; this network takes any."""
        return length

    def spectrum(self, audio: Tensor) -> Tensor:
        """Return the complex short-time spectrum [..., fft_size // 2 + 1, frames] of [..., time]."""
        flat = audio.reshape(-1, audio.shape[-1])
        spectrum = torch.stft(
            flat, self.fft_size, self.hop, window=self._window(), normalized=True, return_complex=True
        )
        return spectrum.reshape(*audio.shape[:-1], *spectrum.shape[-2:])

    def waveform(self, spectrum: Tensor, length: int) -> Tensor:
        """Return audio [..., length] from a complex spectrum [..., fft_size // 2 + 1, frames]."""
        flat = spectrum.reshape(-1, *spectrum.shape[-2:])
        padded = max(length, self.fft_size // 2 + 1)
        audio = torch.istft(
            flat, self.fft_size, self.hop, window=self._window(), normalized=True, length=padded
        )
        return audio[..., :length].reshape(*spectrum.shape[:-2], length)

    def masks(self, magnitude: Tensor) -> Tensor:
        """Return masks [batch, sources, 1, bins, frames] for magnitudes [batch, channels, bins, frames].

        All channels share a mask, which keeps every source where it is in the stereo image.
        """
        hidden = self._features(magnitude)
        skips: list[Tensor] = []
        for index, level in enumerate(self.encoder):
            hidden = level(hidden)
            if index == 0:
                hidden = hidden + self.frequency_embedding.to(hidden.dtype)
            skips.append(hidden)
        hidden = hidden + self._over_time(hidden)
        for index, level in enumerate(self.decoder):
            hidden = level(hidden if index == 0 else hidden + skips[-1 - index])
        return hidden.float().softmax(dim=1).unsqueeze(2)

    def _features(self, magnitude: Tensor) -> Tensor:
        """Compress magnitudes and normalise each example, so that the level of a song does not matter."""
        if self.audio_channels == 2:
            left, right = magnitude[:, :1], magnitude[:, 1:]
            magnitude = torch.cat([magnitude, left + right, (left - right).abs()], dim=1)
        features = (magnitude + 1e-6) ** COMPRESSION_EXPONENT
        mean = features.mean(dim=(1, 2, 3), keepdim=True)
        deviation = features.std(dim=(1, 2, 3), keepdim=True)
        return (features - mean) / (deviation + 1e-5)

    def _over_time(self, hidden: Tensor) -> Tensor:
        """Let every frame [batch, channels, bands, frames] see the whole segment."""
        batch, channels, bands, frames = hidden.shape
        per_frame = hidden.permute(0, 3, 1, 2).reshape(batch, frames, channels * bands)
        context, _ = self.recurrent(functional.gelu(self.squeeze(per_frame)))
        expanded: Tensor = self.expand(context)
        return expanded.reshape(batch, frames, channels, bands).permute(0, 2, 3, 1)

    def _window(self) -> Tensor:
        return self.get_buffer("window")


def _downsampling(below: int, above: int, time_kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(
            below,
            above,
            (FREQUENCY_KERNEL, time_kernel),
            stride=(FREQUENCY_STRIDE, 1),
            padding=(FREQUENCY_STRIDE // 2, time_kernel // 2),
            bias=False,
        ),
        nn.BatchNorm2d(above),
        nn.GELU(),
    )


def _upsampling(below: int, above: int, time_kernel: int, last: bool) -> nn.Sequential:
    convolution = nn.ConvTranspose2d(
        below,
        above,
        (FREQUENCY_KERNEL, time_kernel),
        stride=(FREQUENCY_STRIDE, 1),
        padding=(FREQUENCY_STRIDE // 2, time_kernel // 2),
        bias=last,
    )
    return (
        nn.Sequential(convolution) if last else nn.Sequential(convolution, nn.BatchNorm2d(above), nn.GELU())
    )
