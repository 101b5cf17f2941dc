"""Each rule of the metrics in a session short enough to follow. Seconds; the content is 100 s long unless said otherwise."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mediabeat.core.event import Event, EventType
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.session import fold
from mediabeat.errors import InvalidInput
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from tests.support.builders import (
    Wire,
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    ad_skip,
    bitrate_change,
    buffer,
    chapter,
    chapter_complete,
    chapter_skip,
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
    states_update,
    wire,
    wire_start,
)


def measured(*events: Event, close_reason: str | None = None) -> Metrics:
    """Measure a session; it starts at 0 with the usual start if none is among its events."""
    started = any(one.type is EventType.SESSION_START for one in events)
    return measure(fold(events if started else [start(), *events]), close_reason)


def told(metrics: Metrics, *names: str) -> tuple[Any, ...]:
    """Return some figures by name."""
    return tuple(metrics.model_dump()[name] for name in names)


def times_s(metrics: Metrics) -> dict[str, float]:
    """Return the clock of each state, in seconds, where there is any."""
    clocks = {
        "content": metrics.content_time_spent_ms,
        "ad": metrics.ad_time_spent_ms,
        "paused": metrics.total_pause_duration_ms,
        "buffering": metrics.total_buffer_duration_ms,
        "stalled": metrics.total_stall_duration_ms,
    }
    return {name: ms / 1_000 for name, ms in clocks.items() if ms}


def ads(metrics: Metrics) -> list[tuple[str, int, float, str]]:
    """Return each ad's id, its break's index, its seconds and how it ended."""
    return [
        (one.id, one.break_index, one.time_ms / 1_000, "completed" if one.completed else "skipped" if one.skipped else "left")
        for one in metrics.ads
    ]


def chapters(metrics: Metrics) -> list[tuple[int, float, str]]:
    """Return each chapter's index, its seconds and how it ended."""
    return [
        (one.index, one.time_ms / 1_000, "completed" if one.completed else "skipped" if one.skipped else "left")
        for one in metrics.chapters
    ]


def states(metrics: Metrics) -> dict[str, tuple[int, float]]:
    """Return how often each player state was on, and for how many seconds."""
    return {name: (state.count, state.time_ms / 1_000) for name, state in metrics.states.items()}


# What the clock of a session counts as


def test_session_with_only_its_start_has_neutral_figures() -> None:
    assert measured(start()).model_dump(exclude_defaults=True) == {
        "close_reason": None,
        "media_starts": 1,
        "content_starts": 0,
        "drops_before_start": 0,
        "content_completes": 0,
        "content_resumes": 0,
        "content_time_spent_ms": 0,
        "ad_time_spent_ms": 0,
        "media_time_spent_ms": 0,
        "unique_time_played_ms": 0,
        "playback_rate": None,
        "average_minute_audience": 0.0,
        "progress_10": False,
        "progress_25": False,
        "progress_50": False,
        "progress_75": False,
        "progress_95": False,
        "segment": None,
        "estimated_streams": 1,
        "pause_events": 0,
        "total_pause_duration_ms": 0,
        "pause_impacted": False,
        "buffer_events": 0,
        "total_buffer_duration_ms": 0,
        "buffer_impacted": False,
        "stall_events": 0,
        "total_stall_duration_ms": 0,
        "stall_impacted": False,
        "time_to_start_ms": None,
        "average_bitrate_bps": None,
        "bitrate_changes": 0,
        "bitrate_change_impacted": False,
        "dropped_frames": 0,
        "dropped_frame_impacted": False,
        "outcome": None,
        "experience_score": None,
        "qoe_version": None,
        "error_events": 0,
        "error_impacted": False,
        "player_errors": (),
        "external_errors": (),
        "ad_count": 0,
        "ad_starts": 0,
        "ad_completes": 0,
        "ad_skips": 0,
        "ads": (),
        "chapter_count": 0,
        "chapter_starts": 0,
        "chapter_completes": 0,
        "chapter_skips": 0,
        "chapters": (),
        "states": {},
        "is_playing_time_assumed": False,
    }


