"""The log of what viewer and player did: when each action was over, where in the content, and how long it took (seconds)."""

import pytest

from mediabeat.core.action_log import Totals, action_log, totals
from mediabeat.core.event import Event, EventType
from mediabeat.core.session import fold
from tests.support.builders import (
    BASE_MS,
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    bitrate_change,
    buffer,
    chapter,
    complete,
    end,
    error,
    event,
    live_start,
    pause,
    ping,
    play,
    start,
    state_start,
)
from tests.support.journeys import events_of

Line = tuple[float, float, str, float]

BEGUN: list[Line] = [(0, 0, "player_start", 0), (0, 0, "startup", 0)]
"""How the log begins when the content starts together with the session."""


def told(*events: Event, base_ms: int = BASE_MS) -> list[Line]:
    """Return the log of a session; it starts at 0 with the usual start if none is among its events."""
    started = any(one.type is EventType.SESSION_START for one in events)
    log = action_log(fold(events if started else [start(), *events]))
    return [((line.at_ms - base_ms) / 1_000, line.playhead_s, line.action, line.duration_ms / 1_000) for line in log]


def sums(*events: Event) -> Totals:
    return totals(action_log(fold([start(), *events])))


# Starting


def test_player_starts_until_the_next_event() -> None:
    assert told(start(), ping(3)) == [(3, 0, "player_start", 3)]


def test_session_with_only_its_start_has_one_player_start_line() -> None:
    assert told(start(0, 20)) == [(0, 20, "player_start", 0)]


def test_startup_is_the_wait_for_the_content_after_that() -> None:
    assert told(buffer(1), play(3), ping(4, 1)) == [(1, 0, "player_start", 1), (3, 0, "startup", 2), (4, 1, "playing", 1)]


def test_startup_after_a_preroll_begins_with_the_end_of_its_last_ad() -> None:
    first, second = [ad(1, ad_id="a"), ad_complete(11)], [ad(11, ad_id="b"), ad_complete(21)]
    log = told(ad_break(1), *first, *second, ad_break_complete(21), play(23), ping(24, 1))
    assert log[:2] == [(1, 0, "player_start", 1), (23, 0, "startup", 2)]


def test_midroll_does_not_change_the_startup() -> None:
    midroll = [ad_break(13, 10), ad(13, 10), ad_complete(23, 10), ad_break_complete(23, 10)]
    log = told(buffer(1), play(3), *midroll, play(24, 10))
    assert log[:2] == [(1, 0, "player_start", 1), (3, 0, "startup", 2)]


def test_session_without_content_has_no_startup_line() -> None:
    assert told(ad_break(1), ad(1), play(1), end(11)) == [(1, 0, "player_start", 1)]


# Playing


@pytest.mark.parametrize(
    ("played_s", "stretches"),
    [(0, []), (59.999, [59.999]), (60, [60]), (60.001, [60, 0.001]), (120, [60, 60]), (180, [60, 60, 60]), (150, [60, 60, 30])],
)
def test_playing_is_logged_each_minute_and_when_it_ends(played_s: float, stretches: list[float]) -> None:
    ends = [sum(stretches[: number + 1]) for number in range(len(stretches))]
    lines: list[Line] = [(at, at, "playing", length) for at, length in zip(ends, stretches, strict=True)]
    assert told(play(0), pause(played_s, played_s)) == [*BEGUN, *lines]


def test_playing_minute_runs_through_events_that_change_no_state() -> None:
    neutral = [ping(10, 10), play(20, 20), bitrate_change(30, 30, bps=1), chapter(40, 40), state_start(50, "mute", 50)]
    assert told(play(0), *neutral, ping(70, 70)) == [*BEGUN, (60, 60, "playing", 60), (70, 70, "playing", 10)]


def test_playing_minute_starts_again_after_a_pause() -> None:
    expected: list[Line] = [
        (50, 50, "playing", 50),
        (60, 50, "paused", 10),
        (120, 110, "playing", 60),
        (130, 120, "playing", 10),
    ]
    assert told(play(0), pause(50, 50), play(60, 50), ping(130, 120)) == [*BEGUN, *expected]


@pytest.mark.parametrize(("event_type", "action"), [("error", "error"), ("prevTrack", "prev_tarck"), ("nextTrack", "next_track")])
def test_playing_is_logged_early_before_another_line(event_type: str, action: str) -> None:
    expected: list[Line] = [
        (25, 25, "playing", 25),
        (25, 25, action, 0),
        (85, 85, "playing", 60),
        (95, 95, "playing", 10),
    ]
    assert told(play(0), event(event_type, 25, 25), ping(95, 95)) == [*BEGUN, *expected]


