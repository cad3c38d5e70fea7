"""Second voices: the interval of each note to its third, fifth or octave within the key of the melody."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from training.data.voice import SungNote

MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)


def key_of(notes: Sequence[SungNote]) -> frozenset[int]:
    """Return the seven pitch classes of the major scale that holds most of the melody's time."""
    weights = np.zeros(12)
    for note in notes:
        weights[round(note.pitch) % 12] += note.duration
    scales = [frozenset((tonic + step) % 12 for step in MAJOR) for tonic in range(12)]
    return max(scales, key=lambda scale: (float(sum(weights[list(scale)])), -min(scale)))


def harmonised(pitch: float, steps: int, key: frozenset[int]) -> float:
    """Move a pitch by steps of the scale, 2 is a third up, -2 a third down, 7 an octave."""
    moved, left = pitch, abs(steps)
    while left:
        moved += 1 if steps > 0 else -1
        left -= round(moved) % 12 in key
    return moved
