"""Recordings of Edge clients, sent again: every client gets the answers that it takes, and the figures are right."""

from typing import Any, Final

import pytest

from mediabeat.cli.edge_replay import EdgeRecording
from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.edge import (
    FIXTURES,
    RECORDINGS,
    EdgePlayer,
    as_xdm,
    body_of,
    detail,
    needs_recordings,
    replay_in_process,
    session_in,
)
from tests.support.journeys import COLLECTION_JOURNEYS, bodies_of

TODAY_MS: Final = 1_795_600_000_000

BY_HAND: Final[dict[str, list[dict[str, Any]]]] = {
    # Times are in seconds of the recorded minute, from its timestamps.
    "alloy_full": [
        {
            "close_reason": "completed",
            # 53.889..57.396, from the break's end to the buffering; 59.300..60.200; 71.201..83.202, where the last ad starts
            "content_time_spent_ms": 16_408,
            "ad_time_spent_ms": 5_339,  # 50.049..52.686, 52.686..53.888, 83.202..84.702
            "total_pause_duration_ms": 11_702,  # 58.599..59.300 and 60.200..71.201
            "total_buffer_duration_ms": 1_203,  # 57.396..58.599
            "unique_time_played_ms": 17_000,  # [0-4] [40-41] [41-53]
            "pause_events": 2,
            "buffer_events": 1,
            "ad_starts": 3,
            "ad_completes": 2,
            "ad_skips": 1,
            "chapter_starts": 2,
            "chapter_completes": 1,
            "chapter_skips": 1,
            "error_events": 2,
            "player_errors": ["network.timeout"],
            "external_errors": ["cdn-7"],
            "dropped_frames": 10,
            "bitrate_changes": 1,
            "progress_75": True,  # 53 of 60 s
            "progress_95": False,
            "content_completes": 1,
            "states": {
                "mute": {"count": 1, "time_ms": 1_005, "set": True},  # 56.391..57.396
                "fullScreen": {"count": 1, "time_ms": 28_311, "set": True},  # 56.391..84.702, the end
                "custom_state": {"count": 1, "time_ms": 27_306, "set": True},  # 57.396..84.702
            },
        }
    ],
    "alloy_start_503": [
        # The start is answered at the third try, and the first play waited for 2.9 s. Play at once, then 3 s of buffering.
        {
            "close_reason": "session_end",
            "content_time_spent_ms": 17_001,  # up to the buffering, and from its end to the end
            "total_buffer_duration_ms": 3_000,
            "content_starts": 1,
            "unique_time_played_ms": 17_000,
        }
    ],
    "ios_AdPlayback_PrerollAd": [
        {
            "close_reason": "completed",
            "ad_time_spent_ms": 15_000,
            "content_time_spent_ms": 15_000,
            "time_to_start_ms": 0,  # all of it is the ad
            "ad_completes": 1,
            "progress_50": True,  # 15 of 30 s
            "progress_75": False,
        }
    ],
    "ios_SimplePlayback_TrackSimplePlayBack_withBuffer": [
        {
            "content_time_spent_ms": 20_000,  # 5..10 and 25..40
            "total_buffer_duration_ms": 20_000,  # 0..5 and 10..25
            "buffer_events": 2,
            "time_to_start_ms": 5_000,
        }
    ],
    "ios_CustomStatePlayback_CustomState": [
        {
            "content_time_spent_ms": 15_000,
            "states": {name: {"count": 1, "time_ms": 5_000, "set": True} for name in ("customStateName", "fullScreen", "mute")},
        }
    ],
    "roku_simple": [
        # `:01.7Z` is 1.007 s: the client writes milliseconds without leading zeros.
        {
            "close_reason": "session_end",
            "content_time_spent_ms": 14_493 + 21_991,  # 1.007..15.500 and 18.009..40.000
            "total_pause_duration_ms": 2_509,
            "time_to_start_ms": 900,  # as sent
            "average_bitrate_bps": 4_000_000,
        }
    ],
    "direct_downloaded": [
        {
            "content_time_spent_ms": 91_000,  # 1..62, and 68..98: after the break the playhead is seen to move
            "ad_time_spent_ms": 6_000,
            "content_completes": 1,
            "time_to_start_ms": 900,
            "player_errors": ["decoder"],
            "states": {"mute": {"count": 1, "time_ms": 29_000, "set": True}},  # 69..98
        },
        {"content_time_spent_ms": 14_000, "content_completes": 0, "close_reason": "session_end"},
    ],
}
"""Figures worked out by hand from what the clients sent, for each session of a recording."""


@needs_recordings
def test_recordings_are_found() -> None:
    assert len(RECORDINGS) >= 31, FIXTURES
    assert set(BY_HAND) <= set(RECORDINGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recording_is_answered_as_its_client_wants_and_its_session_is_closed(
    name: str, api: Api, api_key: str, clock: Clock
) -> None:
    clock.now = TODAY_MS
    recording = EdgeRecording.read(RECORDINGS[name])
    assert recording is not None
    replayed, answers = replay_in_process(RECORDINGS[name], api, clock)
    assert replayed.refusal is None
    for request, answer in zip(recording.requests, answers, strict=True):
        recorded = request["status"]
        if request["path"].partition("?")[0].endswith(("interact", "acquire", "sessionStart", "downloaded")):
            assert answer["statusCode"] == 200
            wants_frame = "konductorConfig" in (request["body"].get("meta") or {})
            assert answer["body"].startswith("\0{") is wants_frame
        else:
            assert answer["statusCode"] == (410 if recorded == 410 else 204)
            assert answer["statusCode"] == 410 or answer["body"] == ""
    clock.forward(minutes=11)
    closed = api.close_due()
    sids = (replayed.sid or "").split(", ")
    assert len(sids) == (2 if name == "direct_downloaded" else 1)
    assert sum(closed.values()) == len(sids)
    figures = [detail(api, sid, api_key)["metrics"] for sid in sids]
    assert all(one["close_reason"] for one in figures)
    for found, expected in zip(figures, BY_HAND.get(name, []), strict=False):
        assert {field: found[field] for field in expected} == expected
    assert len(api.recent(api_key)["result"]) == len(sids)


@pytest.mark.parametrize("journey", sorted(set(COLLECTION_JOURNEYS) - {"003_abandoned"}))  # has an error without an id
def test_viewing_sent_by_both_protocols_has_the_same_figures(journey: str, api: Api, api_key: str, clock: Clock) -> None:
    bodies = bodies_of(journey)
    shift = TODAY_MS - bodies[0]["playerTime"]["ts"]
    bodies = [body | {"playerTime": body["playerTime"] | {"ts": body["playerTime"]["ts"] + shift}} for body in bodies]
    bodies[0]["params"]["analytics.reportSuite"] = "demo"
    player = EdgePlayer(api)
    clock.now = TODAY_MS
    old = api.start(bodies[0])
    new = session_in(player.post("v1/interact", body_of(as_xdm(bodies[0]))))
    for body in bodies[1:]:
        clock.now = max(clock.now, body["playerTime"]["ts"])
        assert api.send(old, body)["statusCode"] == 204
        event = as_xdm(body, new)
        assert player.send(event) == 204
    clock.forward(minutes=40)
    assert sum(api.close_due().values()) == 2
    by_collection, by_edge = (detail(api, sid, api_key) for sid in (old, new))
    assert by_edge["metrics"] == by_collection["metrics"]
    assert by_edge["error"] == by_collection["error"]
    without_viewer = [[{**line, "uuid": ""} for line in one["sessionLog"]] for one in (by_edge, by_collection)]
    assert without_viewer[0] == without_viewer[1]
