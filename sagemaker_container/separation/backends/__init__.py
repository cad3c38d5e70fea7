"""Ways to run a network on a batch of segments."""

import logging
from enum import StrEnum
from pathlib import Path

import torch
from torch import nn

from contract.environment import PrecisionPolicy
from sagemaker_container.separation.backends import openvino_backend
from sagemaker_container.separation.backends.base import Precision, SegmentBackend
from sagemaker_container.separation.backends.openvino_backend import OpenVinoBackend
from sagemaker_container.separation.backends.torch_backend import TorchBackend
from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from sagemaker_container.separation.processor import is_fast_in_bf16

_logger = logging.getLogger(__name__)


class Runtime(StrEnum):
    """What runs networks: the fastest that is installed, or torch alone, which is the reference."""

    AUTO = "auto"
    TORCH = "torch"


def default_policy(network: nn.Module, device: torch.device) -> PrecisionPolicy:
    """Fast on a GPU, whose half precision is what these models are usually rated in.

    On a CPU fast for networks that make masks, which half precision hardly changes (decision 0040); full for
    those that make waveforms.
    """
    on_gpu, makes_masks = device.type == "cuda", isinstance(network, BandSplitNetwork)
    return PrecisionPolicy.FAST if on_gpu or makes_masks else PrecisionPolicy.FULL


def create_backend(
    network: nn.Module,
    device: torch.device,
    policy: PrecisionPolicy | None,
    *,
    digest: str,
    runtime: Runtime = Runtime.AUTO,
    cache_directory: Path | None = None,
) -> SegmentBackend:
    """Choose what runs a network; decision 0040 has the measurements.

    Args:
        network: in evaluation mode, on the device.
        device: where it runs.
        policy: full computes in fp32, fast in the half precision that the device has instructions for; by
            default what suits network and device.
        digest: identifies the network's weights.
        runtime: see `Runtime`.
        cache_directory: folder for converted networks.
    """
    precision = _precision(device, policy or default_policy(network, device))
    if precision is Precision.BF16 and not is_fast_in_bf16():
        _logger.info("this CPU has no fast instructions for bf16: computing in fp32")
        precision = Precision.FP32
    # OpenVINO's cost of starting pays for large networks only, and those are the ones it supports.
    if (
        runtime is Runtime.AUTO
        and openvino_backend.is_available(network, device)
        and openvino_backend.is_fast_in(precision)
    ):
        return OpenVinoBackend(network, precision, cache_directory=cache_directory, digest=digest)
    return TorchBackend(network, device, precision)


def _precision(device: torch.device, policy: PrecisionPolicy) -> Precision:
    if policy is PrecisionPolicy.FULL:
        return Precision.FP32
    # bfloat16 has no tensor cores on a T4; on CPUs there is nothing else.
    return Precision.FP16 if device.type == "cuda" else Precision.BF16
