"""The life of a session: its phases, what may happen in each, and when it closes.

`LIFE` is the one table of these rules. `append_events` and `close_sessions` act on what it says, and the diagram in
ARCHITECTURE.md is made from it. The rules behind it:

* An append's own conditions on the head say whether the session is silent or too old, so its cost does not depend on the session.
  It cannot prove that a playhead stands still. In doubt the session is alive, and the event is stored.
* No time-out applies before the due mark. Once it has passed, the closer looks within the minute: it closes the session or moves
  the mark. Only the closer moves it.
* After `sessionEnd`, events that were sent before it are still accepted for 30 seconds. Players send in parallel and retry.
* A closed session accepts nothing. A second `sessionEnd` is ignored, because Adobe's API answers it like the first.
* A full session accepts its `sessionEnd` only.

The head keeps what the last look knew: when the session began, when its playhead last moved, and where it was. The tail has newer
events. Together they can prove that a large session is alive. They cannot prove that its playhead stands still, because the
events between the last look and the tail are in pages.

An append loads this module only when it fails, so it imports the fold only where a session is measured.
"""

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits, Liveness, close_reason, next_due
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import has_place, is_full, is_known, is_line, place_of, type_of
from mediabeat.core.records import Head, Phase, StoredSession

if TYPE_CHECKING:
    from mediabeat.core.session import Session


class Cause(Enum):
    """What can happen to a session; the value is its label in the diagram."""

    SESSION_START = "sessionStart"
    DOWNLOADED_SESSION = "a downloaded session"
    EVENT = "an event"
    EVENT_TOO_LATE = "an event after ten quiet minutes, or a day"
    SESSION_END = "sessionEnd"
    REPEATED_END = "another sessionEnd"
    STRAGGLER = "a straggler within 30 s"
    NO_TIME_OUT = "the due mark passed without a time-out and is moved"
    TIME_OUT = "a time-out applied"
    GRACE_OVER = "30 s after sessionEnd, by the closer"
    RETENTION_OVER = "retention is over"


class Action(Enum):
    """What to do about a cause."""

    CREATE = "create the session"
    APPEND = "append the event"
    APPEND_END = "append the event and end the session"
    APPEND_STRAGGLER = "append the event to the ended session"
    CLOSE_AND_REFUSE = "close the session by what its head says, and refuse the event"
    IGNORE = "answer as if the event were stored"
    REFUSE = "refuse the event: the session is over"
    REFUSE_FULL = "refuse the event: the session is full"
    WAIT = "refuse the event for now: a later release knows the phase"
    MOVE_MARK = "move the due mark"
    CLOSE = "close the session"
    EXPIRE = "DynamoDB deletes the session"


class Step(NamedTuple):
    """An action and the phase after it; None means that there is no session."""

    action: Action
    leads_to: Phase | None


LIFE: Final = {
    (None, Cause.SESSION_START): Step(Action.CREATE, Phase.OPEN),
    (None, Cause.DOWNLOADED_SESSION): Step(Action.CREATE, Phase.CLOSED),
    (Phase.OPEN, Cause.EVENT): Step(Action.APPEND, Phase.OPEN),
    (Phase.OPEN, Cause.SESSION_END): Step(Action.APPEND_END, Phase.ENDED),
    (Phase.OPEN, Cause.EVENT_TOO_LATE): Step(Action.CLOSE_AND_REFUSE, Phase.CLOSED),
    (Phase.OPEN, Cause.NO_TIME_OUT): Step(Action.MOVE_MARK, Phase.OPEN),
    (Phase.OPEN, Cause.TIME_OUT): Step(Action.CLOSE, Phase.CLOSED),
    (Phase.ENDED, Cause.STRAGGLER): Step(Action.APPEND_STRAGGLER, Phase.ENDED),
    (Phase.ENDED, Cause.EVENT): Step(Action.REFUSE, Phase.ENDED),
    (Phase.ENDED, Cause.REPEATED_END): Step(Action.IGNORE, Phase.ENDED),
    (Phase.ENDED, Cause.GRACE_OVER): Step(Action.CLOSE, Phase.CLOSED),
    (Phase.CLOSED, Cause.EVENT): Step(Action.REFUSE, Phase.CLOSED),
    (Phase.CLOSED, Cause.SESSION_END): Step(Action.REFUSE, Phase.CLOSED),
    (Phase.CLOSED, Cause.REPEATED_END): Step(Action.IGNORE, Phase.CLOSED),
    (Phase.CLOSED, Cause.RETENTION_OVER): Step(Action.EXPIRE, None),
}
"""The phase of a session and what happens to it → what to do, and the phase after that."""

