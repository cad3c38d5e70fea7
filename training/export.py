"""Write the trained weights as the service loads them: `python -m training.export foundry_4s`."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from safetensors.torch import save
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from sagemaker_container.separation.models.bundled import CLASS_KEY, CONFIG_KEY
from sagemaker_container.separation.models.store import BUNDLED_WEIGHTS
from training.config import load_config, recipe_names
from training.train import CHECKPOINT
from training.trainer import Trainer

HEADER_LENGTH_BYTES: Final = 8
"""A safetensors file begins with the length of its JSON header, then the header, then the tensors' bytes."""
HEADER_ALIGNMENT: Final = 8
"""Bytes that a header's length is a multiple of, padded with spaces."""


def export_weights(weights: Mapping[str, Tensor], model: Mapping[str, Any], path: Path) -> str:
    """Store weights as float16 with the class and its keyword arguments; return the file's SHA-256."""
    metadata = {CLASS_KEY: BandSplitNetwork.__name__, CONFIG_KEY: json.dumps(model, sort_keys=True)}
    return write_weights(weights, metadata, path)


def write_weights(weights: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path) -> str:
    """Store weights as float16 and return the file's SHA-256; an old file stays whole until then."""
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in weights.items()
    }
    partial = path.with_name(f".{path.name}.part")
    # Not `save_file`, which lets nobody but the owner read: an image serves the file as another user.
    content = _with_sorted_header(save(halved, dict(metadata)))
    partial.write_bytes(content)
    partial.replace(path)
    return hashlib.sha256(content).hexdigest()


def _with_sorted_header(content: bytes) -> bytes:
    """Return a safetensors file in which equal weights make equal bytes: `save` orders metadata at random."""
    tensors_start = HEADER_LENGTH_BYTES + int.from_bytes(content[:HEADER_LENGTH_BYTES], "little")
    header = json.loads(content[HEADER_LENGTH_BYTES:tensors_start])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    padded = text + b" " * (-len(text) % HEADER_ALIGNMENT)
    return len(padded).to_bytes(HEADER_LENGTH_BYTES, "little") + padded + content[tensors_start:]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description="Export trained weights.")
    parser.add_argument("name", choices=recipe_names(), help="recipe in training/configs")
    parser.add_argument("--to", type=Path, help="file to write, by default the bundled one")
    options = parser.parse_args(arguments)
    config = load_config(options.name)
    checkpoint = config.run_folder / CHECKPOINT
    if not checkpoint.exists():
        parser.error(f"{options.name} has not been trained here: python -m training.train {options.name}")
    trainer = Trainer(config)
    trainer.load(checkpoint)
    path = options.to or BUNDLED_WEIGHTS / f"{config.name}.safetensors"
    digest = export_weights(trainer.exported().state_dict(), config.model_after(trainer.step), path)
    print(f"{path}  step {trainer.step}  {path.stat().st_size} bytes  sha256 {digest}")


if __name__ == "__main__":
    main()
