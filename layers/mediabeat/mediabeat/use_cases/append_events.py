"""Appending events to their session: the hot path, and the rarer ways that an append can go."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS, Limits
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack
from mediabeat.core.records import Head
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
    Raises SessionUnknown, SessionClosed, CostsTooMuch, and StorageUnavailable with nothing acknowledged.
    """
    refusal = append_events(sid, [event], store, limits, now=now, on_retry=on_retry)[0]
    if refusal:
        raise refusal


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
    session. If the session does not take them so, its head decides about all of them. Raises CostsTooMuch with nothing stored.
    """
    outcomes: dict[int, MediabeatError | None] = {
        position: one for position, one in enumerate(events) if isinstance(one, MediabeatError)
    }
    left = {position: _with_arrival(one, sid, now) for position, one in enumerate(events) if isinstance(one, Event)}
    try:
        for attempt in range(MAX_ATTEMPTS):
            if not left:
                break
            if attempt:
                on_retry()
            try:
                _append(sid, left.values(), store, limits, now=now)
                outcomes |= dict.fromkeys(left)
                break
            except NotAppended as refusal:
                if refusal.head is None:
                    raise SessionUnknown(f"no session {sid}") from None
                # A later request may have been faster, or another server's clock may be ahead: a session's time never goes back.
                now = max(now, refusal.head.last_at)
                outcomes |= _append_some(sid, left, refusal.head, store, limits, now=now)
            left = {position: event for position, event in left.items() if position not in outcomes}
        else:
            raise StorageUnavailable("other events of the same session were faster")
    except (StorageUnavailable, SessionUnknown) as error:
        # The rest would fail too, and the player is waiting.
        outcomes |= {position: error for position in left if position not in outcomes}
    return [outcomes[position] for position in range(len(events))]


def _append_some(
    sid: str, events: Mapping[int, Event], head: Head, store: Store, limits: Limits, *, now: int
) -> dict[int, MediabeatError | None]:
    """Return the outcomes of those events that the head decides about. The usual append may be tried for the others."""
    # Imported here: the usual append succeeds, and a cold start should not pay for the other ways.
    from mediabeat.core.lifecycle import Action, decide_append, over_by_head

    outcomes: dict[int, MediabeatError | None] = {}
    stragglers: dict[int, Event] = {}
    for position, event in events.items():
        match decide_append(event, head, limits, now=now):
            case Action.IGNORE:
                outcomes[position] = None
            case Action.REFUSE:
                outcomes[position] = SessionClosed("the session has ended")
            case Action.REFUSE_FULL:
                outcomes[position] = SessionClosed("the session is full")
            case Action.WAIT:
                raise StorageUnavailable("the session is in a phase of a later release, which takes the repeat")
            case Action.CLOSE_AND_REFUSE if over := over_by_head(head, limits, now=now):
                reason, closed_at = over
                # Close first: an earlier request that is still running could otherwise bring the session back to life.
                is_closed = store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=head)
                return dict.fromkeys(events, SessionClosed(f"the session's time was up: {reason}")) if is_closed else {}
            case Action.APPEND_STRAGGLER:
                stragglers[position] = event
    if stragglers:
        with suppress(NotAppended):  # another request has just changed the head
            store.append_stragglers(sid, set(map(pack, stragglers.values())), now=now)
            outcomes |= dict.fromkeys(stragglers)
    return outcomes


def _with_arrival(event: Event, sid: str, now: int) -> Event:
    return event._replace(arrived_at=arrival_to_keep(sid, event.ts, now))


def _append(sid: str, events: Collection[Event], store: Store, limits: Limits, *, now: int) -> None:
    """Store events by one write, in a session that is open and to which no time-out applies.

    Raises NotAppended, and SessionUnknown for a text that is not a session's id.
    """
    if not SESSION_ID.fullmatch(sid):
        raise SessionUnknown(f"no session {sid}")
    packed = {pack(event) for event in events}
    ends = [event.ts for event in events if event.type is EventType.SESSION_END]
    if ends:
        store.append_last(sid, packed, limits, ended_ts=max(ends), due_at=now + LATE_EVENT_GRACE_MS, now=now)
    else:
        store.append(sid, packed, limits, now=now)
