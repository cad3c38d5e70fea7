"""Separates a song of any length with the memory of a few segments."""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from contract.audio import CHANNELS, SAMPLE_RATE_HZ, Stem
from contract.catalogue import Architecture
from sagemaker_container.separation.models.store import LoadedModel, Member
from sagemaker_container.separation.streaming.host_copy import HostCopy
from sagemaker_container.separation.streaming.member_stream import MemberStream, Normalisation
from sagemaker_container.separation.streaming.reblocking import reblock
from sagemaker_container.separation.streaming.spool import Spool
from sagemaker_container.separation.streaming.statistics import MixtureStatistics, mixture_statistics

Progress = Callable[[float], None]
"""Is told the share that is done, 0 to 1; what it raises ends the work at the next segment."""

_CONSTANT_BLOCK_SAMPLES = 1 << 18


@dataclass(frozen=True, slots=True)
class EstimateBlock:
    """Consecutive samples of the song and of its stems, each [channels, samples], float32, on the CPU.

    The tensors belong to whoever receives the block.
    """

    start: int
    mixture: Tensor
    stems: dict[Stem, Tensor]


class StreamingEngine:
    """Overlapping segments through the networks of a model, added up as they come.

    With fp32 networks the stems equal those of `demucs.api.Separator` with ``shifts=0``, ``overlap=0.25`` and
    ``split=True`` but for two deviations, both where there is nothing to separate: a constant song (silence,
    a single sample) is shared equally, and a segment whose whole window is digital silence counts as silent
    stems. Where it overlaps a segment with sound, that one fades into it; elsewhere it gives exact zeros.

    Of a bag, only the members run that a needed stem depends on.

    Args:
        loaded: the model.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        # Demucs gives every stem the whole offset of the mixture, and so do we where parity counts. Stems of
        # a mask network add up to the mixture, and stay so only when they share it.
        masks = loaded.model.architecture is Architecture.MASK_NETWORK
        self._share_of_offset = 1 / len(loaded.stems) if masks else 1.0
        self._skipped_samples = 0

    @property
    def skipped_seconds(self) -> float:
        """Seconds of the last song that no network had to look at, because they were digital silence."""
        return self._skipped_samples / SAMPLE_RATE_HZ

    def separate(
        self,
        spool: Spool,
        stems: Sequence[Stem],
        on_progress: Progress,
        statistics: MixtureStatistics | None = None,
    ) -> Generator[EstimateBlock, None, None]:
        """Estimate stems of a song.

        Args:
            spool: the song, at least one sample.
            stems: the stems that are needed, all of them the model's own.
            on_progress: see `Progress`.
            statistics: of the song, when they are known already.

        Yields:
            Blocks that cover the song, with at least the needed stems; all of the model's where that costs
            nothing.

        Raises:
            StemFoundryError: ``separation_failed`` when the estimate is not finite.
        """
        known = statistics or mixture_statistics(spool, lambda: on_progress(0.0))
        on_progress(0.0)
        self._skipped_samples = 0
        if known.is_constant:
            self._skipped_samples = 0 if known.peak else spool.samples
            yield from self._shared(spool)
            on_progress(1.0)
            return
        normalisation = Normalisation(known.mean, known.deviation, known.mean * self._share_of_offset)
        yield from self._separated(spool, stems, normalisation, on_progress)

    def _shared(self, spool: Spool) -> Iterator[EstimateBlock]:
        sources = self._loaded.stems
        for start in range(0, spool.samples, _CONSTANT_BLOCK_SAMPLES):
            mixture = spool.read(start, min(start + _CONSTANT_BLOCK_SAMPLES, spool.samples))
            yield EstimateBlock(start, mixture, {stem: mixture / len(sources) for stem in sources})

    def _separated(
        self, spool: Spool, stems: Sequence[Stem], normalisation: Normalisation, on_progress: Progress
    ) -> Iterator[EstimateBlock]:
        running = self._loaded.members_for(stems)
        progress = _SharedProgress(on_progress, len(running))
        streams = [
            MemberStream(member, _estimated([member]), spool, normalisation, progress.part(number))
            for number, member in enumerate(running)
        ]
        block_samples = max(stream.block_samples for stream in streams)
        blocks = [reblock(stream.blocks(), block_samples) for stream in streams]
        copy = HostCopy(self._loaded.device)
        start = 0
        try:
            for estimates in copy.through(_weighted(running, block) for block in zip(*blocks, strict=True)):
                samples = estimates.shape[-1]
                mixture = spool.read(start, start + samples)
                yield EstimateBlock(start, mixture, self._by_stem(running, estimates))
                start += samples
        finally:
            for block in blocks:
                block.close()
        self._skipped_samples = min(stream.skipped_samples for stream in streams)
        on_progress(1.0)

    def _by_stem(self, running: Sequence[Member], estimates: Tensor) -> dict[Stem, Tensor]:
        indexes = _estimated(running)
        return {self._loaded.stems[index]: estimates[row] for row, index in enumerate(indexes)}


class _SharedProgress:
    """Members advance side by side; what is told is their mean."""

    def __init__(self, on_progress: Progress, members: int) -> None:
        self._on_progress = on_progress
        self._shares = [0.0] * members

    def part(self, number: int) -> Progress:
        """Progress of one member."""

        def report(share: float) -> None:
            self._shares[number] = share
            self._on_progress(sum(self._shares) / len(self._shares))

        return report


def _estimated(members: Sequence[Member]) -> list[int]:
    """Indexes of the stems that some of the members estimate."""
    return [
        index for index, weights in enumerate(zip(*(m.weights for m in members), strict=True)) if any(weights)
    ]


def _weighted(members: Sequence[Member], estimates: Sequence[Tensor]) -> Tensor:
    """Weighted mean over the members: [stems, channels, samples], rows as in `_estimated`.

    Of each member, ``estimates`` holds the rows it has weight in.
    """
    if len(members) == 1:
        return estimates[0]
    sums: dict[int, Tensor] = {}
    for member, estimate in zip(members, estimates, strict=True):
        for row, index in enumerate(_estimated([member])):
            weighted = estimate[row] * member.weights[index]
            sums[index] = sums[index] + weighted if index in sums else weighted
    totals = [sum(weights) for weights in zip(*(member.weights for member in members), strict=True)]
    return torch.stack([sums[index] / totals[index] for index in _estimated(members)])


def warm_up(loaded: LoadedModel) -> None:
    """Run one segment of noise through every member, so that the first job finds everything initialised."""
    generator = torch.Generator().manual_seed(0)
    for member in loaded.members:
        shape = (member.backend.batch_size, CHANNELS, member.segment_samples)
        noise = torch.randn(shape, generator=generator) * 0.1
        member.backend(noise.to(member.backend.device))
