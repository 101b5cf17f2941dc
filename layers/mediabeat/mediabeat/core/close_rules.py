"""When a session is over: the closing rules of the Media Collection API, on the server's clock.

Source: Adobe's Media Collection API documentation. The time is always passed in.
"""

from typing import Final, NamedTuple

from mediabeat.core.stored_forms import StoredWord

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

LATE_EVENT_GRACE_MS: Final = 30_000
"""After `sessionEnd`, events of before it are still taken for this long: clients send in parallel, and retry."""


class CloseReason(StoredWord):
    """Why a session is closed."""

    SESSION_END = "session_end"
    COMPLETED = "completed"
    NO_EVENTS = "no_events"
    NO_PLAYHEAD_PROGRESS = "no_playhead_progress"
    MAX_AGE = "max_age"


class Limits(NamedTuple):
    """How long a session may go on: without an event, without its playhead moving, at all. Milliseconds."""

    quiet_ms: int = 10 * MINUTE_MS
    stuck_ms: int = 30 * MINUTE_MS
    max_age_ms: int = 24 * HOUR_MS


class Liveness(NamedTuple):
    """What the rules look at: when the session began, was last heard of, and last moved. Epoch ms, server's clock."""

    started_at: int
    last_at: int
    moved_at: int


def next_due(life: Liveness, limits: Limits) -> int:
    """Return the first moment, in epoch milliseconds, at which a rule strikes if nothing comes in until then."""
    return _first_strike(life, limits)[0]


def close_reason(life: Liveness, limits: Limits, *, now: int) -> tuple[CloseReason, int] | None:
    """Return which rule has struck by now, and when (epoch milliseconds); none for a session that is alive."""
    struck_at, reason = _first_strike(life, limits)
    return (reason, struck_at) if struck_at <= now else None


def _first_strike(life: Liveness, limits: Limits) -> tuple[int, CloseReason]:
    return min(
        (life.last_at + limits.quiet_ms, CloseReason.NO_EVENTS),
        (life.moved_at + limits.stuck_ms, CloseReason.NO_PLAYHEAD_PROGRESS),
        (life.started_at + limits.max_age_ms, CloseReason.MAX_AGE),
    )
