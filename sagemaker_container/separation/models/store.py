"""Finds, verifies and loads the weights of the catalogue's models. Never from a network."""

import hashlib
import io
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, overload

import torch
from demucs.demucs import Demucs
from demucs.htdemucs import HTDemucs
from demucs.states import load_model
from torch import nn

from contract.audio import CHANNELS, SAMPLE_RATE_HZ, Stem
from contract.catalogue import Architecture, Model, WeightsFile
from contract.environment import PrecisionPolicy
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.backends import Runtime, create_backend
from sagemaker_container.separation.backends.base import SegmentBackend
from sagemaker_container.separation.models.bundled import UnknownModelError, load_mask_network
from sagemaker_container.separation.models.demucs_weights import load_demucs_network

_logger = logging.getLogger(__name__)

BUNDLED_WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\b")
_MAX_WEIGHTS_BYTES = 2 * 1024**3
_MEMORY_ON_CPU = 4 * 1024**3
# The rest is for what networks compute with.
_SHARE_OF_GPU = 0.5


@dataclass(frozen=True, slots=True)
class Member:
    """One network of a model, ready on its device.

    ``weights[s]`` is how much it counts for the stem ``LoadedModel.stems[s]``; a segment is the length it
    separates at a time, in samples; ``window_length`` tells how many samples it wants to see for a length.
    """

    backend: SegmentBackend
    weights: tuple[float, ...]
    segment_samples: int
    window_length: Callable[[int], int]


class _LazyMembers(Sequence[Member]):
    """Networks of a bag, each read when it is first needed: a wanted stem often needs but one."""

    def __init__(self, count: int, read: Callable[[int], Member]) -> None:
        self._members: list[Member | None] = [None] * count
        self._read = read
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, index: int) -> Member: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Member]: ...
    def __getitem__(self, index: int | slice) -> Member | Sequence[Member]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        with self._lock:
            member = self._members[index]
            if member is None:
                member = self._members[index] = self._read(index)
            return member


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that is ready to run.

    ``members`` may read weights when they are asked for, and raise what `ModelStore.load` raises.
    """

    model: Model
    device: torch.device
    members: Sequence[Member]
    size_bytes: int

    @property
    def weights(self) -> tuple[tuple[float, ...], ...]:
        """How much each member counts for each stem; known without any member."""
        return _member_weights(self.model)

    def members_for(self, stems: Sequence[Stem]) -> list[Member]:
        """The members that any of the stems depends on, and no other.

        Raises:
            StemFoundryError: ``model_unavailable`` when their weights are not the expected ones.
        """
        needed = [self.stems.index(stem) for stem in stems]
        used = [any(row[index] for index in needed) for row in self.weights]
        return [self.members[number] for number, is_used in enumerate(used) if is_used]

    @property
    def stems(self) -> tuple[Stem, ...]:
        """The model's own stems, in the order of its output."""
        return self.model.stems


