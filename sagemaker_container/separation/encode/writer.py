"""What every writer of a stem offers, and how samples become integers."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

Block = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""


class StemWriter(Protocol):
    """Writes one file. Not for several threads at a time."""

    def write(self, block: Block) -> None:
        """Take the next samples.

        Raises:
            OSError: the disk is full or fails.
        """

    def close(self) -> None:
        """Finish the file: afterwards it is complete. May be called twice.

        Raises:
            OSError: the disk is full or fails.
        """

    def abort(self) -> None:
        """Remove the file, finished or not. May be called twice."""


def with_gain(block: Block, gain: float) -> Block:
    """The block times a gain."""
    return block if gain == 1.0 else block * np.float32(gain)


def to_integer(block: Block, bits: int) -> npt.NDArray[np.int32]:
    """Round to the nearest step; the inverse of decoding, so that a lossless file comes out as it went in."""
    steps = 2.0 ** (bits - 1)
    rounded: Block = np.rint(block * np.float32(steps))
    return np.clip(rounded, -steps, steps - 1).astype(np.int32)
