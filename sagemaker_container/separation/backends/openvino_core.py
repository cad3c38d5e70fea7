"""The same core in other operations, which OpenVINO runs with fewer changes of memory layout.

The inner convolutions of the frequency branch are one-dimensional over time for each frequency. Upstream
moves the frequencies into the batch for them and back. Here they are two-dimensional, with a kernel of height
1, and normalised over channel and time. Gated linear units are two convolutions with half the channels each
instead of one that is split. Results differ from upstream by rounding only.
"""

from typing import Any

import torch
from demucs import demucs as upstream
from torch import Tensor, nn
from torch.nn import functional

from sagemaker_container.separation.backends.htdemucs_core import Core


class OpenVinoCore(Core):
    """For conversion only: weights are copied into the graph as they are used."""

    def _encoded(self, layer: Any, values: Tensor, inject: Tensor | None) -> Tensor:
        if inject is not None or not _is_plain(layer, layer.norm1, layer.norm2):
            return super()._encoded(layer, values, inject)
        if not layer.freq:
            values = functional.pad(values, (0, -values.shape[-1] % layer.stride))
        hidden = functional.gelu(layer.conv(values))
        hidden = _residual(layer.dconv, hidden) if layer.freq else layer.dconv(hidden)
        return _gated(layer.rewrite, hidden)

    def _decoded(self, layer: Any, values: Tensor, skip: Tensor, length: int) -> tuple[Tensor, Tensor]:
        if not _is_plain(layer, layer.norm1, layer.norm2):
            return super()._decoded(layer, values, skip, length)
        hidden = _gated(layer.rewrite, values + skip)
        hidden = _residual(layer.dconv, hidden) if layer.freq else layer.dconv(hidden)
        decoded = layer.conv_tr(hidden)
        if layer.freq:
            decoded = decoded[..., layer.pad : decoded.shape[-2] - layer.pad, :]
        else:
            decoded = decoded[..., layer.pad : layer.pad + length]
        return (decoded if layer.last else functional.gelu(decoded)), hidden


def _is_plain(layer: Any, *norms: nn.Module) -> bool:
    """Whether a layer has only what is rewritten here; others run as upstream wrote them."""
    if layer.dconv is None or layer.rewrite is None:
        return False
    kinds = (nn.Conv1d, nn.GroupNorm, nn.GELU, nn.Conv1d, nn.GroupNorm, nn.GLU, upstream.LayerScale)  # type: ignore[attr-defined]
    plain = all([type(module) for module in branch] == list(kinds) for branch in layer.dconv.layers)
    return plain and all(isinstance(norm, nn.Identity) for norm in norms)


def _residual(branches: Any, values: Tensor) -> Tensor:
    """The dilated residual branches over time of [B, C, F, T], for each frequency by itself."""
    for first, first_norm, _, second, second_norm, _, scale in branches.layers:
        hidden = functional.conv2d(
            values,
            first.weight[:, :, None],
            first.bias,
            padding=(0, first.padding[0]),
            dilation=(1, first.dilation[0]),
        )
        hidden = functional.gelu(_normalised(first_norm, hidden)[0])
        channels = values.shape[1]
        signal = functional.conv2d(
            hidden, second.weight[:channels, :, None].clone(), second.bias[:channels].clone()
        )
        gate = functional.conv2d(
            hidden, second.weight[channels:, :, None].clone(), second.bias[channels:].clone()
        )
        signal, gate = _normalised(second_norm, signal, gate)
        values = values + scale.scale[None, :, None, None] * signal * torch.sigmoid(gate)
    return values


def _normalised(norm: nn.GroupNorm, *parts: Tensor) -> list[Tensor]:
    """Group normalisation with one group over channel and time, of channels that come in equal parts."""
    mean = torch.stack([part.mean((1, 3), keepdim=True) for part in parts]).mean(0)
    centred = [part - mean for part in parts]
    variance = torch.stack([(part * part).mean((1, 3), keepdim=True) for part in centred]).mean(0)
    factor = torch.rsqrt(variance + norm.eps)
    weights = norm.weight[None, :, None, None].chunk(len(parts), 1)
    biases = norm.bias[None, :, None, None].chunk(len(parts), 1)
    return [part * factor * w + b for part, w, b in zip(centred, weights, biases, strict=True)]


def _gated(convolution: Any, values: Tensor) -> Tensor:
    """A convolution and its gated linear unit."""
    convolve = functional.conv2d if values.ndim == 4 else functional.conv1d
    signal, gate = (
        convolve(values, weight.clone(), bias.clone(), padding=convolution.padding)
        for weight, bias in zip(convolution.weight.chunk(2), convolution.bias.chunk(2), strict=True)
    )
    return signal * torch.sigmoid(gate)
