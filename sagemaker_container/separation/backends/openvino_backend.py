"""The core of Hybrid Transformer Demucs run by OpenVINO, the fast path on CPUs (extra ``openvino``)."""

import hashlib
import importlib.util
import logging
import warnings
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sagemaker_container.separation.backends.base import Precision, SegmentBackend
from sagemaker_container.separation.backends.htdemucs_core import Spectra, is_supported
from sagemaker_container.separation.backends.openvino_core import OpenVinoCore

_logger = logging.getLogger(__name__)

_HINTS = {Precision.FP32: "f32", Precision.BF16: "bf16"}
_CPU = torch.device("cpu")


def is_available(network: nn.Module, device: torch.device) -> bool:
    """Whether OpenVINO is installed and can run this network."""
    return device.type == "cpu" and is_supported(network) and importlib.util.find_spec("openvino") is not None


def is_fast_in(precision: Precision) -> bool:
    """Whether this CPU has instructions for a precision; others would emulate it."""
    if precision is Precision.FP32:
        return True
    return precision.name in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _core() -> Any:
    import openvino

    return openvino.Core()


class OpenVinoBackend:
    """See `SegmentBackend`. Spectra stay with torch.

    Converting a network takes seconds, so the converted one is kept in a folder. It holds the weights alone:
    the torch network can go.

    Args:
        network: see `is_available`; is not kept.
        precision: fp32 or bf16.
        cache_directory: folder of converted networks; without one that can be written, every start converts.
        digest: identifies the weights.
    """

    name = "openvino"
    device = _CPU
    batch_size = 1

    def __init__(
        self, network: nn.Module, precision: Precision, *, cache_directory: Path | None, digest: str
    ) -> None:
        self.precision = precision
        self._spectra = Spectra(network, _CPU)
        self.sources = self._spectra.sources
        self._model = _read_or_convert(network, self._spectra, cache_directory, digest)
        self._request = _compile(self._model, precision)

    @cached_property
    def reference(self) -> SegmentBackend | None:
        """The same network in fp32."""
        if self.precision is Precision.FP32:
            return None
        return _Compiled(self._spectra, _compile(self._model, Precision.FP32))

    def __call__(self, segments: Tensor) -> Tensor:
        """See `SegmentBackend`."""
        return _run(self._spectra, self._request, segments)


class _Compiled:
    """A network compiled already, in fp32."""

    name = "openvino"
    precision = Precision.FP32
    device = _CPU
    batch_size = 1
    reference = None

    def __init__(self, spectra: Spectra, request: Any) -> None:
        self._spectra = spectra
        self.sources = spectra.sources
        self._request = request

    def __call__(self, segments: Tensor) -> Tensor:
        return _run(self._spectra, self._request, segments)


def _run(spectra: Spectra, request: Any, segments: Tensor) -> Tensor:
    estimates = []
    with torch.inference_mode():
        # The compiled network takes one segment.
        for segment in torch.split(segments, 1):
            planes, waveform, levels = spectra.forward(segment)
            outputs = request.infer(
                [planes.contiguous().numpy(), waveform.contiguous().numpy()], share_outputs=True
            )
            results = [torch.from_numpy(np.asarray(outputs[index])) for index in range(2)]
            estimates.append(spectra.inverse(results[0], results[1], levels, segment.shape[-1]))
    return torch.cat(estimates)


def _compile(model: Any, precision: Precision) -> Any:
    configuration = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    return _core().compile_model(model, "CPU", configuration).create_infer_request()


def _read_or_convert(network: nn.Module, spectra: Spectra, cache_directory: Path | None, digest: str) -> Any:
    name = _cache_name(digest)
    if cache_directory is not None and (cache_directory / f"{name}.xml").is_file():
        return _core().read_model(cache_directory / f"{name}.xml")
    model = _convert(network, spectra)
    if cache_directory is not None:
        _keep(model, cache_directory, name)
    return model


def _cache_name(digest: str) -> str:
    """Changes with the weights and with everything that takes part in the conversion."""
    parts = [digest, *(f"{package} {version(package)}" for package in ("openvino", "demucs", "torch"))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _convert(network: nn.Module, spectra: Spectra) -> Any:
    import openvino

    core = OpenVinoCore(network)
    fast_path = torch.backends.mha.get_fastpath_enabled()
    # One fused call that no other runtime knows; without it attention is traced as what it is made of.
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            planes, waveform, _ = spectra.forward(torch.randn(1, 2, spectra.segment_samples))
            core(planes, waveform)
            trace = partial(torch.jit.trace, check_trace=False, strict=False)
            traced = trace(core, (planes, waveform))
            return openvino.convert_model(
                traced, example_input=(planes, waveform), input=[list(planes.shape), list(waveform.shape)]
            )
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


def _keep(model: Any, cache_directory: Path, name: str) -> None:
    """Write both files of a converted network; complete or not at all, and never a reason to fail."""
    import openvino

    try:
        cache_directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache_directory) as scratch:
            openvino.save_model(model, Path(scratch) / f"{name}.xml", compress_to_fp16=False)
            # The one that is looked for comes last.
            for suffix in (".bin", ".xml"):
                (Path(scratch) / f"{name}{suffix}").replace(cache_directory / f"{name}{suffix}")
    except OSError as error:
        _logger.warning("the converted network could not be kept: %s", error)
