"""Texts in answers to queries: the lines of a log, a number, a masked viewer, a date, a playhead."""

import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from typing_extensions import TypedDict

from mediabeat.core.action_log import Action, LogLine
from mediabeat.core.event import MAX_TS_MS, SECONDS_PER_DAY
from mediabeat.core.folding.interruptions import Interruption, InterruptionType
from mediabeat.core.records import ListEntry, on_server_clock


class SessionLogLine(TypedDict):
    """One action; `actionDuration` in milliseconds, dates in UTC, the viewer masked."""

    logDate: str
    videoTime: str
    actionType: Action
    actionDuration: int
    uuid: str


class InterruptionLine(TypedDict):
    """One interruption; `actionDuration` in milliseconds, the date in UTC: when it ended."""

    logDate: str
    videoTime: str
    actionType: InterruptionType
    actionDuration: int


def interruption_lines(interruptions: Sequence[Interruption], ts_skew: int) -> list[InterruptionLine]:
    """Return what kept the viewer from the content; durations in milliseconds."""
    return [
        {
            "logDate": date_text(on_server_clock(at_ms, ts_skew)),
            "videoTime": video_time(playhead_s),
            "actionType": kind,
            "actionDuration": duration_ms,
        }
        for at_ms, playhead_s, kind, duration_ms in interruptions
    ]


def log_lines(log: Sequence[LogLine], viewer: str, ts_skew: int) -> list[SessionLogLine]:
    """Return the lines of a session's log; durations in milliseconds."""
    uuid = masked(viewer)
    return [
        {
            "logDate": date_text(on_server_clock(at_ms, ts_skew)),
            "videoTime": video_time(playhead_s),
            "actionType": action,
            "actionDuration": duration_ms,
            "uuid": uuid,
        }
        for at_ms, playhead_s, action, duration_ms in log
    ]


def number_of(entry: ListEntry) -> str:
    """Return a session's number: fixed, and larger for newer sessions. A checksum of the ids orders those of one millisecond."""
    return str(entry.started_at * 1_000 + zlib.crc32(entry.sid.encode()) % 1_000)


def masked(viewer: str) -> str:
    """Return a UUID of which only the first and the last group can be read."""
    first, *_, last = viewer.split("-") if viewer.count("-") == 4 else ("****", "****")
    return f"{first}-****-****-****-{last}"


def date_text(at_ms: int) -> str:
    """Return a moment as `YYYY-MM-DD HH:mm:ss` UTC. A moment outside the years 1970 to 9999 becomes the nearest one within."""
    days, second = divmod(min(max(0, at_ms), MAX_TS_MS) // 1_000, SECONDS_PER_DAY)
    return f"{_day_text(days)} {_clock_text(second)}"


# A list has thousands of dates and playheads, and few days and seconds of a day.
@lru_cache(maxsize=64)
def _day_text(days: int) -> str:
    return datetime.fromtimestamp(days * SECONDS_PER_DAY, UTC).strftime("%Y-%m-%d")


def video_time(playhead_s: float) -> str:
    """Return a playhead as `HH:MM:SS`."""
    return _clock_text(max(0, int(playhead_s)))


@lru_cache(maxsize=8_192)
def _clock_text(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