def test_time_belongs_to_the_state_after_the_event_that_opens_it() -> None:
    viewing = [buffer(1), play(3), pause(13, 10), play(17, 10), buffer(25, 18), end(31, 18)]
    assert times_s(measured(*viewing)) == {"content": 18, "paused": 4, "buffering": 8}


def test_time_before_the_first_state_event_is_in_no_state() -> None:
    assert times_s(measured(start(), ping(10))) == {}


@pytest.mark.parametrize(
    "neutral",
    [
        ping(15, 10),
        bitrate_change(15, 10, bps=1),
        error(15, 10),
        chapter(15, 10),
        chapter_complete(15, 10),
        chapter_skip(15, 10),
        state_start(15, "mute", 10),
        state_end(15, "mute", 10),
        states_update(15, 10, started=["mute"]),
        ad_break_complete(15, 10),
        event("prevTrack", 15, 10),
        event("nextTrack", 15, 10),
    ],
    ids=lambda one: one.type,
)
def test_other_events_do_not_change_the_state(neutral: Event) -> None:
    metrics = measured(play(0), pause(10, 10), neutral, end(20, 10))
    assert (times_s(metrics), metrics.pause_events) == ({"content": 10, "paused": 10}, 1)


def test_nothing_is_counted_after_the_last_event() -> None:
    assert times_s(measured(play(0), ping(10, 10), close_reason="no_events")) == {"content": 10}


def test_play_that_players_repeat_changes_nothing() -> None:
    metrics = measured(play(0), play(1, 1), ping(10, 10))
    assert metrics == measured(play(0), ping(10, 10))


def test_repeated_event_counts_once() -> None:
    assert measured(play(0), error(5, 5), error(5, 5), ping(10, 10)) == measured(play(0), error(5, 5), ping(10, 10))


def test_two_different_events_of_one_moment_count_both() -> None:
    assert measured(error(5, qoe={"media.qoe.errorID": "a"}), error(5, qoe={"media.qoe.errorID": "b"})).error_events == 2


# Starts and ends


def test_content_starts_with_the_first_play_outside_an_ad() -> None:
    preroll = [ad_break(1), ad(1), play(1)]
    assert measured(*preroll).content_starts == 0
    assert measured(*preroll, ad_complete(11), ad_break_complete(11), play(11)).content_starts == 1


def test_session_without_content_is_a_drop_once_it_is_closed() -> None:
    assert measured(start()).drops_before_start == 0
    assert measured(start(), close_reason="no_events").drops_before_start == 1
    assert measured(play(1), close_reason="no_events").drops_before_start == 0


def test_only_session_complete_makes_content_complete() -> None:
    assert measured(play(0), ping(100, 100), end(100, 100)).content_completes == 0
    assert measured(play(0), complete(100, 100)).content_completes == 1


def test_resumed_session_is_counted_by_its_start() -> None:
    assert [measured(start(media_resume=resume)).content_resumes for resume in (True, False)] == [1, 0]


def test_close_reason_is_the_one_that_the_closer_gives() -> None:
    assert [measured(start(), close_reason=reason).close_reason for reason in (None, "max_age")] == [None, "max_age"]


def test_time_to_start_is_from_the_session_start_to_the_content() -> None:
    assert measured(start(2), buffer(3), play(5)).time_to_start_ms == 3_000


def test_time_to_start_leaves_out_the_ads() -> None:
    viewing = [ad_break(1), ad(1), ad_complete(11), ad_break_complete(11), play(13)]
    assert measured(*viewing).time_to_start_ms == 3_000


def test_time_to_start_that_the_player_sent_is_used() -> None:
    assert measured(play(5, qoe={"media.qoe.timeToStart": 1_234})).time_to_start_ms == 1_234


