"""The state of a training run and one step of it."""

import copy
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import BandSplitNetwork, Masks, apply_masks
from sagemaker_container.separation.processor import is_fast_in_bf16
from training.augmentation import random_equaliser
from training.config import ModelConfig
from training.growth import grow
from training.loss import ErrorLevel, Targets, prepare_targets, relative_errors, relative_magnitude_errors
from training.optimisers import Optimisers
from training.schedule import learning_rate


class Trainer:
    """The state of one training run.

    Args:
        config: the recipe.
        device: "cpu" or "cuda".
        compiled: have the network compiled, which takes a minute at the start and makes each step faster.
    """

    def __init__(self, config: ModelConfig, device: str = "cpu", *, compiled: bool = False) -> None:
        torch.manual_seed(config.training.seed)
        self.recipe = config
        self.config = config.training
        self.device = torch.device(device)
        self._in_bf16 = self.device.type == "cuda" or is_fast_in_bf16()
        self._build(config.model_after(0))
        self._start: dict[str, Tensor] = {}
        """Weights the stage began with; none for one from nothing."""
        self.step = 0
        self.seconds = 0.0
        """Wall time of all steps so far, over all resumptions."""
        self._errors_and_masks = torch.compile(self._evaluate) if compiled else self._evaluate

    def _build(self, model: dict[str, Any]) -> None:
        self.model = BandSplitNetwork(**model).to(self.device)
        self.average = copy.deepcopy(self.model).eval()
        self._forget()

    def save(self, path: Path) -> None:
        """Write a checkpoint; the old one stays whole until the new one is complete."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "start": self._start,
            "optimisers": self.optimisers.state_dict(),
            "typical_errors": [self._error_level.typical, self._magnitude_error_level.typical],
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = path.with_suffix(".part")
        torch.save(state, partial)
        partial.rename(path)

    def load(self, path: Path) -> None:
        """Continue from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self._build(self.recipe.model_after(state["step"]))
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self._start = state["start"]
        self.optimisers.load_state_dict(state["optimisers"])
        self._error_level.typical, self._magnitude_error_level.typical = state["typical_errors"]
        self.step, self.seconds = state["step"], state["seconds"]

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of a trained model."""
        self.model.load_state_dict(weights)
        self.average.load_state_dict(weights)
        self._start = weights

    def exported(self) -> BandSplitNetwork:
        """Return the network that is worth exporting.

        Its weights are the moving average and, as far as the recipe says so, those the stage began with: such
        means keep more of what was known before (Wortsman et al., "Robust fine-tuning of zero-shot models",
        2022).
        """
        share = self.config.start_share_after(self.step)
        network = copy.deepcopy(self.average)
        weights = network.state_dict()
        for name, start in self._start.items():
            weights[name].lerp_(start.to(self.device), share)
        return network

    def begin_last_stage(self, weights: dict[str, Tensor]) -> None:
        """Begin at the last restart of the recipe, with the exported weights of the stage before."""
        self.step = self.config.restarts[-1]
        self._build(self.recipe.model_after(self.step))
        self.start_from(weights)

    def _restart(self) -> None:
        """Go on from what an export would hold, so that a stage can begin with a file as well."""
        exported = {name: tensor.half().float() for name, tensor in self.exported().state_dict().items()}
        before, after = self.recipe.model_after(self.step), self.recipe.model_after(self.step + 1)
        if before == after:
            self._forget()
        else:
            exported = grow(exported, before, after)
            self._build(after)
        self.start_from(exported)

    def _forget(self) -> None:
        """Begin anew with everything but the weights."""
        self.optimisers = Optimisers(self.model, self.config.learning_rate, self.config.weight_decay)
        self._error_level = ErrorLevel()
        self._magnitude_error_level = ErrorLevel()

    def train_step(self, stems: Tensor) -> float:
        """Learn from the true stems [batch, sources, channels, time] and return the loss in dB."""
        started = time.monotonic()
        if self.step in self.config.restarts:
            self._restart()
        self.optimisers.set_learning_rate(learning_rate(self.step, self.config))
        loss = self._loss(stems.to(self.device))
        self.optimisers.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_norm_limit)
        self.optimisers.step()
        self._update_average()
        self.step += 1
        value = float(loss.item())
        self.seconds += time.monotonic() - started
        return value

    def _loss(self, stems: Tensor) -> Tensor:
        model = self.model
        with torch.no_grad():
            sources = model.spectrum(stems)
            sources = sources * random_equaliser(sources, self.step, model.samplerate)
            mixture = sources.sum(dim=1)
            features = model.features(mixture)
            targets = prepare_targets(sources, mixture, model.masked_bins, model.corrected_bins)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._in_bf16):
            errors, masks = self._errors_and_masks(*features, targets)
        loss = self._error_level(errors)
        weight = self.config.multi_resolution_weight
        if weight == 0:
            return loss
        length = stems.shape[-1]
        examined = self.config.multi_resolution_examples
        with torch.no_grad():
            truth = model.waveform(sources[:examined], length)
        detail = relative_magnitude_errors(
            model.waveform(apply_masks(masks, mixture[:examined]), length),
            truth,
            self.config.multi_resolution_fft_sizes,
            targets.mixture_energy[:examined],
        )
        return (1 - weight) * loss + weight * self._magnitude_error_level(detail)

    def _evaluate(self, magnitudes: Tensor, phases: Tensor, targets: Targets) -> tuple[Tensor, Masks]:
        masks = self.model.masks(magnitudes, phases)
        examined = self.config.multi_resolution_examples
        return relative_errors(masks, targets), Masks(*(mask[:examined] for mask in masks))

    def _update_average(self) -> None:
        # A short memory at the start keeps the random initial weights out of the average.
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for average, current in zip(self.average.parameters(), self.model.parameters(), strict=True):
                average.lerp_(current, 1 - decay)
