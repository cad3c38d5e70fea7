"""Time: milliseconds inside, ISO 8601 outside."""

from datetime import UTC, datetime


def instant(milliseconds: int) -> datetime:
    """UTC time of milliseconds since the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch of a moment."""
    return int(moment.timestamp() * 1000)


def utc_day(milliseconds_since_epoch: int) -> str:
    """UTC day, ``YYYY-MM-DD``."""
    return instant(milliseconds_since_epoch).strftime("%Y-%m-%d")