def test_time_to_start_is_unknown_without_a_content_start() -> None:
    assert measured(start(), ping(10)).time_to_start_ms is None


def test_preroll_before_the_session_start_counts() -> None:
    # As THEOplayer sends it: the session starts when the preroll is over.
    viewing = [ad_break(-10), ad(-10), start(0), ad_complete(0), ad_break_complete(0), play(0), ping(10, 10)]
    metrics = measured(*viewing)
    assert times_s(metrics) == {"ad": 10, "content": 10}
    assert ads(metrics) == [("ad-1", 1, 10, "completed")]
    assert told(metrics, "content_starts", "time_to_start_ms") == (1, 0)


def test_time_to_start_excludes_only_the_ad_time_after_session_start() -> None:
    viewing = [ad_break(-5), ad(-5), start(0), ad_complete(5), ad_break_complete(5), play(6)]
    assert measured(*viewing).time_to_start_ms == 1_000


# Ads


def test_ad_outside_any_break_is_ignored_and_its_time_is_content() -> None:
    metrics = measured(play(0), ad(10, 10), ad_complete(20, 20), ping(30, 30))
    assert (times_s(metrics), ads(metrics), metrics.ad_count) == ({"content": 30}, [], 0)


def test_ad_plays_without_a_play_event() -> None:
    metrics = measured(ad_break(1), ad(1), ad_complete(11), ad_break_complete(11))
    assert (times_s(metrics), ads(metrics)) == ({"ad": 10}, [("ad-1", 1, 10, "completed")])


def test_ad_that_is_paused_is_a_pause_and_no_ad_time() -> None:
    metrics = measured(ad_break(0), ad(0), pause(4), play(7), ad_complete(10), ad_break_complete(10))
    assert (times_s(metrics), ads(metrics)) == ({"ad": 7, "paused": 3}, [("ad-1", 1, 7, "completed")])


def test_close_of_a_break_ends_its_ad_which_is_not_complete() -> None:
    metrics = measured(ad_break(0), ad(0), ad_break_complete(4), play(4), ping(9, 5))
    assert (times_s(metrics), ads(metrics)) == ({"ad": 4, "content": 5}, [("ad-1", 1, 4, "left")])


def test_open_ad_break_ends_with_the_next_break() -> None:
    metrics = measured(ad_break(0, index=1), ad(0, ad_id="a"), ad_break(10, index=2), ad(12, ad_id="b"), ad_complete(15))
    assert (times_s(metrics), ads(metrics)) == ({"ad": 13}, [("a", 1, 10, "left"), ("b", 2, 3, "completed")])


def test_open_ad_break_ends_with_the_session() -> None:
    metrics = measured(play(0), ad_break(10, 10), ad(10, 10), end(13, 10))
    assert (times_s(metrics), ads(metrics)) == ({"content": 10, "ad": 3}, [("ad-1", 1, 3, "left")])


def test_ad_that_arrives_before_its_break_is_in_it() -> None:
    in_order = [play(0), ad_break(10, 10), ad(10, 10), ad_skip(13, 10), ad_break_complete(13, 10), play(13, 10), ping(23, 20)]
    swapped = [play(0), ad(10, 10), ad_break(10, 10), play(13, 10), ad_break_complete(13, 10), ad_skip(13, 10), ping(23, 20)]
    metrics = measured(*swapped)
    assert metrics == measured(*in_order)
    assert (times_s(metrics), ads(metrics)) == ({"content": 20, "ad": 3}, [("ad-1", 1, 3, "skipped")])


