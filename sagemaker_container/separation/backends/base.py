"""What the engine needs of whatever runs a network."""

from enum import StrEnum
from typing import Protocol

import torch
from torch import Tensor


class Precision(StrEnum):
    """Arithmetic of the network's core; spectra and normalisation are always computed in fp32."""

    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


class SegmentBackend(Protocol):
    """Runs one network.

    Attributes:
        name: of the runtime, for the report.
        precision: see `Precision`.
        device: where it takes and leaves tensors.
        sources: estimates per segment.
        batch_size: segments that are best given together.
        reference: the same network in fp32, for a segment that overflowed; None where this is fp32 already.
    """

    name: str
    precision: Precision
    device: torch.device
    sources: int

    @property
    def batch_size(self) -> int:
        """See the class."""

    @property
    def reference(self) -> "SegmentBackend | None":
        """See the class."""

    def __call__(self, segments: Tensor) -> Tensor:
        """Separate [batch, channels, samples] into [batch, sources, channels, samples], float32."""
