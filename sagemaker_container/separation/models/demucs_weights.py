"""Loading Demucs networks from safetensors files, the format in which Demucs 4.1 publishes them."""

import json
import struct
from fractions import Fraction
from typing import Any, Final

from demucs.demucs import Demucs
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from demucs.states import load_model
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from sagemaker_container.separation.models.bundled import UnknownModelError

# Upstream imports whatever class the file names; here a file can choose among these and nothing else.
_CLASSES: Final[dict[str, type[nn.Module]]] = {
    f"{kind.__module__}.{kind.__name__}": kind for kind in (HTDemucs, HDemucs, Demucs)
}
_HEADER_LENGTH_BYTES = 8


def load_demucs_network(content: bytes) -> nn.Module:
    """Build a network from a safetensors file; nothing in it is executed.

    Its metadata names the class (``klass``) and holds the constructor's arguments (``args``, ``kwargs``) as
    JSON. Weights stored as float16 are computed with in float32.

    Args:
        content: the whole file.

    Raises:
        UnknownModelError: it is not such a file, or not of a class and with weights that this version knows.
    """
    try:
        state = load(content)
        metadata = _metadata(content)
        # Quantised weights are packed; none of the published files hold any.
        if "structure" in metadata:
            raise UnknownModelError("quantised weights are not supported")
        package = {
            "klass": _class(metadata.get("klass")),
            "args": _decoded(json.loads(metadata["args"])),
            "kwargs": _decoded(json.loads(metadata["kwargs"])),
            "state": state,
        }
        network: nn.Module = load_model(package, strict=True)  # type: ignore[no-untyped-call]
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, UnknownModelError):
            raise
        raise UnknownModelError(f"not a readable Demucs network ({type(error).__name__}: {error})") from error
    return network


def _metadata(content: bytes) -> dict[str, str]:
    """The text that a well-formed file carries beside its tensors."""
    (length,) = struct.unpack("<Q", content[:_HEADER_LENGTH_BYTES])
    header: dict[str, Any] = json.loads(content[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length])
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata


def _class(name: str | None) -> type[nn.Module]:
    if name is None or name not in _CLASSES:
        raise UnknownModelError(f"model class {name!r} is none of {', '.join(_CLASSES)}")
    return _CLASSES[name]


def _decoded(value: Any) -> Any:
    """JSON with fractions as Demucs writes them."""
    if isinstance(value, dict):
        if value.get("_type") == "fraction":
            return Fraction(value["numerator"], value["denominator"])
        return {key: _decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value
