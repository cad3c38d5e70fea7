"""Single measurements in this process, on any device."""

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.engine import process, reference, subjects, summary
from benchmarks.engine.accuracy import Accumulator, Comparison, combined
from contract.audio import CHANNELS, SAMPLE_RATE_HZ
from contract.environment import PrecisionPolicy
from contract.errors import StemFoundryError
from contract.limits import Limits
from contract.models import Model
from sagemaker_container.separation.backends import Runtime
from sagemaker_container.separation.backends.base import SegmentBackend
from sagemaker_container.separation.decode import decode_file
from sagemaker_container.separation.models.store import LoadedModel, ModelStore
from sagemaker_container.separation.streaming.engine import EstimateBlock, StreamingEngine, warm_up
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.streaming.statistics import mixture_statistics

NASTY_SECONDS = 10


class _FixedBatch:
    """A backend that is given a certain number of segments at a time."""

    def __init__(self, inner: SegmentBackend, batch_size: int) -> None:
        self._inner = inner
        self.name = inner.name
        self.precision = inner.precision
        self.device = inner.device
        self.sources = inner.sources
        self.batch_size = batch_size

    @property
    def reference(self) -> SegmentBackend | None:
        return self._inner.reference

    def __call__(self, segments: Tensor) -> Tensor:
        return self._inner(segments)


@contextmanager
def decoded(song: Path, folder: Path) -> Iterator[tuple[Spool, float]]:
    """The samples of a song, and the seconds that decoding took."""
    path = folder / "mixture.f32"
    started = time.perf_counter()
    decode_file(song, path, Limits())
    elapsed = time.perf_counter() - started
    with Spool(path) as spool:
        yield spool, elapsed


def load(model: Model, directory: Path, device: torch.device, policy: PrecisionPolicy) -> LoadedModel:
    """A model on a device, run by torch and warmed up."""
    loaded = ModelStore(directory, device, precision=policy, runtime=Runtime.TORCH).load(model)
    warm_up(loaded)
    return loaded


def timed(loaded: LoadedModel, spool: Spool, batch: int, repeats: int) -> dict[str, Any]:
    """Separate several times with a batch size; medians of the seconds of each part."""
    members = tuple(replace(member, backend=_FixedBatch(member.backend, batch)) for member in loaded.members)
    batched = replace(loaded, members=members)
    is_cuda = loaded.device.type == "cuda"
    # The first run meets new shapes.
    _separate_all(batched, spool)
    if is_cuda:
        torch.cuda.reset_peak_memory_stats(loaded.device)
    parts = [_separate_all(batched, spool) for _ in range(repeats)]
    backend = loaded.members[0].backend
    return {
        "backend": backend.name,
        "precision": str(backend.precision),
        "batch": batch,
        "seconds": {name: round(statistics.median(run[name] for run in parts), 4) for name in parts[0]},
        "gpu_memory_mb": torch.cuda.max_memory_allocated(loaded.device) / 1e6 if is_cuda else None,
    }


def _separate_all(loaded: LoadedModel, spool: Spool) -> dict[str, float]:
    started = time.perf_counter()
    known = mixture_statistics(spool)
    measured = time.perf_counter()
    for _ in StreamingEngine(loaded).separate(spool, loaded.stems, _ignore, known):
        pass
    ended = time.perf_counter()
    return {"statistics": measured - started, "separating": ended - measured, "total": ended - started}


def _ignore(_share: float) -> None:
    """Take no notice of progress."""


def _blocks(loaded: LoadedModel, spool: Spool) -> Iterator[EstimateBlock]:
    return StreamingEngine(loaded).separate(spool, loaded.stems, _ignore)


def library(
    name: str, directory: Path, device: torch.device, spool: Spool, repeats: int
) -> tuple[float, dict[str, Tensor]]:
    """Median seconds of `demucs.api`, model loaded and song in memory; and its stems, on the host."""
    loaded = reference.separator(name, directory, str(device))
    mixture = spool.read(0, spool.samples)
    seconds = []
    # One more: the first meets new shapes.
    for _ in range(repeats + 1):
        started = time.perf_counter()
        _, stems = loaded.separate_tensor(mixture, SAMPLE_RATE_HZ)
        stems = {stem: samples.cpu() for stem, samples in stems.items()}
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:]), stems


def difference(loaded: LoadedModel, spool: Spool, expected: Mapping[str, Tensor]) -> Comparison:
    """The stems of a model against whole ones, each [channels, samples]."""
    sums = {str(stem): Accumulator() for stem in loaded.stems}
    for block in _blocks(loaded, spool):
        for stem, samples in block.stems.items():
            part = expected[str(stem)][:, block.start : block.start + samples.shape[-1]]
            sums[str(stem)].add(part.numpy(), samples.numpy())
    return combined(sums)


def between(estimate: LoadedModel, expected: LoadedModel, spool: Spool) -> Comparison:
    """The same song through two models of the same stems, block by block."""
    sums = {str(stem): Accumulator() for stem in expected.stems}
    for ours, theirs in zip(_blocks(estimate, spool), _blocks(expected, spool), strict=True):
        for stem, samples in theirs.stems.items():
            sums[str(stem)].add(samples.numpy(), ours.stems[stem].numpy())
    return combined(sums)


def as_process(command: subjects.Command, song: Path, folder: Path) -> dict[str, Any]:
    """One song from file to files in a process that has to load everything: seconds of each stage.

    Raises:
        CommandError: it failed.
    """
    out = folder / "out"
    out.mkdir(exist_ok=True)
    environment = subjects.environment(subjects.default_threads())
    measured = process.measure(command(song, out), folder / "log", environment)
    return {"wall_seconds": round(measured.wall_seconds, 2)} | summary.engine_details(measured)


def nasty_inputs() -> dict[str, Tensor]:
    """Signals that make networks overflow or divide by next to nothing, [channels, samples]."""
    samples = NASTY_SECONDS * SAMPLE_RATE_HZ
    seconds = torch.arange(samples) / SAMPLE_RATE_HZ
    noise = torch.randn(CHANNELS, samples, generator=torch.Generator().manual_seed(0))
    sine = torch.sin(2 * torch.pi * 100 * seconds)
    return {
        "full-scale square wave": torch.where(sine >= 0, 1.0, -1.0).expand(CHANNELS, -1),
        "direct current": torch.full((CHANNELS, samples), 0.9),
        "direct current with a click": torch.full((CHANNELS, samples), 0.9).index_fill(
            1, torch.tensor([samples // 2]), -1.0
        ),
        "noise of 1e-8": noise * 1e-8,
        "clipped": (4 * sine + noise).clamp(-1, 1),
    }


def all_finite(loaded: LoadedModel, signal: Tensor, folder: Path) -> bool:
    """Whether every sample of every stem of a signal [channels, samples] is a number."""
    path = folder / "nasty.f32"
    np.ascontiguousarray(signal.T.numpy(), dtype="<f4").tofile(path)
    try:
        with Spool(path) as spool:
            return all(
                bool(torch.isfinite(samples).all())
                for block in _blocks(loaded, spool)
                for samples in block.stems.values()
            )
    except StemFoundryError:
        # The engine says so itself when an estimate is not finite in fp32 either.
        return False
    finally:
        path.unlink(missing_ok=True)
