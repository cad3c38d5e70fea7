"""How results look on a terminal and in a document: one Markdown table for each set."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from training.evaluation.scores import SetScores, left_out
from training.evaluation.songs import EvaluationSet

_WIDTH: Final = 200
"""Columns, also where the output is no terminal: a table that is folded cannot be pasted."""


def print_set(evaluation_set: EvaluationSet, rows: Mapping[str, SetScores], mixture: str) -> None:
    """Print the ratios of every row, SDR / SI-SDR in dB, and what separating took.

    Args:
        evaluation_set: the songs.
        rows: results by name, in the order of the table.
        mixture: name of the row that has every stem.
    """
    songs, minutes = len(evaluation_set.songs), evaluation_set.seconds / 60
    silent = left_out(evaluation_set.stems, songs, rows[mixture])
    counted = ", ".join(f"{stem} {count}" for stem, count in silent.items())
    print(f"\n{evaluation_set.name}: {songs} songs, {minutes:.1f} min; SDR / SI-SDR in dB, mean over songs")
    print(f"left out because the true stem is silent: {counted}\n")
    print_table(
        ["estimate", *evaluation_set.stems, "average", "time", "x real time"],
        [[name, *_ratios(evaluation_set.stems, scores), *_speed(scores)] for name, scores in rows.items()],
    )


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a Markdown table; all columns but the first hold numbers."""
    table = Table(box=MARKDOWN)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(width=_WIDTH)
    with console.capture() as capture:
        console.print(table)
    # The box has a top and a bottom of nothing but spaces.
    print("\n".join(line.rstrip() for line in capture.get().strip().splitlines()))


def _ratios(stems: tuple[str, ...], scores: SetScores) -> list[str]:
    sdr, si_sdr = scores.sdr(), scores.si_sdr()
    cells = [f"{sdr[stem]:.2f} / {si_sdr[stem]:.2f}" if stem in sdr else "" for stem in stems]
    complete = all(cells)
    means = float(np.mean(list(sdr.values()))), float(np.mean(list(si_sdr.values())))
    return [*cells, f"{means[0]:.2f} / {means[1]:.2f}" if complete else ""]


def _speed(scores: SetScores) -> list[str]:
    faster = scores.times_real_time
    return ["", ""] if faster is None else [f"{scores.wall_seconds:.1f} s", f"{faster:.1f}"]