_CLOSING_TYPES: Final = frozenset(
    {
        EventType.AD_COMPLETE,
        EventType.AD_SKIP,
        EventType.AD_BREAK_COMPLETE,
        EventType.CHAPTER_COMPLETE,
        EventType.CHAPTER_SKIP,
        EventType.STATE_END,
        EventType.SESSION_COMPLETE,
    }
)
"""Players send these together with `sessionEnd`, so with the same `ts`."""


def decide_append(event: Event, head: Head, limits: Limits, *, now: int) -> Action:
    """Return what to do with an event that arrives at `now` (epoch milliseconds), given the head of its session."""
    if is_full(head.weight) and event.type is not EventType.SESSION_END:
        return Action.REFUSE_FULL
    if not head.phase.is_known:
        return Action.WAIT
    return LIFE[head.phase, _cause_of(event, head, limits, now)].action


def _cause_of(event: Event, head: Head, limits: Limits, now: int) -> Cause:
    if head.phase is Phase.OPEN and over_by_head(head, limits, now=now):
        return Cause.EVENT_TOO_LATE
    if event.type is EventType.SESSION_END:
        has_ended = head.phase is Phase.ENDED or head.close_reason is CloseReason.SESSION_END
        return Cause.REPEATED_END if has_ended else Cause.SESSION_END
    return Cause.STRAGGLER if head.phase is Phase.ENDED and is_straggler(event, head, now) else Cause.EVENT


def is_straggler(event: Event, ended: Head, now: int) -> bool:
    """Return whether an event was sent before its session's `sessionEnd` and arrives before the due mark.

    An event with the same `ts` as `sessionEnd` is accepted only if it closes an ad, a chapter, a state or the content.
    """
    if ended.ended_ts is None or ended.due_at is None or ended.due_at <= now:
        return False
    return event.ts < ended.ended_ts or (event.ts == ended.ended_ts and event.type in _CLOSING_TYPES)


def decide_close(
    stored: StoredSession, limits: Limits, *, now: int, folded: "Session | None" = None
) -> tuple[CloseReason, int] | None:
    """Return why a session that is past its due mark is over, and since when (epoch milliseconds). None if it goes on.

    `folded` is the fold of the stored events, if the caller has it.

    An event may have closed the session by its head. The stored events then tell the reason and the time.
    """
    head = stored.head
    if head.phase is Phase.CLOSED:
        known = None if head.close_reason is None or head.closed_at is None else (head.close_reason, head.closed_at)
        if head.began_at is None or head.ended_at is not None:
            return known
        return _closing_cause(stored, limits, now, folded)[1] or known
    cause, found = _closing_cause(stored, limits, now, folded)
    return found if LIFE[head.phase, cause].action is Action.CLOSE else None


def _closing_cause(
    stored: StoredSession, limits: Limits, now: int, folded: "Session | None"
) -> tuple[Cause, tuple[CloseReason, int] | None]:
    head = stored.head
    if head.phase is Phase.ENDED:
        return Cause.GRACE_OVER, (CloseReason.SESSION_END, head.last_at if head.ended_at is None else head.ended_at)
    found = close_reason(liveness_of(stored, folded), limits, now=now)
    if found is None:
        return Cause.NO_TIME_OUT, None
    is_complete = any(type_of(event) is EventType.SESSION_COMPLETE for event in filter(is_known, stored.events))
    if any(map(is_line, stored.events)):
        is_complete = (folded or _folded(stored)).is_complete
    return Cause.TIME_OUT, (CloseReason.COMPLETED, found[1]) if is_complete else found


