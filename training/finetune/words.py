"""What is told to the user."""

from contract.models import Model
from training.finetune.record import Request
from training.finetune.scores import mean
from training.finetune.songs import Songs
from training.sources import SAMPLE_RATE

_NAMED_SONGS = 3


def described(request: Request, model: Model, songs: Songs, segment: int, wanted: int) -> list[str]:
    """Return lines about what is going to be done.

    Args:
        request: what the user wants.
        model: to start from.
        songs: what it learns from and is measured with.
        segment: length of an example in samples.
        wanted: length the model learnt with.
    """
    held_out = ", ".join(song.name for song in songs.held_out[:_NAMED_SONGS])
    others = len(songs.held_out) - _NAMED_SONGS
    lines = [
        f"Data      {request.data}: {len(songs.training)} to learn from, {songs.minutes:.1f} min",
        f"Held out  {held_out}{f' and {others} more' if others > 0 else ''}",
        f"Model     {model.name} becomes {request.name}: {', '.join(model.source_names)}",
    ]
    if segment < wanted:
        lines.append(f"          (a song is shorter than the {wanted / SAMPLE_RATE:.1f} s it learnt with)")
    return lines


def listed(scores: dict[str, float]) -> str:
    """Return ratios by stem and their mean, in dB."""
    stems = "  ".join(f"{stem} {ratio:.2f}" for stem, ratio in scores.items())
    return f"{stems}  mean {mean(scores):.2f} dB"


def duration(seconds: float) -> str:
    """Return a rough length of time in words."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"
