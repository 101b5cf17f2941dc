"""Taking events into their session: the hot path, and the rarer ways that an append can go."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS, Limits, next_due
from mediabeat.core.event import Event, EventType, parse_later
from mediabeat.core.event_codec import pack
from mediabeat.core.lifecycle import Action, decide_append, decide_close, liveness_of
from mediabeat.core.records import SESSION_ID, Head, Phase
from mediabeat.errors import InvalidInput, MediabeatError, Problem, SessionClosed, SessionUnknown, StorageUnavailable
from mediabeat.storage.session_store import NotAppended, Store

TRIES: Final = 50
"""Each try is lost only to somebody else's success on the same session, so to no more than are sent at the same time."""

MAX_EVENTS_A_REQUEST: Final = 100
"""More than a quarter of an hour of pings: who has more sends more often."""


def ingest(sid: str, event: Event, store: Store, limits: Limits, *, now: int) -> int:
    """Store an event of a session; once it returns, the event is durable. `now` is the server's clock, epoch milliseconds.

    Returns how often it had to try. A `sessionEnd` for a session that has ended is dropped in silence (source: Adobe). Raises
    SessionUnknown, SessionClosed, and StorageUnavailable with nothing acknowledged.
    """
    for tries in range(1, TRIES + 1):
        try:
            _append(sid, [event], store, now=now)
        except NotAppended as refusal:
            if refusal.head is None:
                raise SessionUnknown(f"no session {sid}") from None
            # A later call may have been quicker, or another server's clock be ahead: a session's own time never goes back.
            now = max(now, refusal.head.last_at)
            try:
                _append_otherwise(sid, event, refusal.head, store, limits, now=now)
            except NotAppended:
                continue
        return tries
    raise StorageUnavailable("other events of the same session were quicker")


def ingest_each(sid: str, values: Sequence[Any], store: Store, limits: Limits, *, now: int) -> list[MediabeatError | None]:
    """Store several events of a session, given as JSON values; return for each why it was refused, none if it is durable.

    Those that are valid go into an open session by one write. Raises InvalidInput for more than can come in one request.
    """
    if not 1 <= len(values) <= MAX_EVENTS_A_REQUEST:
        raise InvalidInput(Problem("body", f"must hold 1 to {MAX_EVENTS_A_REQUEST} events"))
    outcomes: dict[int, MediabeatError | None] = {}
    events: dict[int, Event] = {}
    for position, value in enumerate(values):
        try:
            events[position] = parse_later(value, f"[{position}].")
        except InvalidInput as error:
            outcomes[position] = error
    try:
        if events:
            _append(sid, events.values(), store, now=now)
        outcomes |= dict.fromkeys(events)
    except StorageUnavailable as error:
        outcomes |= dict.fromkeys(events, error)
    except NotAppended:
        outcomes |= _ingest_one_by_one(sid, events, store, limits, now)
    return [outcomes[position] for position in range(len(values))]


def _ingest_one_by_one(
    sid: str, events: Mapping[int, Event], store: Store, limits: Limits, now: int
) -> dict[int, MediabeatError | None]:
    outcomes: dict[int, MediabeatError | None] = {}
    for position, event in events.items():
        try:
            ingest(sid, event, store, limits, now=now)
        except StorageUnavailable as error:
            return dict.fromkeys(events, error) | outcomes  # nor would it take the rest, and the caller waits
        except MediabeatError as error:
            outcomes[position] = error
        else:
            outcomes[position] = None
    return outcomes


def _append(sid: str, events: Collection[Event], store: Store, *, now: int) -> None:
    """Store events by one write, in a session that is simply open.

    Raises NotAppended, and SessionUnknown for what is no session's id.
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
    """Do what the lifecycle says about an event whose session was not simply open.

    Raises NotAppended when the head allows a usual append after all: somebody else has just changed it.
    """
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
            raise SessionClosed("the session holds as many events as it can")
        case Action.WAIT:
            raise StorageUnavailable("the session is in a phase of a later release, which takes the repeat")
        case _:
            raise NotAppended(head)


def _append_past_mark(sid: str, event: Event, store: Store, limits: Limits, *, now: int) -> None:
    """Work out whether a session whose due mark has passed is alive; if so, take the event and move the mark."""
    stored = store.read_session(sid)
    if stored is None or stored.start is None:
        raise SessionUnknown(f"no session {sid}")
    if stored.head.phase is not Phase.OPEN or stored.head.due_at is None or stored.head.due_at > now:
        raise NotAppended(stored.head)  # somebody was quicker: look again
    over = decide_close(stored, limits, now=now)
    if over:
        reason, closed_at = over
        # For good, before saying so: a call that began earlier and is still under way would bring the session back to life.
        if not store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=stored.head):
            raise NotAppended(stored.head)
        raise SessionClosed(f"the session's time was up: {reason}")
    if event.type is EventType.SESSION_END:
        # Without this event, which may yet fail: a mark must not lie beyond what is stored.
        store.rearm(sid, due_at=next_due(liveness_of(stored), limits), seen=stored.head)
        raise NotAppended(stored.head)  # and now as usual
    due_at = next_due(liveness_of(stored, event, now=now), limits)
    store.append_past_mark(sid, {pack(event)}, due_at=due_at, seen=stored.head, now=now)