CHECKPOINT_FROM: Final = 400
CHECKPOINT_STEP: Final = 240
"""Open sessions of this weight get a checkpoint, and a new one when they have grown by the step and by an eighth.

A list measures smaller ones itself. A checkpoint costs some 8 write units, and all of a session's fold 10 times its events.
"""


class Mark(NamedTuple):
    """A new due mark, and what the look that sets it knew. Epoch milliseconds, server's clock.

    `noted` is the session's weight if it got a checkpoint.
    """

    due_at: int
    began_at: int
    moved_at: int
    playhead: float
    noted: int | None = None


def over_by_head(head: Head, limits: Limits, *, now: int) -> tuple[CloseReason, int] | None:
    """Return why an open session is over and since when (epoch milliseconds), if its head alone proves that.

    Never before the due mark, not even with other limits than those that set it.
    """
    if head.due_at is not None and head.due_at > now:
        return None
    struck = [(head.last_at + limits.quiet_ms, CloseReason.NO_EVENTS)]
    if head.began_at is not None:
        struck.append((head.began_at + limits.max_age_ms, CloseReason.MAX_AGE))
    at, reason = min(struck)
    return (reason, at) if at <= now else None


def mark_by_head(head: Head, tail: Iterable[bytes], limits: Limits, *, now: int) -> Mark | None:
    """Return the next due mark of a large session if its head and its tail prove that it is alive.

    None in doubt, for a session that has to be measured, and for a head that lacks what the last look knew. The distance on the
    player's clock is counted back from the newest event.
    """
    if head.began_at is None or head.moved_at is None or head.playhead is None or has_to_be_measured(head):
        return None
    places = sorted(place_of(event) for event in tail if has_place(event))
    moved_at, playhead = head.moved_at, head.playhead
    for ts, there in places:
        if there != playhead:
            playhead, moved_at = there, max(head.moved_at, head.last_at - (places[-1][0] - ts))
    due_at = next_due(Liveness(head.began_at, head.last_at, moved_at), limits)
    return Mark(due_at, head.began_at, moved_at, playhead) if due_at > now else None


def is_large(head: Head) -> bool:
    """Return whether an open session gets checkpoints."""
    return head.weight >= CHECKPOINT_FROM


def has_to_be_measured(head: Head) -> bool:
    """Return whether a look folds all events of an open session: it is small, or has grown since its last checkpoint."""
    grown = head.weight - (head.noted or 0)
    return not is_large(head) or grown >= max(CHECKPOINT_STEP, head.weight // 8)


def liveness_of(stored: StoredSession, folded: "Session | None" = None) -> Liveness:
    """Return what the time-outs depend on, from all stored events.

    The time-outs use the server's clock, but only the player's clock tells when the playhead moved. That time is corrected by
    the skew measured at the start, and limited to the time between the start and the last arrival. What an earlier look saw
    counts too: a player whose clock was set back moved its playhead, whatever the order of its events says.
    """
    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    started_at = stored.start.started_at
    session = folded or _folded(stored)
    moved_at = max(session.moved_ts + stored.start.ts_skew, started_at, stored.head.moved_at or 0)
    return Liveness(started_at, stored.head.last_at, min(moved_at, stored.head.last_at))


def _folded(stored: StoredSession) -> "Session":
    from mediabeat.core.folding.log import fold_stored

    return fold_stored(stored)


def mark_of(stored: StoredSession, limits: Limits, folded: "Session | None" = None) -> Mark:
    """Return the next due mark, from all stored events."""
    life = liveness_of(stored, folded)
    _, playhead = max(map(place_of, filter(has_place, stored.events)))
    noted = stored.head.weight if is_large(stored.head) else None
    return Mark(next_due(life, limits), life.started_at, life.moved_at, playhead, noted)
