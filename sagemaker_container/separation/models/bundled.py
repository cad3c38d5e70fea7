"""Loading the small models whose weights are part of this repository."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open

from sagemaker_container.separation.models.mask_network import MaskNetwork

CLASS_KEY: Final = "class"
CONFIG_KEY: Final = "config"


class UnknownModelError(ValueError):
    """A weights file that does not hold a model this version knows."""


def load_mask_network(path: Path) -> MaskNetwork:
    """Load a mask network for inference from a safetensors file.

    The file's metadata names the class and holds its keyword arguments as JSON; nothing in it is executed.
    Weights stored as float16 are computed with in float32.

    Raises:
        UnknownModelError: the file names another class, or its configuration is missing or malformed.
    """
    with safe_open(str(path), framework="pt", device="cpu") as file:
        config = _config(file.metadata() or {}, path)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model = MaskNetwork(**config)
    model.load_state_dict({name: _full_precision(tensor) for name, tensor in tensors.items()})
    return model.eval()


def _config(metadata: dict[str, str], path: Path) -> dict[str, Any]:
    """Return the constructor arguments recorded in a file's metadata."""
    if metadata.get(CLASS_KEY) != MaskNetwork.__name__:
        message = f"{path.name}: model class {metadata.get(CLASS_KEY)!r} is not {MaskNetwork.__name__!r}"
        raise UnknownModelError(message)
    try:
        config = json.loads(metadata[CONFIG_KEY])
    except (KeyError, json.JSONDecodeError) as error:
        message = f"{path.name}: no readable model configuration in the metadata"
        raise UnknownModelError(message) from error
    if not isinstance(config, dict):
        message = f"{path.name}: the model configuration is not an object"
        raise UnknownModelError(message)
    return config


def _full_precision(tensor: torch.Tensor) -> torch.Tensor:
    """Return floating-point weights as float32; counters stay whole numbers."""
    return tensor.float() if tensor.is_floating_point() else tensor
