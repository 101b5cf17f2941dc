"""What has to hold of every history. Each check yields a sentence for each time that it does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack, unpack
from mediabeat.core.lifecycle import is_straggler
from mediabeat.core.records import Phase, StoredSession
from mediabeat.core.rollups.figures import Figures
from mediabeat.core.rollups.measured import measured
from mediabeat.core.session import fold
from mediabeat.core.summary import Summary, summarize
from mediabeat.errors import StorageUnavailable
from mediabeat.storage import session_items
from mediabeat.storage.checkpoints import measured_key, measured_of
from mediabeat.storage.viewer_items import viewer_items
from tests.faults.history import Arrival, Call, History, Kind, Truth, is_session

Check = Callable[[History], Iterator[str]]


def sessions(history: History) -> dict[str, StoredSession]:
    """Return what is stored of each session that has a head or a start."""
    read = {pk: session_items.stored_session_from(pk, items) for pk, items in history.items.items() if is_session(pk)}
    return {sid: stored for sid, stored in read.items() if stored is not None}


def acknowledged_events_are_stored_and_folded_once(history: History) -> Iterator[str]:
    """A 204 means: in the log, and in the fold once. A further `sessionEnd` is dropped: then the one before is there."""
    stored = sessions(history)
    for call in history.calls:
        if not call.is_good or not call.events:
            continue
        log = stored[call.sid].events if call.sid in stored else frozenset()
        if call.kind is Kind.EVENT and call.event.type is EventType.SESSION_END:
            if not any(unpack(event).type is EventType.SESSION_END for event in log):
                yield f"{call.actor}'s sessionEnd was acknowledged at {call.ended_step}, and there is none in the log"
            continue
        missing = [event for event in call.events if pack(event) not in log]
        if missing:
            yield f"{call.actor}'s {missing[0].type} was acknowledged at {call.ended_step} and is not in the log"
            continue
        folded = Counter(event.ts for event in fold(map(unpack, log)).events if event in call.events)
        if any(folded[event.ts] != sum(other.ts == event.ts for other in set_of(call)) for event in call.events):
            yield f"{call.actor}'s events of {call.ended_step} are not in the fold once"


def set_of(call: Call) -> list[Event]:
    """Return the distinct events of a call."""
    distinct = {pack(event): event for event in call.events}
    return list(distinct.values())


def nothing_is_stored_that_was_refused_or_never_sent(history: History) -> Iterator[str]:
    """In the log is what took effect. A call that is refused stored nothing, unless the answer of that write was lost."""
    for sid, stored in sessions(history).items():
        if sid not in history.truths:
            continue
        truth = history.truths[sid]
        for event in stored.events - truth.stored.events:
            yield f"{unpack(event).type} of {sid[:6]} is in the log, and no write brought it"
        for event in truth.stored.events - stored.events:
            yield f"{unpack(event).type} of {sid[:6]} is not in the log any more"
        for arrival in truth.arrivals:
            if not arrival.lost and arrival.call.status is not None and 400 <= arrival.call.status < 500:
                yield f"{arrival.call.actor}'s event was stored at {arrival.step}, yet refused at {arrival.call.ended_step}"


def only_live_sessions_take_events(history: History) -> Iterator[str]:
    """At each write, by its call's clock, no time-out had struck, and after `sessionEnd` came stragglers only.

    That a playhead stands still is for a closer to find out.
    """
    for truth in history.truths.values():
        for arrival in truth.arrivals:
            before, call = truth.before(arrival.step), arrival.call
            if not before.may_take(call.event, history.limits, call.began_at, history.most):
                why = _why(before, call, history)
                yield f"{call.actor}'s {call.event.type} was stored at {arrival.step}, when the session was over: {why}"


def _why(truth: Truth, call: Call, history: History) -> str:
    if truth.head.phase is Phase.ENDED:
        return "sessionEnd had come"
    return f"{truth.struck(history.limits, call.began_at)}, and it came at {call.began_at}"


def after_a_refusal_nothing_is_taken(history: History) -> Iterator[str]:
    """Once a 410 was answered, no call that begins later stores an event, but for stragglers within their time.

    A session that is full refuses without being over, and still takes its `sessionEnd`.
    """
    for sid, truth in history.truths.items():
        for refusal in history.refusals(sid)[:1]:
            for arrival in truth.arrivals:
                later = arrival.call.began_step > refusal.ended_step
                before, event = truth.before(arrival.step), arrival.call.event
                ends_full = event.type is EventType.SESSION_END and before.takes(
                    event, history.limits, arrival.call.began_at, history.most
                )
                if later and not ends_full and not _is_straggler(before, arrival):
                    yield (
                        f"{arrival.call.actor}'s event was stored at {arrival.step}, "
                        f"after {refusal.actor} was refused at {refusal.ended_step}"
                    )


def _is_straggler(before: Truth, arrival: Arrival) -> bool:
    return is_straggler(arrival.call.event, before.head, arrival.call.began_at)


def only_sessions_that_are_over_refuse(history: History) -> Iterator[str]:
    """A 410 is true: at some moment of the call it was full, a rule had struck, or `sessionEnd` had come before no straggler."""
    for sid, truth in history.truths.items():
        for call in history.refusals(sid):
            moments = range(call.began_step, call.ended_step + 1)
            if all(
                truth.before(step + 1).takes(call.event, history.limits, history.clock_at[step], history.most) for step in moments
            ):
                yield f"{call.actor} was refused at {call.ended_step}, though the session was alive"


def every_session_that_was_promised_is_found(history: History) -> Iterator[str]:
    """No 404 for an issued id, and no status but those of the API; a 503 says when to come again."""
    for call in history.calls:
        if call.kind is Kind.EVENT and call.status == 404:
            yield f"{call.actor} was told at {call.ended_step} that its session is unknown"
        if call.status not in {None, 200, 201, 204, 404, 410, 503}:
            yield f"{call.actor} was answered {call.status} at {call.ended_step}"
        if call.status == 503 and "Retry-After" not in call.headers:
            yield f"{call.actor} was not told when to come again at {call.ended_step}"
    yield from history.crashes


def every_session_is_whole_or_forgotten(history: History) -> Iterator[str]:
    """In the end each session is closed, with the summary of its log and no mark; one that was not promised may be gone."""
    promised = {call.sid for call in history.calls if call.kind in (Kind.START, Kind.DOWNLOAD) and call.is_good}
    stored = sessions(history)
    if not history.is_quiescent:
        yield "closers did not come to an end"
    for sid in sorted(promised - set(stored)):
        yield f"session {sid[:6]} was promised and is gone"
    for sid, session in stored.items():
        items = {item["sk"]["S"]: item for item in history.items[sid]}
        if session.start is None:
            yield f"session {sid[:6]} has a head and no start"
            continue
        if session.head.phase is not Phase.CLOSED:
            yield f"session {sid[:6]} is {session.head.phase}"
        if {"due_at", "due_shard"} & set(items["head"]):
            yield f"session {sid[:6]} is still marked"
        if session.summary is None:
            yield f"session {sid[:6]} has no summary"
        elif Summary.from_bytes(session.summary) != summarize(session):
            yield f"session {sid[:6]} has a summary of something else than its log"
    for sid, items_of in history.items.items():
        if is_session(sid) and sid not in stored and any(item["sk"]["S"] == session_items.START for item in items_of):
            yield f"session {sid[:6]} is listed and has no head"


def every_session_is_found_by_its_viewer(history: History) -> Iterator[str]:
    """There is an entry for each id that a session's viewer has."""
    for sid, session in sessions(history).items():
        for entry in viewer_items(sid, session.start, expires_at=0) if session.start else ():
            if entry["sk"] not in [item["sk"] for item in history.items.get(entry["pk"]["S"], [])]:
                yield f"session {sid[:6]} is not found by {entry['pk']['S']}"


