"""Does the memory of a separation grow with the length of the song?

Songs of 3 to 60 minutes, generated to disk one at a time, through all that the product does: four WAV stems,
previews and analysis. The network is a tiny one, or an hour would take an hour; that of full size runs once,
with three minutes. Torch computes.

    python -m benchmarks.engine.memory [--minutes 3,10,30,60] [--threads N] [--no-full-size]
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import environment
from benchmarks.engine import places, subjects
from benchmarks.engine.process import CommandError, Measurement, measure
from benchmarks.engine.song import write_song
from benchmarks.engine.subjects import Command

_FULL_SIZE_MINUTES = 3.0
# Song, spools of mixture and stems in 32-bit float, four stems in 16 bit, and a margin.
_BYTES_PER_MINUTE = 44_100 * 60 * 2 * (2 + 4 + 4 * (4 + 2)) * 11 // 10


def run(command: Command, minutes: float, threads: int) -> Measurement:
    """Run one song of some minutes; what it leaves on the disk is removed.

    Raises:
        CommandError: it failed, or the disk has too little room.
    """
    needed, free = int(minutes * _BYTES_PER_MINUTE), shutil.disk_usage(places.DATA).free
    if needed > free:
        raise CommandError(
            f"{minutes:g} minutes need {needed / 1e9:.1f} GB of disk, {places.DATA} has {free / 1e9:.1f} GB"
        )
    with tempfile.TemporaryDirectory(dir=places.DATA, prefix="memory-") as scratch:
        folder = Path(scratch)
        song = write_song(folder / "song.wav", minutes * 60)
        out = folder / "out"
        out.mkdir()
        return measure(command(song, out), folder / "log", subjects.environment(threads))


def headline(tiny: dict[float, Measurement], every: Sequence[Measurement]) -> dict[str, float | None]:
    """The figures of the last line: one hour over three minutes, and the largest peak of all runs."""
    ratio = tiny[60].peak_mb / tiny[3].peak_mb if {3, 60} <= tiny.keys() else None
    return {
        "rss_ratio_60_to_3": ratio and round(ratio, 4),
        "peak_mb": round(max(measured.peak_mb for measured in every), 1),
    }


def _minutes(text: str) -> list[float]:
    values = [float(part) for part in text.split(",")]
    if not values or min(values) <= 0:
        raise argparse.ArgumentTypeError("lengths must be positive")
    return values


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table and save the result; 1 when a run failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=_minutes, default=[3, 10, 30, 60])
    parser.add_argument("--threads", type=int, default=subjects.default_threads())
    parser.add_argument("--no-full-size", action="store_true", help="leave the network of full size out")
    options = parser.parse_args(arguments)
    places.DATA.mkdir(exist_ok=True)
    subjects.prepare()
    plan = [("tiny", minutes, subjects.tiny) for minutes in options.minutes]
    if not options.no_full_size:
        plan.append(("full size", _FULL_SIZE_MINUTES, subjects.full_size))
    measured = []
    console = Console(stderr=True)
    for network, minutes, command in plan:
        try:
            measured.append(run(command, minutes, options.threads))
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        console.print(f"{network}, {minutes:g} min: {measured[-1].peak_mb:.0f} MB", highlight=False)
    rows = [_row(network, minutes, one) for (network, minutes, _), one in zip(plan, measured, strict=True)]
    tiny = {
        minutes: one for (network, minutes, _), one in zip(plan, measured, strict=True) if network == "tiny"
    }
    figures = headline(tiny, measured)
    environment.save(
        "engine_memory",
        {
            "question": (__doc__ or "").splitlines()[0],
            "threads": options.threads,
            "headline": figures,
            "runs": rows,
        },
    )
    Console().print(_table(rows))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _row(network: str, minutes: float, measured: Measurement) -> dict[str, Any]:
    return {
        "network": network,
        "minutes": minutes,
        "peak_mb": round(measured.peak_mb, 1),
        "decoder_peak_mb": round(measured.peak_children_mb, 1),
        "wall_seconds": round(measured.wall_seconds, 1),
        "cpu_seconds": round(measured.cpu_seconds, 1),
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    result = Table(title="Peak resident memory, torch")
    for column in rows[0]:
        result.add_column(column.replace("_", " "), justify="left" if column == "network" else "right")
    for row in rows:
        result.add_row(*(f"{value:g}" if isinstance(value, float | int) else value for value in row.values()))
    return result


if __name__ == "__main__":
    sys.exit(main())
