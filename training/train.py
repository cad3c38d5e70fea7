"""Train a model: `python -m training.train foundry_4s --threads 2`. Running it again resumes."""

import argparse
import copy
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sagemaker_container.separation.models.mask_network import MaskNetwork
from training.config import ModelConfig, TrainingConfig, load_config
from training.data.clips import load_stems
from training.data.examples import ExampleSampler
from training.data.song_sets import load_song_sets
from training.loss import log_error_energy
from training.metrics import is_silent, signal_to_distortion
from training.sources import SOURCES

logger = logging.getLogger("training")

EQUALISER_POINTS = 8
EQUALISER_DEVIATION_DB = 2.0


class Trainer:
    """The state of one training run."""

    def __init__(self, config: ModelConfig) -> None:
        torch.manual_seed(config.training.seed)
        self.config = config.training
        self.model = MaskNetwork(**config.model)
        self.average = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), config.training.learning_rate, weight_decay=config.training.weight_decay
        )
        self.step = 0
        self.seconds = 0.0
        """Wall time of all steps so far, over all resumptions."""

    def save(self, path: Path) -> None:
        """Write a checkpoint; the old one stays whole until the new one is complete."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = path.with_suffix(".part")
        torch.save(state, partial)
        partial.rename(path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]

    def train_step(self, stems: Tensor) -> float:
        """Learn from the true stems [batch, sources, channels, time] and return the loss in dB."""
        started = time.monotonic()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.config)
        with torch.no_grad():
            sources = self.model.spectrum(stems)[..., : self.model.masked_bins, :]
            sources = sources * random_equaliser(sources, self.step)
            mixture = sources.sum(dim=1)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16):
            masks = self.model.masks(mixture.abs())
        loss = log_error_energy(masks, sources, mixture)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_norm_limit)
        self.optimizer.step()
        self._update_average()
        self.step += 1
        self.seconds += time.monotonic() - started
        return float(loss.item())

    def _update_average(self) -> None:
        # A short memory at the start keeps the random initial weights out of the average.
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            current = self.model.state_dict()
            for name, value in self.average.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(current[name], 1 - decay)
                else:
                    value.copy_(current[name])


def learning_rate(step: int, config: TrainingConfig) -> float:
    """Return the rate of a step: linear warm-up times a half cosine down to the final share."""
    progress = min(1.0, step / config.steps)
    cosine = 0.5 * (1 + math.cos(math.pi * progress))
    low = config.final_learning_rate_share
    return config.learning_rate * min(1.0, (step + 1) / config.warm_up_steps) * (low + (1 - low) * cosine)


def random_equaliser(sources: Tensor, step: int) -> Tensor:
    """Return random smooth gains [batch, sources, 1, bins, 1] over a logarithmic frequency axis."""
    generator = torch.Generator().manual_seed(step)
    batch, count, _, bins, _ = sources.shape
    points_db = EQUALISER_DEVIATION_DB * torch.randn(batch * count, 1, EQUALISER_POINTS, generator=generator)
    place = torch.log2(torch.arange(bins) + 1.0) / math.log2(bins) * (EQUALISER_POINTS - 1)
    below = place.floor().long().clamp(max=EQUALISER_POINTS - 2)
    share = place - below
    gains_db = points_db[..., below] * (1 - share) + points_db[..., below + 1] * share
    return 10 ** (gains_db.reshape(batch, count, 1, bins, 1) / 20)


def validate(model: MaskNetwork, paths: Sequence[Path]) -> list[float]:
    """Return the mean signal-to-distortion ratio in dB of each stem over validation songs."""
    ratios: list[list[float]] = [[] for _ in SOURCES]
    for path in paths:
        stems = load_stems(path)
        with torch.inference_mode():
            estimates = model(torch.from_numpy(stems.sum(axis=0))[None])[0].numpy()
        for index, truth in enumerate(stems):
            if not is_silent(truth):
                ratios[index].append(signal_to_distortion(truth, estimates[index]))
    return [float(np.mean(values)) for values in ratios]


def run(config: ModelConfig) -> None:
    """Train to the last step, from the checkpoint if there is one."""
    sets = load_song_sets()
    seeds = sets.training.seeds[: config.training.clips]
    sampler = ExampleSampler(
        [sets.training.clip_path(seed) for seed in seeds],
        config.training.segment_samples,
        config.training.seed,
    )
    validation = [sets.validation.clip_path(seed) for seed in sets.validation.seeds]
    trainer = Trainer(config)
    checkpoint = config.run_folder / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    logger.info(
        "%s: %d parameters, %d songs, from step %d to %d",
        config.name,
        sum(parameter.numel() for parameter in trainer.model.parameters()),
        len(seeds),
        trainer.step,
        config.training.steps,
    )
    losses: list[float] = []
    while trainer.step < config.training.steps:
        stems = torch.from_numpy(sampler.batch(trainer.step, config.training.batch_size))
        losses.append(trainer.train_step(stems))
        last = trainer.step == config.training.steps
        if trainer.step % 50 == 0 or last:
            mean_loss = sum(losses) / len(losses)
            logger.info("step %d  loss %.3f dB  %.1f min", trainer.step, mean_loss, trainer.seconds / 60)
            losses.clear()
        if trainer.step % config.training.checkpoint_every == 0 or last:
            trainer.save(checkpoint)
        if trainer.step % config.training.validate_every == 0 or last:
            ratios = validate(trainer.average, validation)
            listed = "  ".join(f"{name} {ratio:.2f}" for name, ratio in zip(SOURCES, ratios, strict=True))
            logger.info("step %d  validation SDR dB  %s  mean %.2f", trainer.step, listed, np.mean(ratios))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description="Train a model.")
    parser.add_argument("name", help="recipe in training/configs, for example foundry_4s")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    config = load_config(options.name)
    config.run_folder.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.StreamHandler(),
        logging.FileHandler(config.run_folder / "train.log"),
    ]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    torch.set_num_threads(options.threads)
    run(config)


if __name__ == "__main__":
    main()
