"""Samples of a whole song in a file: float32, little endian, interleaved, two channels."""

import os
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from contract.audio import CHANNELS

BYTES_PER_SAMPLE = 4 * CHANNELS


class Spool:
    """Reads any stretch of a spool file. Safe to use from several threads.

    Plain reads rather than a memory map, whose pages count as memory of the process until they are evicted.

    Args:
        path: the file; must not change while it is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY)
        self.samples = os.fstat(self._descriptor).st_size // BYTES_PER_SAMPLE

    def read_interleaved(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Samples ``start`` to ``stop`` as [samples, channels]; both within the song.

        Raises:
            OSError: the file cannot be read, or is shorter than it was.
        """
        size = (stop - start) * BYTES_PER_SAMPLE
        content = bytearray(size)
        view = memoryview(content)
        done = 0
        while done < size:
            read = os.preadv(self._descriptor, [view[done:]], start * BYTES_PER_SAMPLE + done)
            if read == 0:
                raise OSError(f"{self._path.name} ends before sample {stop}")
            done += read
        return np.frombuffer(content, dtype="<f4").reshape(-1, CHANNELS)

    def read(self, start: int, stop: int) -> Tensor:
        """The same as [channels, samples], contiguous."""
        return torch.from_numpy(np.ascontiguousarray(self.read_interleaved(start, stop).T))

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
