"""Whole viewings, events/journeys/*.json, against figures worked out by hand from the rules of the metrics.

Times are in seconds from the start of the journey; `12..45` is the time between two events. What is 0, false, none or empty is
left out. Which journey shows which rule (the rest of a rule, where there is one, is in test_metrics.py and test_timeouts.py):

    rule                                  journeys
    media_starts, media_time_spent        all
    content_starts, content_time_spent    all but abandoned_preroll
    drops_before_start                    abandoned_preroll
    content_completes                     watched_to_the_end, chapters, podcast
    ad_time_spent, ads                    003_abandoned (left open), abandoned_preroll, two_ads_swapped (skipped, repeated)
    playback_rate                         1 in all with content: other speeds are in test_speed.py
    unique_time_played                    003_abandoned (jumps), chapters (seek), paused_and_stalled (twice), live_stream
    average_minute_audience               all recorded ones; none in live_stream
    progress_*                            chapters (passed by seeking), closed_tab (met exactly), live_stream (none)
    segment                               live_stream (over midnight), abandoned_preroll (none), [0-5] in the others
    estimated_streams                     1 in all: none lasts half an hour
    pause_*                               watched_to_the_end, chapters, paused_and_stalled
    buffer_*                              watched_to_the_end (start-up and later), live_stream
    stall_*                               paused_and_stalled; 003_abandoned and two_ads_swapped have what looks like one
    time_to_start                         watched_to_the_end (sent), 003_abandoned (less the ad), the others measured
    average_bitrate, bitrate_change*      watched_to_the_end, live_stream
    dropped_frame*                        watched_to_the_end, live_stream
    error_*, player_errors                003_abandoned (no id), paused_and_stalled; external_errors: none
    chapter*                              chapters (one skipped), downloaded (one left open)
    states                                podcast (statesUpdate, one left open)
    content_resumes                       closed_tab
    playheads of the sending              web_sdk (the first play waited for the session's id)
    outcome                               played; abandoned_preroll (exit_before_start); the others are in test_outcome.py
    experience_score                      watched_to_the_end, live_stream (rebuffering), paused_and_stalled (a stall)
    close_reason                          session_end; podcast (completed), closed_tab (no_events)
"""

from typing import Any, Final

import pytest

from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.session import fold
from tests.support.journeys import JOURNEYS, events_of

