"""Appending events to their session: the hot path, and the rarer ways that an append can go."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS, Limits, next_due
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack
from mediabeat.core.records import Head, Phase
from mediabeat.core.session_id import SESSION_ID, arrival_to_keep
from mediabeat.errors import MediabeatError, SessionClosed, SessionUnknown, StorageUnavailable
from mediabeat.storage.session_store import NotAppended, Store

MAX_ATTEMPTS: Final = 50
"""An attempt fails only when a concurrent request for the same session succeeds.

So the number of attempts is bounded by the number of concurrent requests.
"""


def append_event(
    sid: str, event: Event, store: Store, limits: Limits, *, now: int, on_retry: Callable[[], None] = lambda: None
) -> None:
    """Store an event of a session; once this returns, the event is durable. `now` is the server's clock, epoch milliseconds.

    Ignores a `sessionEnd` for a session that has ended (source: Adobe). Calls `on_retry` before each attempt but the first.
    Raises SessionUnknown, SessionClosed, and StorageUnavailable with nothing acknowledged.
    """
    event = _with_arrival(event, sid, now)
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            on_retry()
        try:
            _append(sid, [event], store, now=now)
        except NotAppended as refusal:
            if refusal.head is None:
                raise SessionUnknown(f"no session {sid}") from None
            # A later request may have been faster, or another server's clock may be ahead: a session's own time never goes back.
            now = max(now, refusal.head.last_at)
            try:
                _append_otherwise(sid, event, refusal.head, store, limits, now=now)
            except NotAppended:
                continue
        return
    raise StorageUnavailable("other events of the same session were faster")


def append_events(
    sid: str,
    events: Sequence[Event | MediabeatError],
    store: Store,
    limits: Limits,
    *,
    now: int,
    on_retry: Callable[[], None] = lambda: None,
) -> list[MediabeatError | None]:
    """Store several events of a session; return for each why it was refused, or None if it is durable.

    An event that could not be parsed comes as its error, and is returned as that. One write appends all others to an open
    session.
    """
    outcomes: dict[int, MediabeatError | None] = {
        position: one for position, one in enumerate(events) if isinstance(one, MediabeatError)
    }
    valid = {position: _with_arrival(one, sid, now) for position, one in enumerate(events) if isinstance(one, Event)}
    try:
        if valid:
            _append(sid, valid.values(), store, now=now)
        outcomes |= dict.fromkeys(valid)
    except StorageUnavailable as error:
        outcomes |= dict.fromkeys(valid, error)
    except NotAppended:
        outcomes |= _append_one_by_one(sid, valid, store, limits, now, on_retry)
    return [outcomes[position] for position in range(len(events))]


def _append_one_by_one(
    sid: str, events: Mapping[int, Event], store: Store, limits: Limits, now: int, on_retry: Callable[[], None]
) -> dict[int, MediabeatError | None]:
    outcomes: dict[int, MediabeatError | None] = {}
    for position, event in events.items():
        try:
            append_event(sid, event, store, limits, now=now, on_retry=on_retry)
        except StorageUnavailable as error:
            # The table is refusing writes. Stop here: the remaining events would fail too, and the player is waiting.
            return dict.fromkeys(events, error) | outcomes
        except MediabeatError as error:
            outcomes[position] = error
        else:
            outcomes[position] = None
    return outcomes


def _with_arrival(event: Event, sid: str, now: int) -> Event:
    return event._replace(arrived_at=arrival_to_keep(sid, event.ts, now))


def _append(sid: str, events: Collection[Event], store: Store, *, now: int) -> None:
    """Store events by one write, in a session that is open and not past its due mark.

    Raises NotAppended, and SessionUnknown for a text that is not a session's id.
    """
    if not SESSION_ID.fullmatch(sid):
        raise SessionUnknown(f"no session {sid}")
    packed = {pack(event) for event in events}
    ends = [event.ts for event in events if event.type is EventType.SESSION_END]
    if ends:
        store.append_last(sid, packed, ended_ts=max(ends), due_at=now + LATE_EVENT_GRACE_MS, now=now)
    else:
        store.append(sid, packed, now=now)


def _append_otherwise(sid: str, event: Event, head: Head, store: Store, limits: Limits, *, now: int) -> None:
    """Do what the lifecycle says about an event that the usual append did not store.

    Raises NotAppended when the head allows a usual append after all: another request has just changed it.
    """
    # Imported here: the usual append succeeds, and a cold start should not pay for the other ways.
    from mediabeat.core.lifecycle import Action, decide_append

    match decide_append(event, head, now=now):
        case Action.IGNORE:
            return
        case Action.CHECK_TIME_OUTS:
            _append_past_mark(sid, event, store, limits, now=now)
        case Action.APPEND_STRAGGLER:
            store.append(sid, {pack(event)}, now=now, to=Phase.ENDED)
        case Action.REFUSE:
            raise SessionClosed("the session has ended")
        case Action.REFUSE_FULL:
            raise SessionClosed("the session is full")
        case Action.WAIT:
            raise StorageUnavailable("the session is in a phase of a later release, which takes the repeat")
        case _:
            raise NotAppended(head)


def _append_past_mark(sid: str, event: Event, store: Store, limits: Limits, *, now: int) -> None:
    """Append an event to a session whose due mark has passed and move the mark, or close the session if a time-out applies."""
    from mediabeat.core.lifecycle import decide_close, liveness_of

    stored = store.read_session(sid)
    if stored is None or stored.start is None:
        raise SessionUnknown(f"no session {sid}")
    if stored.head.phase is not Phase.OPEN or stored.head.due_at is None or stored.head.due_at > now:
        raise NotAppended(stored.head)  # another request was faster: start again
    over = decide_close(stored, limits, now=now)
    if over:
        reason, closed_at = over
        # Close before refusing: an earlier request that is still running could otherwise bring the session back to life.
        if not store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=stored.head):
            raise NotAppended(stored.head)
        raise SessionClosed(f"the session's time was up: {reason}")
    if event.type is EventType.SESSION_END:
        # Compute the mark without this event. The event may still fail to be stored, and the mark must never be later than the
        # stored events justify.
        store.rearm(sid, due_at=next_due(liveness_of(stored), limits), seen=stored.head)
        raise NotAppended(stored.head)  # the next attempt is a usual append
    due_at = next_due(liveness_of(stored, event, now=now), limits)
    store.append_past_mark(sid, {pack(event)}, due_at=due_at, seen=stored.head, now=now)
