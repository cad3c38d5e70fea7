"""A registered model that splits drums: small, with random weights and Spanish names for its sources."""

import hashlib
import io
from pathlib import Path

import torch
from demucs.hdemucs import HDemucs

from tests.unit.contract.registered import KIT_ENTRY, write_entries


def register_kit_model(model_directory: Path) -> Path:
    """Save its weights where the service looks for them, and return the file that registers it."""
    torch.manual_seed(0)
    network = HDemucs(sources=KIT_ENTRY["sources"], channels=4, depth=6, segment=1).eval()
    args, kwargs = network._init_args_kwargs
    buffer = io.BytesIO()
    torch.save({"klass": HDemucs, "args": args, "kwargs": kwargs, "state": network.state_dict()}, buffer)
    content = buffer.getvalue()
    (model_directory / "kit.th").write_bytes(content)
    weights = [{"name": "kit.th", "sha256": hashlib.sha256(content).hexdigest()}]
    return write_entries(model_directory / "registered.json", KIT_ENTRY | {"weights": weights})
