"""Networks run by torch: the reference on the CPU, and everything on a GPU."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from sagemaker_container.separation.backends.base import Precision, SegmentBackend
from sagemaker_container.separation.backends.htdemucs_core import Core, Spectra, is_supported

_TYPES = {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}
# More segments at a time gain little on a GPU and lose on a CPU, whose caches hold no two.
_MOST_SEGMENTS = 4
# Activations of one htdemucs segment in fp32 stay below it; half precision needs less.
_BYTES_PER_SEGMENT = 2 * 1024**3


class TorchBackend:
    """See `SegmentBackend`.

    Args:
        network: in evaluation mode, on the device.
        device: where it runs.
        precision: fp32, or half precision by autocast for what lies between spectra and waveforms.
    """

    name = "torch"

    def __init__(self, network: nn.Module, device: torch.device, precision: Precision) -> None:
        self.network = network
        self.device = device
        self.precision = precision
        sources: Any = network.sources
        self.sources = len(sources)
        self._run = _in_stages(network, device, self._autocast) if is_supported(network) else self._whole

    @property
    def batch_size(self) -> int:
        """As many segments as the free memory of the GPU holds, within reason; one on a CPU."""
        if self.device.type != "cuda":
            return 1
        free, _ = torch.cuda.mem_get_info(self.device)
        # What torch has reserved and does not use is free for it.
        free += torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
        return max(1, min(_MOST_SEGMENTS, free // _BYTES_PER_SEGMENT))

    @cached_property
    def reference(self) -> SegmentBackend | None:
        """The same network in fp32; shares its weights."""
        if self.precision is Precision.FP32:
            return None
        return TorchBackend(self.network, self.device, Precision.FP32)

    def __call__(self, segments: Tensor) -> Tensor:
        """See `SegmentBackend`."""
        with torch.inference_mode():
            return self._run(segments)

    def _whole(self, segments: Tensor) -> Tensor:
        with self._autocast():
            estimates: Tensor = self.network(segments)
        return estimates.float()

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision is not Precision.FP32:
            return torch.autocast(self.device.type, _TYPES[self.precision])
        return _without_tf32() if self.device.type == "cuda" else nullcontext()


def _without_tf32() -> AbstractContextManager[object]:
    """Convolutions in fp32 proper: cuDNN otherwise rounds their input to ten bits. Matrix products do not."""
    settings = torch.backends.cudnn
    context: AbstractContextManager[object] = settings.flags(
        enabled=True,
        benchmark=settings.benchmark,
        deterministic=settings.deterministic,
        allow_tf32=False,
    )
    return context


def _in_stages(
    network: nn.Module, device: torch.device, autocast: Callable[[], AbstractContextManager[object]]
) -> Callable[[Tensor], Tensor]:
    spectra, core = Spectra(network, device), Core(network)

    def run(segments: Tensor) -> Tensor:
        planes, waveform, levels = spectra.forward(segments)
        with autocast():
            planes, waveform = core(planes, waveform)
        return spectra.inverse(planes.float(), waveform.float(), levels, segments.shape[-1])

    return run
