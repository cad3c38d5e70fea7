"""How well a network separates songs that nothing was learnt from."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from demucs.apply import apply_model

from training.metrics import RatioMeter
from training.multitracks import Multitrack
from training.sources import SAMPLE_RATE

BLOCK_SECONDS: Final = 30
SONG_SECONDS: Final = 120
"""At most so much of each song is separated, from its middle: it tells as much and takes less time."""


def score(
    network: Any, songs: Sequence[Multitrack], should_stop: Callable[[], bool] = lambda: False
) -> dict[str, float]:
    """Return the mean signal-to-distortion ratio over songs in dB, by stem.

    Stems that are silent in a song are left out of their mean, and out of the result where they always are.

    Args:
        network: separates [batch, 2, time] into [batch, sources, 2, time].
        songs: with the network's stems, in its order; more stems after them are part of the mixture alone.
        should_stop: asked between blocks; the ratios then are those of what was separated.

    Raises:
        AudioTrackError: a file cannot be decoded.
    """
    ratios: dict[str, list[float]] = {stem: [] for stem in network.sources}
    for song in songs:
        meters = {stem: RatioMeter() for stem in network.sources}
        for start, samples in _blocks(song):
            if should_stop():
                break
            truth = song.read(start, samples)
            estimates = _separate(network, truth.sum(axis=0))
            for stem, reference, estimate in zip(network.sources, truth, estimates, strict=False):
                meters[stem].add(reference, estimate)
        for stem, meter in meters.items():
            if not meter.is_silent:
                ratios[stem].append(meter.signal_to_distortion())
    return {stem: float(np.mean(values)) for stem, values in ratios.items() if values}


def mean(scores: dict[str, float]) -> float:
    """Return the mean over stems in dB; minus infinity where nothing sounded."""
    return float(np.mean(list(scores.values()))) if scores else float("-inf")


def _blocks(song: Multitrack) -> list[tuple[int, int]]:
    """Return (start, samples) of the stretches of a song that are separated."""
    total = min(song.samples, SONG_SECONDS * SAMPLE_RATE)
    first = (song.samples - total) // 2
    block = BLOCK_SECONDS * SAMPLE_RATE
    return [(first + start, min(block, total - start)) for start in range(0, total, block)]


def _separate(network: Any, mixture: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    device = next(network.parameters()).device
    with torch.inference_mode():
        batch = torch.from_numpy(np.ascontiguousarray(mixture))[None].to(device)
        return apply_model(network, batch, shifts=0, split=True, overlap=0.25)[0].cpu().numpy()
