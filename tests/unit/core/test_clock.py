"""Steps of the player's clock, told by arrivals and playheads; and what looks like a step and is none. Times in seconds."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mediabeat.core.action_log import action_log
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack
from mediabeat.core.lifecycle import liveness_of
from mediabeat.core.metrics import measure
from mediabeat.core.records import Head, Phase, Start, StoredSession
from mediabeat.core.session import QUIET_MS, fold
from mediabeat.core.session_id import RANDOM_BYTES, arrival_to_keep, session_id
from mediabeat.core.summary import summarize
from tests.support.builders import (
    BASE_MS,
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    buffer,
    end,
    pause,
    ping,
    play,
    start,
)
from tests.support.journeys import JOURNEYS, events_of

quickly: Final = settings(max_examples=150, deadline=None, derandomize=True)

Clock = Callable[[float], float]
Arrival = Callable[[int, float], float]
"""When an event arrives, given its number and when it happened."""

HOUR: Final = 3_600
STEPS: Final = (-9 * 365 * 86_400.5, -86_400.3, -HOUR, -303.3, -121.7, 121.7, 303.3, HOUR, 86_400.3, 9 * 365 * 86_400.5)


def promptly(number: int, at: float) -> float:
    """Let an event arrive soon, sooner or later."""
    return at + 0.1 * (number % 5)


def in_a_burst(number: int, at: float) -> float:
    """Let the events arrive one after the other, as fast as the server takes them."""
    return 0.02 * number


def stepped(*steps: tuple[float, float]) -> Clock:
    """Return a clock that is set by so many seconds at these times."""
    return lambda at: at + sum(by for when, by in steps if at >= when)


def sent(viewing: list[Event], clock: Clock, arrives: Arrival = promptly, skew: float = 0) -> tuple[list[Event], int]:
    """Return the events of a viewing as a server stores them, and the skew of the start. The server's clock is `skew` ahead."""
    events: list[Event] = []
    sid, ts_skew = "", 0
    for number, one in enumerate(viewing):
        at = (one.ts - BASE_MS) / 1_000
        ts, now = BASE_MS + round(1_000 * clock(at)), BASE_MS + round(1_000 * (arrives(number, at) + skew))
        if not events:
            ts_skew = now - ts
            sid = session_id(bytes(RANDOM_BYTES), ts_skew)
        events.append(one._replace(ts=ts, arrived_at=arrival_to_keep(sid, ts, now) if events else None))
    return events, ts_skew


def figures(events: list[Event], ts_skew: int | None = None) -> dict[str, Any]:
    """Return the times of a session in seconds, and how often the viewer paused and sought."""
    session = fold(events, ts_skew=ts_skew)
    measured = measure(session).model_dump()
    seeks = sum(line.action == "seeking" for line in action_log(session))
    times = {name: value / 1_000 for name, value in measured.items() if name.endswith("_ms") and value}
    return times | {"seeks": seeks, "pauses": measured["pause_events"]}


def film(*, minutes: int = 3) -> list[Event]:
    """Return a viewing with a ping each ten seconds."""
    length = minutes * 60
    pings = [ping(at, at) for at in range(10, length, 10)]
    return [start(media_length=10_000), play(0.4, 0), *pings, end(length, length)]


def evening() -> list[Event]:
    """Return a viewing of 400 s: a preroll, content from 21 to 120, a pause to 240, content to 300, a midroll to 330, content."""
    return [
        start(media_length=10_000),
        ad_break(1),
        ad(1),
        ping(11),
        ad_complete(21),
        ad_break_complete(21),
        play(21),
        *[ping(at, at - 21) for at in range(31, 120, 10)],
        pause(120, 99),
        *[ping(at, 99) for at in range(130, 240, 10)],
        play(240, 99),
        *[ping(at, at - 141) for at in range(250, 300, 10)],
        ad_break(300, 159),
        ad(300, 159),
        *[ping(at, 159) for at in (310, 320)],
        ad_complete(330, 159),
        ad_break_complete(330, 159),
        play(330, 159),
        *[ping(at, at - 171) for at in range(340, 400, 10)],
        end(400, 229),
    ]


EVENING: Final = figures(evening())


