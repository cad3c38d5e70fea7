"""From single runs to the table and the figures that are promised."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from benchmarks.engine import subjects
from benchmarks.engine.accuracy import Comparison
from benchmarks.engine.process import Measurement

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Medians:
    """Of several runs of one command; each value is the median of its own kind."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    peak_children_mb: float

    @classmethod
    def of(cls, runs: Sequence[Measurement]) -> "Medians":
        """At least one run."""
        return cls(
            *(
                statistics.median(getattr(run, name) for run in runs)
                for name in ("wall_seconds", "cpu_seconds", "peak_mb", "peak_children_mb")
            )
        )


def speedup(medians: Mapping[str, Medians], baseline: str, name: str) -> float | None:
    """How many times faster than the baseline by wall time; None when one of both was not run."""
    if baseline not in medians or name not in medians:
        return None
    return round(medians[baseline].wall_seconds / medians[name].wall_seconds, _DIGITS)


def overhead(medians: Mapping[str, Medians], plain: str, name: str) -> float | None:
    """The share of wall time that something adds; None when one of both was not run."""
    ratio = speedup(medians, name, plain)
    return None if ratio is None else round(ratio - 1, _DIGITS)


def headline(
    medians: Mapping[str, Medians], differences: Mapping[str, Comparison]
) -> dict[str, float | None]:
    """The figures of the last line; None for what was not measured."""
    full, fast = differences.get(subjects.FULL), differences.get(subjects.FAST)
    return {
        "full_speedup": speedup(medians, subjects.DEMUCS, subjects.FULL),
        "full_max_abs": full.max_abs if full else None,
        "full_sdr_db": finite(full.sdr_db) if full else None,
        "fast_speedup": speedup(medians, subjects.DEMUCS, subjects.FAST),
        "fast_sdr_db": finite(fast.sdr_db) if fast else None,
        "specialist_speedup": speedup(medians, subjects.TWO_STEMS, subjects.SPECIALIST),
        "mp3_overhead": overhead(medians, subjects.FULL, subjects.MP3),
    }


def finite(decibels: float) -> float | None:
    """As JSON can say it: two digits; None for equal signals, whose ratio is infinite."""
    return round(decibels, 2) if math.isfinite(decibels) else None


def table(
    runs: Mapping[str, Sequence[Measurement]],
    differences: Mapping[str, Comparison],
    seconds: Mapping[str, float],
    title: str,
) -> Table:
    """One row for each subject that was run; `seconds` has the length of the song that it got."""
    medians = {name: Medians.of(measured) for name, measured in runs.items()}
    result = Table(title=title)
    result.add_column("")
    result.add_column("computed by")
    columns = (
        "wall s",
        "CPU s",
        "x real time",
        "peak MB",
        "decoder MB",
        "x demucs",
        "max abs",
        "SDR dB",
        "lowest",
        "late by",
    )
    for column in columns:
        result.add_column(column, justify="right")
    for name, median in medians.items():
        baseline = subjects.SUBJECTS[name].baseline
        faster = speedup(medians, baseline, name) if baseline else None
        difference = differences.get(name)
        result.add_row(
            subjects.SUBJECTS[name].title,
            _computed_by(runs[name][-1]),
            f"{median.wall_seconds:.1f}",
            f"{median.cpu_seconds:.1f}",
            f"{seconds[name] / median.wall_seconds:.2f}",
            f"{median.peak_mb:.0f}",
            f"{median.peak_children_mb:.0f}" if median.peak_children_mb else "",
            f"{faster:.2f}" if faster else "",
            f"{difference.max_abs:.1e}" if difference else "",
            f"{difference.sdr_db:.1f}" if difference else "",
            f"{difference.lowest_sdr_db:.1f}" if difference else "",
            str(difference.offset_samples) if difference else "",
        )
    return result


def _computed_by(run: Measurement) -> str:
    report = run.report
    return f"{report.backend} {report.precision}" if report else "torch fp32"


def details(
    runs: Mapping[str, Sequence[Measurement]], medians: Mapping[str, Medians], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Everything measured of every subject, for the results file."""
    return {
        name: {
            "title": subjects.SUBJECTS[name].title,
            "song_seconds": round(seconds[name], 3),
            "real_time_factor": round(seconds[name] / medians[name].wall_seconds, 3),
            **engine_details(measured[-1]),
            "median": _rounded(asdict(medians[name])),
            "runs": [_rounded({k: v for k, v in asdict(run).items() if k != "output"}) for run in measured],
        }
        for name, measured in runs.items()
    }


def comparison_details(comparison: Comparison) -> dict[str, Any]:
    """Everything compared, for the results file."""
    return {
        "max_abs": comparison.max_abs,
        "sdr_db": finite(comparison.sdr_db),
        "lowest_sdr_db": finite(comparison.lowest_sdr_db),
        "offset_samples": comparison.offset_samples,
        "stem_sdr_db": {stem: finite(one.sdr_db) for stem, one in comparison.stems.items()},
    }


def engine_details(run: Measurement) -> dict[str, Any]:
    """What the engine itself said of a run: what computed, and where the time went."""
    report = run.report
    if report is None:
        return {}
    return {
        "backend": report.backend,
        "precision": report.precision,
        "stage_seconds": report.seconds,
        "busy_seconds": report.trace,
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