GOLDEN: Final[dict[str, dict[str, Any]]] = {
    "web_sdk": {
        "close_reason": "session_end",
        "outcome": "played",
        # start 100 * 8 / 8.08 = 99.01; smooth 50 / sqrt(1.25) + 50 * exp(-10 * 2 / 62) = 80.94; sqrt(99.01 * 80.94)
        "experience_score": 89.5,
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_completes": 1,
        "content_time_spent_ms": 60_000,  # 0..22, 24..34, 40..68
        "media_time_spent_ms": 60_000,
        "unique_time_played_ms": 60_000,
        "playback_rate": 1.0,
        "average_minute_audience": 1.0,
        **{f"progress_{share}": True for share in (10, 25, 50, 75, 95)},
        "segment": "[0-5]",
        "estimated_streams": 1,
        "pause_events": 1,
        "total_pause_duration_ms": 6_000,  # 34..40
        "pause_impacted": True,
        "buffer_events": 1,
        "total_buffer_duration_ms": 2_000,  # 22..24
        "buffer_impacted": True,
        "time_to_start_ms": 80,  # as sent
        "average_bitrate_bps": 1_500_000,
        "dropped_frames": 2,
        "dropped_frame_impacted": True,
        "chapter_count": 1,
        "chapter_starts": 1,
        "chapter_completes": 1,
        # 3..22, 24..34, 40..48
        "chapters": [{"index": 1, "name": "Cumulus", "length_s": 40.0, "time_ms": 37_000, "completed": True}],
        "states": {"closedCaptioning": {"count": 1, "time_ms": 40_000, "set": True}},  # 15..55
    },
    "003_abandoned": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 100.0,  # played on after the error at 32; sqrt(100 * 100)
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,  # the play at 12
        "content_time_spent_ms": 33_000,  # 12..45; neither the error at 32 nor the play at 37 stops the clock
        "ad_time_spent_ms": 15_000,  # 0..12 and 45..48
        "media_time_spent_ms": 48_000,  # 33 + 15, which is all there is
        # [0-8] [8-18] [18-20]; 32..37 goes 20 -> 18, a jump: [20-25]; 37..40 goes 18 -> 28, a jump: [18-21]; [28-33]
        "unique_time_played_ms": 30_000,  # [0-25] and [28-33]
        "playback_rate": 1.0,
        "average_minute_audience": 33 / 60.3333333333333,
        "progress_10": True,  # from 6.03: 8 at 20
        "progress_25": True,  # from 15.08: 18 at 30
        "progress_50": True,  # from 30.17: 33 at 45; 75 from 45.25: never
        "segment": "[0-5]",
        "estimated_streams": 1,
        # time_to_start 0: 12, all of it ad
        "average_bitrate_bps": 10_000,  # as the bare key `bitrate`
        "error_events": 1,  # at 32, without an id
        "error_impacted": True,
        "ad_count": 2,
        "ad_starts": 2,
        "ad_completes": 1,
        "ads": [
            # 0..12, in the break with podIndex 0
            {
                "id": "002",
                "name": "Ad 1",
                "break_name": "ad_pod1",
                "position": 1,
                "length_s": 7,
                "time_ms": 12_000,
                "completed": True,
            },
            # 45..48, left open; the break says ad_pod2, the ad itself ad_pod1
            {
                "id": "002",
                "name": "Ad 1",
                "break_index": 1,
                "break_name": "ad_pod2",
                "position": 1,
                "length_s": 8,
                "time_ms": 3_000,
            },
        ],
    },
    "watched_to_the_end": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 77.2,  # start 800 / 10.5 = 76.2; smooth 50 / sqrt(1.25) + 50 exp(-10 * 5 / 125) = 78.2
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,  # the play at 3
        "content_completes": 1,
        "content_time_spent_ms": 120_000,  # 3..33, 53..83, 88..118, 128..158: four times 30
        "media_time_spent_ms": 120_000,
        "unique_time_played_ms": 120_000,  # [0-30] [30-60] [60-90] [90-120]
        "playback_rate": 1.0,
        "average_minute_audience": 1.0,  # 120 / 120
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,
        "progress_75": True,
        "progress_95": True,  # from 114: 120 at 158
        "segment": "[0-5]",
        "estimated_streams": 1,
        "pause_events": 2,
        "total_pause_duration_ms": 30_000,  # 33..53 and 118..128
        "pause_impacted": True,
        "buffer_events": 2,
        "total_buffer_duration_ms": 7_000,  # 1..3 and 83..88
        "buffer_impacted": True,
        "time_to_start_ms": 2_500,  # sent; by the clock it would be 3
        # 20 s of 1 M (3..23), 50 s of 3 M (23..33, 53..83, 88..98), 50 s of 2 M (98..118, 128..158): (20 + 150 + 100) M / 120
        "average_bitrate_bps": 2_250_000,
        "bitrate_changes": 2,
        "bitrate_change_impacted": True,
        "dropped_frames": 12,  # the last of 0, 2, 8, 12
        "dropped_frame_impacted": True,
    },
    "chapters": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 89.4,  # start 800 / 10 = 80; sqrt(80 * 100)
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_completes": 1,
        "content_time_spent_ms": 80_000,  # 2..42 and 44..84
        "media_time_spent_ms": 80_000,
        "unique_time_played_ms": 80_000,  # [0-40] and [60-100]
        "playback_rate": 1.0,
        "average_minute_audience": 0.8,  # 80 / 100
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,  # by the seek from 40 to 60
        "progress_75": True,
        "progress_95": True,
        "segment": "[0-5]",
        "estimated_streams": 1,
        "pause_events": 1,
        "total_pause_duration_ms": 2_000,  # 42..44, the seek
        "pause_impacted": True,
        "time_to_start_ms": 2_000,  # 0..2
        "average_bitrate_bps": 2_000_000,
        "chapter_count": 3,
        "chapter_starts": 3,
        "chapter_completes": 2,
        "chapter_skips": 1,
        "chapters": [
            {"index": 1, "name": "Dough", "length_s": 30, "time_ms": 30_000, "completed": True},  # 2..32
            {"index": 2, "name": "Waiting", "offset_s": 30, "length_s": 30, "time_ms": 10_000, "skipped": True},  # 32..42
            {"index": 3, "name": "Baking", "offset_s": 60, "length_s": 30, "time_ms": 30_000, "completed": True},  # 44..74
        ],
    },
    "live_stream": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 79.8,  # start 80; smooth 50 / sqrt(1.25) + 50 exp(-10 * 3 / 83) = 79.6
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_time_spent_ms": 80_000,  # 2..62 and 65..85
        "media_time_spent_ms": 80_000,
        "unique_time_played_ms": 80_000,  # [86362-86400], [0-22] after midnight, [25-45]: 38 + 22 + 20
        "playback_rate": 1.0,
        "segment": "[1435-1440]",  # from second 86362 to midnight: what came before the first midnight
        "estimated_streams": 1,
        "buffer_events": 1,
        "total_buffer_duration_ms": 3_000,  # 62..65
        "buffer_impacted": True,
        "time_to_start_ms": 2_000,  # 0..2
        "average_bitrate_bps": 3_000_000,  # 40 s of 4 M (2..42), 40 s of 2 M (42..62, 65..85)
        "bitrate_changes": 1,
        "bitrate_change_impacted": True,
        "dropped_frames": 5,
        "dropped_frame_impacted": True,
    },
    "podcast": {
        "close_reason": "completed",  # a time-out after sessionComplete
        "outcome": "played",
        "experience_score": 94.3,  # start 800 / 9 = 88.9
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_completes": 1,
        "content_time_spent_ms": 60_000,  # 1..61; the second play at 2 changes nothing
        "media_time_spent_ms": 60_000,
        "unique_time_played_ms": 60_000,  # [0-60]
        "playback_rate": 1.0,
        "average_minute_audience": 1.0,  # 60 / 60
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,
        "progress_75": True,
        "progress_95": True,
        "segment": "[0-5]",
        "estimated_streams": 1,
        "time_to_start_ms": 1_000,  # 0..1
        "average_bitrate_bps": 128_000,
        "states": {
            "inFocus": {"count": 1, "time_ms": 30_000, "set": True},  # 1..31
            "mute": {"count": 2, "time_ms": 20_000, "set": True},  # 11..21 and 31..41
            "carMode": {"count": 1, "time_ms": 30_000, "set": True},  # 31..61, open until the last event
        },
    },
    "abandoned_preroll": {
        "close_reason": "session_end",
        "outcome": "exit_before_start",
        "experience_score": 44.4,  # left at 11 after a wait of 1 beside the ad: 88.9 / 2
        "qoe_version": 1,
        "media_starts": 1,
        "drops_before_start": 1,  # the play at 1 is inside the ad
        "ad_time_spent_ms": 10_000,  # 1..11
        "media_time_spent_ms": 10_000,
        "estimated_streams": 1,
        "ad_count": 1,
        "ad_starts": 1,
        "ads": [
            # 1..11, left open
            {
                "id": "ad-coffee-15",
                "name": "Coffee, 15 seconds",
                "break_index": 1,
                "break_name": "preroll",
                "position": 1,
                "length_s": 15,
                "time_ms": 10_000,
            },
        ],
    },
    "closed_tab": {
        "close_reason": "no_events",  # ten minutes after the ping at 30
        "outcome": "played",
        "experience_score": 78.4,  # start 800 / 13 = 61.5
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_resumes": 1,
        "content_time_spent_ms": 25_000,  # 5..30, and nothing after the last ping
        "media_time_spent_ms": 25_000,
        "unique_time_played_ms": 25_000,  # [100-125]
        "playback_rate": 1.0,
        "average_minute_audience": 0.1,  # 25 / 250
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,  # from 125: 125 at 30
        "segment": "[0-5]",
        "estimated_streams": 1,
        "time_to_start_ms": 5_000,  # 0..5
        "average_bitrate_bps": 1_500_000,
    },
    "two_ads_swapped": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 94.3,  # start 88.9
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_time_spent_ms": 60_000,  # 1..31 and 46..76
        "ad_time_spent_ms": 15_000,  # 31..41 and 41..46
        "media_time_spent_ms": 75_000,
        "unique_time_played_ms": 60_000,  # [0-30] [30-60]
        "playback_rate": 1.0,
        "average_minute_audience": 0.6,  # 60 / 100
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,  # 54 at 70; never 75
        "segment": "[0-5]",
        "estimated_streams": 1,
        "time_to_start_ms": 1_000,  # 0..1
        "average_bitrate_bps": 2_000_000,
        "ad_count": 2,
        "ad_starts": 2,
        "ad_completes": 1,  # the adComplete of 41 came twice
        "ad_skips": 1,
        "ads": [
            # 31..41
            {
                "id": "ad-bicycles-10",
                "name": "Bicycles, 10 seconds",
                "break_index": 1,
                "break_name": "midroll",
                "position": 1,
                "length_s": 10,
                "time_ms": 10_000,
                "completed": True,
            },
            # 41..46
            {
                "id": "ad-holidays-15",
                "name": "Holidays, 15 seconds",
                "break_index": 1,
                "break_name": "midroll",
                "position": 2,
                "length_s": 15,
                "time_ms": 5_000,
                "skipped": True,
            },
        ],
    },
    "paused_and_stalled": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 61.6,  # start 80; smooth 50 / sqrt(1.25) + 50 exp(-10 * 25 / 85) = 47.4
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_time_spent_ms": 60_000,  # 2..22, 42..60, 85..107: 20 + 18 + 22
        "media_time_spent_ms": 60_000,
        "unique_time_played_ms": 58_000,  # [0-38] and [36-58]: two seconds were seen twice
        "playback_rate": 1.0,
        "average_minute_audience": 0.5,  # 60 / 120
        "progress_10": True,
        "progress_25": True,  # from 30: 38 at 60; 50 from 60: the last playhead is 58
        "segment": "[0-5]",
        "estimated_streams": 1,
        "pause_events": 1,
        "total_pause_duration_ms": 20_000,  # 22..42
        "pause_impacted": True,
        "stall_events": 1,
        "total_stall_duration_ms": 25_000,  # 60..85: playhead 38 at 60, 70, 80 and 84
        "stall_impacted": True,
        "time_to_start_ms": 2_000,  # 0..2
        "average_bitrate_bps": 1_000_000,
        "error_events": 1,
        "error_impacted": True,
        "player_errors": ["network.timeout"],
    },
    "downloaded": {
        "close_reason": "session_end",
        "outcome": "played",
        "experience_score": 94.3,  # start 88.9
        "qoe_version": 1,
        "media_starts": 1,
        "content_starts": 1,
        "content_time_spent_ms": 160_000,  # 1..161
        "media_time_spent_ms": 160_000,
        "unique_time_played_ms": 160_000,  # [0-160]
        "playback_rate": 1.0,
        "average_minute_audience": 0.8,  # 160 / 200
        "progress_10": True,
        "progress_25": True,
        "progress_50": True,
        "progress_75": True,  # from 150: 160 at 161; 95 from 190: never
        "segment": "[0-5]",
        "estimated_streams": 1,
        "time_to_start_ms": 1_000,  # 0..1
        "average_bitrate_bps": 800_000,
        "chapter_count": 2,
        "chapter_starts": 2,
        "chapter_completes": 1,
        "chapters": [
            {"index": 1, "name": "The way up", "length_s": 100, "time_ms": 100_000, "completed": True},  # 1..101
            {"index": 2, "name": "The night", "offset_s": 100, "length_s": 100, "time_ms": 60_000},  # 101..161, left open
        ],
    },
}