def test_evening_has_the_figures_worked_out_by_hand() -> None:
    assert EVENING == {
        "content_time_spent_ms": 99 + 60 + 70,
        "ad_time_spent_ms": 20 + 30,
        "media_time_spent_ms": 279,
        "unique_time_played_ms": 229,
        "total_pause_duration_ms": 120,
        "time_to_start_ms": 1,
        "seeks": 0,
        "pauses": 1,
    }


# Steps


@pytest.mark.parametrize("by", STEPS)
@pytest.mark.parametrize("at", [5, 15, 45, 60, 155, 175, 200, 242, 275, 315, 325, 365])
def test_step_of_the_clock_changes_no_figure_of_a_session_told_in_time(by: float, at: float) -> None:
    assert figures(*sent(evening(), stepped((at, by)))) == pytest.approx(EVENING, abs=1.5)


@pytest.mark.parametrize("by", STEPS)
@pytest.mark.parametrize("then", [-303.3, 121.7, None])
def test_two_steps_of_the_clock_change_no_figure(by: float, then: float | None) -> None:
    steps = (65.0, by), (265.0, -by if then is None else then)
    assert figures(*sent(evening(), stepped(*steps))) == pytest.approx(EVENING, abs=3)


@pytest.mark.parametrize("by", STEPS)
@pytest.mark.parametrize("arrives", [promptly, in_a_burst])
@pytest.mark.parametrize("skew", [0, -86_400, 5 * 365 * 86_400])
def test_step_while_content_plays_changes_no_figure_however_it_is_sent(by: float, arrives: Arrival, skew: float) -> None:
    told = figures(*sent(film(), stepped((62, by)), arrives, skew))
    assert told == pytest.approx(figures(film()), abs=0.5)


@pytest.mark.parametrize("arrives", [promptly, in_a_burst])
@pytest.mark.parametrize("minutes", [3, 9, 30, 100])
@pytest.mark.parametrize("by", [-HOUR, -303.3])
def test_clock_that_tells_its_time_again_after_a_step_back_is_no_other_order(arrives: Arrival, minutes: int, by: float) -> None:
    told = figures(*sent(film(minutes=minutes), stepped((62, by)), arrives))
    assert told == pytest.approx(figures(film(minutes=minutes)), abs=0.5)


@pytest.mark.parametrize("by", STEPS)
def test_clock_that_is_set_soon_after_the_start_changes_no_figure(by: float) -> None:
    assert figures(*sent(film(), stepped((3, by)))) == pytest.approx(figures(film()), abs=1.5)


@pytest.mark.parametrize("by", [by for by in STEPS if by < 0])
def test_step_back_just_before_the_end_changes_no_figure(by: float) -> None:
    assert figures(*sent(film(), stepped((175, by)))) == pytest.approx(figures(film()), abs=1.5)


@pytest.mark.parametrize("minutes", [12, 60, 1_000_000])
def test_step_back_is_seen_without_arrivals_if_it_leads_to_before_the_start(minutes: int) -> None:
    events, _ = sent(film(), stepped((62, -60 * minutes)))
    assert figures([one._replace(arrived_at=None) for one in events]) == figures(film())


def test_session_whose_clock_was_set_back_goes_on_while_its_playhead_moves() -> None:
    viewing = film(minutes=50)[:-1]
    (began, *events), skew = sent(viewing, stepped((62, -HOUR)), skew=7)
    begun = Start("demo", "PC", "VOD", "viewer", "{}", BASE_MS + 7_000, skew, pack(began))
    last_at = BASE_MS + 7_000 + 2_990_000
    head = Head(Phase.OPEN, last_at, last_at + 600_000)
    stored = StoredSession("5" * 64, head, begun, frozenset(map(pack, [began, *events])), None)
    assert liveness_of(stored).moved_at == pytest.approx(last_at, abs=1_500)


def test_dates_of_a_session_go_by_the_clock_at_its_start() -> None:
    for by in (-HOUR, HOUR, -9 * 365 * 86_400.0):
        (began, *events), skew = sent(film(), stepped((62, by)), skew=7_000)
        begun = Start("demo", "PC", "VOD", "viewer", "{}", BASE_MS + 7_000_000, skew, pack(began))
        head = Head(Phase.CLOSED, BASE_MS + 7_180_000, None, close_reason=CloseReason.SESSION_END)
        stored = StoredSession("5" * 64, head, begun, frozenset(map(pack, [began, *events])), None)
        summary = summarize(stored)
        assert summary.log[-1].at_ms == pytest.approx(BASE_MS + 180_000, abs=1_500)
        assert summary.clock_skew_ms == pytest.approx(7_000_000, abs=1_500)


