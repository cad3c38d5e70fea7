"""Write the trained weights as the service loads them: `python -m training.export foundry_4s`."""

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from sagemaker_container.separation.models.bundled import CLASS_KEY, CONFIG_KEY
from training.config import load_config

WEIGHTS_FOLDER: Final = Path(__file__).parent.parent / "sagemaker_container" / "weights"


def export_weights(
    weights: Mapping[str, Tensor],
    model: Mapping[str, Any],
    path: Path,
    network: type[nn.Module] = BandSplitNetwork,
) -> None:
    """Store weights as float16 with the class and its keyword arguments in the metadata."""
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in weights.items()
    }
    metadata = {CLASS_KEY: network.__name__, CONFIG_KEY: json.dumps(model, sort_keys=True)}
    save_file(halved, str(path), metadata)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description="Export trained weights.")
    parser.add_argument("name", help="recipe in training/configs, for example foundry_4s")
    parser.add_argument("--to", type=Path, help="file to write, by default the bundled one")
    options = parser.parse_args(arguments)
    config = load_config(options.name)
    state = torch.load(config.run_folder / "checkpoint.pt", weights_only=True)
    path = options.to or WEIGHTS_FOLDER / f"{config.name}.safetensors"
    export_weights(state["average"], config.model, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path}  step {state['step']}  {path.stat().st_size} bytes  sha256 {digest}")


if __name__ == "__main__":
    main()