def test_error_while_paused_does_not_cut_the_pause() -> None:
    expected: list[Line] = [(5, 5, "playing", 5), (7, 5, "error", 0), (10, 5, "paused", 5)]
    assert told(play(0), pause(5, 5), error(7, 5), play(10, 5)) == [*BEGUN, *expected]


def test_ads_are_not_logged_as_playing() -> None:
    midroll = [ad_break(10, 10), ad(10, 10), ad_complete(40, 10), ad_break_complete(40, 10), play(40, 10)]
    assert told(play(0), *midroll, end(45, 15)) == [*BEGUN, (10, 10, "playing", 10), (45, 15, "playing", 5)]


def test_stall_is_not_logged_as_playing() -> None:
    log = told(play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 11), ping(50, 21))
    assert log == [*BEGUN, (10, 10, "playing", 10), (50, 21, "playing", 11)]  # of 30..40 it stood 9 s


def test_open_session_is_logged_up_to_its_last_event() -> None:
    viewing = [play(0), ping(10, 10), ping(20, 20)]
    assert [told(*viewing[:count])[2:] for count in (1, 2, 3)] == [[], [(10, 10, "playing", 10)], [(20, 20, "playing", 20)]]


def test_player_clock_that_jumps_a_year_does_not_make_half_a_million_lines() -> None:
    a_year_s = 365 * 86_400
    assert len(told(start(-a_year_s), play(-a_year_s), ping(0, 1), ping(10, 11))) < 10_000


# Pausing, seeking, rebuffering


def test_pause_is_logged_when_it_ends() -> None:
    assert told(play(0), pause(5, 5), ping(9, 5), play(12, 5)) == [*BEGUN, (5, 5, "playing", 5), (12, 5, "paused", 7)]


def test_pause_that_ends_at_another_playhead_is_a_seek() -> None:
    assert told(play(0), pause(5, 5), play(7, 60), ping(10, 63)) == [
        *BEGUN,
        (5, 5, "playing", 5),
        (7, 60, "seeking", 2),
        (10, 63, "playing", 3),
    ]


def test_playhead_that_wavers_in_a_pause_is_no_seek() -> None:
    # Chromecast 3.0.3: paused at 8.5, pinging 8.8.
    assert told(play(0), pause(5, 5), ping(9, 5.3), play(12, 5.3))[2:] == [(5, 5, "playing", 5), (12, 5.3, "paused", 7)]


def test_seek_during_a_pause_is_logged_as_seeking_then_paused() -> None:
    log = told(play(0), pause(5, 5), ping(8, 60), ping(18, 60), play(20, 60))
    assert log == [*BEGUN, (5, 5, "playing", 5), (8, 60, "seeking", 3), (20, 60, "paused", 12)]


def test_seek_while_playing_takes_no_time_of_its_own() -> None:
    log = told(play(0), ping(10, 10), ping(20, 70), ping(30, 80))
    assert log == [*BEGUN, (20, 20, "playing", 20), (20, 70, "seeking", 0), (30, 80, "playing", 10)]


def test_seek_back_while_playing_is_a_seek_too() -> None:
    log = told(play(0), ping(10, 10), ping(20, 2), ping(30, 12))
    assert log == [*BEGUN, (20, 20, "playing", 20), (20, 2, "seeking", 0), (30, 12, "playing", 10)]


def test_resume_in_the_middle_is_no_seek() -> None:
    assert told(start(), play(2, 50), ping(4, 52)) == [(2, 0, "player_start", 2), (2, 50, "startup", 0), (4, 52, "playing", 2)]


def test_buffering_is_rebuffering_only_after_the_start() -> None:
    log = told(buffer(1), play(3), buffer(13, 10), play(17, 10), ping(18, 11))
    assert log == [
        (1, 0, "player_start", 1),
        (3, 0, "startup", 2),
        (13, 10, "playing", 10),
        (17, 10, "rebuffering", 4),
        (18, 11, "playing", 1),
    ]


def test_buffering_for_a_seek_is_the_seek() -> None:
    assert told(play(0), buffer(5, 5), play(7, 60)) == [*BEGUN, (5, 5, "playing", 5), (7, 60, "seeking", 2)]


