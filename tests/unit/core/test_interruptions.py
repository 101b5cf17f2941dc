"""What kept the viewer from the content: ads, stalls and waiting, each with its end, playhead and length (seconds)."""

from mediabeat.core.event import Event
from mediabeat.core.folding.interruptions import Interruption, interruptions
from mediabeat.core.session import fold
from tests.support.builders import (
    BASE_MS,
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    ad_skip,
    buffer,
    end,
    live_start,
    pause,
    ping,
    play,
    start,
)


def told(*events: Event) -> list[tuple[float, float, str, float]]:
    """Return the interruptions of a session."""
    found = interruptions(fold(events))
    return [((one.at_ms - BASE_MS) / 1_000, one.playhead_s, one.type, one.duration_ms / 1_000) for one in found]


def test_content_that_just_plays_has_none() -> None:
    assert told(start(), play(1), ping(11, 10), pause(15, 14), play(20, 14), end(30, 24)) == []


def test_each_ad_is_one_and_the_time_between_them_is_waiting() -> None:
    events = (
        *(start(), play(0), ping(10, 10), ad_break(10, 10), ad(10, 10), ping(20, 10), ad_complete(25, 10)),
        *(ad(27, 10, "ad-2", 2), ad_skip(33, 10), ad_break_complete(33, 10), play(34, 10), ping(44, 20)),
    )
    assert told(*events) == [(25, 10, "ad", 15), (27, 10, "waiting", 2), (33, 10, "ad", 6), (34, 10, "waiting", 1)]


def test_ad_with_its_own_pause_and_buffering_is_one() -> None:
    events = (start(), ad_break(0), ad(0), pause(5), play(9), buffer(12), play(14), ad_complete(20), ad_break_complete(20))
    assert told(*events, play(21), ping(31, 10)) == [(20, 0, "ad", 20)]


def test_stall_is_one_however_many_pings_report_it() -> None:
    events = (start(), play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 10), ping(50, 20), ping(60, 30))
    assert told(*events) == [(40, 10, "stalled", 30)]


def test_buffering_after_the_start_is_in_the_log_and_not_here() -> None:
    assert told(start(), play(0), ping(10, 10), buffer(10, 10), play(15, 10), ping(25, 20)) == []


def test_waiting_for_content_that_comes_is_the_startup_of_the_log() -> None:
    assert told(start(), buffer(1), play(6), ping(16, 10)) == []


def test_waiting_for_content_that_never_comes_lasts_until_the_end() -> None:
    assert told(start(), buffer(2), ping(12), ping(22), end(25)) == [(25, 0, "waiting", 23)]


def test_playheads_of_live_content_are_seconds_of_the_day() -> None:
    late = 86_390
    events = (live_start(0, late), play(0, late), ping(10, late + 9), ad_break(15, 5), ad(15, 5), ad_complete(30, 20))
    assert [(playhead, kind) for _, playhead, kind, _ in told(*events)] == [(20, "ad")]


def test_stored_form_of_another_release_is_read() -> None:
    assert Interruption.from_stored([5, 1.5, "ad", 7, "later"]) == Interruption(5, 1.5, "ad", 7)
    assert Interruption.from_stored([5]) == Interruption(5, 0.0, "waiting", 0)