def test_ads_are_listed_with_their_breaks() -> None:
    break_params = {"media.ad.podIndex": -1, "media.ad.podSecond": 90, "media.ad.podFriendlyName": "postroll"}
    ad_params = {"media.ad.id": "ad", "media.ad.podPosition": 2, "media.ad.name": "Ad", "media.ad.length": 7.5}
    metrics = measured(
        event("adBreakStart", 0, 90, params=break_params), event("adStart", 0, 90, params=ad_params), ad_skip(2, 90)
    )
    assert [one.model_dump() for one in metrics.ads] == [
        {
            "id": "ad",
            "name": "Ad",
            "break_index": -1,
            "break_name": "postroll",
            "position": 2,
            "length_s": 7.5,
            "time_ms": 2_000,
            "completed": False,
            "skipped": True,
        }
    ]
    assert told(metrics, "ad_count", "ad_starts", "ad_completes", "ad_skips") == (1, 1, 0, 1)


# Pauses and buffering


def test_second_pause_start_in_a_pause_is_the_same_pause() -> None:
    metrics = measured(play(0), pause(10, 10), pause(15, 10), play(20, 10), pause(25, 15), end(26, 15))
    assert told(metrics, "pause_events", "total_pause_duration_ms", "pause_impacted") == (2, 11_000, True)


def test_play_and_pause_with_equal_ts_are_a_pause() -> None:
    # A seek out of buffering: Android 3.1.2 and Chromecast 3.0.3 send the play that ends it and the pauseStart at once.
    metrics = measured(play(0), buffer(3, 3), pause(4, 3), play(4, 3), play(6, 40), end(7, 41))
    assert (times_s(metrics), metrics.pause_events) == ({"content": 4, "buffering": 1, "paused": 2}, 1)


def test_buffering_at_the_start_is_buffering() -> None:
    metrics = measured(buffer(1), ping(2), play(4), buffer(10, 6), play(11, 6))
    assert told(metrics, "buffer_events", "total_buffer_duration_ms", "buffer_impacted") == (2, 4_000, True)


# Stalls


def stall(metrics: Metrics) -> tuple[Any, ...]:
    return told(metrics, "stall_events", "total_stall_duration_ms", "stall_impacted")


def test_two_moments_at_one_playhead_are_no_stall() -> None:
    metrics = measured(play(0), ping(10, 10), ping(20, 10), ping(30, 20))
    assert (stall(metrics), times_s(metrics)) == ((0, 0, False), {"content": 20})  # 10..20 reached nothing


def test_three_moments_at_one_playhead_are_a_stall_until_it_moves() -> None:
    metrics = measured(play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 20), ping(50, 30))
    assert (stall(metrics), times_s(metrics)) == ((1, 20_000, True), {"content": 30, "stalled": 20})


def test_events_of_one_ts_are_one_moment() -> None:
    metrics = measured(play(0), bitrate_change(10, 10, bps=1), state_start(10, "mute", 10), ping(20, 10), ping(30, 20))
    assert (stall(metrics), times_s(metrics)) == ((0, 0, False), {"content": 20})


def test_stall_ends_with_a_change_of_state() -> None:
    metrics = measured(play(0), ping(10, 10), ping(20, 10), ping(30, 10), buffer(33, 10), play(40, 10), ping(50, 20))
    assert times_s(metrics) == {"content": 20, "stalled": 23, "buffering": 7}
    assert (stall(metrics), metrics.buffer_events) == ((1, 23_000, True), 1)


def test_error_and_a_repeated_play_do_not_end_a_stall() -> None:
    metrics = measured(play(0), ping(10, 10), error(20, 10), play(25, 10), ping(40, 20))
    assert stall(metrics) == (1, 20_000, True)  # 10..25, and 5 of the 15 s until it has moved by 10


def test_stall_at_the_end_lasts_to_the_last_event() -> None:
    assert stall(measured(play(0), ping(10, 10), ping(20, 10), ping(30, 10))) == (1, 20_000, True)


