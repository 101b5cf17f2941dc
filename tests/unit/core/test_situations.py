"""Ordinary situations that are easy to measure wrongly, with figures worked out by hand. Times and playheads in seconds."""

from itertools import permutations
from typing import Any, Final

import pytest

from mediabeat.core.action_log import action_log
from mediabeat.core.event import Event, EventType
from mediabeat.core.metrics import measure
from mediabeat.core.session import fold
from tests.support.builders import (
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    ad_skip,
    bitrate_change,
    buffer,
    chapter,
    chapter_complete,
    complete,
    end,
    error,
    event,
    live_start,
    pause,
    ping,
    play,
    start,
    state_end,
    state_start,
)

FIGURES: Final = {
    "content": "content_time_spent_ms",
    "ads": "ad_time_spent_ms",
    "paused": "total_pause_duration_ms",
    "buffering": "total_buffer_duration_ms",
    "stalled": "total_stall_duration_ms",
    "unique": "unique_time_played_ms",
}


def figures(*events: Event) -> dict[str, Any]:
    """Return what is not 0 of a session's times in seconds, and how often the viewer sought."""
    started = any(one.type is EventType.SESSION_START for one in events)
    session = fold(events if started else [start(media_length=10_000), *events])
    measured = measure(session).model_dump()
    seeks = sum(line.action == "seeking" for line in action_log(session))
    found = {name: measured[metric] / 1_000 for name, metric in FIGURES.items()} | {"seeks": seeks}
    return {name: value for name, value in found.items() if value}


def pings(begin: float, end: float, *, each: float = 10, playhead: float = 0, pace: float = 1) -> list[Event]:
    """Return pings from `begin` to `end`, both included; `playhead` is that of the first."""
    count = round((end - begin) / each) + 1
    return [ping(begin + each * number, playhead + pace * each * number) for number in range(count)]


def preroll(begin: float, length: float, playhead: float = 0) -> list[Event]:
    """Return a break with one ad."""
    return [
        ad_break(begin, playhead),
        ad(begin, playhead),
        ad_complete(begin + length, playhead),
        ad_break_complete(begin + length, playhead),
    ]


DAYS: Final = 86_400