def without_nothing(value: Any) -> Any:
    """Leave out everything that is 0, false, none or empty."""
    if isinstance(value, dict):
        return {name: without_nothing(inner) for name, inner in value.items() if inner}
    if isinstance(value, tuple):
        return [without_nothing(inner) for inner in value]
    return value


@pytest.mark.parametrize("journey", GOLDEN)
def test_journey_has_the_figures_worked_out_by_hand(journey: str) -> None:
    metrics = measure(fold(events_of(journey)), GOLDEN[journey]["close_reason"])
    assert without_nothing(metrics.model_dump(exclude={"metrics_version"})) == GOLDEN[journey]


def test_every_journey_has_its_figures() -> None:
    assert set(JOURNEYS) == set(GOLDEN)


def test_some_journey_has_a_value_for_every_metric() -> None:
    shown = {name for figures in GOLDEN.values() for name in figures}
    assert set(Metrics.model_fields) - shown == {"metrics_version", "external_errors", "is_playing_time_assumed"}


@pytest.mark.parametrize("journey", GOLDEN)
def test_open_journey_differs_only_in_figures_of_the_closing(journey: str) -> None:
    closed = measure(fold(events_of(journey)), GOLDEN[journey]["close_reason"])
    said_by_closing = {
        "close_reason": None,
        "drops_before_start": 0,
        "outcome": None,
        "experience_score": None,
        "qoe_version": None,
    }
    assert measure(fold(events_of(journey))) == closed.model_copy(update=said_by_closing)
