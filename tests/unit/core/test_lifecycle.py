"""What each event may do in each phase, and when a session closes."""

import pytest

from mediabeat.core.close_rules import CloseReason, Limits
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT, pack
from mediabeat.core.lifecycle import LIFE, Action, decide_append, decide_close
from mediabeat.core.records import Head, Phase, Start, StoredSession
from tests.support.builders import BASE_MS, end, pause, ping, play, start

NOW = BASE_MS + 60_000
LIMITS = Limits()
OPEN = Head(phase=Phase.OPEN, last_at=NOW, due_at=NOW + 1)
PAST_MARK = OPEN._replace(due_at=NOW)
QUIET = PAST_MARK._replace(last_at=NOW - 600_000)
ENDED = Head(phase=Phase.ENDED, last_at=NOW, due_at=NOW + 1, ended_at=NOW - 9, ended_ts=BASE_MS + 50_000)
CLOSED = Head(phase=Phase.CLOSED, last_at=NOW, due_at=None, close_reason=CloseReason.NO_EVENTS)
CLOSED_BY_END = CLOSED._replace(close_reason=CloseReason.SESSION_END)
LATER_PHASE = OPEN._replace(phase=Phase("frozen"))


@pytest.mark.parametrize(
    ("head", "event", "action"),
    [
        (OPEN, ping(40), Action.APPEND),
        (OPEN, end(50), Action.APPEND_END),
        (PAST_MARK, ping(40), Action.APPEND),
        (PAST_MARK, end(50), Action.APPEND_END),
        (QUIET, ping(40), Action.CLOSE_AND_REFUSE),
        (QUIET, end(50), Action.CLOSE_AND_REFUSE),
        (QUIET._replace(last_at=NOW - 599_999), ping(40), Action.APPEND),
        (QUIET._replace(due_at=NOW + 1), ping(40), Action.APPEND),
        (PAST_MARK._replace(began_at=NOW - 86_400_000), ping(40), Action.CLOSE_AND_REFUSE),
        (PAST_MARK._replace(began_at=NOW - 86_399_999), ping(40), Action.APPEND),
        (ENDED, ping(49.999), Action.APPEND_STRAGGLER),
        (ENDED, ping(50), Action.REFUSE),
        (ENDED._replace(due_at=NOW), ping(49.999), Action.REFUSE),
        (ENDED, end(40), Action.IGNORE),
        (ENDED._replace(due_at=NOW), end(40), Action.IGNORE),
        (CLOSED, ping(40), Action.REFUSE),
        (CLOSED, end(40), Action.REFUSE),
        (CLOSED_BY_END, ping(40), Action.REFUSE),
        (CLOSED_BY_END, end(40), Action.IGNORE),
        (LATER_PHASE, ping(40), Action.WAIT),
        (LATER_PHASE, end(40), Action.WAIT),
    ],
)
def test_phase_and_event_decide_what_to_do(head: Head, event: Event, action: Action) -> None:
    assert decide_append(event, head, LIMITS, now=NOW) is action


@pytest.mark.parametrize("head", [OPEN, PAST_MARK, QUIET, ENDED, CLOSED, LATER_PHASE])
def test_full_session_refuses_all_but_its_end_in_every_phase(head: Head) -> None:
    full = head._replace(weight=MAX_SESSION_WEIGHT)
    assert decide_append(ping(40), full, LIMITS, now=NOW) is Action.REFUSE_FULL
    assert decide_append(end(50), full, LIMITS, now=NOW) is decide_append(end(50), head, LIMITS, now=NOW)


def test_event_with_the_ts_of_the_end_is_a_straggler_if_it_closes_something() -> None:
    closing = {"adComplete", "adSkip", "adBreakComplete", "chapterComplete", "chapterSkip", "stateEnd", "sessionComplete"}
    actions = {kind: decide_append(ping(50)._replace(type=kind), ENDED, LIMITS, now=NOW) for kind in EventType}
    assert {kind for kind, action in actions.items() if action is Action.APPEND_STRAGGLER} == closing


def stored(head: Head, *events: Event) -> StoredSession:
    first = Start("demo", "PC", "VOD", "viewer", "{}", BASE_MS, 0, pack(start()))
    return StoredSession("5" * 64, head, first, frozenset({first.event, *map(pack, events)}), None)


@pytest.mark.parametrize(
    ("head", "events", "minutes", "expected"),
    [
        (OPEN, [], 10.999, None),
        (OPEN, [], 11, (CloseReason.NO_EVENTS, NOW + 600_000)),
        (OPEN, [play(1), ping(60, 59)._replace(type=EventType.SESSION_COMPLETE)], 11, (CloseReason.COMPLETED, NOW + 600_000)),
        (ENDED, [pause(40), end(50)], 1, (CloseReason.SESSION_END, NOW - 9)),
    ],
)
def test_session_past_its_mark_closes_when_it_ended_or_a_time_out_applies(
    head: Head, events: list[Event], minutes: float, expected: tuple[CloseReason, int] | None
) -> None:
    assert decide_close(stored(head, *events), LIMITS, now=BASE_MS + round(minutes * 60_000)) == expected


def test_every_phase_can_be_reached_and_left() -> None:
    arrows = {(phase, step.leads_to) for (phase, _), step in LIFE.items() if phase is not step.leads_to}
    assert {before for before, _ in arrows} == {after for _, after in arrows} == {None, *Phase}
