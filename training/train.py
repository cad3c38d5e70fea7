"""Train a model: `python -m training.train foundry_4s --threads 2`. Running it again resumes."""

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork
from training.config import ModelConfig, load_config, recipe_names
from training.data.clips import load_stems
from training.data.signal import FloatArray
from training.metrics import is_silent, signal_to_distortion
from training.schedule import decay_start
from training.stages import RecipeError, rendered_clips, stage_examples, stage_weights
from training.trainer import Trainer

logger = logging.getLogger("training")

CHECKPOINT: Final = "checkpoint.pt"
BEFORE_DECAY: Final = "before_decay.pt"
"""The run before its cool-down: as the checkpoint of a recipe with more steps, it goes on from there."""


class Examples(Protocol):
    """Where examples come from."""

    def batch(self, step: int, size: int) -> FloatArray:
        """Return the true stems [size, sources, 2, samples] of the examples of a step."""
        ...


def prefetched(examples: Examples, steps: range, size: int) -> Iterator[Tensor]:
    """Yield the batches of some steps, each prepared while the one before is learnt from."""
    with ThreadPoolExecutor(1) as worker:
        upcoming = worker.submit(examples.batch, steps.start, size) if steps else None
        for step in steps:
            assert upcoming is not None
            batch = upcoming.result()
            if step + 1 < steps.stop:
                upcoming = worker.submit(examples.batch, step + 1, size)
            yield torch.from_numpy(batch)


def validate(model: BandSplitNetwork, paths: Sequence[Path]) -> list[float]:
    """Return the mean signal-to-distortion ratio in dB of each stem over stored songs."""
    device = next(model.parameters()).device
    ratios: list[list[float]] = [[] for _ in model.sources]
    for path in paths:
        stems = load_stems(path)
        with torch.inference_mode():
            estimates = model(torch.from_numpy(stems.sum(axis=0))[None].to(device))[0].cpu().numpy()
        for index, estimate in enumerate(estimates):
            if not is_silent(stems[index]):
                ratios[index].append(signal_to_distortion(stems[index], estimate))
    return [float(np.mean(values)) for values in ratios]


def run(
    config: ModelConfig, device: str, *, compiled: bool, previous: dict[str, Tensor] | None = None
) -> None:
    """Train to the last step, from the checkpoint if there is one.

    Args:
        config: the recipe.
        device: "cpu" or "cuda".
        compiled: have the network compiled.
        previous: exported weights of the stage before the last, which begins with them unless there is a
            checkpoint.

    Raises:
        RecipeError: songs of the recipe have not been rendered.
    """
    validation = {name: rendered_clips(name) for name in config.data.validation}
    trainer = Trainer(config, device, compiled=compiled)
    checkpoint = config.run_folder / CHECKPOINT
    if checkpoint.exists():
        trainer.load(checkpoint)
    elif previous is not None:
        trainer.begin_last_stage(previous)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    logger.info("%s: %d parameters", config.name, parameters)
    ahead = {
        stage: stage_examples(config, index)
        for index, stage in enumerate(config.training.stages())
        if trainer.step < stage.stop
    }
    for stage, examples in ahead.items():
        steps = range(max(stage.start, trainer.step), stage.stop)
        _train_stage(trainer, steps, examples, validation, config.run_folder)


def _train_stage(
    trainer: Trainer,
    steps: range,
    examples: Examples,
    validation: Mapping[str, Sequence[Path]],
    folder: Path,
) -> None:
    config = trainer.config
    logger.info("step %d to %d", steps.start, steps.stop)
    losses: list[float] = []
    for stems in prefetched(examples, steps, config.batch_size):
        losses.append(trainer.train_step(stems))
        step = trainer.step
        if step % 25 == 0 or step == steps.stop:
            mean_loss = sum(losses) / len(losses)
            logger.info("step %d  loss %.3f dB  %.1f min", step, mean_loss, trainer.seconds / 60)
            losses.clear()
        if step % config.checkpoint_every == 0 or step == steps.stop:
            trainer.save(folder / CHECKPOINT)
        if step == decay_start(steps.start, config):
            trainer.save(folder / BEFORE_DECAY)
        if step % config.validate_every == 0 or step == steps.stop:
            exported = trainer.exported()
            for name, paths in validation.items():
                ratios = validate(exported, paths)
                listed = "  ".join(
                    f"{source} {ratio:.2f}"
                    for source, ratio in zip(trainer.model.sources, ratios, strict=True)
                )
                logger.info("step %d  %s SDR dB  %s  mean %.2f", step, name, listed, np.mean(ratios))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Train a model.")
    parser.add_argument("name", choices=recipe_names(), help="recipe in training/configs")
    parser.add_argument(
        "--last-stage-from",
        type=Path,
        metavar="WEIGHTS",
        help="exported weights of the stage before the last; without a checkpoint, begin the last with them",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--no-compile", action="store_true", help="where there is no C++ compiler")
    options = parser.parse_args(arguments)
    config = load_config(options.name)
    config.run_folder.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(),
        logging.FileHandler(config.run_folder / "train.log"),
    ]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    torch.set_num_threads(options.threads)
    try:
        previous = stage_weights(options.last_stage_from, config) if options.last_stage_from else None
        run(config, options.device, compiled=not options.no_compile, previous=previous)
    except RecipeError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