# fmt: off
SITUATIONS: Final[dict[str, tuple[list[Event], dict[str, Any]]]] = {
    # Gaps: longer than ten minutes count what the playhead moved
    "clock set forward by years": (
        [play(0), *pings(10, 20, playhead=10), *pings(11 * 365 * DAYS, 11 * 365 * DAYS + 20, playhead=30)],
        {"content": 50, "unique": 50},  # 0..20, 10 in the gap, 20
    ),
    "clock set forward by an hour": (
        [play(0), ping(10, 10), *pings(3_620, 3_630, playhead=20)],
        {"content": 30, "unique": 30},
    ),
    "clock set forward by an hour at double speed": (
        [play(0), *pings(10, 30, playhead=20, pace=2), *pings(3_640, 3_660, playhead=80, pace=2)],
        {"content": 60, "unique": 120},  # 30, 20 s of content in the gap are 10 s, 20: 60
    ),
    "clock set while paused": (
        [play(0), pause(10, 10), play(5_010, 10), ping(5_020, 20)],
        {"content": 20, "unique": 20},  # the pause counts nothing
    ),
    "clock set in an ad": (
        [*preroll(0, 5_000), play(5_000), ping(5_010, 10)],
        {"content": 10, "unique": 10},
    ),
    "clock set before the content starts": ([play(40_000), ping(40_010, 10)], {"content": 10, "unique": 10}),
    "a download is suspended for three days": (
        [play(0), *pings(10, 60, playhead=10), *pings(3 * DAYS, 3 * DAYS + 40, playhead=70)],
        {"content": 110, "unique": 110},
    ),
    "half an hour of playing without a ping is real": ([play(0), ping(1_800, 1_800)], {"content": 1_800, "unique": 1_800}),
    "ten minutes to the millisecond are no gap": (
        [play(0), pause(10, 10), play(610, 10)],
        {"content": 10, "unique": 10, "paused": 600},
    ),
    # Never more than reached
    "laptop asleep": (
        [play(0), *pings(10, 60, playhead=10), *pings(600, 620, playhead=61)],
        {"content": 81, "unique": 81},  # 60, 1 of 540, 20
    ),
    "fatal error and nothing after it": (
        [play(0), *pings(10, 20, playhead=10), error(20, 20), end(320, 20)],
        {"content": 20, "unique": 20},  # two moments at 20: no stall
    ),
    "fatal error and pings after it": (
        [play(0), *pings(10, 20, playhead=10), error(20, 20), *pings(30, 60, playhead=20, pace=0)],
        {"content": 20, "unique": 20, "stalled": 40},
    ),
    "asleep and then a seek back": (
        [play(0), *pings(10, 60, playhead=10), ping(500, 61), ping(510, 30), ping(520, 40)],
        {"content": 81, "unique": 71, "seeks": 1},  # [0-61], from there 10 s, [30-40]
    ),
    "asleep in an ad": ([*preroll(0, 300), play(300), ping(310, 10)], {"content": 10, "unique": 10, "ads": 300}),
    "the playhead is never sent": ([play(0), *pings(10, 60, pace=0), end(65)], {"stalled": 65}),
    # Pace
    "double speed": ([play(0), *pings(10, 100, playhead=20, pace=2)], {"content": 100, "unique": 200}),
    "a quarter faster": ([play(0), *pings(10, 100, playhead=12.5, pace=1.25)], {"content": 100, "unique": 125}),
    "half speed": ([play(0), *pings(10, 100, playhead=5, pace=0.5)], {"content": 100, "unique": 50}),
    "a quarter of the speed": ([play(0), *pings(10, 100, playhead=2.5, pace=0.25)], {"content": 100, "unique": 25}),
    "four times as fast": ([play(0), *pings(10, 100, playhead=40, pace=4)], {"content": 100, "unique": 400}),
    "one event each 10 s at 2 x, with a pause and an ad": (
        [
            play(0),
            *pings(10, 20, playhead=20, pace=2),
            pause(25, 50),
            play(35, 50),
            ping(45, 70),
            *preroll(50, 15, playhead=80),
            play(65, 80),
            *pings(75, 85, playhead=100, pace=2),
        ],
        {"content": 60, "unique": 120, "paused": 10, "ads": 15},  # 25 + 15 + 20
    ),
    "speed changes at a ping": (
        [play(0), *pings(10, 50, playhead=10), *pings(60, 100, playhead=70, pace=2)],
        {"content": 100, "unique": 150},
    ),
    "speed changes between two pings": (
        [play(0), *pings(10, 50, playhead=10), *pings(60, 100, playhead=65, pace=2), *pings(110, 130, playhead=160)],
        {"content": 130, "unique": 180},  # 50..60 moved 15, 100..110 moved 15
    ),
    "a seek at double speed": (
        [play(0), *pings(10, 40, playhead=20, pace=2), *pings(50, 80, playhead=500, pace=2)],
        {"content": 80, "unique": 160, "seeks": 1},  # [0-100] and [500-560]
    ),
    "a seek back at double speed": (
        [play(0), *pings(10, 40, playhead=20, pace=2), *pings(50, 70, playhead=10, pace=2)],
        {"content": 70, "unique": 100, "seeks": 1},  # [0-100], [10-50]
    ),
    "one step forward is a seek": (
        [play(0), *pings(10, 40, playhead=10), *pings(50, 80, playhead=60)],
        {"content": 80, "unique": 80, "seeks": 1},  # 10 s farther than the clock, once
    ),
    "a seek in the last span": ([play(0), *pings(10, 40, playhead=10), end(45, 300)], {"content": 45, "unique": 45, "seeks": 1}),
    # Live
    "live wobbles at the edge": (
        [live_start(0, 5_000), play(0, 5_000), *(ping(10 * n + 10, 5_000 + p) for n, p in enumerate([12, 18, 34, 38, 50, 62]))],
        {"content": 60, "unique": 62},
    ),
    "live seeks back": (
        [live_start(0, 5_000), play(0, 5_000), *pings(10, 60, playhead=5_010), *pings(70, 100, playhead=4_700)],
        {"content": 100, "unique": 100, "seeks": 1},  # 60 and 10, [4700-4730]
    ),
    "live stalls": (
        [live_start(0, 5_000), play(0, 5_000), ping(10, 5_010), *pings(20, 40, playhead=5_010, pace=0), ping(50, 5_020)],
        {"content": 20, "unique": 20, "stalled": 30},
    ),
    "live, asleep for five minutes, goes on where it was": (
        [live_start(0, 5_000), play(0, 5_000), ping(10, 5_010), ping(310, 5_011), ping(320, 5_021)],
        {"content": 21, "unique": 21},
    ),
    "live, asleep for five minutes, is back at the edge": (
        [live_start(0, 5_000), play(0, 5_000), ping(10, 5_010), ping(310, 5_310), ping(320, 5_320)],
        {"content": 320, "unique": 320},  # nothing tells it from playing
    ),
    # Stalls
    "slow first playhead": (
        [play(0), play(1), bitrate_change(2, bps=1), ping(11, 9.5), ping(21, 19.5)],
        {"content": 19, "unique": 19.5, "stalled": 2},
    ),
    "stall and recovery": (
        [play(0), ping(10, 10), *pings(20, 40, playhead=10, pace=0), ping(50, 16), ping(60, 26)],
        {"content": 26, "unique": 26, "stalled": 34},  # 10..40, and 4 of the 10 s to 50
    ),
    "a playhead known each 5 s": (
        [play(0), *(ping(n, 5 * (n // 5)) for n in range(1, 32))],
        {"content": 31, "unique": 30},
    ),
    "a playhead known each 30 s": (
        [play(0), *(ping(10 * n, 30 * (n // 3)) for n in range(1, 13))],
        {"content": 120, "unique": 120},
    ),
    "a playhead known each 30 s at 1.5 x": (
        [play(0), *(ping(10 * n, 45 * (n // 3)) for n in range(1, 13))],
        {"content": 120, "unique": 180},
    ),
    "a playhead known each 20 s": (
        [play(0), *(ping(10 * n, 20 * (n // 2)) for n in range(1, 13))],
        {"content": 120, "unique": 120},
    ),
    "a stall, then a seek": (
        [play(0), *pings(10, 20, playhead=10), *pings(30, 50, playhead=20, pace=0), ping(60, 500), ping(70, 510)],
        {"content": 30, "unique": 30, "stalled": 40, "seeks": 0},
    ),
    # Ads
    "loading after a preroll": (
        [*preroll(0, 10), play(18), *pings(28, 38, playhead=10)],
        {"content": 20, "unique": 20, "ads": 10},
    ),
    "leaves after a preroll": ([*preroll(0, 10), ping(20), end(40)], {"ads": 10}),
    "black between preroll ads": (
        [ad_break(0), ad(0, ad_id="a"), ad_complete(10), ad(14, ad_id="b"), ad_complete(24),
         ad_break_complete(24), play(24), ping(34, 10)],
        {"content": 10, "unique": 10, "ads": 20},
    ),
    "black between two prerolls": (
        [*preroll(0, 10), *preroll(14, 10), play(24), ping(34, 10)],
        {"content": 10, "unique": 10, "ads": 20},
    ),
    "a preroll without a play after it": (
        [*preroll(0, 10), ping(20, 4), ping(30, 14)],
        {"content": 14, "unique": 14, "ads": 10},  # 6 s of loading
    ),
    "a midroll without a play after it": (
        [play(0), ping(10, 10), *preroll(10, 10, playhead=10), *pings(30, 50, playhead=20)],
        {"content": 40, "unique": 40, "ads": 10},
    ),
    "a midroll without a play after it, at double speed": (
        [play(0), *pings(10, 20, playhead=20, pace=2), *preroll(20, 10, playhead=40), *pings(40, 60, playhead=60, pace=2)],
        {"content": 50, "unique": 100, "ads": 10},
    ),
    "an ad while paused": (
        [play(0), pause(10, 10), *preroll(11, 10, playhead=10), play(81, 10), ping(91, 20)],
        {"content": 20, "unique": 20, "ads": 10, "paused": 61},
    ),
    "an ad while paused, then gone": (
        [play(0), pause(10, 10), *preroll(11, 10, playhead=10), *pings(31, 61, playhead=10, pace=0)],
        {"content": 10, "unique": 10, "ads": 10, "paused": 41},
    ),
    "an ad while paused, and content goes on by itself": (
        [play(0), pause(10, 10), *preroll(11, 10, playhead=10), *pings(31, 41, playhead=20)],
        {"content": 30, "unique": 30, "ads": 10, "paused": 1},
    ),
    "a preroll while buffering": (
        [buffer(1), *preroll(3, 10), play(20), ping(30, 10)],
        {"content": 10, "unique": 10, "ads": 10, "buffering": 9},  # 1..3 and 13..20
    ),
    "an ad is paused": (
        [ad_break(0), ad(0), pause(4), play(7), ad_complete(10), ad_break_complete(10), play(10), ping(20, 10)],
        {"content": 10, "unique": 10, "ads": 7, "paused": 3},
    ),
    "an ad is skipped while paused": (
        [play(0), ad_break(10, 10), ad(10, 10), pause(12, 10), ad_skip(15, 10), ad_break_complete(15, 10),
         play(16, 10), ping(26, 20)],
        {"content": 20, "unique": 20, "ads": 2, "paused": 3},
    ),
    "play comes a moment before the break is over": (
        [ad_break(0), ad(0), ad_complete(10), play(10.001), ad_break_complete(10.002), ping(20.002, 10)],
        {"content": 10, "unique": 10, "ads": 10},
    ),
    "play comes a moment before the ad": (
        [ad_break(0), play(0.001), ad(0.002), ad_complete(10), ad_break_complete(10), play(18), ping(28, 10)],
        {"content": 10, "unique": 10, "ads": 9.998},
    ),
    "an ad at the very end": (
        [play(0), *pings(10, 60, playhead=10), *preroll(60, 10, playhead=60), end(75, 60)],
        {"content": 60, "unique": 60, "ads": 10},
    ),
    "live ads whose playhead runs on": (
        [live_start(0, 5_000), play(0, 5_000), ping(10, 5_010), ad_break(10, 5_010), ad(10, 5_010), ad_complete(20, 5_020),
         ad_break_complete(20, 5_020), *pings(30, 40, playhead=5_030)],
        {"content": 30, "unique": 30, "ads": 10},
    ),
    # The end
    "left open after the end": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), end(180, 60)],
        {"content": 60, "unique": 60},
    ),
    "paused and pinging after the end": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), pause(61, 60), *pings(70, 180, playhead=60, pace=0)],
        {"content": 60, "unique": 60},
    ),
    "a postroll after the end": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), *preroll(60, 15, playhead=60), end(100, 60)],
        {"content": 60, "unique": 60, "ads": 15},
    ),
    "complete within the postroll": (
        [play(0), ping(10, 10), ad_break(10, 10), ad(10, 10), complete(12, 10), ad_complete(25, 10),
         ad_break_complete(25, 10), end(60, 10)],
        {"content": 10, "unique": 10, "ads": 15},
    ),
    "a replay": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), play(70), *pings(80, 100, playhead=10), end(105, 35)],
        {"content": 95, "unique": 60},
    ),
    "a replay that never moves": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), play(70), *pings(80, 100, playhead=0, pace=0)],
        {"content": 60, "unique": 60},
    ),
    "play at the end is no replay": (
        [play(0), *pings(10, 50, playhead=10), complete(60, 60), play(70, 60), *pings(80, 100, playhead=60, pace=0)],
        {"content": 60, "unique": 60},
    ),
    "a replay paused and complete again": (
        [play(0), ping(30, 30), complete(60, 60), play(70), ping(80, 10), pause(90, 20), play(95, 20),
         complete(135, 60), end(200, 60)],
        {"content": 120, "unique": 60, "paused": 5},
    ),
}
# fmt: on


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation_has_the_figures_worked_out_by_hand(name: str) -> None:
    events, expected = SITUATIONS[name]
    assert figures(*events) == {name: value for name, value in expected.items() if value}


# Events with one `ts`: every order of arrival gives the same

AT_ONCE: Final[dict[str, tuple[list[Event], list[Event], list[Event], dict[str, Any]]]] = {
    "pause and midroll": (
        [play(0)],
        [pause(30, 30), ad_break(30, 30), ad(30, 30)],
        [ad_complete(40, 30), ad_break_complete(40, 30), play(40, 30), end(50, 40)],
        {"content": 40, "unique": 40, "ads": 10},
    ),
    "pause and midroll, and no play after it": (
        [play(0)],
        [pause(30, 30), ad_break(30, 30), ad(30, 30)],
        [ad_complete(40, 30), ad_break_complete(40, 30), *pings(50, 70, playhead=30, pace=0)],
        {"content": 30, "unique": 30, "ads": 10, "paused": 30},
    ),
    "buffering and midroll": (
        [play(0)],
        [buffer(30, 30), ad_break(30, 30), ad(30, 30)],
        [ad_complete(40, 30), ad_break_complete(40, 30), play(45, 30), end(50, 35)],
        {"content": 35, "unique": 35, "ads": 10, "buffering": 5},
    ),
    "a buffer of no length": (
        [play(0)],
        [buffer(30, 30), play(30, 30)],
        pings(40, 60, playhead=40),
        {"content": 60, "unique": 60},
    ),
    "a seek within one tick": (
        [play(0), *pings(10, 20, playhead=10)],
        [ping(30, 30), pause(30, 30), play(30, 80)],
        pings(40, 60, playhead=90),
        {"content": 60, "unique": 60, "seeks": 1},
    ),
    "a play and the pause after it": (
        [play(0), buffer(3, 3)],
        [play(4, 3), pause(4, 3)],
        [play(6, 40), end(7, 41)],
        {"content": 4, "unique": 4, "buffering": 1, "paused": 2, "seeks": 1},
    ),
    "an ad that is skipped at once": (
        [play(0), ad_break(10, 10)],
        [ad(10, 10), ad_skip(10, 10), ad_break_complete(10, 10), play(10, 10)],
        [ping(20, 20)],
        {"content": 20, "unique": 20},
    ),
    "one ad ends and the next starts": (
        [play(0), ad_break(10, 10), ad(10, 10)],
        [ad_complete(20, 10), ad(20, 10, ad_id="b", position=2)],
        [ad_skip(25, 10), ad_break_complete(25, 10), play(25, 10), ping(35, 20)],
        {"content": 20, "unique": 20, "ads": 15},
    ),
    "one break ends and the next starts": (
        [play(0), ad_break(10, 10), ad(10, 10)],
        [ad_complete(20, 10), ad_break_complete(20, 10), ad_break(20, 10, index=2), ad(20, 10, ad_id="b")],
        [ad_complete(30, 10), ad_break_complete(30, 10), play(30, 10), ping(40, 20)],
        {"content": 20, "unique": 20, "ads": 20},
    ),
    "the second ad buffers first": (
        [ad_break(0), ad(0)],
        [ad_complete(10), ad(10, ad_id="b", position=2), buffer(10)],
        [play(12), ad_complete(20), ad_break_complete(20), play(20), ping(30, 10)],
        {"content": 10, "unique": 10, "ads": 18, "buffering": 2},
    ),
    "a pause at the end": (
        [play(0), ping(10, 10)],
        [pause(20, 20), complete(20, 20)],
        [end(50, 20)],
        {"content": 20, "unique": 20},
    ),
    "the end and a replay": (
        [play(0), *pings(10, 20, playhead=10)],
        [complete(30, 30), play(30, 0)],
        pings(40, 50, playhead=10),
        {"content": 50, "unique": 30},
    ),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_events_at_once_count_the_same_in_any_order(name: str) -> None:
    before, at_once, after, expected = AT_ONCE[name]
    for arrived in permutations(at_once):
        assert figures(*before, *arrived, *after) == expected


def test_state_or_chapter_opened_and_closed_at_once_has_no_length() -> None:
    for first, second in permutations([state_start(10, "mute", 10), state_end(10, "mute", 10)]):
        muted = measure(fold([start(), play(0), first, second, ping(20, 20)])).states["mute"]
        assert (muted.count, muted.time_ms) == (1, 0)
    for one, other in permutations([chapter(10, 10), chapter_complete(10, 10)]):
        (told,) = measure(fold([start(), play(0), one, other, ping(20, 20)])).chapters
        assert (told.time_ms, told.completed) == (0, True)


@pytest.mark.parametrize(("pace", "rate"), [(1, 1.0), (2, 2.0), (1.25, 1.25), (0.5, 0.5)])
def test_playback_rate_is_the_pace_of_the_content(pace: float, rate: float) -> None:
    viewing = [start(media_length=1_000), play(0), *pings(10, 60, playhead=10 * pace, pace=pace)]
    assert measure(fold(viewing)).playback_rate == rate


def test_playback_rate_weighs_the_paces_by_time() -> None:
    viewing = [start(media_length=1_000), play(0), *pings(10, 60, playhead=10), *pings(70, 90, playhead=80, pace=2)]
    assert measure(fold(viewing)).playback_rate == round((60 + 2 * 30) / 90, 2)


def test_content_starts_where_it_moves_after_a_preroll() -> None:
    metrics = measure(fold([start(), *preroll(0, 10), ping(20, 4), ping(30, 14)]))
    assert (metrics.content_starts, metrics.time_to_start_ms) == (1, 6_000)


def test_content_does_not_start_in_a_preroll() -> None:
    metrics = measure(fold([start(), *preroll(0, 10), ping(20), end(40)]), "session_end")
    assert (metrics.content_starts, metrics.drops_before_start) == (0, 1)


@pytest.mark.parametrize(("seconds_before", "segment"), [(10, "[1435-1440]"), (400, "[1430-1440]")])
def test_segment_of_live_content_is_what_came_before_midnight(seconds_before: int, segment: str) -> None:
    begin = 86_400 - seconds_before
    viewing = [live_start(0, begin), play(0, begin), ping(seconds_before, 0), ping(seconds_before + 30, 30)]
    assert measure(fold(viewing)).segment == segment


# Unusual sessions: one case for each line of that name in METRICS.md

# fmt: off
UNUSUAL: Final[dict[str, tuple[list[Event], dict[str, Any]]]] = {
    "a break without ads": (
        [play(0), ad_break(10, 10), ad_break_complete(30, 10), play(30, 10), end(40, 20)],
        {"content_time_spent_ms": 20_000, "ad_count": 0, "ad_time_spent_ms": 0, "total_pause_duration_ms": 0},
    ),
    "an ad open at the end": (
        [play(0), ad_break(10, 10), ad(10, 10), ping(15, 10), end(18, 10)],
        {"ad_starts": 1, "ad_completes": 0, "ad_skips": 0, "ad_time_spent_ms": 8_000, "content_time_spent_ms": 10_000},
    ),
    "an ad starts while another runs": (
        [ad_break(0), ad(0), ad(10, position=2), ad_complete(15), ad_break_complete(15), end(15)],
        {"ad_starts": 2, "ad_completes": 1, "ad_skips": 0, "ad_time_spent_ms": 15_000},
    ),
    "the same ad twice": (
        [ad_break(0), ad(0), ad_complete(5), ad(5), ad_complete(9), ad_break_complete(9), end(9)],
        {"ad_count": 2, "ad_completes": 2, "ad_time_spent_ms": 9_000},
    ),
    "an ad ends that did not start": (
        [play(0), ad_complete(5, 5), ad_skip(6, 6), ad_break_complete(7, 7), ping(10, 10)],
        {"ad_count": 0, "ad_completes": 0, "content_time_spent_ms": 10_000, "unique_time_played_ms": 10_000},
    ),
    "ads outside a break": (
        [play(0), ad(5, 5), ad_complete(8, 8), ping(10, 10)],
        {"ad_count": 0, "ad_time_spent_ms": 0, "content_time_spent_ms": 10_000},
    ),
    "a chapter starts in another": (
        [play(0), chapter(0), chapter(10, 10, 2), chapter_complete(15, 15), chapter_complete(18, 18), end(20, 20)],
        {"chapter_starts": 2, "chapter_completes": 1, "chapter_skips": 0},
    ),
    "a chapter ends that did not start": (
        [play(0), chapter_complete(5, 5), end(10, 10)],
        {"chapter_count": 0, "chapter_completes": 0, "content_time_spent_ms": 10_000},
    ),
    "a state that is on starts again": (
        [play(0), state_start(2, "mute", 2), state_start(5, "MUTE", 5), state_end(8, "mute", 8), state_end(9, "mute", 9),
         end(10, 10)],
        {"states": {"mute": {"count": 1, "time_ms": 6_000, "set": True}}},
    ),
    "a state ends that did not start": (
        [play(0), state_end(5, "mute", 5), end(10, 10)],
        {"states": {}},
    ),
    "a state is on at the end": (
        [state_start(0, "fullScreen"), play(0), pause(5, 5), end(10, 5)],
        {"states": {"fullScreen": {"count": 1, "time_ms": 10_000, "set": True}}},
    ),
    "complete twice": (
        [play(0), complete(10, 10), complete(12, 10), end(12, 10)],
        {"content_completes": 1, "content_time_spent_ms": 10_000},
    ),
    "complete without play": (
        [complete(5), end(6)],
        {"content_starts": 0, "drops_before_start": 1, "content_completes": 1, "content_time_spent_ms": 0},
    ),
    "complete long before the end": (
        [play(0), complete(10, 10), end(11, 10)],
        {"content_completes": 1, "progress_10": True, "progress_25": False},
    ),
    "an error before the content": (
        [error(1), end(2)],
        {"error_events": 1, "content_starts": 0, "drops_before_start": 1, "player_errors": []},
    ),
    "an error in between": (
        [play(0), error(5, 5, params={"media.errorId": "e"}), error(6, 6, params={"media.errorId": "e"}), ping(10, 10)],
        {"error_events": 2, "player_errors": ["e"], "content_time_spent_ms": 10_000},
    ),
    "nothing but a start": (
        [],
        {"content_starts": 0, "drops_before_start": 1, "time_to_start_ms": None, "playback_rate": None, "segment": None,
         "estimated_streams": 1, "average_bitrate_bps": None},
    ),
    "a length of zero": (
        [start(media_length=0), play(0), ping(10, 10)],
        {"average_minute_audience": None, "progress_10": False, "unique_time_played_ms": 10_000},
    ),
    "a playhead beyond the length": (
        [start(media_length=60), play(0, 50), *pings(10, 40, playhead=60), end(40, 90)],
        {"content_time_spent_ms": 40_000, "unique_time_played_ms": 10_000, "progress_95": True, "segment": "[0-5]"},
    ),
    "a playhead below zero": (
        [start(media_length=60), play(0, -5), ping(10, 5), ping(20, 15)],
        {"content_time_spent_ms": 20_000, "unique_time_played_ms": 15_000, "segment": "[0-5]"},
    ),
    "a resume in the middle": (
        [start(media_length=100, media_resume=True), play(0, 50), ping(10, 60)],
        {"content_resumes": 1, "unique_time_played_ms": 10_000, "progress_50": True, "average_minute_audience": 0.1},
    ),
    "a seek while paused": (
        [play(0), ping(10, 10), pause(10, 10), ping(15, 70), play(20, 70), ping(30, 80)],
        {"pause_events": 1, "total_pause_duration_ms": 10_000, "content_time_spent_ms": 20_000, "unique_time_played_ms": 20_000},
    ),
    "a pause in a pause": (
        [play(0), pause(5, 5), pause(8, 5), ping(9, 5), play(10, 5), ping(20, 15)],
        {"pause_events": 1, "total_pause_duration_ms": 5_000},
    ),
    "a pause that turns into buffering": (
        [play(0), pause(5, 5), buffer(8, 5), play(10, 5), ping(20, 15)],
        {"pause_events": 1, "total_pause_duration_ms": 3_000, "buffer_events": 1, "total_buffer_duration_ms": 2_000},
    ),
    "a pause before the content": (
        [pause(1), play(4), ping(14, 10)],
        {"pause_events": 1, "total_pause_duration_ms": 3_000, "content_starts": 1, "time_to_start_ms": 4_000},
    ),
    "play twice": (
        [play(0), play(5, 5), ping(10, 10)],
        {"content_starts": 1, "content_time_spent_ms": 10_000, "pause_events": 0},
    ),
    "tracks are changed": (
        [play(0), event("nextTrack", 5, 5), event("prevTrack", 6, 6), ping(10, 10)],
        {"content_time_spent_ms": 10_000, "unique_time_played_ms": 10_000},
    ),
    "live that counts from zero": (
        [live_start(), play(0), *pings(10, 30, playhead=10)],
        {"content_time_spent_ms": 30_000, "unique_time_played_ms": 30_000, "segment": "[0-5]", "progress_10": False,
         "average_minute_audience": None},
    ),
    "a bitrate of zero": (
        [play(0), bitrate_change(0, bps=0), bitrate_change(5, 5, bps=4_000), ping(10, 10)],
        {"average_bitrate_bps": 2_000, "bitrate_changes": 2},
    ),
    "dropped frames go down": (
        [play(0), ping(5, 5, qoe={"media.qoe.droppedFrames": 9}), ping(10, 10, qoe={"media.qoe.droppedFrames": 2})],
        {"dropped_frames": 2, "dropped_frame_impacted": True},
    ),
    "events before the start": (
        [*preroll(0, 10), start(10, media_length=60), play(10), ping(20, 10)],
        {"ad_time_spent_ms": 10_000, "content_time_spent_ms": 10_000, "time_to_start_ms": 0},
    ),
    "events after the end": (
        [play(0), end(10, 10), ping(20, 20)],
        {"content_time_spent_ms": 20_000},
    ),
    "an ad in buffering": (
        [ad_break(0), ad(0), buffer(2), play(5), ad_complete(10), ad_break_complete(10), play(10), ping(20, 10)],
        {"ad_time_spent_ms": 7_000, "buffer_events": 1, "total_buffer_duration_ms": 3_000},
    ),
}
# fmt: on


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_session_has_the_figures_worked_out_by_hand(name: str) -> None:
    events, expected = UNUSUAL[name]
    started = any(one.type is EventType.SESSION_START for one in events)
    told = measure(fold(events if started else [start(), *events]), "no_events").model_dump(mode="json")
    assert {metric: told[metric] for metric in expected} == expected


def test_only_ten_states_of_a_session_count() -> None:
    states = [state_start(number, f"state-{number}", number) for number in range(12)]
    told = measure(fold([start(), play(0), *states, end(20, 20)])).states
    assert list(told) == [f"state-{number}" for number in range(10)]
    assert told["state-9"].time_ms == 11_000
