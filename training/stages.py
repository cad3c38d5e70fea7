"""What a stage of a recipe learns from, and what its last one can begin with."""

from functools import partial
from pathlib import Path

from safetensors import SafetensorError
from torch import Tensor

from sagemaker_container.separation.models.bundled import UnknownModelError, network_arguments, read_weights
from training.config import ModelConfig, stage_share
from training.data.examples import ExampleSampler
from training.data.song_sets import load_song_sets


class RecipeError(Exception):
    """What a recipe needs is not there."""


def rendered_clips(name: str, skipped: int = 0, taken: int | None = None) -> list[Path]:
    """Return the clips of a song set, or of some of its songs.

    Raises:
        RecipeError: some are not there.
    """
    song_set = load_song_sets().named(name)
    stop = None if taken is None else skipped + taken
    paths = [song_set.clip_path(seed) for seed in song_set.seeds[skipped:stop]]
    missing = sum(not path.exists() for path in paths)
    if missing:
        command = f"python -m training.data {name} --skip {skipped} --clips {len(paths)}"
        raise RecipeError(f"{missing} of {len(paths)} songs of {name} are not rendered: {command}")
    return paths


def stage_examples(config: ModelConfig, stage: int) -> ExampleSampler:
    """Return the examples of a stage, counted from 0.

    Raises:
        RecipeError: some of its songs are not rendered, or it wants colours for stems that have none.
    """
    songs = config.data.training[stage]
    clips = [clip for name, part in songs.items() for clip in rendered_clips(name, *part)]
    samples, seed = config.training.segment_samples, config.training.seed
    recoloured_share = stage_share(config.data.recoloured, stage)
    if recoloured_share == 0:
        return ExampleSampler(clips, samples, seed)
    # Fine-tuning imports this module too and does without amplifiers and what they need.
    from training.data.recolouring import RECOLOURINGS, recolour

    sources = config.model["sources"]
    if unknown := [source for source in sources if source not in RECOLOURINGS]:
        raise RecipeError(f"{config.name}: no colours are known for {', '.join(unknown)}")
    recolourings = [partial(recolour, RECOLOURINGS[source]) for source in sources]
    return ExampleSampler(clips, samples, seed, recolourings, recoloured_share)


def stage_weights(path: Path, config: ModelConfig) -> dict[str, Tensor]:
    """Read exported weights that the last stage of a recipe can begin with.

    Raises:
        RecipeError: the recipe has one stage, or the file is missing, no weights, or of another network.
    """
    if not config.training.restarts:
        raise RecipeError(f"{config.name} has one stage only")
    try:
        metadata, weights = read_weights(path)
        arguments = network_arguments(metadata, path)
    except (OSError, SafetensorError, UnknownModelError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error
    if arguments != config.model_after(config.training.restarts[-1]):
        raise RecipeError(f"{path} is not of the network that {config.name} describes")
    return weights
