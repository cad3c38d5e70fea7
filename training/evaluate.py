"""Evaluate exported weights on the frozen song sets: `python -m training.evaluate foundry_4s`."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import torch
from demucs.apply import apply_model

from sagemaker_container.separation.models.bundled import load_mask_network
from sagemaker_container.separation.models.mask_network import MaskNetwork
from training.data.clips import load_stems
from training.data.signal import FloatArray
from training.data.song_sets import SongSet, load_song_sets
from training.export import WEIGHTS_FOLDER
from training.metrics import best_constant_gain, is_silent, ratio_mask_oracle, signal_to_distortion
from training.sources import SAMPLE_RATE, SOURCES

Estimator = Callable[[FloatArray], FloatArray]
"""Takes true stems [4, 2, time] and returns estimates of the same shape; only oracles look beyond the sum."""

GATE_SET: Final = "seen"
GATE_MEAN_DB: Final = 5.0
GATE_ABOVE_CONSTANT_GAIN_DB: Final = 2.0


@dataclass(slots=True)
class Scores:
    """Signal-to-distortion ratios in dB of one estimator on one set, per stem."""

    ratios: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in SOURCES})
    silent: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    """Songs left out of a stem's mean because the true stem is silent."""

    def add(self, stems: FloatArray, estimates: FloatArray) -> None:
        """Score one song."""
        for name, truth, estimate in zip(SOURCES, stems, estimates, strict=True):
            if is_silent(truth):
                self.silent[name] += 1
            else:
                self.ratios[name].append(signal_to_distortion(truth, estimate))

    def means(self) -> dict[str, float]:
        """Return the mean over songs per stem, and their average."""
        means = {name: float(np.mean(values)) for name, values in self.ratios.items()}
        return {**means, "average": float(np.mean(list(means.values())))}


class ModelEstimator:
    """Separates with a network the way the service does, and keeps the time."""

    def __init__(self, model: MaskNetwork) -> None:
        self._model = model
        self.audio_seconds = 0.0
        self.wall_seconds = 0.0

    def __call__(self, stems: FloatArray) -> FloatArray:
        """Separate the sum of the stems."""
        mixture = torch.from_numpy(stems.sum(axis=0))
        reference = mixture.mean(dim=0)
        mean, deviation = reference.mean(), reference.std() + 1e-8
        started = time.monotonic()
        normalised = ((mixture - mean) / deviation)[None]
        # The network has the interface apply_model needs but is none of the classes its signature names.
        estimates = apply_model(self._model, normalised, shifts=0, overlap=0.25)[0]  # type: ignore[arg-type]
        self.wall_seconds += time.monotonic() - started
        self.audio_seconds += mixture.shape[-1] / SAMPLE_RATE
        # Stems that add up to the mixture share its offset; all of it in each would be four times too much.
        return np.asarray((estimates * deviation + mean / len(SOURCES)).numpy(), dtype=np.float32)


def constant_gain(stems: FloatArray) -> FloatArray:
    """Return the mixture at the best constant gain for each stem."""
    mixture = stems.sum(axis=0)
    return np.stack([best_constant_gain(truth, mixture) for truth in stems])


def evaluate_set(song_set: SongSet, estimators: dict[str, Estimator]) -> dict[str, Scores]:
    """Score all estimators on every song of a set."""
    scores = {name: Scores() for name in estimators}
    for seed in song_set.seeds:
        stems = load_stems(song_set.clip_path(seed))
        for name, estimator in estimators.items():
            scores[name].add(stems, estimator(stems))
    return scores


def print_table(set_name: str, songs: int, scores: dict[str, Scores]) -> None:
    """Print one set as a Markdown table."""
    left_out = ", ".join(f"{stem} {count}" for stem, count in next(iter(scores.values())).silent.items())
    print(f"\n{set_name}: {songs} songs; left out because the true stem is silent: {left_out}\n")
    print(f"| estimate | {' | '.join((*SOURCES, 'average'))} |\n|---|{'---:|' * (len(SOURCES) + 1)}")
    for name, score in scores.items():
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in score.means().values())} |")


def gate(model: dict[str, float], baseline: dict[str, float]) -> list[str]:
    """Return what a result on the gate set falls short of; empty when it passes."""
    failures = []
    if model["average"] < GATE_MEAN_DB:
        failures.append(f"average {model['average']:.2f} dB is below {GATE_MEAN_DB} dB")
    failures += [
        f"{name} is only {model[name] - baseline[name]:.2f} dB above the best constant gain"
        for name in SOURCES
        if model[name] - baseline[name] < GATE_ABOVE_CONSTANT_GAIN_DB
    ]
    return failures


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Evaluate exported weights."
    )
    parser.add_argument("name", help="model, for example foundry_4s")
    parser.add_argument("--weights", type=Path, help="weights file, by default the bundled one")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="also write the means as JSON")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    model = ModelEstimator(
        load_mask_network(options.weights or WEIGHTS_FOLDER / f"{options.name}.safetensors")
    )
    estimators: dict[str, Estimator] = {
        "best constant gain": constant_gain,
        options.name: model,
        "ratio-mask oracle": ratio_mask_oracle,
    }
    results: dict[str, dict[str, dict[str, float]]] = {}
    failures: list[str] = []
    for song_set in load_song_sets().evaluation:
        scores = evaluate_set(song_set, estimators)
        print_table(song_set.name, len(song_set.seeds), scores)
        means = results[song_set.name] = {name: score.means() for name, score in scores.items()}
        if song_set.name == GATE_SET:
            failures = gate(means[options.name], means["best constant gain"])
    speed = model.audio_seconds / model.wall_seconds
    print(f"\nspeed: {speed:.1f} x real time on {options.threads} thread(s)")
    print("gate: " + ("; ".join(failures) or "passed"))
    if options.json:
        options.json.write_text(json.dumps({"results": results, "times_real_time": speed}, indent=2) + "\n")
    if failures:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
