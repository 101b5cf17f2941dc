"""The three time-outs of the Media Collection API, and the units of time.

Source: Adobe's Media Collection API documentation. Time-outs use the server's clock; callers pass the time in.
"""

from typing import Final, NamedTuple

from mediabeat.core.stored_forms import StoredWord

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LATE_EVENT_GRACE_MS: Final = 30_000
"""For this long after `sessionEnd`, events that were sent before it are accepted: players send in parallel and retry."""


class CloseReason(StoredWord):
    """Why a session was closed."""

    SESSION_END = "session_end"
    COMPLETED = "completed"
    NO_EVENTS = "no_events"
    NO_PLAYHEAD_PROGRESS = "no_playhead_progress"
    MAX_AGE = "max_age"


class Limits(NamedTuple):
    """How long a session may last without an event, without a movement of its playhead, and in total. Milliseconds."""

    quiet_ms: int = 10 * MINUTE_MS
    stuck_ms: int = 30 * MINUTE_MS
    max_age_ms: int = 24 * HOUR_MS


class Liveness(NamedTuple):
    """When a session started, sent its last event, and last moved its playhead. Epoch milliseconds, server's clock."""

    started_at: int
    last_at: int
    moved_at: int


def next_due(life: Liveness, limits: Limits) -> int:
    """Return when the first time-out applies, in epoch milliseconds, if no event arrives before."""
    return _first_time_out(life, limits)[0]


def close_reason(life: Liveness, limits: Limits, *, now: int) -> tuple[CloseReason, int] | None:
    """Return which time-out applied by now, and when (epoch milliseconds). None if the session goes on."""
    applied_at, reason = _first_time_out(life, limits)
    return (reason, applied_at) if applied_at <= now else None


def _first_time_out(life: Liveness, limits: Limits) -> tuple[int, CloseReason]:
    return min(
        (life.last_at + limits.quiet_ms, CloseReason.NO_EVENTS),
        (life.moved_at + limits.stuck_ms, CloseReason.NO_PLAYHEAD_PROGRESS),
        (life.started_at + limits.max_age_ms, CloseReason.MAX_AGE),
    )
