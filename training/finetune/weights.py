"""The weights that training starts from."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from contract.catalogue import Model, get_model
from contract.errors import StemFoundryError
from sagemaker_container.separation.models.bundled import CLASS_KEY, CONFIG_KEY, read_weights
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS
from training.finetune.errors import FineTuningError
from training.sources import PERCUSSION


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
        rest = (PERCUSSION,) if self.network_arguments.get("remainder") else ()
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
        metadata, weights = read_weights(path)
    except SafetensorError as error:
        raise FineTuningError(f"{path} cannot be read: {error}") from error
    if not {CLASS_KEY, CONFIG_KEY} <= metadata.keys():
        raise FineTuningError(
            f"{name} cannot be trained further here: its file does not say what network it is"
        )
    return Base(model, metadata, weights)
