"""Is the engine faster than the `demucs` command on this machine's processor, and how exact is it?

Every subject is a process that reads one file and writes files. Runs are interleaved, so that a machine whose
speed drifts drifts for all. The reference of accuracy is `demucs.api` in fp32, compared in 32-bit float.

    python -m benchmarks.engine.cpu [--song FILE] [--seconds 180] [--repeats 3] [--threads N] [--subjects a,b]
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import soundfile
from rich.console import Console

from benchmarks import environment
from benchmarks.engine import places, subjects
from benchmarks.engine.accuracy import Comparison, compare_folders
from benchmarks.engine.process import CommandError, Measurement, measure
from benchmarks.engine.song import prepared_song, write_song
from benchmarks.engine.subjects import SUBJECTS, Command
from benchmarks.engine.summary import Medians, comparison_details, details, headline, overhead, table
from contract.errors import StemFoundryError

_SONG_SECONDS = 180.0
_WARM_UP_SECONDS = 4.0


@dataclass(slots=True)
class Bench:
    """Runs commands in a folder that holds the output of one of them and that of the reference."""

    folder: Path
    threads: int
    console: Console
    runs: dict[str, list[Measurement]] = field(default_factory=dict)

    def run(self, command: Command, song: Path, out: Path, title: str) -> Measurement:
        """Run once, with an empty folder for its output.

        Raises:
            CommandError: it failed.
        """
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        measured = measure(command(song, out), self.folder / "log", subjects.environment(self.threads))
        self.console.print(
            f"{title}: {measured.wall_seconds:.1f} s, CPU {measured.cpu_seconds:.1f} s,"
            f" {measured.peak_mb:.0f} MB",
            highlight=False,
        )
        return measured

    def warm_up(self, names: Sequence[str], song: Path) -> None:
        """Let every subject read its files and keep what it keeps between runs: converted networks."""
        for name in names:
            self.run(SUBJECTS[name].command, song, self.folder / "out", f"warm-up, {SUBJECTS[name].title}")

    def repeat(self, songs: Mapping[str, Path], repeats: int) -> None:
        """Run all subjects in turn, several times."""
        for number in range(1, repeats + 1):
            for name, song in songs.items():
                title = f"{number}/{repeats} {SUBJECTS[name].title}"
                measured = self.run(SUBJECTS[name].command, song, self._out(name), title)
                self.runs.setdefault(name, []).append(measured)

    def compare(self, names: Sequence[str], song: Path) -> dict[str, Comparison]:
        """Compare the subjects that can write float with the reference's last output."""
        differences = {}
        for name in names:
            accurate = SUBJECTS[name].accurate
            if accurate is not None and subjects.REFERENCE in self.runs:
                out = self._out(name)
                self.run(accurate, song, out, f"{SUBJECTS[name].title}, 32-bit float")
                differences[name] = compare_folders(self._out(subjects.REFERENCE), out, subjects.STEMS)
        return differences

    def _out(self, name: str) -> Path:
        return self.folder / (name if name == subjects.REFERENCE else "out")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--song", type=Path, help="any accepted kind; a generated one by default")
    parser.add_argument("--seconds", type=float, help="of the song; 180 when it is generated")
    parser.add_argument("--bag-seconds", type=float, help="of the song for the bag; default the whole song")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=subjects.default_threads())
    parser.add_argument("--subjects", default=",".join(SUBJECTS), help=f"some of {', '.join(SUBJECTS)}")
    parser.add_argument("--name", default="engine_cpu", help="of the file in benchmarks/results")
    options = parser.parse_args(arguments)
    options.subjects = [name for name in SUBJECTS if name in options.subjects.split(",")]
    if not options.subjects:
        parser.error(f"--subjects names none of {', '.join(SUBJECTS)}")
    if options.song is not None and not options.song.is_file():
        parser.error(f"there is no file {options.song}")
    lengths = [seconds for seconds in (options.seconds, options.bag_seconds) if seconds is not None]
    if min([options.repeats, *lengths]) <= 0:
        parser.error("--repeats and lengths must be positive")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and save the result; 1 when a subject failed."""
    options = _options(arguments)
    console = Console(stderr=True)
    places.DATA.mkdir(exist_ok=True)
    subjects.prepare()
    with tempfile.TemporaryDirectory(dir=places.DATA, prefix="bench-") as scratch:
        folder = Path(scratch)
        bench = Bench(folder, options.threads, console)
        try:
            song = prepared_song(options.song, options.seconds, _SONG_SECONDS, folder)
            songs = dict.fromkeys(options.subjects, song)
            if options.bag_seconds:
                shorter = prepared_song(options.song, options.bag_seconds, _SONG_SECONDS, folder)
                songs |= {name: shorter for name in options.subjects if name in subjects.BAG}
            bench.warm_up(options.subjects, write_song(folder / "short.wav", _WARM_UP_SECONDS))
            bench.repeat(songs, options.repeats)
            differences = bench.compare(options.subjects, song)
        except (CommandError, StemFoundryError, ValueError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
        seconds = {name: soundfile.info(path).duration for name, path in songs.items()}
    _report(bench, differences, seconds, options)
    return 0


def _report(
    bench: Bench,
    differences: Mapping[str, Comparison],
    seconds: Mapping[str, float],
    options: argparse.Namespace,
) -> None:
    medians = {name: Medians.of(runs) for name, runs in bench.runs.items()}
    figures = headline(medians, differences)
    title = f"{max(seconds.values()):.0f} s of audio, {options.threads} threads, medians of {options.repeats}"
    environment.save(
        options.name,
        {
            "question": (__doc__ or "").splitlines()[0],
            "song": options.song.name if options.song else "generated",
            "song_seconds": round(max(seconds.values()), 3),
            "threads": options.threads,
            "repeats": options.repeats,
            "headline": figures,
            "analysis_overhead": overhead(medians, subjects.FULL, subjects.BESIDE),
            "differences": {name: comparison_details(difference) for name, difference in differences.items()},
            "subjects": details(bench.runs, medians, seconds),
        },
    )
    Console(width=150).print(table(bench.runs, differences, seconds, title))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    sys.exit(main())
