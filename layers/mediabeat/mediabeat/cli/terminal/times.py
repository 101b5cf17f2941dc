"""Moments as people write them and as the code keeps them."""

from datetime import UTC, datetime


def epoch_ms(moment: datetime) -> int:
    """Return a moment in UTC, with or without its time zone, in epoch milliseconds."""
    return round(moment.replace(tzinfo=UTC).timestamp() * 1_000)


def utc(at_ms: int) -> str:
    """Return epoch milliseconds as a date and time in UTC, for a table."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
