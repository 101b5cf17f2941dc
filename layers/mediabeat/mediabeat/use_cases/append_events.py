"""Taking events into their session: the hot path, and the rarer ways that an append can go."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS, CloseReason, Limits, next_due
from mediabeat.core.event import Event, EventType, parse_later
from mediabeat.core.event_codec import is_full, pack
from mediabeat.core.records import SESSION_ID, Head, Phase
from mediabeat.errors import InvalidInput, MediabeatError, Problem, SessionClosed, SessionUnknown, StorageUnavailable
from mediabeat.storage.session_store import NotAppended, Store

TRIES: Final = 50
"""Each try is lost only to somebody else's success on the same session, so to no more than are sent at the same time."""

MAX_EVENTS_A_REQUEST: Final = 100
"""More than a quarter of an hour of pings: who has more sends more often."""

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
    """Store an event whose session was not simply open, or say why it cannot be."""
    if is_full(head.taken) and event.type is not EventType.SESSION_END:
        raise SessionClosed("the session holds as many events as it can")
    match head.phase:
        case Phase.OPEN if head.due_at is not None and head.due_at > now:
            raise NotAppended(head)  # it was only later than this call took it to be
        case Phase.OPEN:
            _append_past_mark(sid, event, store, limits, now=now)
        case phase if not phase.is_known:
            raise StorageUnavailable("the session is in a phase of a later release, which takes the repeat")
        case Phase.ENDED if event.type is EventType.SESSION_END:
            return  # dropped in silence
        case Phase.ENDED if is_straggler(event, head, now):
            store.append(sid, {pack(event)}, now=now, to=Phase.ENDED)
        case Phase.CLOSED if event.type is EventType.SESSION_END and head.close_reason is CloseReason.SESSION_END:
            return
        case _:
            raise SessionClosed("the session has ended")


def is_straggler(event: Event, ended: Head, now: int) -> bool:
    """Say whether an event that comes after its session's `sessionEnd`, and not too late, was sent before it.

    Players send in parallel, so neighbours arrive swapped. Of the very moment of the end only what closes something counts.
    """
    if ended.ended_ts is None or ended.due_at is None or ended.due_at <= now:
        return False
    return event.ts < ended.ended_ts or (event.ts == ended.ended_ts and event.type in _CLOSING_TYPES)


def _append_past_mark(sid: str, event: Event, store: Store, limits: Limits, *, now: int) -> None:
    """Work out whether a session whose due mark has passed is alive; if so, take the event and move the mark."""
    # Rare, and all that measures a session comes with it: no cold start should pay for that.
    from mediabeat.core.summary import liveness_of
    from mediabeat.use_cases.close_sessions import verdict

    stored = store.read_session(sid)
    if stored is None or stored.start is None:
        raise SessionUnknown(f"no session {sid}")
    if stored.head.phase is not Phase.OPEN or stored.head.due_at is None or stored.head.due_at > now:
        raise NotAppended(stored.head)  # somebody was quicker: look again
    over = verdict(stored, limits, now=now)
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
