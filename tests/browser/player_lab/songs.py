"""Previews of made-up songs, by the product's own writer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from contract.audio import SAMPLE_RATE_HZ
from sagemaker_container.separation.previews import PreviewEntry, PreviewWriter, write_index

STEMS = ("vocals", "drums", "bass", "other", "guitar", "piano")
LANES = (*STEMS, "mixture")
IMPULSE_EVERY_SAMPLES: Final = SAMPLE_RATE_HZ // 4
_BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ

Block = npt.NDArray[np.float32]


def write_impulses(directory: Path, seconds: float) -> None:
    """Six stems and the song: noise of each one's own, and impulses at the same places in all of them."""
    samples = round(seconds * SAMPLE_RATE_HZ)
    lanes = {lane: _with_impulses(np.random.default_rng(seed), samples) for seed, lane in enumerate(LANES)}
    beats = [float(beat) for beat in np.arange(0.5, seconds, 0.5)]
    write_song(directory, samples, lanes, beats=beats)


def write_tones(directory: Path, seconds: float, hertz: float) -> None:
    """A tone in the drums and in another lane."""
    time = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tone = np.repeat(0.5 * np.sin(2 * np.pi * hertz * time)[:, None], 2, axis=1).astype(np.float32)
    write_song(directory, len(tone), {"drums": iter([tone]), "other": iter([tone])})


def write_long(directory: Path, seconds: float) -> None:
    """Seven lanes of the same noise, which is written once."""
    samples = round(seconds * SAMPLE_RATE_HZ)
    entry = _write_lane(
        directory / f"{LANES[0]}.mp3", samples, _with_impulses(np.random.default_rng(1), samples)
    )
    for lane in LANES[1:]:
        (directory / f"{lane}.mp3").hardlink_to(directory / f"{LANES[0]}.mp3")
    write_index(directory / "index.json", dict.fromkeys(LANES, entry), samples=samples)


def write_song(
    directory: Path, samples: int, lanes: Mapping[str, Iterator[Block]], beats: list[float] | None = None
) -> None:
    """Previews and their index."""
    entries = {
        lane: _write_lane(directory / f"{lane}.mp3", samples, blocks) for lane, blocks in lanes.items()
    }
    write_index(directory / "index.json", entries, samples=samples, beats=beats or [])


def _write_lane(path: Path, samples: int, blocks: Iterator[Block]) -> PreviewEntry:
    writer = PreviewWriter(path, samples)
    for block in blocks:
        writer.write(block)
    return writer.close()


def _with_impulses(random: np.random.Generator, samples: int) -> Iterator[Block]:
    for begin in range(0, samples, _BLOCK_SAMPLES):
        length = min(_BLOCK_SAMPLES, samples - begin)
        block = random.normal(0, 0.01, (length, 2)).astype(np.float32)
        places = np.arange(begin, begin + length)
        # Not on the very first sample, and smooth enough for an MP3 to keep its place.
        for offset, level in ((-1, 0.4), (0, 0.9), (1, 0.4)):
            block[(places - offset) % IMPULSE_EVERY_SAMPLES == IMPULSE_EVERY_SAMPLES // 2] += level
        yield block
