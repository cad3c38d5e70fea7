"""Compare models, simple baselines and an oracle on songs with known stems: `python -m training.evaluate`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from contract.catalogue import CATALOGUE
from contract.errors import StemFoundryError
from training.audio_tracks import AudioTrackError
from training.evaluation.gates import shortfalls
from training.evaluation.models import Separator, load_model, load_weights
from training.evaluation.references import MIXTURE, ORACLE, reference_scores
from training.evaluation.scores import SetScores, left_out
from training.evaluation.songs import (
    KIT_SOURCES,
    EvaluationSet,
    MissingSongsError,
    frozen_set_names,
    open_folder,
    open_frozen_set,
)
from training.evaluation.tables import print_set
from training.sources import SOURCES


def evaluate_set(evaluation_set: EvaluationSet, separators: Sequence[Separator]) -> dict[str, SetScores]:
    """Score the references and all models that fit on every song of a set; rows in the order of the table."""
    fitting = [separator for separator in separators if separator.fits(evaluation_set.stems)]
    references: dict[str, SetScores] = {}
    models = {separator.name: SetScores() for separator in fitting}
    for song, scored in zip(evaluation_set.songs, reference_scores(evaluation_set), strict=True):
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
        return frozen + [open_folder(path, (SOURCES, KIT_SOURCES), options.limit) for path in options.folder]
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


def open_models(options: argparse.Namespace) -> list[Separator]:
    """Load the models the command line asks for; without a word about them, every bundled one.

    Raises:
        StemFoundryError: one of them cannot be loaded.
    """
    names = options.models
    if not names and not options.weights:
        names = [model.name for model in CATALOGUE.values() if model.bundled]
    return [*map(load_model, names), *map(load_weights, options.weights)]


def detailed(evaluation_set: EvaluationSet, rows: dict[str, SetScores]) -> dict[str, Any]:
    """Return everything a set's table shows."""
    songs = len(evaluation_set.songs)
    return {
        "songs": songs,
        "left_out": left_out(evaluation_set.stems, songs, rows[MIXTURE]),
        "rows": {
            name: {
                "sdr_db": scores.sdr(),
                "si_sdr_db": scores.si_sdr(),
                "times_real_time": scores.times_real_time,
            }
            for name, scores in rows.items()
        },
    }


def _means(evaluation_set: EvaluationSet, scores: SetScores) -> dict[str, float]:
    sdr = scores.sdr()
    return {stem: round(sdr[stem], 4) for stem in evaluation_set.stems if stem in sdr}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. The last line of output is ``{model: {set: {stem: sdr_db}}}`` as JSON."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    results: dict[str, dict[str, dict[str, float]]] = {}
    details: dict[str, Any] = {}
    failures: list[str] = []
    try:
        separators = open_models(options)
        for evaluation_set in open_sets(options):
            rows = evaluate_set(evaluation_set, separators)
            print_set(evaluation_set, rows, MIXTURE)
            means = {name: _means(evaluation_set, scores) for name, scores in rows.items()}
            for name, stems in means.items():
                results.setdefault(name, {})[evaluation_set.name] = stems
            for separator in separators:
                if separator.name in means:
                    failures += shortfalls(separator.name, evaluation_set.name, separator.parts, means)
            details[evaluation_set.name] = detailed(evaluation_set, rows)
    except (MissingSongsError, StemFoundryError, AudioTrackError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    print(
        "\nbelow what is asked for:\n  " + "\n  ".join(failures) if failures else "\nnothing below the gates"
    )
    if options.json:
        options.json.write_text(json.dumps(details, indent=2) + "\n")
    print(json.dumps(results), flush=True)
    if failures and options.gate:
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
        "--gate", action="store_true", help="exit with 1 when a bundled model is below its gate"
    )
    return parser


if __name__ == "__main__":
    main()
