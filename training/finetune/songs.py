"""The songs of a user's folder, looked at before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.audio_tracks import AudioTrackError
from training.data.chance import Chance
from training.finetune.errors import FineTuningError
from training.multitracks import Multitrack, MultitrackError, find_multitracks
from training.sources import SAMPLE_RATE

MIN_SONG_SECONDS: Final = 2.0
"""Below this a song holds nothing to learn from."""
MOST_HELD_OUT: Final = 10
"""More songs would take long to separate each time and tell little more."""
EXAMPLE_SHARE: Final = 0.9
"""An example is at most this share of the shortest song, so that there is something to draw."""


@dataclass(frozen=True, slots=True)
class Songs:
    """What is learnt from, and what is only listened to.

    Attributes:
        training: songs that examples are drawn from.
        held_out: songs of which nothing is learnt; they tell whether training helps.
    """

    training: tuple[Multitrack, ...]
    held_out: tuple[Multitrack, ...]

    @property
    def minutes(self) -> float:
        """Length of the songs that are learnt from."""
        return sum(song.seconds for song in self.training) / 60

    def segment_samples(self, wanted: int) -> int:
        """Length of an example: the wanted one, less where a song is shorter than that."""
        shortest = min(song.seconds for song in self.training) * SAMPLE_RATE
        return min(wanted, int(EXAMPLE_SHARE * shortest))


def find_songs(
    folder: Path, stems: Sequence[str], *, validation: Path | None, held_out_share: float
) -> Songs:
    """Look a folder of multitracks through.

    Args:
        folder: of the songs, laid out as `training.multitracks` describes.
        stems: the stems of the model.
        validation: folder of the songs that nothing is learnt from; None holds some of `folder` out.
        held_out_share: how many, 0 to 1; at least one song, at most `MOST_HELD_OUT`. Which ones depends on
            their names alone.

    Raises:
        FineTuningError: there are too few songs, or some cannot be used; with a line for each of them.
    """
    found = _usable(folder, stems)
    if validation is not None:
        if validation.resolve() == folder.resolve():
            raise FineTuningError(f"{validation}: what is learnt from cannot tell whether it helped")
        return Songs(tuple(found), tuple(_usable(validation, stems)))
    if len(found) < 2:
        raise FineTuningError(
            f"{folder}: holds 1 song. Two are the least: one to learn from, and one to see whether it helped"
            " (or name a folder of others with --validation)."
        )
    count = min(len(found) - 1, MOST_HELD_OUT, max(1, round(held_out_share * len(found))))
    shuffled = sorted(found, key=lambda song: Chance("held out", song.name).uniform(0, 1))
    held_out = {song.name for song in shuffled[:count]}
    return Songs(
        tuple(song for song in found if song.name not in held_out),
        tuple(song for song in found if song.name in held_out),
    )


def _usable(folder: Path, stems: Sequence[str]) -> list[Multitrack]:
    try:
        found = find_multitracks(folder, stems)
    except (MultitrackError, AudioTrackError) as error:
        raise FineTuningError(str(error)) from error
    short = [
        f"{folder / song.name}: lasts {song.seconds:.1f} s; {MIN_SONG_SECONDS:g} s are the least"
        for song in found
        if song.seconds < MIN_SONG_SECONDS
    ]
    if short:
        raise FineTuningError("\n".join(short))
    return found