@pytest.mark.parametrize("off", [-BASE_MS / 1_000, -5_000, -300, 300, 5_000, 9e8])
@pytest.mark.parametrize("number", [2, 8, 18])
def test_one_event_with_a_wrong_time_takes_its_place_among_those_that_arrived(off: float, number: int) -> None:
    def clock(at: float) -> float:
        return at + off * (at == 10 * (number - 1))

    told, true = figures(*sent(film(), clock)), figures(film())
    assert told | {"seeks": 0} == pytest.approx(true, abs=0.5)


# No steps


@st.composite
def viewings(draw: st.DrawFn) -> list[Event]:
    """Draw the events of a player that plays, pauses, seeks, buffers and shows ads."""
    each = draw(st.sampled_from([1, 5, 10, 10, 30]))
    at, playhead, plays = 0.4, 0.0, True
    events = [start(media_length=100_000), play(at)]
    for what in draw(st.lists(st.sampled_from("....................pppasb"), min_size=3, max_size=50)):
        elapsed = draw(st.sampled_from([1, 4, 7])) if what != "." else each
        at, playhead = at + elapsed, playhead + elapsed * plays
        if what == "." or not (plays or what == "p"):
            events.append(ping(at, playhead))
        elif what == "p":
            events.append(pause(at, playhead) if plays else play(at, playhead))
            plays = not plays
        elif what == "a":
            events += [ad_break(at, playhead), ad(at, playhead), ping(at + 10, playhead), ad_complete(at + 15, playhead)]
            at += 15
            events += [ad_break_complete(at, playhead), play(at, playhead)]
        elif what == "s":
            playhead = draw(st.sampled_from([0.0, playhead / 2, playhead + 100]))
            events.append(play(at, playhead))
        else:
            events += [buffer(at, playhead), play(at + 2, playhead)]
            at += 2
    return [*events, end(at + draw(st.sampled_from([0.5, 4, 9])), playhead)]


def same(viewing: list[Event], arrives: Arrival) -> bool:
    """Return whether arrivals leave the figures as they are without them."""
    return figures(*sent(viewing, lambda at: at, arrives)) == figures(viewing)


@quickly
@given(viewings(), st.floats(1.25, 60))
def test_session_replayed_faster_than_it_was_recorded_has_the_same_figures(viewing: list[Event], speed: float) -> None:
    assert same(viewing, lambda number, at: at / speed + 0.01 * number)


@quickly
@given(viewings(), st.floats(0, 1), st.floats(5, 500), st.randoms(use_true_random=False), st.booleans())
def test_events_that_wait_for_the_network_are_no_step(
    viewing: list[Event], share: float, length: float, random: Random, in_order: bool
) -> None:
    since = share * (viewing[-1].ts - BASE_MS) / 1_000
    delays = [random.uniform(0, 1) for _ in viewing]

    def arrives(number: int, at: float) -> float:
        waits = number and since < at < since + length
        return since + length + (0.05 * number if in_order else delays[number]) if waits else at + delays[number] / 3

    assert same(viewing, arrives)


@quickly
@given(viewings(), st.floats(5, 300))
def test_start_that_arrives_late_is_no_step(viewing: list[Event], late: float) -> None:
    assume(all(now.ts - before.ts < 25_000 for before, now in pairwise(viewing)))
    assert same(viewing, lambda number, at: max(at, late) + 0.01 * number if number else late)