def test_still_playhead_in_a_pause_or_an_ad_is_no_stall() -> None:
    paused = [play(0), ping(10, 10), pause(12, 10), ping(20, 10), ping(30, 10), play(32, 10), ping(40, 10), ping(50, 20)]
    in_an_ad = [play(0), ping(10, 10), ad_break(10, 10), ad(10, 10), *(ping(at, 10) for at in (11, 12, 13)), ad_complete(14, 10)]
    assert [stall(measured(*viewing)) for viewing in (paused, in_an_ad)] == [(0, 0, False)] * 2


def test_events_within_milliseconds_are_no_stall() -> None:
    # Players read the clock at each call: Chromecast 3.0.3 sent two of these 1 ms apart, Android 3.1.2 too.
    at_the_start = [play(2), chapter(2.001), bitrate_change(2.002, bps=1), ping(10, 8)]
    after_an_ad = [ad_break(0), ad(0), ad_complete(12), ad_break_complete(12.001), play(12.002), ping(20, 8)]
    assert [stall(measured(*viewing)) for viewing in (at_the_start, after_an_ad)] == [(0, 0, False)] * 2


def test_stalls_at_two_playheads_in_a_row_are_two_stalls() -> None:
    metrics = measured(play(0), *(ping(at, 10) for at in (10, 20, 30)), *(ping(at, 20) for at in (40, 50, 60)), ping(70, 30))
    assert stall(metrics) == (2, 40_000, True)


# What of the content was played


def unique_s(*events: Event) -> float:
    return (measured(*events).unique_time_played_ms or 0) / 1_000


def test_content_skipped_by_a_seek_is_not_played() -> None:
    assert unique_s(play(0), pause(10, 10), play(12, 60), ping(22, 70)) == 20


def test_playhead_that_jumps_while_playing_counts_for_the_time_that_passed() -> None:
    forward, back = 80, 2
    assert unique_s(play(0), ping(10, 10), ping(20, forward), ping(30, forward + 10)) == 10 + 10 + 10
    assert unique_s(play(0), ping(10, 10), ping(20, back), ping(30, back + 10)) == 20  # [0-10] [10-20] [2-12]


def test_content_watched_twice_counts_once_as_unique() -> None:
    metrics = measured(play(0), pause(20, 20), play(22, 5), ping(42, 25))
    assert told(metrics, "content_time_spent_ms", "unique_time_played_ms") == (40_000, 25_000)


@pytest.mark.parametrize(
    ("elapsed", "moved", "expected"),
    [
        (10, 11.5, 11.5),  # 1.5 s off
        (10, 8.5, 8.5),
        (10, 11.75, 10),  # more than that: a jump
        (100, 110, 110),  # 10 % off
        (100, 90, 90),
        (100, 111, 100),
        (1, 0, 0),  # within 1.5 s: the playhead has not moved yet
        (1, -0.25, 0),
    ],
)
def test_playhead_follows_the_clock_within_1_5_seconds_or_10_percent(elapsed: float, moved: float, expected: float) -> None:
    assert unique_s(start(media_length=1_000), play(0, 500), ping(elapsed, 500 + moved)) == expected


def test_unique_time_is_cut_to_the_length_if_that_is_known() -> None:
    overshooting = [play(0, 95), ping(10, 105)]
    jumping_back = [play(0, 95), ping(10, 20)]
    assert [unique_s(*viewing) for viewing in (overshooting, jumping_back)] == [5, 5]
    assert unique_s(start(media_length=0), *overshooting) == 10


def test_nothing_is_played_before_the_content_begins() -> None:
    assert unique_s(play(0, -5), ping(10, 5)) == 5


def test_stalled_paused_and_ad_time_plays_nothing() -> None:
    viewing = [play(0), ping(10, 10), ping(20, 10), ping(30, 10), pause(31, 10), play(40, 10), ad_break(40, 10), ad(40, 10)]
    assert unique_s(*viewing, ping(50, 10)) == 10


