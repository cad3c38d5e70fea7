"""Loading the small models whose weights are part of this repository."""

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import safe_open

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork

CLASS_KEY: Final = "class"
CONFIG_KEY: Final = "config"


class UnknownModelError(ValueError):
    """A weights file that does not hold a model this version knows."""


def load_mask_network(path: Path) -> BandSplitNetwork:
    """Load a mask network for inference from a safetensors file.

    The file's metadata names the class and holds its keyword arguments as JSON; nothing in it is executed.
    Weights stored as float16 are computed with in float32.

    Raises:
        UnknownModelError: the file names another class, or its configuration is missing or malformed.
    """
    metadata, weights = read_weights(path)
    model = BandSplitNetwork(**network_arguments(metadata, path))
    model.load_state_dict(weights)
    return model.eval()


def read_weights(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Return the metadata of a safetensors file, and its weights in full precision.

    Raises:
        SafetensorError: the file is no such file.
    """
    with safe_open(str(path), framework="pt", device="cpu") as file:
        weights = {name: _full_precision(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        return dict(file.metadata() or {}), weights


def network_arguments(metadata: dict[str, str], path: Path) -> dict[str, Any]:
    """Return the constructor arguments recorded in a file's metadata, which must name the class.

    Raises:
        UnknownModelError: it names another class, or the arguments are missing or malformed.
    """
    name = metadata.get(CLASS_KEY)
    if name != BandSplitNetwork.__name__:
        message = f"{path.name}: model class {name!r} is not {BandSplitNetwork.__name__}"
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
