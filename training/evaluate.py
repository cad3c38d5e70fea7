"""Compare models, simple baselines and an oracle on songs with known stems: `python -m training.evaluate`."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track

from contract.catalogue import CATALOGUE
from contract.errors import StemFoundryError
from training.audio_tracks import AudioTrackError
from training.evaluation.gates import GATES, shortfalls
from training.evaluation.models import Separator, load_model, load_weights
from training.evaluation.references import MIXTURE, ORACLE, reference_scores
from training.evaluation.scores import SetScores, left_out
from training.evaluation.songs import (
    LAYOUTS,
    EvaluationSet,
    MissingSongsError,
    frozen_set_names,
    open_folder,
    open_frozen_set,
)
from training.evaluation.tables import print_set


def evaluate_set(evaluation_set: EvaluationSet, separators: Sequence[Separator]) -> dict[str, SetScores]:
    """Score the references and all models that fit on every song of a set; rows in the order of the table."""
    fitting = [separator for separator in separators if separator.fits(evaluation_set.stems)]
    references: dict[str, SetScores] = {}
    models = {separator.name: SetScores() for separator in fitting}
    console = Console(stderr=True)
    songs = track(
        evaluation_set.songs,
        evaluation_set.name,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    for song, scored in zip(songs, reference_scores(evaluation_set), strict=True):
        for name, scores in scored.items():
            references.setdefault(name, SetScores()).add(scores)
        for separator in fitting:
            separator.score(song, models[separator.name])
    oracle = references.pop(ORACLE)
    return {**references, **models, ORACLE: oracle}


def open_sets(options: argparse.Namespace) -> list[EvaluationSet]:
    """Open what the command line asks for; if that is nothing, every frozen set that is rendered.

    Raises:
        MissingSongsError: a set that was asked for is not there, or none is.
    """
    if options.sets or options.folder:
        frozen = [open_frozen_set(name, options.limit) for name in options.sets]
        folders = [open_folder(path, LAYOUTS, options.limit) for path in options.folder]
        return _named_apart([*frozen, *folders])
    found: list[EvaluationSet] = []
    problems: list[str] = []
    for name in frozen_set_names():
        try:
            found.append(open_frozen_set(name, options.limit))
        except MissingSongsError as error:
            problems.append(str(error))
    if not found:
        raise MissingSongsError("\n".join(problems))
    for problem in problems:
        print(problem, file=sys.stderr)
    return found


def _named_apart(sets: Sequence[EvaluationSet]) -> list[EvaluationSet]:
    """Number sets whose folders have the same name."""
    names = [evaluation_set.name for evaluation_set in sets]
    earlier = [names[:index].count(name) for index, name in enumerate(names)]
    return [
        replace(evaluation_set, name=f"{evaluation_set.name} ({count + 1})") if count else evaluation_set
        for evaluation_set, count in zip(sets, earlier, strict=True)
    ]


def open_models(options: argparse.Namespace) -> list[Separator]:
    """Load the models the command line asks for; without a word about them, every bundled one.

    Raises:
        StemFoundryError: one of them cannot be loaded.
    """
    names = options.models
    if not names and not options.weights:
        names = [model.name for model in CATALOGUE.values() if model.bundled]
    return [*map(load_model, names), *map(load_weights, options.weights)]


@dataclass(slots=True)
class Report:
    """What has been found so far.

    Attributes:
        sdr: mean over songs in dB, by row, set and stem.
        details: everything the tables show, by set.
        verdicts: what falls short of each gate that was asked, by model and set.
    """

    sdr: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether at least one gate was asked, and none was missed."""
        return bool(self.verdicts) and not any(self.verdicts.values())

    def add(
        self, evaluation_set: EvaluationSet, rows: dict[str, SetScores], separators: Sequence[Separator]
    ) -> None:
        """Take in the rows of a set."""
        name = evaluation_set.name
        means = {row: _in_order(evaluation_set.stems, scores.sdr()) for row, scores in rows.items()}
        for row, stems in means.items():
            self.sdr.setdefault(row, {})[name] = stems
        self.details[name] = {
            "songs": len(evaluation_set.songs),
            "left_out": left_out(evaluation_set.stems, len(evaluation_set.songs), rows[MIXTURE]),
            "rows": {
                row: {
                    "sdr_db": means[row],
                    "si_sdr_db": _in_order(evaluation_set.stems, scores.si_sdr()),
                    "times_real_time": scores.times_real_time,
                }
                for row, scores in rows.items()
            },
        }
        for model in separators:
            if model.name in means and (model.name, name) in GATES:
                found = shortfalls(model.name, name, model.parts, means)
                self.verdicts[f"{model.name} on {name}"] = found


def print_verdicts(verdicts: Mapping[str, Sequence[str]]) -> None:
    """Print which gates were asked, and what each misses."""
    print("\nGates:" if verdicts else "\nGates: none is about these models and sets")
    for name, failures in verdicts.items():
        print(f"- {name}: {'not passed' if failures else 'passed'}")
        for failure in failures:
            print(f"  - {failure}")


def _in_order(stems: Sequence[str], means: Mapping[str, float]) -> dict[str, float]:
    return {stem: round(means[stem], 4) for stem in stems if stem in means}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. The last line of output is ``{model: {set: {stem: sdr_db}}}`` as JSON."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    report = Report()
    try:
        separators = open_models(options)
        for evaluation_set in open_sets(options):
            rows = evaluate_set(evaluation_set, separators)
            print_set(evaluation_set, rows, MIXTURE)
            report.add(evaluation_set, rows, separators)
    except (MissingSongsError, StemFoundryError, AudioTrackError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print_verdicts(report.verdicts)
    if options.json:
        options.json.write_text(json.dumps(report.details, indent=2) + "\n")
    print(json.dumps(report.sdr), flush=True)
    if options.gate and not report.passes:
        raise SystemExit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Evaluate models on songs with known stems."
    )
    parser.add_argument(
        "--models", nargs="+", default=[], help="names of the catalogue; by default every bundled model"
    )
    parser.add_argument(
        "--weights", type=Path, action="append", default=[], help="a file of weights; may be repeated"
    )
    parser.add_argument("--sets", nargs="+", default=[], help="frozen sets; by default all that are rendered")
    parser.add_argument(
        "--folder", type=Path, action="append", default=[], help="songs laid out as MUSDB18; may be repeated"
    )
    parser.add_argument("--limit", type=int, help="take only so many songs of each set")
    parser.add_argument("--threads", type=int, default=2, help="of the processor")
    parser.add_argument("--json", type=Path, help="file for everything the tables show")
    parser.add_argument(
        "--gate", action="store_true", help="exit with 1 unless a gate was asked and all are passed"
    )
    return parser


if __name__ == "__main__":
    main()