def test_live_playhead_goes_on_at_midnight() -> None:
    metrics = measured(live_start(0, 86_395), play(0, 86_395), ping(10, 5), ping(20, 15))
    assert told(metrics, "unique_time_played_ms", "content_time_spent_ms", "segment") == (20_000, 20_000, "[1435-1440]")


def test_live_playhead_beyond_the_day_plays_no_longer_than_the_clock() -> None:
    beyond = measured(live_start(), play(0, 86_405), ping(10, 86_415))
    epoch_seconds = measured(live_start(), play(0, 1_795_000_000), ping(10, 1_795_000_010))
    assert max(beyond.unique_time_played_ms or 0, epoch_seconds.unique_time_played_ms or 0) <= 10_000


def test_average_minute_audience_is_content_time_by_length() -> None:
    viewing = [play(0), ping(25, 25)]
    assert measured(*viewing).average_minute_audience == 0.25
    assert measured(start(media_length=0), *viewing).average_minute_audience is None


def test_length_of_a_live_stream_is_ignored() -> None:
    # Its playhead is the second of the day, which no length can be compared with.
    live = start(media_contentType="live", media_length=100)
    metrics = measured(live, play(0, 5), ping(10, 15), ping(90, 95))
    assert told(metrics, "average_minute_audience", "progress_10", "progress_95") == (None, False, False)


# How far it got


def progress(*events: Event) -> list[int]:
    figures = measured(*events).model_dump()
    return [percent for percent in (10, 25, 50, 75, 95) if figures[f"progress_{percent}"]]


def test_progress_mark_is_reached_by_a_playhead_at_or_past_it() -> None:
    assert progress(play(0), ping(9, 9.99)) == []
    assert progress(play(0), ping(10, 10)) == [10]
    assert progress(play(0), ping(30, 30), ping(10, 10)) == [10, 25]


def test_progress_mark_passed_by_a_seek_is_reached() -> None:
    assert progress(play(0), pause(1, 1), play(2, 96)) == [10, 25, 50, 75, 95]


def test_playhead_beyond_the_length_reaches_all_marks() -> None:
    assert progress(play(0, 90), ping(11, 101.0039)) == [10, 25, 50, 75, 95]


def test_progress_marks_need_a_content_start() -> None:
    assert progress(start(0, 80), ping(5, 80), ad_break(5, 80), ad(5, 80), play(6, 80), ping(7, 80)) == []
    assert progress(start(0, 80), ping(5, 80), play(6, 60)) == [10, 25, 50]


def test_content_of_unknown_length_has_no_progress() -> None:
    assert progress(start(media_length=0), play(0), ping(100, 100)) == []


@pytest.mark.parametrize(
    ("begin", "until", "segment"),
    [(0, 10, "[0-5]"), (0, 300, "[0-5]"), (290, 310, "[0-10]"), (300, 310, "[5-10]"), (3_599, 3_601, "[55-65]")],
)
def test_segment_is_in_steps_of_five_minutes_around_what_was_played(begin: int, until: int, segment: str) -> None:
    viewing = [start(media_length=7_200), play(0, begin), ping(until - begin, until)]
    assert measured(*viewing).segment == segment


def test_segment_goes_from_the_smallest_to_the_largest_playhead() -> None:
    viewing = [start(media_length=7_200), play(0, 1_000), pause(10, 1_010), play(11, 400), ping(21, 410)]
    assert measured(*viewing).segment == "[5-20]"


def test_segment_is_unknown_if_nothing_was_played() -> None:
    assert measured(play(1)).segment is None


def test_segment_ends_at_the_content_length() -> None:
    metrics = measured(start(media_length=300), play(0, 300.5), ping(10, 310.5))
    assert told(metrics, "unique_time_played_ms", "segment") == (0, None)


@pytest.mark.parametrize(("media_s", "streams"), [(0, 1), (1_799.999, 1), (1_800, 2), (3_599.999, 2), (3_600, 3)])
def test_each_full_half_hour_of_media_time_is_another_stream(media_s: float, streams: int) -> None:
    assert measured(start(media_length=0), play(0), ping(media_s, media_s)).estimated_streams == streams


