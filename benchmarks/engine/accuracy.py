"""How far stems are from the reference's."""

import math
from collections.abc import Mapping, Sequence
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
    """Of one stem from its reference.

    ``sdr_db`` is ``10 log10(sum(reference^2) / sum((reference - estimate)^2))`` over the whole song, infinite
    when nothing differs; ``offset_samples`` tells how much later than its reference the stem is.
    """

    max_abs: float
    sdr_db: float
    offset_samples: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of all stems with their references.

    ``max_abs`` and ``offset_samples`` are the largest of any stem; ``sdr_db`` takes the sums over all stems,
    and ``lowest_sdr_db`` is that of the stem where it is lowest.
    """

    max_abs: float
    sdr_db: float
    lowest_sdr_db: float
    offset_samples: int
    stems: Mapping[str, Difference]


class Accumulator:
    """Difference of one stem, block by block, in double precision."""

    def __init__(self, offset_samples: int = 0) -> None:
        self.offset_samples = offset_samples
        self.signal = 0.0
        self.error = 0.0
        self.max_abs = 0.0

    def add(self, reference: Signal, estimate: Signal) -> None:
        """Take the next samples of both."""
        error = reference.astype(np.float64) - estimate
        self.signal += float(np.square(reference, dtype=np.float64).sum())
        self.error += float(np.square(error).sum())
        self.max_abs = max(self.max_abs, float(np.abs(error).max(initial=0.0)))

    def result(self) -> Difference:
        """Of all that was added."""
        return Difference(self.max_abs, sdr_db(self.signal, self.error), self.offset_samples)


def combined(stems: Mapping[str, Accumulator]) -> Comparison:
    """Of at least one stem."""
    differences = {str(stem): sums.result() for stem, sums in stems.items()}
    every = differences.values()
    return Comparison(
        max_abs=max(difference.max_abs for difference in every),
        sdr_db=sdr_db(sum(one.signal for one in stems.values()), sum(one.error for one in stems.values())),
        lowest_sdr_db=min(difference.sdr_db for difference in every),
        offset_samples=max((difference.offset_samples for difference in every), key=abs),
        stems=differences,
    )


def sdr_db(signal: float, error: float) -> float:
    """Signal energy over error energy in dB."""
    if error == 0:
        return math.inf
    # A reference of silence that is not met.
    return 10 * math.log10(signal / error) if signal else -math.inf


def offset_samples(reference: Signal, estimate: Signal) -> int:
    """How many samples the estimate is late, by cross-correlation; negative when it is early."""
    length = min(len(reference), len(estimate), _ALIGNMENT_SAMPLES)
    size = 1 << (2 * length - 1).bit_length()
    spectra = [np.fft.rfft(signal[:length].mean(axis=1), size) for signal in (reference, estimate)]
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1], size)
    largest = min(_LARGEST_OFFSET_SAMPLES, length - 1)
    lags = np.arange(-largest, largest + 1)
    return int(lags[np.argmax(correlation[lags])])


def compare_files(reference: Path, estimate: Path) -> Accumulator:
    """Compare two files of the same length.

    Raises:
        ValueError: they differ in length, rate or channels.
    """
    with soundfile.SoundFile(reference) as expected, soundfile.SoundFile(estimate) as actual:
        shapes = [(file.frames, file.samplerate, file.channels) for file in (expected, actual)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"{estimate} has (samples, rate, channels) {shapes[1]}, {reference} has {shapes[0]}"
            )
        first = [_read(file, _ALIGNMENT_SAMPLES) for file in (expected, actual)]
        accumulator = Accumulator(offset_samples(first[0], first[1]))
        expected.seek(0)
        actual.seek(0)
        while len(block := _read(expected, _BLOCK_SAMPLES)):
            accumulator.add(block, _read(actual, _BLOCK_SAMPLES))
    return accumulator


def _read(file: soundfile.SoundFile, samples: int) -> Signal:
    block: Signal = file.read(samples, dtype="float32", always_2d=True)
    return block


def compare_folders(reference: Path, estimate: Path, stems: Sequence[str]) -> Comparison:
    """Compare the files ``STEM.wav`` somewhere below two folders.

    Raises:
        ValueError: a file is missing, is there twice or has another length.
    """
    return combined(
        {stem: compare_files(find_stem(reference, stem), find_stem(estimate, stem)) for stem in stems}
    )


def find_stem(folder: Path, stem: str) -> Path:
    """The one file of a stem below a folder.

    Raises:
        ValueError: there is none, or more than one.
    """
    found = sorted(folder.rglob(f"{stem}.wav"))
    if len(found) != 1:
        raise ValueError(f"{len(found)} files named {stem}.wav below {folder}, expected one")
    return found[0]
