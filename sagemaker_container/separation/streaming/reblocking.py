"""Streams of blocks cut anew, so that those of several networks line up."""

from collections.abc import Generator, Iterable

import torch
from torch import Tensor


def reblock(blocks: Iterable[Tensor], samples: int) -> Generator[Tensor, None, None]:
    """Cut a stream of [..., samples] into blocks of one length; the last may be shorter."""
    waiting: list[Tensor] = []
    length = 0
    for block in blocks:
        if not waiting and block.shape[-1] == samples:
            yield block
            continue
        waiting.append(block)
        length += block.shape[-1]
        while length >= samples:
            joined = torch.cat(waiting, dim=-1)
            yield joined[..., :samples].clone()
            rest = joined[..., samples:]
            length -= samples
            waiting = [rest] if length else []
    if waiting:
        yield torch.cat(waiting, dim=-1)
