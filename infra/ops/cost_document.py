"""The computed tables of ``docs/costs.md``: ``python -m infra.ops.cost_document`` writes them anew."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scaling_times import ServiceTimes
from infra.ops.cost import HOURS_PER_MONTH, Estimate, Usage, estimate
from infra.ops.prices import Prices
from infra.settings import Settings, WarmHours

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "costs.md"
SONGS = (10, 1_000, 100_000)
_MARK = re.compile(r"(?<=<!-- computed -->\n).*?(?=<!-- end -->)", re.DOTALL)
_OFFICE_HOURS = 40 * HOURS_PER_MONTH / (7 * 24)


def render(prices: Prices, times: ServiceTimes) -> str:
    """All computed tables as Markdown."""
    settings = Settings()
    months = {songs: estimate(settings, Usage(songs=songs), prices, times) for songs in SONGS}
    work = months[SONGS[0]].busy_seconds_per_song
    parts = [
        f"Prices of {prices.region}, {prices.date}.",
        f"Work per song of 3.5 minutes: {work:.0f} s on {times.hardware}; {times.status}.",
        _months(months),
        _idle(estimate(settings, Usage(songs=0), prices, times)),
        _levers(prices, times),
    ]
    return "\n" + "\n\n".join(parts) + "\n\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([_row(head), "|---|" + "---:|" * (len(head) - 1), *map(_row, rows)])


def _months(months: dict[int, Estimate]) -> str:
    names = list(dict.fromkeys(line.name for month in months.values() for line in month.lines))
    rows = [
        [
            name,
            *(
                f"{sum(line.usd for line in month.lines if line.name == name):,.2f}"
                for month in months.values()
            ),
        ]
        for name in names
    ]
    rows += [
        ["**total, US$ a month**", *(f"**{month.total:,.2f}**" for month in months.values())],
        ["**US$ per song**", *(f"**{month.total / songs:.4f}**" for songs, month in months.items())],
        ["GPU hours", *(f"{month.gpu_hours:,.1f}" for month in months.values())],
        ["cold starts", *(f"{month.cold_starts:,.0f}" for month in months.values())],
    ]
    return _table(["songs a month", *(f"{songs:,}" for songs in months)], rows)


def _idle(month: Estimate) -> str:
    lines = ", ".join(f"{line.name} {line.usd:.2f}" for line in month.lines if line.usd >= 0.005)
    return f"A month without any song: {month.total:.2f}, of it GPU {month.gpu_hours:.0f} hours ({lines})."


def _levers(prices: Prices, times: ServiceTimes) -> str:
    office = WarmHours.model_validate({"start": "09:00", "end": "17:00"})
    changes: dict[str, tuple[Settings, dict[str, object]]] = {
        "defaults": (Settings(), {}),
        "`idle_minutes` 2": (Settings(idle_minutes=2), {}),
        "`idle_minutes` 15": (Settings(idle_minutes=15), {}),
        "`warm_hours` 9 to 17, five days": (Settings(warm_hours=office), {"active_hours": _OFFICE_HOURS}),
        "the same hours without `warm_hours`": (Settings(), {"active_hours": _OFFICE_HOURS}),
        "`waf_enabled` false": (Settings(waf_enabled=False), {}),
        "MP3 instead of WAV": (Settings(), {"format": "mp3"}),
        "FLAC instead of WAV": (Settings(), {"format": "flac"}),
        "kept for 168 h": (Settings(), {"retention_hours": 168}),
    }
    rows = [
        [name, *(f"{estimate(settings, _usage(songs, usage), prices, times).total:,.2f}" for songs in SONGS)]
        for name, (settings, usage) in changes.items()
    ]
    return _table(["US$ a month with", *(f"{songs:,} songs" for songs in SONGS)], rows)


def _usage(songs: int, changes: dict[str, object]) -> Usage:
    return Usage(songs=songs, **changes)  # type: ignore[arg-type] # literals above


def update(text: str, tables: str) -> str:
    """The document with other tables between its marks."""
    return _MARK.sub(lambda _: tables, text)


def main() -> int:
    """Write the tables of today's prices and service times."""
    tables = render(Prices.load(), ServiceTimes.load())
    DOCUMENT.write_text(update(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