class ModelStore:
    """Keeps models loaded between jobs, those used last, within a bound of memory. Safe to use from threads.

    Args:
        model_directory: folder of downloaded weights; need not exist.
        device: where the networks run.
        precision: how they compute; by default what suits each of them and the device.
        runtime: what computes.
        memory_bytes: weights that may stay loaded; the model in use stays even if it is larger.
        bundled_directory: folder of the weights that come with the service.
    """

    def __init__(
        self,
        model_directory: Path,
        device: torch.device,
        *,
        precision: PrecisionPolicy | None = None,
        runtime: Runtime = Runtime.AUTO,
        memory_bytes: int | None = None,
        bundled_directory: Path = BUNDLED_WEIGHTS,
    ) -> None:
        self.device = device
        self.precision = precision
        self._runtime = runtime
        self._memory_bytes = memory_bytes or _default_memory(device)
        self._model_directory = model_directory
        self._bundled_directory = bundled_directory
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()
        self._lock = threading.Lock()

    def is_installed(self, model: Model) -> bool:
        """Whether all weights of a model are there (not whether they are sound)."""
        return all(self._path(model, file).is_file() for file in model.weights)

    def load(self, model: Model) -> LoadedModel:
        """Load a model, or return it when it is loaded already.

        Raises:
            StemFoundryError: ``model_unavailable`` when weights are missing or not the expected ones.
        """
        with self._lock:
            loaded = self._loaded.get(model.name)
            # An operator may register other weights under a name that was free again.
            if loaded is None or loaded.model != model:
                self._loaded[model.name] = self._read(model)
            self._loaded.move_to_end(model.name)
            self._unload_oldest()
            return self._loaded[model.name]

    def _unload_oldest(self) -> None:
        while len(self._loaded) > 1 and sum(m.size_bytes for m in self._loaded.values()) > self._memory_bytes:
            name, _ = self._loaded.popitem(last=False)
            _logger.info("model unloaded", extra={"model": name})

    def _read(self, model: Model) -> LoadedModel:
        if not self.is_installed(model):
            raise _missing(model)
        # Weights are stored in half precision and computed with in full.
        size = 2 * sum(self._path(model, file).stat().st_size for file in model.weights)
        # Without a reference back to the loaded model, its memory is free as soon as it is unloaded.
        members = _LazyMembers(len(model.weights), partial(self._member, model))
        loaded = LoadedModel(model, self.device, members, size)
        if len(loaded.members) == 1:
            # What is wrong with it is told at once.
            loaded.members_for(model.stems)
        return loaded

    def _member(self, model: Model, number: int) -> Member:
        file = model.weights[number]
        network: Any = self._read_network(model, file)
        if list(model.source_names) != list(network.sources):
            raise _unsound(model, "its stems are not those of the catalogue")
        if (network.samplerate, network.audio_channels) != (SAMPLE_RATE_HZ, CHANNELS):
            raise _unsound(model, "it is not made for 44.1 kHz in stereo")
        network.to(self.device).eval().requires_grad_(requires_grad=False)
        segment_samples = int(network.samplerate * (model.segment_seconds or network.segment))
        backend = create_backend(
            network,
            self.device,
            self.precision,
            digest=file.digest,
            runtime=self._runtime,
            cache_directory=self._model_directory / "converted",
        )
        _logger.info(
            "network loaded",
            extra={
                "model": model.name,
                "weights_file": file.name,
                "device": str(self.device),
                "backend": backend.name,
                "precision": backend.precision,
            },
        )
        window_length = _window_length(network, segment_samples)
        return Member(backend, _member_weights(model)[number], segment_samples, window_length)

    def _read_network(self, model: Model, file: WeightsFile) -> nn.Module:
        path = self._path(model, file)
        content = _verified_content(model, file, path)
        try:
            if model.architecture is Architecture.MASK_NETWORK:
                return load_mask_network(path)
            if path.suffix == ".safetensors":
                return load_demucs_network(content)
        except UnknownModelError as error:
            raise _unsound(model, str(error)) from error
        # A pickle can run code, so it is opened only after its digest was found right, and from the very
        # bytes that were verified.
        package: dict[str, Any] = torch.load(io.BytesIO(content), "cpu", weights_only=False)
        return load_model(package)  # type: ignore[no-any-return, no-untyped-call]

    def _path(self, model: Model, file: WeightsFile) -> Path:
        return (self._bundled_directory if model.bundled else self._model_directory) / file.name


def _member_weights(model: Model) -> tuple[tuple[float, ...], ...]:
    even = ((1.0,) * len(model.stems),) * len(model.weights)
    return model.member_weights or even


def _window_length(network: Any, segment_samples: int) -> Callable[[int], int]:
    """How many samples a network wants to see, without keeping the network."""
    if isinstance(network, HTDemucs):
        return (lambda _: segment_samples) if network.use_train_segment else (lambda length: length)
    if isinstance(network, Demucs):
        return network.valid_length  # type: ignore[no-any-return]
    return lambda length: length


def _default_memory(device: torch.device) -> int:
    if device.type != "cuda":
        return _MEMORY_ON_CPU
    return int(torch.cuda.get_device_properties(device).total_memory * _SHARE_OF_GPU)


def _verified_content(model: Model, file: WeightsFile, path: Path) -> bytes:
    if path.stat().st_size > _MAX_WEIGHTS_BYTES:
        raise _unsound(model, f"{file.name} is larger than any known weights")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    known = [value for value in (file.sha256, file.sha256_prefix) if value]
    if not known:
        raise _unsound(model, f"no SHA-256 of {file.name} is known")
    record = path.with_name(path.name + ".sha256")
    if record.is_file():
        known.append(_recorded_digest(model, record))
    for value in known:
        if not digest.startswith(value):
            raise _unsound(model, f"the SHA-256 of {file.name} is {digest}, expected {value}")
    return content


def _recorded_digest(model: Model, record: Path) -> str:
    """The digest noted beside a file when it was downloaded."""
    match = _SHA256.match(record.read_text(encoding="utf-8", errors="replace"))
    if match is None:
        raise _unsound(model, f"{record.name} does not hold a SHA-256")
    return match.group().lower()


def _missing(model: Model) -> StemFoundryError:
    return StemFoundryError(
        ErrorCode.MODEL_UNAVAILABLE,
        f"The weights of {model.name} are not installed. Run: stems models download {model.name}",
    )


def _unsound(model: Model, reason: str) -> StemFoundryError:
    return StemFoundryError(
        ErrorCode.MODEL_UNAVAILABLE,
        f"The weights of {model.name} are refused: {reason}. Run: stems models download {model.name}",
    )