def sessions_are_closed_once_for_the_right_reason(history: History) -> Iterator[str]:
    """Closers count a session once at most; reason and moment are those of the rules for what arrived."""
    counted = Counter(one.sid for call in history.calls for one in call.closed)
    for sid, times in counted.items():
        if times > 1:
            yield f"session {sid[:6]} was counted as closed {times} times"
    stored = sessions(history)
    for sid, truth in history.truths.items():
        head = stored[sid].head if sid in stored else None
        if head is None or head.phase is not Phase.CLOSED:
            continue
        expected = truth.verdict(history.limits, head.moved_at or 0)
        if (head.close_reason, head.closed_at) != expected:
            yield f"session {sid[:6]} was closed for {head.close_reason} at {head.closed_at}, not {expected[0]} at {expected[1]}"


def looks_see_no_movement_that_nothing_brought(history: History) -> Iterator[str]:
    """What a head says of its playhead is at most one quiet time later than an event that could have moved it.

    A look knows the tail, and what the look before knew. So of a movement that stands in a page it knows only that it was.
    """
    stored = sessions(history)
    for sid, truth in history.truths.items():
        moved_at = stored[sid].head.moved_at if sid in stored else None
        moved_by = max(truth.moved_by, truth.life.moved_at) + history.limits.quiet_ms
        if moved_at is not None and moved_at > moved_by:
            yield f"session {sid[:6]} is said to have moved at {moved_at}, and nothing moved it after {moved_by}"


