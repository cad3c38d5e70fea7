"""Seeded random decisions in named, independent streams."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


class Chance:
    """A random stream identified by a path of keys.

    Each part of a song draws from its own child stream, so a change to one part (say, the drum grammar) never
    shifts the decisions of another.
    """

    def __init__(self, *path: int | str) -> None:
        self._path = path
        digest = hashlib.sha256("/".join(map(str, path)).encode()).digest()
        self.generator = np.random.default_rng(int.from_bytes(digest[:16], "big"))
        """The underlying generator, for whole arrays of noise."""

    def child(self, *names: int | str) -> "Chance":
        """Return the independent stream below this one with the given name."""
        return Chance(*self._path, *names)

    def happens(self, probability: float) -> bool:
        """Return True with the given probability."""
        return bool(self.generator.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """Draw uniformly from [low, high)."""
        return low + (high - low) * float(self.generator.random())

    def log_uniform(self, low: float, high: float) -> float:
        """Draw from [low, high), both above 0, so that every octave is as likely."""
        return low * float((high / low) ** self.uniform(0, 1))

    def integer(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + int(self.generator.random() * (high - low + 1))

    def normal(self, mean: float, deviation: float) -> float:
        """Draw from a normal distribution."""
        return mean + deviation * float(self.generator.standard_normal())

    def choice(self, items: Sequence[Item]) -> Item:
        """Draw one item; list an item twice to make it twice as likely."""
        return items[self.integer(0, len(items) - 1)]
