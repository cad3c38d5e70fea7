"""How far stems are from the reference's."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

_BLOCK_SAMPLES = 1 << 18
_ALIGNMENT_SAMPLES = 1 << 19
_LARGEST_OFFSET_SAMPLES = 1 << 13

Signal = npt.NDArray[np.float32]
"""[samples, channels], full scale 1."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of several stems from their references: the largest and the lowest of them.

    ``sdr_db`` is ``10 log10(sum(reference^2) / sum((reference - estimate)^2))`` over the whole song, infinite
    when nothing differs; ``offset_samples`` tells how much later than its reference a stem is, the worst of
    them.
    """

    max_abs: float
    sdr_db: float
    offset_samples: int = 0


class Accumulator:
    """Difference of one stem, block by block, in double precision."""

    def __init__(self) -> None:
        self._signal = 0.0
        self._error = 0.0
        self._max_abs = 0.0

    def add(self, reference: Signal, estimate: Signal) -> None:
        """Take the next samples of both."""
        error = reference.astype(np.float64) - estimate
        self._signal += float(np.square(reference, dtype=np.float64).sum())
        self._error += float(np.square(error).sum())
        self._max_abs = max(self._max_abs, float(np.abs(error).max(initial=0.0)))

    def result(self) -> Difference:
        """Of all that was added."""
        return Difference(self._max_abs, sdr_db(self._signal, self._error))


def sdr_db(signal: float, error: float) -> float:
    """Signal energy over error energy in dB."""
    if error == 0:
        return math.inf
    # A reference of silence that is not met.
    return 10 * math.log10(signal / error) if signal else -math.inf


def worst(differences: Iterable[Difference]) -> Difference:
    """The largest difference and lowest ratio of several."""
    every = list(differences)
    return Difference(
        max_abs=max(difference.max_abs for difference in every),
        sdr_db=min(difference.sdr_db for difference in every),
        offset_samples=max((difference.offset_samples for difference in every), key=abs),
    )


def offset_samples(reference: Signal, estimate: Signal) -> int:
    """How many samples the estimate is late, by cross-correlation; negative when it is early."""
    length = min(len(reference), len(estimate), _ALIGNMENT_SAMPLES)
    size = 1 << (2 * length - 1).bit_length()
    spectra = [np.fft.rfft(signal[:length].mean(axis=1), size) for signal in (reference, estimate)]
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1], size)
    largest = min(_LARGEST_OFFSET_SAMPLES, length - 1)
    lags = np.arange(-largest, largest + 1)
    return int(lags[np.argmax(correlation[lags])])


def compare_files(reference: Path, estimate: Path) -> Difference:
    """Compare two files of the same length.

    Raises:
        ValueError: they differ in length, rate or channels.
    """
    accumulator = Accumulator()
    with soundfile.SoundFile(reference) as expected, soundfile.SoundFile(estimate) as actual:
        shapes = [(file.frames, file.samplerate, file.channels) for file in (expected, actual)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{estimate} has (samples, rate, channels) {shapes[1]}, {reference} has {shapes[0]}"
            )
        first = [
            file.read(_ALIGNMENT_SAMPLES, dtype="float32", always_2d=True) for file in (expected, actual)
        ]
        offset = offset_samples(first[0], first[1])
        expected.seek(0)
        actual.seek(0)
        while len(block := expected.read(_BLOCK_SAMPLES, dtype="float32", always_2d=True)):
            accumulator.add(block, actual.read(_BLOCK_SAMPLES, dtype="float32", always_2d=True))
    result = accumulator.result()
    return Difference(result.max_abs, result.sdr_db, offset)


def compare_folders(reference: Path, estimate: Path, stems: Sequence[str]) -> Difference:
    """Compare the files ``STEM.wav`` somewhere below two folders; the worst of all stems.

    Raises:
        ValueError: a file is missing, is there twice or has another length.
    """
    return worst(compare_files(find_stem(reference, stem), find_stem(estimate, stem)) for stem in stems)


def find_stem(folder: Path, stem: str) -> Path:
    """The one file of a stem below a folder.

    Raises:
        ValueError: there is none, or more than one.
    """
    found = sorted(folder.rglob(f"{stem}.wav"))
    if len(found) != 1:
        raise ValueError(f"{len(found)} files named {stem}.wav below {folder}, expected one")
    return found[0]
