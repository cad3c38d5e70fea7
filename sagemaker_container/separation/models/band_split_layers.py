"""The layers of the band-split network; vectors are [batch, frames, bands, width]."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Norm(nn.Module):
    """Root-mean-square normalisation (Zhang and Sennrich, 2019) of the last axis."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor) -> Tensor:
        """Bring every vector to unit level times the learnt gain."""
        scale = torch.rsqrt(hidden.float().square().mean(dim=-1, keepdim=True) + 1e-5)
        return (hidden.float() * scale * self.gain).to(hidden.dtype)


class BandwiseLinear(nn.Module):
    """A linear layer of its own for every band: [..., bands, inputs] to [..., bands, outputs]."""

    def __init__(self, bands: int, inputs: int, outputs: int, deviation: float | None = None) -> None:
        super().__init__()
        spread = inputs**-0.5 if deviation is None else deviation
        self.weight = nn.Parameter(torch.randn(bands, inputs, outputs) * spread)
        self.bias = nn.Parameter(torch.zeros(bands, 1, outputs))

    def forward(self, hidden: Tensor) -> Tensor:
        """Apply each band's layer to its vectors."""
        flat = hidden.reshape(-1, *hidden.shape[-2:]).transpose(0, 1)
        product = torch.bmm(flat, self.weight) + self.bias
        return product.transpose(0, 1).reshape(*hidden.shape[:-1], product.shape[-1])


class Block(nn.Sequential):
    """Looks along time, then across bands, then at each band of each frame by itself."""

    def __init__(
        self, *, width: int, taps: int, dilation: int, heads: int, bands: int, expansion: int
    ) -> None:
        super().__init__(
            GatedConvolution(width, taps, dilation),
            BandAttention(width, heads, bands),
            FeedForward(width, expansion),
        )


class GatedConvolution(nn.Module):
    """A residual dilated convolution over frames, the same for every band."""

    def __init__(self, width: int, taps: int, dilation: int) -> None:
        super().__init__()
        self.taps, self.dilation = taps, dilation
        self.norm = Norm(width)
        # One matrix over all taps, so that optimisers for matrices can treat it as one.
        self.convolution = nn.Linear(taps * width, 2 * width)
        self.exit = nn.Linear(width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [batch, frames, bands, width] of the same shape."""
        batch, frames, bands, width = hidden.shape
        over_time = self.norm(hidden).permute(0, 2, 3, 1).reshape(batch * bands, width, frames)
        convolved = functional.conv1d(
            over_time,
            self.convolution.weight.reshape(2 * width, self.taps, width).transpose(1, 2),
            self.convolution.bias,
            padding=self.taps // 2 * self.dilation,
            dilation=self.dilation,
        )
        value, gate = convolved.transpose(1, 2).chunk(2, dim=-1)
        change: Tensor = self.exit(value * torch.sigmoid(gate))
        return hidden + change.reshape(batch, bands, frames, width).transpose(1, 2)


class BandAttention(nn.Module):
    """Residual attention between the bands of a frame, with a learnt bias for each pair of bands."""

    def __init__(self, width: int, heads: int, bands: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = Norm(width)
        self.projection = nn.Linear(width, 3 * width, bias=False)
        self.exit = nn.Linear(width, width, bias=False)
        self.bias = nn.Parameter(torch.zeros(heads, bands, bands))

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [batch, frames, bands, width] of the same shape."""
        batch, frames, bands, width = hidden.shape
        projected = self.projection(self.norm(hidden)).reshape(batch * frames, bands, 3, self.heads, -1)
        query, key, value = projected.permute(2, 0, 3, 1, 4)
        scale = (width // self.heads) ** -0.5
        # Written out: fused attention is slower for sequences this short, its gradient many times so.
        weights = (torch.matmul(query * scale, key.transpose(-1, -2)) + self.bias).softmax(dim=-1)
        mixed = torch.matmul(weights.to(value.dtype), value).transpose(1, 2)
        change: Tensor = self.exit(mixed.reshape(batch, frames, bands, width))
        return hidden + change


class FeedForward(nn.Module):
    """Two residual linear layers."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.norm = Norm(width)
        self.entrance = nn.Linear(width, expansion * width)
        self.exit = nn.Linear(expansion * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return [..., width] of the same shape."""
        inner = functional.gelu(self.entrance(self.norm(hidden)), approximate="tanh")
        change: Tensor = self.exit(inner)
        return hidden + change
