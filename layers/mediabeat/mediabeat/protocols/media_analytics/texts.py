"""Texts in answers to queries: a number, a masked viewer, a date, a playhead."""

import zlib
from datetime import UTC, datetime

from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.records import ListEntry


def number_of(entry: ListEntry) -> str:
    """Return a session's number: fixed, and larger for newer sessions. A checksum of the ids orders those of one millisecond."""
    return str(entry.started_at * 1_000 + zlib.crc32(entry.sid.encode()) % 1_000)


def masked(viewer: str) -> str:
    """Return a UUID of which only the first and the last group can be read."""
    first, *_, last = viewer.split("-") if viewer.count("-") == 4 else ("****", "****")
    return f"{first}-****-****-****-{last}"


def date_text(at_ms: int) -> str:
    """Return a moment as `YYYY-MM-DD HH:mm:ss` UTC. A moment outside the years 1970 to 9999 becomes the nearest one within."""
    return datetime.fromtimestamp(min(max(0, at_ms), MAX_TS_MS) // 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def video_time(playhead_s: float) -> str:
    """Return a playhead as `HH:MM:SS`."""
    whole = max(0, int(playhead_s))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
