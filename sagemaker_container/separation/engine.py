"""Separates a mixture. One small interface, so that the way it is done can change."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from demucs.apply import apply_model
from torch import Tensor

from contract.audio import CHANNELS, Stem
from contract.catalogue import Architecture
from contract.errors import ErrorCode, StemFoundryError
from sagemaker_container.separation.models.store import LoadedModel, Member

OVERLAP = 0.25
# As in demucs.api.Separator: keeps the normalisation of near-silence finite.
_NORMALISATION_FLOOR = 1e-8

Progress = Callable[[float], None]
"""Is told the share that is done, 0 to 1; what it raises ends the work at the next segment."""


class SeparationEngine(Protocol):
    """Something that separates."""

    def separate(self, mixture: Tensor, stems: Sequence[Stem], on_progress: Progress) -> dict[Stem, Tensor]:
        """Estimate stems of a mixture.

        Args:
            mixture: [channels, samples], float32, at least one sample.
            stems: the stems that are needed, all of them the model's own.
            on_progress: see `Progress`.

        Returns:
            At least the needed stems, each [channels, samples]; all of the model's where that costs nothing.

        Raises:
            StemFoundryError: ``separation_failed`` when the estimate is not finite.
        """


class DemucsEngine:
    """Overlapping segments of the whole track through `demucs.apply.apply_model`.

    Deterministic (no random shifts), and for Demucs models equal to `demucs.api.Separator` with ``shifts=0``,
    except that a constant signal (silence, a single sample) does not go through the network: it holds nothing
    to tell apart and is shared equally, so that the stems still add up to it.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self._loaded = loaded
        # Demucs gives every stem the whole offset of the mixture, and so do we where parity counts. Stems of
        # a mask network add up to the mixture, and stay so only when they share it.
        masks = loaded.model.architecture is Architecture.MASK_NETWORK
        self._share_of_offset = 1 / len(loaded.stems) if masks else 1.0

    def separate(self, mixture: Tensor, stems: Sequence[Stem], on_progress: Progress) -> dict[Stem, Tensor]:
        """See `SeparationEngine.separate`."""
        sources = self._loaded.stems
        if bool((mixture == mixture[:, :1]).all()):
            share = mixture / len(sources)
            on_progress(1.0)
            return {stem: share.clone() for stem in sources}
        # In double precision: sums over millions of samples otherwise lose digits.
        reference = mixture.mean(0).double()
        mean = float(reference.mean())
        deviation = float(reference.std()) + _NORMALISATION_FLOOR
        normalised = ((mixture - mean) / deviation)[None]
        computed = self._estimate(normalised, stems, on_progress)
        for stem, estimate in computed.items():
            estimate.mul_(deviation).add_(mean * self._share_of_offset)
            if not bool(torch.isfinite(estimate).all()):
                raise StemFoundryError(
                    ErrorCode.SEPARATION_FAILED, f"The model gave values that are not numbers for {stem}."
                )
        return computed

    def _estimate(
        self, normalised: Tensor, stems: Sequence[Stem], on_progress: Progress
    ) -> dict[Stem, Tensor]:
        """Weighted mean over the members that any needed stem depends on."""
        sources = self._loaded.stems
        needed = [sources.index(stem) for stem in stems]
        running = [
            member for member in self._loaded.members if any(member.weights[index] for index in needed)
        ]
        estimates: dict[Stem, Tensor] = {}
        totals = dict.fromkeys(sources, 0.0)
        for number, member in enumerate(running):
            output = self._run_member(member, normalised, number, len(running), on_progress)
            for index, stem in enumerate(sources):
                if weight := member.weights[index]:
                    weighted = output[index] * weight
                    estimates[stem] = estimates[stem] + weighted if stem in estimates else weighted
                    totals[stem] += weight
        return {stem: estimate / totals[stem] for stem, estimate in estimates.items()}

    def _run_member(
        self, member: Member, normalised: Tensor, number: int, count: int, on_progress: Progress
    ) -> Tensor:
        """One network over the whole track: [sources, channels, samples]."""
        network: Any = member.network
        segments = segment_count(member.segment_samples, normalised.shape[-1])
        done = 0

        def on_segment(event: dict[str, Any]) -> None:
            nonlocal done
            done += event["state"] == "end"
            on_progress((number + done / segments) / count)

        estimates: Tensor = apply_model(
            network,
            normalised,
            shifts=0,
            split=True,
            overlap=OVERLAP,
            device=self._loaded.device,
            callback=on_segment,
        )
        return estimates[0]


def segment_count(segment_samples: int, samples: int) -> int:
    """Number of overlapping segments that a track of this length is cut into."""
    return math.ceil(samples / int((1 - OVERLAP) * segment_samples))


def warm_up(loaded: LoadedModel) -> None:
    """Run one segment of noise through every member, so that the first job finds everything initialised."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn((CHANNELS, loaded.members[0].segment_samples), generator=generator) * 0.1
    DemucsEngine(loaded).separate(noise, loaded.stems, lambda _: None)
