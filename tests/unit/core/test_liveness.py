"""What a head alone proves about its session. Seconds on both clocks; the session begins at 0."""

import pytest

from mediabeat.core.close_rules import CloseReason, Limits
from mediabeat.core.event import Event
from mediabeat.core.event_codec import pack, place_of
from mediabeat.core.lifecycle import CHECKPOINT_FROM, CHECKPOINT_STEP, Mark, has_to_be_measured, mark_by_head, over_by_head
from mediabeat.core.records import Head, Phase
from tests.support.builders import BASE_MS, ping, play

LIMITS = Limits()
HEAD = Head(
    Phase.OPEN, BASE_MS + 611_000, BASE_MS + 600_000, weight=1_000, began_at=BASE_MS, moved_at=BASE_MS, playhead=0.0, noted=990
)
"""Of a large session that was measured when it was hardly smaller."""


def moved(tail: list[Event], *, now: float = 611, head: Head = HEAD) -> tuple[float, float] | None:
    """Return when the playhead moved, and where it was then; None in doubt."""
    mark = mark_by_head(head, [*map(pack, tail), b"\x3f of a later release"], LIMITS, now=BASE_MS + round(now * 1_000))
    return mark and ((mark.moved_at - BASE_MS) / 1_000, mark.playhead)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        ([ping(610, 600)], (611, 600)),
        ([ping(600, 590), ping(610, 590)], (601, 590)),
        ([ping(610, 590), ping(600, 590)], (601, 590)),
        ([ping(600, 0), ping(610, 0)], (0, 0)),
        ([ping(90_000, 5)], (611, 5)),
        ([], (0, 0)),
    ],
)
def test_head_and_tail_tell_when_the_playhead_moved(tail: list[Event], expected: tuple[float, float]) -> None:
    assert moved(tail) == expected


def test_head_alone_proves_no_standstill() -> None:
    later = HEAD._replace(last_at=BASE_MS + 1_799_900)
    assert moved([ping(1_700, 0)], now=1_799.9, head=later) == (0, 0)
    assert moved([ping(1_700, 0)], now=1_800, head=later) is None
    assert moved([ping(1_700, 0), ping(1_799, 1)], now=1_800, head=later) == (1_799.9, 1)


@pytest.mark.parametrize(
    ("head", "is_read"),
    [
        (HEAD, False),
        (HEAD._replace(weight=CHECKPOINT_FROM - 1, noted=None), True),
        (HEAD._replace(weight=CHECKPOINT_FROM, noted=None), True),
        (HEAD._replace(weight=990 + CHECKPOINT_STEP), True),
        (HEAD._replace(weight=990 + CHECKPOINT_STEP - 1), False),
        (HEAD._replace(weight=9_142, noted=8_000), True),
        (HEAD._replace(weight=9_141, noted=8_000), False),
    ],
)
def test_look_reads_small_sessions_and_those_that_have_grown(head: Head, is_read: bool) -> None:
    assert has_to_be_measured(head) is is_read
    assert (mark_by_head(head, [], LIMITS, now=head.last_at) is None) is is_read


def test_mark_is_the_first_time_out_that_can_strike() -> None:
    now = BASE_MS + 1_500_000
    head = HEAD._replace(last_at=now)
    assert mark_by_head(head, [pack(ping(1_500, 0))], LIMITS, now=now) == Mark(BASE_MS + 1_800_000, BASE_MS, BASE_MS, 0.0)
    assert mark_by_head(head, [pack(ping(1_500, 9))], LIMITS, now=now) == Mark(now + 600_000, BASE_MS, now, 9.0)


@pytest.mark.parametrize("missing", ["began_at", "moved_at", "playhead"])
def test_head_of_an_earlier_release_proves_nothing(missing: str) -> None:
    assert moved([ping(610, 600)], head=HEAD._replace(**{missing: None})) is None  # type: ignore[arg-type]


def test_head_proves_silence_and_age() -> None:
    old = HEAD._replace(last_at=BASE_MS + 86_000_000)
    assert over_by_head(HEAD, LIMITS, now=BASE_MS + 1_210_999) is None
    assert over_by_head(HEAD, LIMITS, now=BASE_MS + 1_211_000) == (CloseReason.NO_EVENTS, BASE_MS + 1_211_000)
    assert over_by_head(old, LIMITS, now=BASE_MS + 86_400_000) == (CloseReason.MAX_AGE, BASE_MS + 86_400_000)
    assert over_by_head(old._replace(began_at=None), LIMITS, now=BASE_MS + 86_400_000) is None


@pytest.mark.parametrize(
    "event",
    [
        play(1.5, 2.5),
        ping(1, 3.0039000000001397),
        ping(1, -1.5)._replace(ts=1_000),
        play(0, 1e9)._replace(ts=253_402_300_799_999),
    ],
)
def test_place_of_a_packed_event_is_that_of_the_event(event: Event) -> None:
    assert place_of(pack(event)) == (event.ts, event.playhead)
