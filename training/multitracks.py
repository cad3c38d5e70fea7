"""Folders of songs with their true stems, laid out as MUSDB18 is.

    FOLDER/a song/{mixture,drums,bass,other,vocals}.wav     also .flac, .mp3, .ogg, .aiff, .m4a
    FOLDER/train/a song/..., FOLDER/test/a song/...           any one level in between
    FOLDER/a song.stem.mp4           five streams: mixture, drums, bass, other, vocals

Other stems are taken by the same layout under their own names, a drum kit for instance. The mixture may be
missing: it then is the sum of the stems.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from training.audio_tracks import AUDIO_SUFFIXES, AudioTrack, AudioTrackError, open_streams, open_track
from training.data.signal import FloatArray
from training.sources import CHANNELS, PERCUSSION, SAMPLE_RATE, SOURCES

MIXTURE: Final = "mixture"
STEM_FILE_SUFFIXES: Final = (".stem.mp4", ".stem.m4a")
STEM_FILE_ORDER: Final = (MIXTURE, "drums", "bass", "other", "vocals")

# Encoders of lossy formats pad the ends of their files.
_TOLERATED_SECONDS: Final = 0.06
_MAX_SONGS: Final = 10_000
_TOLD_PROBLEMS: Final = 20


class MultitrackError(ValueError):
    """A folder that cannot be used; the message has one line for each thing that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Multitrack:
    """A song and its true stems. It holds no samples and no open files.

    Attributes:
        name: path of the song below the folder it was found in.
        stems: names of the stems, in the order of `read`.
        samples: length at 44.1 kHz, that of the shortest file.
    """

    name: str
    stems: tuple[str, ...]
    samples: int
    _tracks: tuple[AudioTrack | None, ...]
    _mixture: AudioTrack | None

    @property
    def seconds(self) -> float:
        """Length of the song."""
        return self.samples / SAMPLE_RATE

    def read(self, start: int, samples: int) -> FloatArray:
        """Return the true stems [stems, 2, samples] from sample `start` at 44.1 kHz; silence beyond the end.

        Raises:
            AudioTrackError: a file cannot be decoded.
        """
        inside = max(0, min(samples, self.samples - start))
        stems = np.zeros((len(self.stems), CHANNELS, samples), np.float32)
        for audio, track in zip(stems, self._tracks, strict=True):
            if track is not None:
                audio[:, :inside] = track.read(start, inside)
        return stems

    def read_mixture(self, start: int, samples: int) -> FloatArray:
        """Return the mixture [2, samples] as its file has it, or else the sum of the stems.

        Raises:
            AudioTrackError: a file cannot be decoded.
        """
        if self._mixture is None:
            return np.asarray(self.read(start, samples).sum(axis=0))
        mixture = np.zeros((CHANNELS, samples), np.float32)
        inside = max(0, min(samples, self.samples - start))
        mixture[:, :inside] = self._mixture.read(start, inside)
        return mixture


def find_multitracks(folder: Path, stems: Sequence[str] = SOURCES) -> list[Multitrack]:
    """Return the songs of a folder in the order of their names.

    Files are looked at, not decoded. Mono files become stereo, other sampling rates are converted while
    reading.

    Args:
        folder: as the module describes it, or a single song's folder.
        stems: names of the files that every song must have.

    Raises:
        MultitrackError: there is no such folder, it holds no song, or songs are incomplete.
    """
    if not folder.is_dir():
        raise MultitrackError(f"{folder}: there is no such folder")
    songs: list[Multitrack] = []
    problems: list[str] = []
    for place in _song_places(folder, stems):
        if len(songs) + len(problems) == _MAX_SONGS:
            raise MultitrackError(f"{folder}: holds more than {_MAX_SONGS} songs")
        name = folder.name if place == folder else str(place.relative_to(folder))
        try:
            songs.append(_open_song(name, place, stems))
        except (MultitrackError, AudioTrackError) as error:
            problems.append(str(error))
    if problems:
        more = [f"... and {len(problems) - _TOLD_PROBLEMS} more"] if len(problems) > _TOLD_PROBLEMS else []
        raise MultitrackError("\n".join(problems[:_TOLD_PROBLEMS] + more))
    if not songs:
        expected = ", ".join(f"{stem}.wav" for stem in stems)
        raise MultitrackError(f"{folder}: holds no song, which is a folder with {expected}")
    return songs


def _song_places(folder: Path, stems: Collection[str]) -> Iterator[Path]:
    """Yield folders of songs and stem files, at most two levels below."""
    if _has_any_stem(folder, stems):
        yield folder
        return
    for level in (folder, *_folders(folder)):
        if level != folder and _has_any_stem(level, stems):
            yield level
            continue
        if set(stems) <= set(STEM_FILE_ORDER):
            yield from sorted(path for path in level.iterdir() if path.name.endswith(STEM_FILE_SUFFIXES))
        if level != folder:
            yield from (song for song in _folders(level) if _has_any_stem(song, stems))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _has_any_stem(folder: Path, stems: Collection[str]) -> bool:
    return any(_files(folder, name) for name in (*stems, MIXTURE))


def _files(folder: Path, name: str) -> list[Path]:
    """Return the audio files of a stem, of which there should be one."""
    found = (folder / f"{name}{suffix}" for suffix in AUDIO_SUFFIXES)
    return [path for path in found if path.is_file()]


def _open_song(name: str, place: Path, stems: Sequence[str]) -> Multitrack:
    if place.is_file():
        tracks = _open_stem_file(place)
        for suffix in STEM_FILE_SUFFIXES:
            name = name.removesuffix(suffix)
    else:
        tracks = _open_stem_folder(place, stems)
    lengths = {stem: track.samples for stem, track in tracks.items()}
    shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
    if lengths[longest] - lengths[shortest] > _TOLERATED_SECONDS * SAMPLE_RATE:
        raise MultitrackError(
            f"{place}: {shortest} lasts {lengths[shortest] / SAMPLE_RATE:.2f} s"
            f" and {longest} {lengths[longest] / SAMPLE_RATE:.2f} s; all must be equally long"
        )
    ordered = tuple(tracks.get(stem) for stem in stems)
    return Multitrack(name, tuple(stems), lengths[shortest], ordered, tracks.get(MIXTURE))


def _open_stem_file(path: Path) -> dict[str, AudioTrack]:
    streams = open_streams(path)
    if len(streams) != len(STEM_FILE_ORDER):
        expected = ", ".join(STEM_FILE_ORDER)
        raise MultitrackError(f"{path}: has {len(streams)} audio streams instead of five ({expected})")
    return dict(zip(STEM_FILE_ORDER, streams, strict=True))


def _open_stem_folder(folder: Path, stems: Sequence[str]) -> dict[str, AudioTrack]:
    tracks: dict[str, AudioTrack] = {}
    missing = []
    for stem in (*stems, MIXTURE):
        files = _files(folder, stem)
        if len(files) > 1:
            raise MultitrackError(f"{folder}: has {' and '.join(path.name for path in files)}")
        if files:
            tracks[stem] = open_track(files[0])
        elif stem not in (MIXTURE, PERCUSSION):
            missing.append(stem)
    if missing:
        raise MultitrackError(f"{folder}: has no audio file for {', '.join(missing)}")
    return tracks
