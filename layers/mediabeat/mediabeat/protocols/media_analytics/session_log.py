"""A session's log in replies: its lines, and how dates, playheads and viewers are written there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from typing_extensions import TypedDict

from mediabeat.core.action_log import Action, LogLine
from mediabeat.core.event import SECONDS_PER_DAY
from mediabeat.core.records import on_server_clock


class SessionLogLine(TypedDict):
    """One action; `actionDuration` in milliseconds, dates in UTC, the viewer masked."""

    logDate: str
    videoTime: str
    actionType: Action
    actionDuration: int
    uuid: str


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


def masked(viewer: str) -> str:
    """Return a UUID of which only the first and the last group can be read."""
    first, *_, last = viewer.split("-")
    return f"{first}-****-****-****-{last}"


def date_text(at_ms: int) -> str:
    """Return a moment as `YYYY-MM-DD HH:mm:ss` UTC."""
    days, second = divmod(at_ms // 1_000, SECONDS_PER_DAY)
    return f"{_day_text(days)} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@lru_cache(maxsize=64)  # a list has thousands of dates, of a few days
def _day_text(days: int) -> str:
    return datetime.fromtimestamp(days * SECONDS_PER_DAY, UTC).strftime("%Y-%m-%d")


def video_time(playhead_s: float) -> str:
    """Return a playhead as `HH:MM:SS`."""
    whole = max(0, int(playhead_s))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
