"""The core of Hybrid Transformer Demucs run by OpenVINO, the fast path on CPUs (extra ``openvino``)."""

import hashlib
import importlib
import importlib.util
import logging
import os
import sys
import warnings
from functools import cache, cached_property
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
# Changes when the same weights would be converted to something else.
_GRAPH = "1"


def is_available(network: nn.Module, device: torch.device) -> bool:
    """Whether OpenVINO is installed and can run this network."""
    return device.type == "cpu" and is_supported(network) and importlib.util.find_spec("openvino") is not None


def is_fast_in(precision: Precision) -> bool:
    """Whether this CPU has instructions for a precision; others would emulate it."""
    if precision is Precision.FP32:
        return True
    return precision.name in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _openvino() -> Any:
    """The optional package, without its telemetry.

    It reports its use to its makers over the network unless the user has forbidden it. Here, the package that
    reports counts as not installed; OpenVINO then takes a stand-in of its own that does nothing.
    """
    modules: dict[str, Any] = sys.modules
    modules["openvino_telemetry"] = None
    return importlib.import_module("openvino")


@cache
def _core() -> Any:
    return _openvino().Core()


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
        model = _read_or_convert(network, self._spectra, cache_directory, digest)
        self._request = _compile(model, precision, cache_directory)
        # What is compiled has weights of its own.
        self._model = None if precision is Precision.FP32 else model

    @cached_property
    def reference(self) -> SegmentBackend | None:
        """The same network in fp32."""
        if self._model is None:
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
    return torch.cat(estimates) if len(estimates) > 1 else estimates[0]


def _compile(model: Any, precision: Precision, cache_directory: Path | None = None) -> Any:
    configuration: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    if cache_directory is not None and cache_directory.is_dir() and os.access(cache_directory, os.W_OK):
        # What is compiled for this very processor is kept as well, and halves the time of the next start.
        configuration["CACHE_DIR"] = str(cache_directory / "compiled")
    return _core().compile_model(model, "CPU", configuration).create_infer_request()


def _read_or_convert(network: nn.Module, spectra: Spectra, cache_directory: Path | None, digest: str) -> Any:
    if cache_directory is None:
        return _convert(network, spectra)
    file = cache_directory / f"{_cache_name(digest)}.xml"
    if (kept := _read(file)) is not None:
        return kept
    model = _convert(network, spectra)
    # Read again, it no longer holds on to the memory of the torch network.
    return (_read(file) or model) if _keep(model, file) else model


def _read(file: Path) -> Any:
    """A network that was kept; None where there is none that can be read."""
    if not file.is_file():
        return None
    try:
        return _core().read_model(file)
    except RuntimeError as error:
        _logger.warning("the converted network is converted again: %s", error)
        return None


def _cache_name(digest: str) -> str:
    """Changes with the weights and with everything that takes part in the conversion."""
    packages = (f"{package} {version(package)}" for package in ("openvino", "demucs", "torch"))
    parts = [_GRAPH, digest, *packages]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _convert(network: nn.Module, spectra: Spectra) -> Any:
    openvino = _openvino()
    # In evaluation mode by construction: dropout would otherwise be converted as well, unnoticed.
    core = OpenVinoCore(network)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        planes, waveform, _ = spectra.forward(torch.randn(1, 2, spectra.segment_samples))
        # The first call computes the positional embeddings, which the trace then holds as constants.
        core(planes, waveform)
        traced = torch.jit.trace(core, (planes, waveform), check_trace=False, strict=False)  # type: ignore[no-untyped-call]
        return openvino.convert_model(
            traced, example_input=(planes, waveform), input=[list(planes.shape), list(waveform.shape)]
        )


def _keep(model: Any, file: Path) -> bool:
    """Write both files of a converted network; complete or not at all, and never a reason to fail."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=file.parent) as scratch:
            _openvino().save_model(model, Path(scratch) / file.name, compress_to_fp16=False)
            # The one that is looked for comes last.
            for suffix in (".bin", ".xml"):
                written = (Path(scratch) / file.name).with_suffix(suffix)
                written.replace(file.with_suffix(suffix))
    except (OSError, RuntimeError) as error:
        _logger.warning("the converted network could not be kept: %s", error)
        return False
    return True
