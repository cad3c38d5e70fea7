"""The recipe of a model, read from `training/configs/NAME.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.sources import SOURCES

CONFIG_FOLDER: Final = Path(__file__).parent / "configs"
RUNS_FOLDER: Final = Path(__file__).parent / ".runs"
"""Checkpoints and logs; not in version control."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a model is trained."""

    seed: int
    clips: int
    """Songs of the training set that are used."""
    batch_size: int
    segment_samples: int
    """Length of one example in samples."""
    steps: int
    learning_rate: float
    """Highest rate; it rises linearly over `warm_up_steps` and falls along a half cosine."""
    final_learning_rate_share: float
    warm_up_steps: int
    weight_decay: float
    gradient_norm_limit: float
    average_decay: float
    """Decay per step of the exponential moving average of the weights, which is what gets exported."""
    checkpoint_every: int
    validate_every: int


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A named recipe."""

    name: str
    model: dict[str, Any]
    """Keyword arguments of `MaskNetwork`, JSON-able."""
    training: TrainingConfig

    @property
    def run_folder(self) -> Path:
        """Where the checkpoint and the log of this recipe are kept."""
        return RUNS_FOLDER / self.name


def load_config(name: str) -> ModelConfig:
    """Read the recipe of a model."""
    table = tomllib.loads((CONFIG_FOLDER / f"{name}.toml").read_text())
    return ModelConfig(
        name, {"sources": list(SOURCES), **table["model"]}, TrainingConfig(**table["training"])
    )