def figures_are_those_of_the_log(history: History) -> Iterator[str]:
    """What the roll-ups count of a closed session is what its events say, and each change of it has its number."""
    for sid, session in sessions(history).items():
        if session.summary is None or session.start is None:
            continue
        if session.figures is None or Figures.from_bytes(session.figures) != measured(session).figures:
            yield f"session {sid[:6]} has figures of something else than its log"
        if not session.version:
            yield f"session {sid[:6]} has figures, and no version"


def checkpoints_are_folds_of_what_arrived(history: History) -> Iterator[str]:
    """What was measured of a session counts the events up to its last arrival, and not one of them twice."""
    for sid, truth in history.truths.items():
        for item in history.items.get(measured_key(sid)["pk"]["S"], []):
            checkpoint = measured_of(item)
            if checkpoint.summary is None or checkpoint.as_of is None:
                continue
            lines = Summary.from_bytes(checkpoint.summary).to_bytes()
            if lines not in {Summary.from_bytes(one).to_bytes() for one in _measured_up_to(truth, checkpoint.as_of)}:
                yield f"session {sid[:6]} has a checkpoint as of {checkpoint.as_of} that is no fold of its events"


def _measured_up_to(truth: Truth, as_of: int) -> Iterator[bytes]:
    """Yield the checkpoints of each state of a session in which that was its last arrival."""
    for step in sorted({arrival.step + 1 for arrival in truth.arrivals} | {0}):
        before = truth.before(step)
        if before.last_at == as_of:
            yield summarize(before.stored._replace(head=before.head._replace(last_at=as_of))).shortened().to_bytes()


def every_close_is_counted(history: History) -> Iterator[str]:
    """The closer whose write took the mark away counts the session, unless it dies before that, or never gets an answer."""
    for sid, call in history.unmarked.items():
        told = {one.sid for some in (call.closed, call.failed) for one in some}
        if not call.is_dead and sid not in told:
            yield f"session {sid[:6]} was closed by {call.actor}, which did not count it"


def closers_fail_only_for_the_database(history: History) -> Iterator[str]:
    """What a closer could not do, it could not because of a fault that passes."""
    for call in history.calls:
        for failed in call.failed:
            if not isinstance(failed.error, StorageUnavailable):
                yield f"{call.actor} failed at {failed.sid[:6]}: {failed.error!r}"


CHECKS: Final[tuple[Check, ...]] = (
    acknowledged_events_are_stored_and_folded_once,
    nothing_is_stored_that_was_refused_or_never_sent,
    only_live_sessions_take_events,
    after_a_refusal_nothing_is_taken,
    only_sessions_that_are_over_refuse,
    every_session_that_was_promised_is_found,
    every_session_is_whole_or_forgotten,
    every_session_is_found_by_its_viewer,
    sessions_are_closed_once_for_the_right_reason,
    looks_see_no_movement_that_nothing_brought,
    figures_are_those_of_the_log,
    checkpoints_are_folds_of_what_arrived,
    every_close_is_counted,
    closers_fail_only_for_the_database,
)


def violations(history: History, checks: Iterable[Check] = CHECKS) -> list[str]:
    """Return what does not hold of a history, by the name of its check."""
    return [f"{check.__name__}: {sentence}" for check in checks for sentence in check(history)]