def test_ad_time_is_media_time() -> None:
    viewing = [start(media_length=0), ad_break(0), ad(0), ad_break_complete(10), play(10), ping(1_800, 1_790)]
    metrics = measured(*viewing)
    assert told(metrics, "ad_time_spent_ms", "content_time_spent_ms") == (10_000, 1_790_000)
    assert told(metrics, "media_time_spent_ms", "estimated_streams") == (1_800_000, 2)


# Quality


def test_bitrates_are_weighted_by_the_playing_time_of_each() -> None:
    viewing = [
        play(0, qoe={"media.qoe.bitrate": 1_000}),
        bitrate_change(30, 30, bps=4_000),
        pause(40, 40),  # not played: not counted
        bitrate_change(50, 40, bps=9_000),
        play(60, 40, qoe={"bitrate": 2_000}),  # the bare name is the same thing
        ping(80, 60),
    ]
    metrics = measured(*viewing)
    assert metrics.average_bitrate_bps == round((30 * 1_000 + 10 * 4_000 + 20 * 2_000) / 60)
    assert told(metrics, "bitrate_changes", "bitrate_change_impacted") == (2, True)


def test_average_bitrate_is_unknown_without_bitrates_or_playing() -> None:
    assert measured(play(0), ping(10, 10)).average_bitrate_bps is None
    assert measured(bitrate_change(0, bps=1_000), ping(10)).average_bitrate_bps is None


def test_dropped_frames_are_the_last_value_sent() -> None:
    frames = [ping(at, at, qoe={"media.qoe.droppedFrames": count}) for at, count in ((10, 3), (20, 9), (30, 7))]
    metrics = measured(play(0), *frames, ping(40, 40))
    assert told(metrics, "dropped_frames", "dropped_frame_impacted") == (7, True)


def test_errors_are_counted_and_their_ids_grouped_by_source() -> None:
    def by_params(at: float, name: str, source: str) -> Event:
        return error(at, params={"media.errorId": name, "media.errorSource": source})

    def by_qoe(at: float, name: str, source: str) -> Event:
        return error(at, qoe={"media.qoe.errorID": name, "media.qoe.errorSource": source})

    metrics = measured(
        by_params(1, "decode", "player"),
        by_params(2, "cdn", "external"),
        by_qoe(3, "drm", "player"),
        by_qoe(4, "ads", "external"),
        by_params(5, "decode", "player"),
        by_qoe(6, "decode", "external"),
        error(7),
    )
    assert told(metrics, "error_events", "error_impacted") == (7, True)
    assert (metrics.player_errors, metrics.external_errors) == (("decode", "drm"), ("cdn", "ads", "decode"))


# Chapters


def test_chapter_ends_when_the_next_one_starts() -> None:
    metrics = measured(play(0), chapter(0, 0, 1), chapter(10, 10, 2), chapter_complete(30, 30), ping(40, 40))
    assert chapters(metrics) == [(1, 10, "left"), (2, 20, "completed")]
    assert told(metrics, "chapter_count", "chapter_starts", "chapter_completes", "chapter_skips") == (2, 2, 1, 0)


def test_chapter_is_completed_skipped_or_left_open() -> None:
    ends = [[chapter_complete(20, 20)], [chapter_skip(20, 20)], []]
    told_of = [chapters(measured(play(0), chapter(10, 10, 7), *ended, end(20, 20))) for ended in ends]
    assert told_of == [[(7, 10, "completed")], [(7, 10, "skipped")], [(7, 10, "left")]]


def test_end_of_a_chapter_that_never_began_is_nothing() -> None:
    assert chapters(measured(play(0), chapter_complete(10, 10), chapter_skip(11, 11))) == []


# Player states


