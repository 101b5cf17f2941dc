"""What the time-outs depend on: from the head of a session alone, at a cost that no session can raise, or from all its events.

The head keeps what the last look knew: when the session began, when the playhead last moved, and where it was then. The tail has
newer events. Together they prove that a session is quiet, is too old, or moves. They cannot prove that its playhead stands
still, because events between the last look and the tail are in pages. Only all events together prove that.
"""

from collections.abc import Iterable
from typing import NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits, Liveness, next_due
from mediabeat.core.event import Event
from mediabeat.core.event_codec import is_known, place_of, unpack
from mediabeat.core.records import Head, StoredSession


class Mark(NamedTuple):
    """A new due mark, and what the look that sets it knew. Epoch milliseconds, server's clock."""

    due_at: int
    began_at: int
    moved_at: int
    playhead: float


def over_by_head(head: Head, limits: Limits, *, now: int) -> tuple[CloseReason, int] | None:
    """Return why an open session is over and since when (epoch milliseconds), if its head alone proves that."""
    struck = [(head.last_at + limits.quiet_ms, CloseReason.NO_EVENTS)]
    if head.began_at is not None:
        struck.append((head.began_at + limits.max_age_ms, CloseReason.MAX_AGE))
    at, reason = min(struck)
    return (reason, at) if at <= now else None


def mark_by_head(head: Head, tail: Iterable[bytes], arriving: Event | None, limits: Limits, *, now: int) -> Mark | None:
    """Return the next due mark if the head, its tail and an event that arrives at `now` prove that the session is alive.

    None in doubt, and for a head that lacks what the last look knew. The distance on the player's clock is counted back from the
    newest event. An event that is not the newest is late, or the player's clock was set back: if it brings a playhead that was
    not there before, the playhead moved now.
    """
    if head.began_at is None or head.moved_at is None or head.playhead is None:
        return None
    known = [place_of(event) for event in tail if is_known(event)]
    places = sorted([*known, (arriving.ts, arriving.playhead)] if arriving else known)
    last_at = now if arriving else head.last_at
    moved_at, playhead = head.moved_at, head.playhead
    for ts, there in places:
        if there != playhead:
            playhead, moved_at = there, max(head.moved_at, last_at - (places[-1][0] - ts))
    if arriving and arriving.ts < places[-1][0] and arriving.playhead not in {head.playhead, *(there for _, there in known)}:
        playhead, moved_at = arriving.playhead, now
    due_at = next_due(Liveness(head.began_at, last_at, moved_at), limits)
    return Mark(due_at, head.began_at, moved_at, playhead) if due_at > now else None


def liveness_of(stored: StoredSession) -> Liveness:
    """Return what the time-outs depend on, from all stored events.

    The time-outs use the server's clock, but only the player's clock tells when the playhead moved. That time is corrected by
    the skew measured at the start, and limited to the time between the start and the last arrival. What an earlier look saw
    counts too: a player whose clock was set back moved its playhead, whatever the order of its events says.
    """
    from mediabeat.core.session import fold

    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    started_at = stored.start.started_at
    session = fold(map(unpack, filter(is_known, stored.events)))
    moved_at = max(session.moved_ts + stored.start.ts_skew, started_at, stored.head.moved_at or 0)
    return Liveness(started_at, stored.head.last_at, min(moved_at, stored.head.last_at))


def mark_of(stored: StoredSession, limits: Limits) -> Mark:
    """Return the next due mark, from all stored events."""
    life = liveness_of(stored)
    _, playhead = max(map(place_of, filter(is_known, stored.events)))
    return Mark(next_due(life, limits), life.started_at, life.moved_at, playhead)
