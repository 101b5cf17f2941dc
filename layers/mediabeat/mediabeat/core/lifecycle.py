"""The life of a session: its phases, what may happen in each, and when it closes.

`LIFE` is the one table of these rules. `append_events` and `close_sessions` act on what it says, and the diagram in
ARCHITECTURE.md is made from it. The rules behind it:

* A session is open until its due mark. Before the mark no time-out can apply, so an append checks the mark and nothing else.
* After the mark, an event or the closer, whichever comes first, folds the stored events. It closes the session or moves the mark.
* After `sessionEnd`, events that were sent before it are still accepted for 30 seconds. Players send in parallel and retry.
* A closed session accepts nothing. A second `sessionEnd` is ignored, because Adobe's API answers it like the first.
* A full session accepts its `sessionEnd` only.

Every ingest function loads this module, so it imports the fold only where a session is measured.
"""

from enum import Enum
from typing import Final, NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits, Liveness, close_reason
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import is_full, is_known, type_of, unpack
from mediabeat.core.records import Head, Phase, StoredSession


class Cause(Enum):
    """What can happen to a session; the value is its label in the diagram."""

    SESSION_START = "sessionStart"
    DOWNLOADED_SESSION = "a downloaded session"
    EVENT = "an event"
    EVENT_PAST_MARK = "an event after the due mark"
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
    CHECK_TIME_OUTS = "fold the stored events, then close the session or append and move the mark"
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
    (Phase.OPEN, Cause.EVENT_PAST_MARK): Step(Action.CHECK_TIME_OUTS, Phase.OPEN),
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


def decide_append(event: Event, head: Head, *, now: int) -> Action:
    """Return what to do with an event that arrives at `now` (epoch milliseconds), given the head of its session."""
    if is_full(head.weight) and event.type is not EventType.SESSION_END:
        return Action.REFUSE_FULL
    if not head.phase.is_known:
        return Action.WAIT
    return LIFE[head.phase, _cause_of(event, head, now)].action


def _cause_of(event: Event, head: Head, now: int) -> Cause:
    if head.phase is Phase.OPEN and (head.due_at is None or head.due_at <= now):
        return Cause.EVENT_PAST_MARK
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


def decide_close(stored: StoredSession, limits: Limits, *, now: int) -> tuple[CloseReason, int] | None:
    """Return why a session that is past its due mark is over, and since when (epoch milliseconds). None if it goes on."""
    cause, found = _closing_cause(stored, limits, now)
    return found if LIFE[stored.head.phase, cause].action is Action.CLOSE else None


def _closing_cause(stored: StoredSession, limits: Limits, now: int) -> tuple[Cause, tuple[CloseReason, int] | None]:
    head = stored.head
    if head.phase is Phase.ENDED:
        return Cause.GRACE_OVER, (CloseReason.SESSION_END, head.last_at if head.ended_at is None else head.ended_at)
    found = close_reason(liveness_of(stored), limits, now=now)
    if found is None:
        return Cause.NO_TIME_OUT, None
    is_complete = any(type_of(event) is EventType.SESSION_COMPLETE for event in filter(is_known, stored.events))
    return Cause.TIME_OUT, (CloseReason.COMPLETED, found[1]) if is_complete else found


def liveness_of(stored: StoredSession, arriving: Event | None = None, *, now: int | None = None) -> Liveness:
    """Return what the time-outs depend on. An event that is `arriving` counts as if it were stored.

    The time-outs use the server's clock, but only the player's clock tells when the playhead moved. That time is corrected by
    the skew measured at the start, and limited to the time between the start and the last arrival.
    """
    from mediabeat.core.session import fold

    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    started_at = stored.start.started_at
    events = [*map(unpack, filter(is_known, stored.events)), *([arriving] if arriving else [])]
    session = fold(events, ts_skew=stored.start.ts_skew)
    last_at = stored.head.last_at if now is None else max(now, stored.head.last_at)
    moved_at = min(max(session.moved_ts + stored.start.ts_skew, started_at), last_at)
    return Liveness(started_at, last_at, moved_at)
