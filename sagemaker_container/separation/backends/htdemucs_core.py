"""Hybrid Transformer Demucs in three stages: spectra, the network's core, waveforms.

The core holds all the weights and nearly all the work, and knows neither complex numbers nor Fourier
transforms, so that it can run in half precision or in another runtime. The stages around it stay in fp32.
Shapes: B batch, C audio channels, S sources, F frequency bins, T frames, L samples.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from demucs.transformer import create_2d_sin_embedding, create_sin_embedding
from torch import Tensor, nn
from torch.nn import functional

_EPSILON = 1e-5
_CHANNELS_AT_A_TIME = 2


def is_supported(network: nn.Module) -> bool:
    """Whether a network is one that can be taken apart here; others run as a whole."""
    if not isinstance(network, HTDemucs):
        return False
    model: Any = network
    transformer = model.crosstransformer
    plain = transformer is None or (
        transformer.emb == "sin"
        and not transformer.sin_random_shift
        and all(_is_plain(layer) for layer in (*transformer.layers, *transformer.layers_t))
    )
    return bool(model.cac and model.use_train_segment and plain)


def _is_plain(layer: Any) -> bool:
    """Whether a layer of the transformer is of the kind that `Core` computes."""
    attention = layer.cross_attn if hasattr(layer, "cross_attn") else layer.self_attn
    return bool(layer.norm_first and not layer.sparse and attention.batch_first)


@dataclass(frozen=True, slots=True)
class Levels:
    """What was taken out before the core and is put back after it, each [B, 1, 1, 1] or [B, 1, 1]."""

    mean: Tensor
    deviation: Tensor
    mean_in_time: Tensor
    deviation_in_time: Tensor


class Spectra:
    """The stages around the core. Holds numbers only, no weights.

    Args:
        network: see `is_supported`.
        device: where they run.
    """

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        model: Any = network
        self.sources = len(model.sources)
        self.segment_samples = int(model.segment * model.samplerate)
        self._fft = int(model.nfft)
        self._hop = int(model.hop_length)
        self._window = torch.hann_window(self._fft, device=device)
        self._envelopes: dict[int, Tensor] = {}
        self._constants: dict[tuple[int, int], Tensor] = {}

    def forward(self, mixture: Tensor) -> tuple[Tensor, Tensor, Levels]:
        """Input of the core from [B, C, L]: normalised spectrum [B, 2C, F, T] and waveform [B, C, L]."""
        missing = self.segment_samples - mixture.shape[-1]
        padded = functional.pad(mixture, (0, missing)) if missing else mixture
        spectrum = self._spectrum(padded)
        batch, channels, bins, frames = spectrum.shape
        planes = (
            torch.view_as_real(spectrum).permute(0, 1, 4, 2, 3).reshape(batch, 2 * channels, bins, frames)
        )
        levels = Levels(
            planes.mean(dim=(1, 2, 3), keepdim=True),
            planes.std(dim=(1, 2, 3), keepdim=True),
            padded.mean(dim=(1, 2), keepdim=True),
            padded.std(dim=(1, 2), keepdim=True),
        )
        planes = (planes - levels.mean) / (_EPSILON + levels.deviation)
        waveform = (padded - levels.mean_in_time) / (_EPSILON + levels.deviation_in_time)
        return planes, waveform, levels

    def inverse(self, planes: Tensor, waveform: Tensor, levels: Levels, length: int) -> Tensor:
        """Estimates [B, S, C, length] from the core's output [B, 2SC, F, T] and [B, SC, L].

        The transform is linear, so the level is put back after it, where there is a quarter of the data.
        """
        batch, _, bins, frames = planes.shape
        parts = planes.reshape(-1, 2, bins, frames)
        from_spectrum = parts.new_empty((len(parts), self.segment_samples))
        for part, waveforms in zip(self._split(parts), self._split(from_spectrum), strict=True):
            # The highest bin, which the network leaves out, is silent.
            spectrum = part.new_zeros((len(part), frames, bins + 1, 2))
            spectrum[:, :, :bins] = part.permute(0, 3, 2, 1)
            waveforms.copy_(self._waveform(torch.view_as_complex(spectrum)))
        shape = (batch, self.sources, -1, self.segment_samples)
        from_spectrum = from_spectrum.view(shape)
        from_spectrum.mul_(levels.deviation).add_(levels.mean * self._constant(bins, frames))
        in_time = waveform.reshape(shape) * levels.deviation_in_time[:, None]
        return in_time.add_(levels.mean_in_time[:, None]).add_(from_spectrum)[..., :length]

    def _split(self, values: Tensor) -> tuple[Tensor, ...]:
        """On a CPU, parts so small that the C library hands their memory out again without new pages."""
        return torch.split(values, len(values) if values.is_cuda else _CHANNELS_AT_A_TIME)

    def _spectrum(self, audio: Tensor) -> Tensor:
        """[B, C, L] to complex [B, C, F, T] with T = ceil(L / hop), as upstream aligns them."""
        frames = math.ceil(audio.shape[-1] / self._hop)
        margin = self._hop // 2 * 3
        flat = audio.reshape(-1, audio.shape[-1])
        right = margin + frames * self._hop - flat.shape[-1]
        # Reflection needs more samples than it makes; a segment always has them.
        padded = functional.pad(flat[:, None], (margin, right), mode="reflect")[:, 0]
        spectrum = torch.stft(
            padded,
            self._fft,
            self._hop,
            window=self._window,
            normalized=True,
            center=True,
            return_complex=True,
        )
        spectrum = spectrum[:, :-1, 2 : 2 + frames]
        return spectrum.reshape(*audio.shape[:-1], *spectrum.shape[-2:])

    def _waveform(self, spectrum: Tensor) -> Tensor:
        """The inverse: complex [N, T, F + 1] to [N, L].

        Overlap-add by whole hops: the window is four hops long, so every frame adds to four rows. Much less
        memory is moved than by `torch.istft`, from which it differs by rounding only.
        """
        frames = spectrum.shape[1]
        windowed = torch.fft.irfft(spectrum, self._fft, norm="ortho").mul_(self._window)
        hops = windowed.view(-1, frames, self._fft // self._hop, self._hop)
        rows = hops.new_zeros((hops.shape[0], frames + hops.shape[2] - 1, self._hop))
        for hop in range(hops.shape[2]):
            rows[:, hop : hop + frames] += hops[:, :, hop]
        audio: Tensor = rows.flatten(1).div_(self._envelope(frames))
        # The first frame is centred half a hop before the first sample.
        start = self._fft // 2 - self._hop // 2
        return audio[:, start : start + self.segment_samples]

    def _constant(self, bins: int, frames: int) -> Tensor:
        """What the inverse makes of a spectrum whose real and imaginary parts are all 1: [L]."""
        if (bins, frames) not in self._constants:
            spectrum = torch.zeros((1, frames, bins + 1, 2), device=self._window.device)
            spectrum[:, :, :bins] = 1
            self._constants[bins, frames] = self._waveform(torch.view_as_complex(spectrum))[0].clone()
        return self._constants[bins, frames]

    def _envelope(self, frames: int) -> Tensor:
        """Sum of the squared windows of all frames upstream would have: [samples], never zero."""
        if frames not in self._envelopes:
            squared = self._window.square().view(-1, self._hop)
            rows = squared.new_zeros((frames + len(squared) - 1, self._hop))
            # Two silent frames on each side take part in upstream's normalisation.
            for first in range(-2, frames + 2):
                for hop, part in enumerate(squared):
                    if 0 <= first + hop < len(rows):
                        rows[first + hop] += part
            self._envelopes[frames] = rows.flatten()
        return self._envelopes[frames]


class Core(nn.Module):
    """All layers of the network between the two normalisations.

    Positional embeddings, which upstream computes at every call, are computed once for a shape. Attention is
    torch's fused function; upstream's modules go a slower way that only a setting of the process closes.

    Args:
        network: see `is_supported`; its layers are shared, not copied.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network
        self._positions: dict[tuple[int, ...], tuple[Tensor, Tensor]] = {}
        self.eval()

    def forward(self, planes: Tensor, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised spectrum [B, 2C, F, T] and waveform [B, C, L] to estimates of both, per source."""
        model = self.network
        skips: list[Tensor] = []
        skips_in_time: list[Tensor] = []
        lengths: list[int] = []
        lengths_in_time: list[int] = []
        for index, encoder in enumerate(model.encoder):
            lengths.append(planes.shape[-1])
            inject = None
            if index < len(model.tencoder):
                lengths_in_time.append(waveform.shape[-1])
                encoder_in_time = model.tencoder[index]
                waveform = self._encoded(encoder_in_time, waveform, None)
                if encoder_in_time.empty:
                    # Only its first convolution: here the branches meet.
                    inject = waveform
                else:
                    skips_in_time.append(waveform)
            planes = self._encoded(encoder, planes, inject)
            if index == 0 and model.freq_emb is not None:
                bins = torch.arange(planes.shape[-2], device=planes.device)
                embedding = model.freq_emb(bins).t()[None, :, :, None]
                planes = planes + model.freq_emb_scale * embedding
            skips.append(planes)
        if model.crosstransformer:
            planes, waveform = self._transformed(planes, waveform)
        first_in_time = model.depth - len(model.tdecoder)
        for index, decoder in enumerate(model.decoder):
            planes, before_last = self._decoded(decoder, planes, skips.pop(), lengths.pop())
            if index >= first_in_time:
                decoder_in_time = model.tdecoder[index - first_in_time]
                length = lengths_in_time.pop()
                if decoder_in_time.empty:
                    waveform, _ = decoder_in_time(before_last[:, :, 0], None, length)
                else:
                    waveform, _ = self._decoded(decoder_in_time, waveform, skips_in_time.pop(), length)
        return planes, waveform

    def _encoded(self, layer: Any, values: Tensor, inject: Tensor | None) -> Tensor:
        encoded: Tensor = layer(values, inject)
        return encoded

    def _decoded(self, layer: Any, values: Tensor, skip: Tensor, length: int) -> tuple[Tensor, Tensor]:
        decoded: tuple[Tensor, Tensor] = layer(values, skip, length)
        return decoded

    def _transformed(self, planes: Tensor, waveform: Tensor) -> tuple[Tensor, Tensor]:
        model = self.network
        batch, channels, bins, frames = planes.shape
        if model.bottom_channels:
            planes = model.channel_upsampler(planes.reshape(batch, channels, bins * frames))
            planes = planes.reshape(batch, -1, bins, frames)
            waveform = model.channel_upsampler_t(waveform)
        planes, waveform = self._attended(planes, waveform)
        if model.bottom_channels:
            planes = model.channel_downsampler(planes.reshape(batch, -1, bins * frames))
            planes = planes.reshape(batch, channels, bins, frames)
            waveform = model.channel_downsampler_t(waveform)
        return planes, waveform

    def _attended(self, planes: Tensor, waveform: Tensor) -> tuple[Tensor, Tensor]:
        transformer = self.network.crosstransformer
        batch, channels, bins, frames = planes.shape
        positions, positions_in_time = self._embeddings(planes, waveform)
        tokens = planes.permute(0, 3, 2, 1).reshape(batch, frames * bins, channels)
        tokens = transformer.norm_in(tokens) + positions
        tokens_in_time = transformer.norm_in_t(waveform.transpose(1, 2)) + positions_in_time
        layers = zip(transformer.layers, transformer.layers_t, strict=True)
        for index, (layer, layer_in_time) in enumerate(layers):
            if index % 2 == transformer.classic_parity:
                tokens, tokens_in_time = _among(layer, tokens), _among(layer_in_time, tokens_in_time)
            else:
                tokens, tokens_in_time = (
                    _across(layer, tokens, tokens_in_time),
                    _across(layer_in_time, tokens_in_time, tokens),
                )
        planes = tokens.reshape(batch, frames, bins, channels).permute(0, 3, 2, 1)
        return planes, tokens_in_time.transpose(1, 2)

    def _embeddings(self, planes: Tensor, waveform: Tensor) -> tuple[Tensor, Tensor]:
        transformer = self.network.crosstransformer
        _, channels, bins, frames = planes.shape
        steps = waveform.shape[-1]
        key = (channels, bins, frames, steps)
        if key not in self._positions:
            device, period = planes.device, transformer.max_period
            grid = create_2d_sin_embedding(channels, bins, frames, device, period)  # type: ignore[no-untyped-call]
            line = create_sin_embedding(steps, channels, 0, device, period)
            weight = transformer.weight_pos_embed
            self._positions[key] = (
                weight * grid.permute(0, 3, 2, 1).reshape(1, frames * bins, channels),
                weight * line.permute(1, 0, 2),
            )
        return self._positions[key]


def _among(layer: Any, tokens: Tensor) -> Tensor:
    """A layer in which the tokens [B, N, C] of one branch attend to each other."""
    normed = layer.norm1(tokens)
    tokens = tokens + layer.gamma_1(_attend(layer.self_attn, normed, normed))
    return _fed_forward(layer, tokens, layer.norm2)


def _across(layer: Any, tokens: Tensor, others: Tensor) -> Tensor:
    """A layer in which the tokens [B, N, C] of one branch attend to those of the other, [B, M, C]."""
    attended = _attend(layer.cross_attn, layer.norm1(tokens), layer.norm2(others))
    return _fed_forward(layer, tokens + layer.gamma_1(attended), layer.norm3)


def _fed_forward(layer: Any, tokens: Tensor, norm: nn.Module) -> Tensor:
    hidden = layer.activation(layer.linear1(norm(tokens)))
    tokens = tokens + layer.gamma_2(layer.linear2(hidden))
    return layer.norm_out(tokens) if layer.norm_out else tokens


def _attend(attention: Any, queries: Tensor, values: Tensor) -> Tensor:
    weight, bias, width = attention.in_proj_weight, attention.in_proj_bias, attention.embed_dim
    if queries is values:
        projections = functional.linear(values, weight, bias).chunk(3, dim=-1)
    else:
        query = functional.linear(queries, weight[:width], bias[:width])
        projections = (query, *functional.linear(values, weight[width:], bias[width:]).chunk(2, dim=-1))
    heads = attention.num_heads
    query, key, value = (part.view(*part.shape[:2], heads, -1).transpose(1, 2) for part in projections)
    mixed = functional.scaled_dot_product_attention(query, key, value)
    projected: Tensor = attention.out_proj(mixed.transpose(1, 2).flatten(2))
    return projected
