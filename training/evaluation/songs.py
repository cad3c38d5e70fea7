"""Songs with known stems: the frozen sets, and folders a user points at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import numpy as np

from training.data.clips import FULL_SCALE, load_clip
from training.data.kits.parts import KIT_PARTS
from training.data.signal import FloatArray
from training.data.song_sets import load_song_sets
from training.multitracks import MultitrackError, find_multitracks
from training.sources import CHANNELS, SAMPLE_RATE, SOURCES

RENDER_COMMAND: Final = "python -m training.data"

LAYOUTS: Final = (SOURCES, KIT_PARTS)
"""Stems of songs and parts of drum kits, in the order of stored clips."""


class MissingSongsError(Exception):
    """A set that is not there; the message says how to get it."""


class Song(Protocol):
    """What an evaluation needs of a song."""

    @property
    def name(self) -> str:
        """Identifies it within its set."""

    @property
    def stems(self) -> tuple[str, ...]:
        """Names of the true stems, in the order of `read`."""

    @property
    def samples(self) -> int:
        """Length at 44.1 kHz."""

    def read(self, start: int, samples: int) -> FloatArray:
        """Return the true stems [stems, 2, samples]; silence beyond the end."""

    def read_mixture(self, start: int, samples: int) -> FloatArray:
        """Return what is to be separated [2, samples]."""


@dataclass(frozen=True, slots=True)
class ClipSong:
    """A stored clip. What is separated is the sum of its stems."""

    path: Path
    stems: tuple[str, ...]
    samples: int

    @property
    def name(self) -> str:
        """The seed."""
        return self.path.stem

    def read(self, start: int, samples: int) -> FloatArray:
        """See `Song`."""
        stored = load_clip(self.path)[..., start : start + samples]
        audio = np.zeros((len(self.stems), CHANNELS, samples), np.float32)
        audio[..., : stored.shape[-1]] = stored / np.float32(FULL_SCALE)
        return audio

    def read_mixture(self, start: int, samples: int) -> FloatArray:
        """See `Song`."""
        return np.asarray(self.read(start, samples).sum(axis=0))


def open_clip(path: Path) -> ClipSong:
    """Look at a stored clip; the number of its stems tells which they are."""
    count, _, samples = load_clip(path).shape
    stems = next(layout for layout in LAYOUTS if len(layout) == count)
    return ClipSong(path, stems, samples)


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Songs whose results are averaged.

    Attributes:
        name: heading of the table and key of the results.
        stems: of every song.
        songs: in order.
        cache_folder: where results that no model changes may be kept; None keeps none.
    """

    name: str
    stems: tuple[str, ...]
    songs: tuple[Song, ...]
    cache_folder: Path | None = None

    @property
    def seconds(self) -> float:
        """Length of all songs together."""
        return sum(song.samples for song in self.songs) / SAMPLE_RATE


def frozen_set_names() -> list[str]:
    """Return the names of all sets that `evaluation_sets.toml` declares for evaluation."""
    return [song_set.name for song_set in load_song_sets().evaluation]


def open_frozen_set(name: str, limit: int | None = None) -> EvaluationSet:
    """Open a rendered set.

    Args:
        name: of any set that is declared, also of one that is watched while training.
        limit: take only so many songs, from the first.

    Raises:
        MissingSongsError: there is no set of that name, or some of its songs are not rendered.
    """
    declared = {song_set.name: song_set for song_set in load_song_sets().every}
    if name not in declared:
        raise MissingSongsError(f"there is no set {name}; the sets are {', '.join(declared)}")
    paths = [declared[name].clip_path(seed) for seed in declared[name].seeds][:limit]
    absent = sum(not path.is_file() for path in paths)
    if absent:
        raise MissingSongsError(
            f"{name}: {absent} of {len(paths)} songs are not rendered. Run: {RENDER_COMMAND} {name}"
        )
    songs = tuple(open_clip(path) for path in paths)
    return EvaluationSet(name, songs[0].stems, songs, paths[0].parent)


def open_folder(folder: Path, layouts: Sequence[Sequence[str]], limit: int | None = None) -> EvaluationSet:
    """Open a folder of multitracks under its own name.

    Args:
        folder: see `training.multitracks`.
        layouts: sets of stems to look for; the first that the folder has anything of is taken.
        limit: take only so many songs, from the first.

    Raises:
        MissingSongsError: nothing usable is there.
    """
    problems = []
    for stems in layouts:
        try:
            songs = find_multitracks(folder, stems)
        except MultitrackError as error:
            problems.append(str(error))
            continue
        return EvaluationSet(folder.resolve().name, tuple(stems), tuple(songs[:limit]))
    raise MissingSongsError("\n".join(dict.fromkeys(problems)))


class Block(NamedTuple):
    """A stretch of a song with what surrounds it.

    Attributes:
        mixture: [2, time], silence beyond the ends of the song.
        stems: the true ones, [stems, 2, time].
        inner: where the stretch itself lies in the time of both.
    """

    mixture: FloatArray
    stems: FloatArray
    inner: slice


def blocks(song: Song, samples: int, context: int) -> Iterator[Block]:
    """Cut a song into stretches of `samples`, each with `context` samples on either side."""
    for start in range(0, song.samples, samples):
        length = min(samples, song.samples - start)
        before = min(context, start)
        first, total = start - before, before + length + context
        yield Block(song.read_mixture(first, total), song.read(first, total), slice(before, before + length))
