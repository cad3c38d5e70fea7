"""The weights that training starts from, and those it leaves."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from contract.catalogue import Model, get_model
from contract.errors import StemFoundryError
from sagemaker_container.separation.models.bundled import CLASS_KEY, CONFIG_KEY
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS
from training.finetune.errors import FineTuningError

REMAINDER: Final = "percussion"
"""What a kit has beside the parts that a model separates; songs without it simply have none."""


@dataclass(frozen=True, slots=True)
class Base:
    """A model to start from.

    Attributes:
        model: its entry in the catalogue.
        metadata: of its file, which the new file gets as well: the class and its keyword arguments.
        weights: by name, in full precision.
    """

    model: Model
    metadata: dict[str, str]
    weights: dict[str, Tensor]

    @property
    def class_name(self) -> str:
        """Class of the network."""
        return self.metadata[CLASS_KEY]

    @property
    def network_arguments(self) -> dict[str, Any]:
        """Keyword arguments of the network's class."""
        arguments: dict[str, Any] = json.loads(self.metadata[CONFIG_KEY])
        return arguments

    @property
    def stems(self) -> tuple[str, ...]:
        """Stems of the songs it learns from: its own, then what belongs to none of them, if it knows that."""
        rest = (REMAINDER,) if self.network_arguments.get("remainder") else ()
        return (*self.model.source_names, *rest)


def open_base(name: str, model_directory: Path) -> Base:
    """Read the model that training starts from.

    Raises:
        FineTuningError: it is unknown, not here, not the expected one, or of a kind that is not trained here.
    """
    try:
        model = get_model(name)
    except StemFoundryError as error:
        raise FineTuningError(error.message) from error
    file = model.weights[0]
    path = (BUNDLED_WEIGHTS if model.bundled else model_directory) / file.name
    if len(model.weights) > 1 or path.suffix != ".safetensors":
        raise FineTuningError(
            f"{name} cannot be trained further here: only bundled models and their offspring can"
        )
    if not path.is_file():
        raise FineTuningError(f"{name} is not on this machine: {path} is missing")
    if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
        raise FineTuningError(f"{path} is not the file that the catalogue knows: its SHA-256 differs")
    try:
        with safe_open(str(path), framework="pt", device="cpu") as opened:
            metadata = dict(opened.metadata() or {})
            weights = {key: _full_precision(opened.get_tensor(key)) for key in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise FineTuningError(f"{path} cannot be read: {error}") from error
    if not {CLASS_KEY, CONFIG_KEY} <= metadata.keys():
        raise FineTuningError(
            f"{name} cannot be trained further here: its file does not say what network it is"
        )
    return Base(model, metadata, weights)


def save_weights(weights: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path) -> str:
    """Write weights as the service loads them, float16, and return the file's SHA-256."""
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in weights.items()
    }
    partial = path.with_name(f".{path.name}.part")
    save_file(halved, str(partial), dict(metadata))
    partial.replace(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_weights(path: Path) -> dict[str, Tensor]:
    """Read what `save_weights` wrote, in full precision."""
    with safe_open(str(path), framework="pt", device="cpu") as opened:
        return {key: _full_precision(opened.get_tensor(key)) for key in opened.keys()}  # noqa: SIM118


def _full_precision(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