def test_states_are_counted_and_timed_and_end_with_the_session() -> None:
    viewing = [state_start(1, "mute"), state_end(4, "mute"), state_start(6, "mute"), state_start(7, "kids"), ping(10)]
    assert states(measured(*viewing)) == {"mute": (2, 7), "kids": (1, 3)}


def test_states_update_switches_several_states_at_once() -> None:
    viewing = [
        states_update(1, started=["mute", "inFocus"]),
        states_update(5, started=["kids"], ended=["mute", "never.on"]),
        ping(10),
    ]
    assert states(measured(*viewing)) == {"mute": (1, 4), "inFocus": (1, 9), "kids": (1, 5)}


def test_standard_states_are_the_same_in_any_case_and_others_are_not() -> None:
    standard = [state_start(1, "FULLSCREEN"), state_end(3, "fullscreen"), state_start(5, "pictureinpicture"), ping(6)]
    custom = [state_start(1, "kids"), state_start(2, "Kids"), state_end(4, "kids"), ping(6)]
    assert states(measured(*standard)) == {"fullScreen": (1, 2), "pictureInPicture": (1, 1)}
    assert states(measured(*custom)) == {"kids": (1, 3), "Kids": (1, 4)}


def test_first_ten_states_of_a_session_count() -> None:
    names = [f"state.{number}" for number in range(11)]
    viewing = [
        *(state_start(number, name) for number, name in enumerate(names)),
        state_end(11, names[0]),
        state_start(12, names[0]),
    ]
    expected = {name: (1, 20.0 - number) for number, name in enumerate(names[:10])} | {names[0]: (2, 19.0)}
    assert states(measured(*viewing, ping(20))) == expected


# Numbers that no player means

LIMIT = 10**12


def numbers(value: Any) -> Iterator[float]:
    """Yield all numbers in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, int | float):
        yield value


def odd_body(field: str, number: float) -> Wire:
    """Return the body of a `play` with an odd playhead or QoE value."""
    return wire("play", 1, number) if field == "playerTime.playhead" else wire("play", 1, qoeData={field: number})


FIELDS = ["playerTime.playhead", "media.qoe.bitrate", "bitrate", "media.qoe.timeToStart", "media.qoe.droppedFrames"]


@pytest.mark.parametrize("number", [LIMIT + 1, -LIMIT - 1, 1e308, -1e308])
@pytest.mark.parametrize("field", FIELDS)
def test_number_beyond_the_limit_is_refused(field: str, number: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_event(odd_body(field, number))
    assert [problem.field.removeprefix("qoeData.") for problem in refused.value.problems] == [field]


@pytest.mark.parametrize("number", [LIMIT, -LIMIT])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("began", [start(), live_start()], ids=["VOD", "live"])
def test_number_at_the_limit_gives_figures_that_json_can_hold(began: Event, field: str, number: float) -> None:
    odd = parse_event(odd_body(field, number))
    metrics = measured(began, odd, ping(61, odd.playhead), ping(71, 10)).model_dump(mode="json")
    assert min(numbers(metrics)) >= 0
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


@pytest.mark.parametrize("field", FIELDS[1:])
def test_negative_qoe_value_changes_no_figure(field: str) -> None:
    assert measured(parse_event(odd_body(field, -1)), ping(71, 10)) == measured(play(1), ping(71, 10))


def test_content_too_short_to_divide_by_is_measured_as_of_unknown_length() -> None:
    viewing = [play(0), ping(10, 10)]
    tiny, unknown = (parse_session_start(wire_start(media_length=length)) for length in (5e-324, 0))
    assert measured(tiny, *viewing) == measured(unknown, *viewing)


def test_still_content_between_the_ads_of_a_break_is_no_stall() -> None:
    viewing = [play(0), ad_break(10, 10), ad(10, 10), ad_complete(20, 10), ad_break_complete(22, 10), play(23, 10), ping(30, 17)]
    assert stall(measured(*viewing)) == (0, 0, False)
