"""Small networks with random weights, saved as the real ones are, and catalogue entries for them."""

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from demucs.hdemucs import HDemucs
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file

from contract.audio import KIT_PARTS, Stem
from contract.catalogue import Architecture, Model, Purpose, WeightsFile
from sagemaker_container.separation.models.band_split_network import BandSplitNetwork

STEMS = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)
SOURCES = [str(stem) for stem in STEMS]
MASK_NETWORK_SETTINGS = {
    "sources": SOURCES,
    "segment_seconds": 1,
    "fft_size": 1024,
    "hop": 256,
    "bands": [[8, 8], [4, 64]],
    "corrected_groups": 1,
    "width": 8,
    "dilations": [1],
    "heads": 2,
}


KIT_SOURCES = ("bombo", "redoblante", "toms", "platillos")


def htdemucs(seed: int = 0, sources: Sequence[str] = SOURCES) -> HTDemucs:
    """A Hybrid Transformer Demucs that runs in milliseconds."""
    torch.manual_seed(seed)
    return audible(
        HTDemucs(sources=list(sources), channels=8, t_layers=1, t_heads=2, bottom_channels=16, segment=1)
    )


def hdemucs(seed: int = 0) -> HDemucs:
    """A Hybrid Demucs that runs in milliseconds."""
    torch.manual_seed(seed)
    return audible(HDemucs(sources=SOURCES, channels=4, depth=6, segment=1))


def mask_network() -> BandSplitNetwork:
    """A network that makes masks, as the bundled ones are, and runs in milliseconds."""
    torch.manual_seed(0)
    return audible_masks(BandSplitNetwork(**MASK_NETWORK_SETTINGS))


def audible(network: Any) -> Any:
    """With layer scales at which errors of the layers they scale would be heard."""
    for name, parameter in network.named_parameters():
        if name.endswith("scale") and parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
    return network.eval()


def audible_masks(network: BandSplitNetwork) -> BandSplitNetwork:
    """With masks that differ, where training starts from equal shares."""
    for layer in network.exit:
        torch.nn.init.normal_(layer.weight, std=0.5)
    return network.eval()


def save_demucs(directory: Path, network: Any, seed: int = 0) -> WeightsFile:
    """Save a network in the format of the published files, named by its digest as they are."""
    args, kwargs = network._init_args_kwargs
    package = {"klass": type(network), "args": args, "kwargs": kwargs, "state": network.state_dict()}
    buffer = io.BytesIO()
    torch.save(package, buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    name = f"{seed:08x}-{digest[:8]}.th"
    (directory / name).write_bytes(buffer.getvalue())
    return WeightsFile(name=name, sha256_prefix=digest[:8])


def save_mask_network(directory: Path, name: str = "small.safetensors") -> WeightsFile:
    """Save a small mask network."""
    network = mask_network()
    metadata = {"class": BandSplitNetwork.__name__, "config": json.dumps(MASK_NETWORK_SETTINGS)}
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    save_file(state, str(directory / name), metadata=metadata)
    return WeightsFile(name=name, sha256=hashlib.sha256((directory / name).read_bytes()).hexdigest())


def entry(
    name: str,
    architecture: Architecture,
    *weights: WeightsFile,
    member_weights: tuple[tuple[float, ...], ...] | None = None,
) -> Model:
    """A catalogue entry for saved weights in the folder of downloaded ones."""
    return Model(
        name=name,
        title=name,
        architecture=architecture,
        stems=STEMS,
        weights=weights,
        member_weights=member_weights,
        bundled=False,
        licence="MIT",
        provenance="Random numbers",
        commercial_use="Allowed",
        relative_cost=0.01,
    )


def kit_entry(name: str, weights: WeightsFile) -> Model:
    """A catalogue entry for a network that splits drums and calls their parts by Spanish names."""
    values = entry(name, Architecture.DEMUCS, weights).model_dump()
    return Model.model_validate(
        values | {"purpose": Purpose.DRUMS, "stems": KIT_PARTS, "sources": KIT_SOURCES}
    )
