"""The recipe of a model, read from `training/configs/NAME.toml`."""

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

CONFIG_FOLDER: Final = Path(__file__).parent / "configs"
RUNS_FOLDER: Final = Path(__file__).parent / ".runs"
"""Checkpoints and logs; not in version control."""


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Which rendered clips a model learns from."""

    training: Sequence[Mapping[str, tuple[int, int]]]
    """For each stage, which songs it takes of each song set (named in `evaluation_sets.toml`): so many of the
    first are skipped, and so many taken."""
    validation: list[str]
    """Song sets watched while training."""
    recoloured: Sequence[float] = ()
    """For each stage, the share of stems, 0 to 1, that its examples hear in another tone colour than they
    were rendered with. By default none are."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a model is trained."""

    seed: int
    batch_size: int
    segment_samples: int
    """Length of one example in samples."""
    steps: int
    learning_rate: float
    """Highest rate; it rises linearly over `warm_up_steps`."""
    level_steps: int
    """After so many steps the rate falls with the inverse square root of the step."""
    decay_share: float
    """Share of a stage's steps, the last ones, over which it also falls along a half cosine."""
    final_learning_rate_share: float
    warm_up_steps: int
    weight_decay: float
    gradient_norm_limit: float
    average_decay: float
    """Decay per step of the exponential moving average of the weights, which is what gets exported."""
    multi_resolution_weight: float
    """Share of the errors of magnitudes at other resolutions in the loss, 0 to 1."""
    multi_resolution_fft_sizes: list[int]
    multi_resolution_examples: int
    """Examples of each batch these errors are computed for: they cost as much as the network itself."""
    checkpoint_every: int
    validate_every: int
    restarts: Sequence[int] = ()
    """Steps, rising, at which another stage begins: from the weights as they would be exported there, with
    new optimisers, a new warm-up and, at the end, a new cool-down."""

    start_shares: Sequence[float] = ()
    """For each stage, the share, 0 to 1, of the weights it began with in what is exported; by default 0."""

    def stages(self) -> list[range]:
        """Return the steps of every stage."""
        return [range(start, stop) for start, stop in pairwise((0, *self.restarts, self.steps))]

    def stage(self, step: int) -> range:
        """Return the steps of the stage that has a step; the one after the last belongs to the last."""
        return self.stages()[bisect_right(self.restarts, step)]

    def start_share_after(self, steps: int) -> float:
        """Return the share of its stage's first weights in what is exported after so many steps."""
        return stage_share(self.start_shares, bisect_left(self.restarts, steps))


@dataclass(frozen=True, slots=True)
class GrowthConfig:
    """A network that is smaller until one of the restarts."""

    at: int
    """Step of the restart."""
    before: Mapping[str, Any]
    """What differs in its keyword arguments until then."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A named recipe."""

    name: str
    model: dict[str, Any]
    """Keyword arguments of `BandSplitNetwork`, JSON-able."""
    data: DataConfig
    training: TrainingConfig
    growth: GrowthConfig | None = None

    def __post_init__(self) -> None:
        """Check what a stage relies on.

        Raises:
            ValueError: the network grows elsewhere than at a restart.
        """
        if self.growth is not None and self.growth.at not in self.training.restarts:
            message = f"{self.name}: step {self.growth.at}, where the network grows, is no restart"
            raise ValueError(message)

    def model_after(self, steps: int) -> dict[str, Any]:
        """Return the keyword arguments of the network that has learnt for so many steps."""
        if self.growth is None or steps > self.growth.at:
            return self.model
        return {**self.model, **self.growth.before}

    @property
    def run_folder(self) -> Path:
        """Where the checkpoint and the log of this recipe are kept."""
        return RUNS_FOLDER / self.name


def stage_share(shares: Sequence[float], stage: int) -> float:
    """Return the share of a stage, counted from 0; 0 for one that a recipe does not mention."""
    return shares[stage] if stage < len(shares) else 0.0


def recipe_names() -> list[str]:
    """Return the names of all recipes."""
    return sorted(path.stem for path in CONFIG_FOLDER.glob("*.toml"))


def load_config(name: str) -> ModelConfig:
    """Read the recipe of a model."""
    table = tomllib.loads((CONFIG_FOLDER / f"{name}.toml").read_text())
    data, training = DataConfig(**table["data"]), TrainingConfig(**table["training"])
    growth = GrowthConfig(**table["growth"]) if "growth" in table else None
    return ModelConfig(name, table["model"], data, training, growth)