# Ends


def test_completed_session_has_an_ended_line() -> None:
    assert told(play(0), complete(30, 30), end(31, 30))[2:4] == [(30, 30, "playing", 30), (30, 30, "ended", 0)]


def test_live_stream_has_no_ended_line() -> None:
    log = told(live_start(), play(0), complete(30, 30))
    assert log == [*BEGUN, (30, 30, "playing", 30)]


def test_midnight_is_no_seek_in_a_live_stream() -> None:
    log = told(live_start(0, 86_370), play(0, 86_370), ping(20, 86_390), ping(40, 10), ping(70, 40))
    assert [line[2:] for line in log[2:]] == [("playing", 60), ("playing", 10)]


def test_same_jump_of_the_playhead_is_a_seek_in_a_recording() -> None:
    log = told(start(media_length=86_400), play(0, 86_390), ping(20, 10), ping(30, 20))
    assert [line[2:] for line in log[2:]] == [("playing", 20), ("seeking", 0), ("playing", 10)]


def test_live_stream_that_rebuffers_and_catches_up_has_a_rebuffering_line() -> None:
    log = told(live_start(), play(0), buffer(20, 20), play(23, 23), ping(30, 30))
    assert log == [*BEGUN, (20, 20, "playing", 20), (23, 23, "rebuffering", 3), (30, 30, "playing", 7)]


def test_live_stream_that_pings_while_it_rebuffers_has_a_rebuffering_line() -> None:
    log = told(live_start(), play(0), buffer(20, 20), ping(30, 20), play(35, 35), ping(40, 40))
    assert log == [*BEGUN, (20, 20, "playing", 20), (35, 35, "rebuffering", 15), (40, 40, "playing", 5)]


def test_line_of_a_live_stream_after_midnight_is_in_the_new_day() -> None:
    at_the_end = told(live_start(0, 86_395), play(0, 86_395), pause(10, 5))
    at_a_cut = told(live_start(0, 86_345), play(0, 86_345), pause(70, 15))
    assert (at_the_end[2], at_a_cut[2]) == ((10, 5, "playing", 10), (60, 5, "playing", 60))


# Whole logs


def test_log_of_the_abandoned_session_of_the_documentation() -> None:
    # Timeline 2 of Adobe's Media Collection API: a preroll of 12 s, an error at 32, gone 3 s into the midroll of 45.
    assert told(*events_of("003_abandoned"), base_ms=0) == [
        (0, 0, "player_start", 0),  # the ad break opens at once
        (12, 0, "startup", 0),  # the content follows the ad at once
        (32, 20, "playing", 20),  # cut by
        (32, 20, "error", 0),
        (37, 25, "playing", 5),  # an error does not stop the clock; by the clock 20 + 5, but it goes on
        (37, 18, "seeking", 0),  # at 18
        (40, 21, "playing", 3),  # by the clock 18 + 3, but it goes on
        (40, 28, "seeking", 0),  # at 28
        (45, 33, "playing", 5),  # to the midroll
    ]


def test_log_of_a_view_to_the_end() -> None:
    assert told(*events_of("watched_to_the_end"), base_ms=0) == [
        (1, 0, "player_start", 1),
        (3, 0, "startup", 2),
        (33, 30, "playing", 30),
        (53, 30, "paused", 20),
        (83, 60, "playing", 30),
        (88, 60, "rebuffering", 5),
        (118, 90, "playing", 30),
        (128, 90, "paused", 10),
        (158, 120, "playing", 30),
        (158, 120, "ended", 0),
    ]


def test_log_is_in_the_order_of_time() -> None:
    log = told(play(0), pause(30, 30), error(35, 30), event("nextTrack", 40, 30), play(50, 30), complete(120, 100))
    assert [line[0] for line in log] == [0, 0, 30, 35, 40, 50, 110, 120, 120]


def test_totals_are_the_waits_before_and_after_the_start_and_the_playing() -> None:
    viewing = [buffer(1), play(3), buffer(83, 80), play(87, 80), pause(90, 83), play(95, 83), error(96, 84), ping(100, 88)]
    assert sums(*viewing) == Totals(
        player_start_ms=1_000, startup_ms=2_000, rebuffering_ms=4_000, playing_ms=80_000 + 3_000 + 1_000 + 4_000, lines=10
    )


def test_totals_of_an_empty_log_are_zero() -> None:
    assert totals([]) == Totals(0, 0, 0, 0, 0)
