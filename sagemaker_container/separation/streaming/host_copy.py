"""Brings results from the device to the host without making the device wait."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PendingCopy:
    """A copy that may still be on its way."""

    _target: Tensor
    _done: torch.cuda.Event | None

    def result(self) -> Tensor:
        """The tensor on the CPU; waits for it."""
        if self._done is not None:
            self._done.synchronize()
        return self._target


class HostCopy:
    """Copies tensors of one device to pinned memory on a stream of its own; on the CPU it hands them through.

    Args:
        device: where the tensors are.
    """

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def start(self, tensor: Tensor) -> PendingCopy:
        """Begin to copy; the tensor must not be written to afterwards."""
        if self._stream is None:
            return PendingCopy(tensor, None)
        target = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        self._stream.wait_stream(torch.cuda.current_stream(tensor.device))
        with torch.cuda.stream(self._stream):
            target.copy_(tensor, non_blocking=True)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record(self._stream)
        # The allocator must not give the memory away before the copy has read it.
        tensor.record_stream(self._stream)
        return PendingCopy(target, done)

    def through(self, tensors: Iterable[Tensor]) -> Iterator[Tensor]:
        """The tensors on the CPU, in order; one copy runs while the next tensor is computed."""
        pending: PendingCopy | None = None
        for tensor in tensors:
            started = self.start(tensor)
            if pending is not None:
                yield pending.result()
            pending = started
        if pending is not None:
            yield pending.result()
