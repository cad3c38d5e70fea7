"""Networks of the published architectures with random weights: they cost the same, and need no download.

Layer scales are drawn from U(0.1, 0.5). Their initial 1e-3 would hide any error of what they scale.
"""

import hashlib
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch
from demucs.htdemucs import HTDemucs

from contract.audio import Stem
from contract.models import Architecture, Model, WeightsFile

# In the order of the published models.
STEMS: Final = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)
_NAMES: Final = [str(stem) for stem in STEMS]
_ONE_HOT: Final = tuple(tuple(float(row == column) for column in range(4)) for row in range(4))
# The options of htdemucs in Demucs' own configuration: 41.98 million parameters.
HTDEMUCS: Final[dict[str, Any]] = {
    "sources": _NAMES,
    "channels": 48,
    "depth": 4,
    "dconv_mode": 3,
    "dconv_comp": 8,
    "bottom_channels": 512,
    "t_layers": 5,
    "segment": Fraction(39, 5),
}
TINY: Final[dict[str, Any]] = {
    "sources": _NAMES,
    "channels": 8,
    "t_layers": 1,
    "t_heads": 2,
    "bottom_channels": 16,
    "segment": Fraction(39, 5),
}


def network(options: dict[str, Any], seed: int) -> HTDemucs:
    """One network with random weights."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        built: HTDemucs = HTDemucs(**options)
    with torch.no_grad():
        for name, parameter in built.named_parameters():
            if name.endswith("scale") and parameter.ndim == 1:
                parameter.uniform_(0.1, 0.5, generator=generator)
    built.eval()
    return built


def write(directory: Path, signature: str, options: dict[str, Any], seed: int) -> WeightsFile:
    """Write one as Demucs publishes its own: half precision, named by signature and digest."""
    built = network(options, seed)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in built.state_dict().items()
    }
    package = {"klass": HTDemucs, "args": (), "kwargs": options, "state": state}
    buffer = io.BytesIO()
    torch.save(package, buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    name = f"{signature}-{digest[:8]}.th"
    (directory / name).write_bytes(buffer.getvalue())
    return WeightsFile(name=name, sha256=digest, sha256_prefix=None)


def _entry(name: str, weights: tuple[WeightsFile, ...]) -> Model:
    return Model(
        name=name,
        title=f"{name}: random weights, for measuring",
        architecture=Architecture.DEMUCS,
        stems=STEMS,
        weights=weights,
        member_weights=_ONE_HOT if len(weights) > 1 else None,
        bundled=False,
        licence="MIT",
        provenance="Random numbers",
        commercial_use="Allowed",
        relative_cost=float(len(weights)),
    )


def write_all(
    directory: Path, *, full_size: dict[str, Any] | None = None, tiny: dict[str, Any] | None = None
) -> Path:
    """Write a single network, a bag of four specialists and a tiny network, for Demucs and for us.

    Args:
        directory: is made if it does not exist.
        full_size: other options of the networks of full size.
        tiny: other options of the tiny one.

    Returns:
        The catalogue file that registers them here as ``random``, ``random_ft`` and ``random_tiny``. Demucs
        finds them under the same names with ``--repo`` set to the folder.
    """
    directory.mkdir(parents=True, exist_ok=True)
    specialists = tuple(
        write(directory, f"specialist{seed}", full_size or HTDEMUCS, seed) for seed in range(4)
    )
    bags = {
        "random": specialists[:1],
        "random_ft": specialists,
        "random_tiny": (write(directory, "tiny", tiny or TINY, 9),),
    }
    for name, weights in bags.items():
        signatures = [file.name.split("-")[0] for file in weights]
        rows = [list(row) for row in _ONE_HOT] if len(weights) > 1 else None
        bag = {"models": signatures} | ({"weights": rows} if rows else {})
        # JSON is YAML.
        (directory / f"{name}.yaml").write_text(json.dumps(bag), encoding="utf-8")
    catalogue = directory / "catalogue.json"
    entries = [_entry(name, weights).model_dump(mode="json") for name, weights in bags.items()]
    catalogue.write_text(json.dumps(entries, indent=2), encoding="utf-8")
    return catalogue
