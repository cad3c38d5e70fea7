"""Weights of a larger network out of those of a smaller one, which it goes on from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

from sagemaker_container.separation.models.band_split_network import BandGroup

BLOCK: Final = "blocks.{}."
EXIT: Final = ".exit."
"""Part of the names of the last layer of everything that a block adds to what passes through it."""


def grow(
    weights: Mapping[str, Tensor], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Tensor]:
    """Return what a network with more blocks, or with bins joined to cells, begins with.

    A further block is a copy of the last one with the same dilation, but adds nothing to what passes
    through it yet: the last layer of each of its parts is nought. So the network goes on doing what it did,
    as in Chen et al., "Net2Net: accelerating learning via knowledge transfer", 2016. Bins that become a
    cell get one mask in place of theirs, made of the mean of what made them; that changes little where they
    were alike.

    Args:
        weights: of the smaller network.
        before: keyword arguments of the smaller network.
        after: those of the larger one.

    Raises:
        ValueError: they differ in anything else.
    """
    grown = dict(weights)
    grown.update(_further_blocks(weights, before["dilations"], after["dilations"]))
    for group, (old, new) in enumerate(_group_pairs(before, after)):
        for name in (f"entrance.{group}.weight", f"exit.{group}.weight", f"exit.{group}.bias"):
            grown[name] = _joined(name, grown[name], old.cells_per_band, new.cells_per_band)
    return grown


def _group_pairs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[BandGroup, BandGroup]]:
    old = [BandGroup(*group) for group in before["bands"]]
    new = [BandGroup(*group) for group in after["bands"]]
    same_bands = [group[:2] for group in old] == [group[:2] for group in new]
    same_rest = {**before, "bands": [], "dilations": []} == {**after, "bands": [], "dilations": []}
    pairs = list(zip(old, new, strict=False))
    if not (same_bands and same_rest) or any(a.cells_per_band % b.cells_per_band for a, b in pairs):
        message = "a network grows by further blocks and larger cells alone"
        raise ValueError(message)
    return pairs


def _further_blocks(
    weights: Mapping[str, Tensor], before: Sequence[int], after: Sequence[int]
) -> Iterator[tuple[str, Tensor]]:
    kept = len(before)
    last_with = {dilation: block for block, dilation in enumerate(before)}
    if list(after[:kept]) != list(before) or not last_with.keys() >= set(after):
        message = f"blocks with dilations {after} are not those with {before} and further ones like them"
        raise ValueError(message)
    for block, dilation in enumerate(after[kept:], kept):
        copied = BLOCK.format(last_with[dilation])
        for name, tensor in weights.items():
            if name.startswith(copied):
                further = BLOCK.format(block) + name.removeprefix(copied)
                yield further, torch.zeros_like(tensor) if EXIT in name else tensor.clone()


def _joined(name: str, tensor: Tensor, cells: int, fewer: int) -> Tensor:
    ratio = cells // fewer
    if name.startswith("entrance"):
        # A cell is seen as the mean of its bins.
        return tensor.reshape(len(tensor), fewer, ratio, -1, tensor.shape[-1]).sum(dim=2).flatten(1, 2)
    return tensor.reshape(*tensor.shape[:2], -1, fewer, ratio).mean(dim=-1).flatten(2, 3)
