"""Results on stdout: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contract.report import Report, StemReport
from stem_foundry._client import Result
from stem_foundry.cli._text import clock, printable, size

# Without a terminal there is no width to respect; nothing is folded for a pipe or a log.
_PIPE_WIDTH = 10_000


def print_json(value: Mapping[str, object]) -> None:
    """Write one JSON object."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write rows under headings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    _print(table)


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """Write names and values, one pair a line."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields:
        table.add_row(name, Text(printable(value)))
    _print(table)


def print_result(file: Path, result: Result) -> None:
    """Write what came of a song."""
    report = result.report
    folder = result.files.report.parent
    fields = [
        ("Song", file.name),
        ("Stems", f"{len(result.files.stems)} in {folder}"),
        *(("", _stem_line(result.files.stems[stem.stem].name, stem)) for stem in _delivered(result)),
        ("Length", f"{clock(report.samples / report.sample_rate_hz)} ({report.samples} samples)"),
        ("Model", f"{report.model.name} ({report.model.digest[:8]}), {report.model.licence}"),
        *_kit_lines(report),
        *_music_lines(report),
        ("Time", _time_line(report)),
        ("Residual", _residual(report)),
    ]
    if report.common_gain_db:
        fields.append(("Gain", f"{report.common_gain_db:.2f} dB on all stems"))
    if result.files.archive is not None:
        fields.append(("Archive", result.files.archive.name))
    if result.job.cached:
        fields.append(("Cached", "the same song was separated with the same options before"))
    if result.receipt is not None:
        removed = f"{result.receipt.objects_removed} objects, {size(result.receipt.bytes_removed)}"
        fields.append(("Deleted", f"{removed} at the service"))
    fields.extend(("Warning", f"{warning.message} ({warning.code})") for warning in report.warnings)
    print_fields(fields)


def _delivered(result: Result) -> list[StemReport]:
    return [stem for stem in result.report.stems if stem.stem in result.files.stems]


def _stem_line(name: str, stem: StemReport) -> str:
    level = "silent" if stem.silent or stem.rms_dbfs is None else f"{stem.rms_dbfs:.1f} dBFS"
    loudness = "" if stem.loudness_lufs is None else f", {stem.loudness_lufs:.1f} LUFS"
    return f"{name}  {level}{loudness}"


def _kit_lines(report: Report) -> list[tuple[str, str]]:
    kit = report.kit_model
    return [] if kit is None else [("Drums", f"split by {kit.name} ({kit.digest[:8]}), {kit.licence}")]


def _music_lines(report: Report) -> list[tuple[str, str]]:
    lines = []
    if report.analysis is not None and (tempo := report.analysis.tempo) is not None:
        lines.append(("Tempo", f"{tempo.bpm:.1f} BPM, confidence {tempo.confidence:.0%}"))
    if report.analysis is not None and (key := report.analysis.key) is not None:
        lines.append(("Key", f"{key.tonic} {key.mode} ({key.camelot}), confidence {key.confidence:.0%}"))
    return lines


def _time_line(report: Report) -> str:
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in report.seconds.items())
    total = sum(report.seconds.values())
    return f"{total:.2f} s on {report.device}, {report.real_time_factor:.1f}x real time ({stages})"


def _print(table: Table) -> None:
    if sys.stdout.isatty():
        Console(highlight=False).print(table)
        return
    text = StringIO()
    Console(file=text, width=_PIPE_WIDTH, highlight=False).print(table)
    typer.echo("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


def _residual(report: Report) -> str:
    if report.residual_db is not None:
        return f"{report.residual_db:.1f} dB"
    return "silence" if all(level.silent for level in report.stems) else "not all stems were computed"