@quickly
@given(viewings(), st.randoms(use_true_random=False), st.integers(2, 50))
def test_events_that_a_burst_reorders_are_no_step(viewing: list[Event], random: Random, parallel: int) -> None:
    delays = [random.uniform(0, 0.05) for _ in viewing]
    assert same(viewing, lambda number, at: number and (number // parallel) * 0.05 + delays[number])


@quickly
@given(viewings(), st.data())
def test_slow_requests_are_no_step(viewing: list[Event], data: st.DataObject) -> None:
    slow = data.draw(st.sets(st.integers(1, len(viewing) - 1), max_size=2))
    takes = data.draw(st.floats(11, 120))
    assert same(viewing, lambda number, at: at + (takes if number in slow else 0.1))


@quickly
@given(viewings(), st.floats(5, 25))
def test_events_that_are_sent_some_at_a_time_are_no_step(viewing: list[Event], each: float) -> None:
    assert same(viewing, lambda number, at: (at // each + 1) * each if number else 0)
    assert same(viewing, lambda number, at: number // 5 * 0.05)


@quickly
@given(viewings())
def test_burst_in_order_is_no_step(viewing: list[Event]) -> None:
    assert same(viewing, in_a_burst)
    assert same(viewing, lambda number, at: 0)


def ways(count: int, random: Random) -> list[Arrival]:
    """Return ways for this many events to arrive: soon, some late, ten times as fast, eight at once, in any order."""
    soon, late = ([random.uniform(0, most) for _ in range(count)] for most in (0.9, 90))
    delays = [random.choice(late) if random.random() < 0.05 else delay for delay in soon]
    order = random.sample(range(count), count)
    return [
        lambda number, at: at + soon[number],
        lambda number, at: at + delays[number],
        lambda number, at: at / 10,
        lambda number, at: (number // 8 + soon[number]) / 20,
        lambda number, at: order[number] / 50,
    ]


@pytest.mark.parametrize("way", range(5))
@pytest.mark.parametrize("journey", JOURNEYS)
def test_journey_has_its_figures_however_it_arrives(journey: str, way: int) -> None:
    first, *later = events_of(journey)
    viewing = [one._replace(ts=one.ts - first.ts + BASE_MS) for one in (first, *later)]
    for seed in range(20):
        assert same(viewing, ways(len(viewing), Random(seed))[way])


# Any clock and any arrival


@quickly
@given(viewings(), st.randoms(use_true_random=False))
def test_arrivals_never_make_a_session_longer_than_both_clocks_say(viewing: list[Event], random: Random) -> None:
    steps = [(random.uniform(0, 300), random.choice(STEPS)) for _ in range(random.randint(0, 3))]
    arrived = [random.choice([0.3, 0.3, 40, 300]) * random.random() for _ in viewing]
    events, skew = sent(viewing, stepped(*steps), lambda number, at: at + arrived[number] * bool(number))
    session = fold(events, ts_skew=skew)
    metrics = measure(session)
    wall_ms = session.spans[-1].end_ms - session.spans[0].begin_ms
    told_ms = (
        metrics.media_time_spent_ms
        + (metrics.total_pause_duration_ms or 0)
        + (metrics.total_buffer_duration_ms or 0)
        + (metrics.total_stall_duration_ms or 0)
    )
    assert told_ms <= wall_ms
    heard_ms = max([viewing[-1].ts, *(one.arrived_at or 0 for one in events)]) - BASE_MS
    sent_ms = sum(min(now - before, QUIET_MS) for before, now in pairwise(sorted(one.ts for one in events)))
    steps_ms = sum(1_000 * abs(by) for _, by in steps if abs(by) < QUIET_MS / 1_000)
    assert wall_ms <= max(sent_ms, heard_ms) + steps_ms + 5_000


@quickly
@given(viewings(), st.randoms(use_true_random=False))
def test_every_event_is_in_the_fold_once_whatever_its_arrival(viewing: list[Event], random: Random) -> None:
    events, skew = sent(viewing, stepped((50, random.choice(STEPS))), lambda number, at: at + random.random() * 30 * bool(number))
    again = [one._replace(arrived_at=one.arrived_at + random.randint(1, 60_000)) for one in events if one.arrived_at]
    mixed = [*events, *again]
    random.shuffle(mixed)
    told = fold(mixed, ts_skew=skew)
    assert told == fold(events, ts_skew=skew)
    assert len(told.events) == len(set(map(pack, [one._replace(arrived_at=None) for one in events])))


def test_event_that_was_on_time_and_comes_again_is_on_time() -> None:
    events, skew = sent(film(), lambda at: at)
    late = [one._replace(arrived_at=one.ts + 60_000) for one in events[1:] if one.type is EventType.PING]
    assert fold([*late, *events], ts_skew=skew) == fold(events, ts_skew=skew)
