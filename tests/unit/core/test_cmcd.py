"""What the lines of CMCD players mean: figures by hand for each rule, in seconds since the first line."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediabeat.core.action_log import action_log
from mediabeat.core.cmcd.line import Line, pack, session_id, unpack
from mediabeat.core.metrics import Metrics, measure
from mediabeat.protocols.cmcd.requests import parse_body
from tests.support.builders import BASE_MS
from tests.support.cmcd import RECORDINGS, bodies_of, folded, lines_of, recording_in, states, text_of
from tests.support.template import ROOT

JOURNEYS = {path.stem: path for path in sorted((ROOT / "events" / "journeys" / "cmcd").glob("*.json"))}


def lines(*texts: str) -> list[Line]:
    return parse_body("\n".join(texts).encode()).lines["s-1"]


def measured(read: Sequence[Line], **query: str) -> Metrics:
    return measure(folded(read, **query))


def times(read: Sequence[Line]) -> dict[str, float]:
    """Return the seconds of content, pauses, buffering and ads, without those that are 0."""
    metrics = measured(read)
    told = {
        "content": metrics.content_time_spent_ms,
        "pauses": metrics.total_pause_duration_ms,
        "buffers": metrics.total_buffer_duration_ms,
        "ads": metrics.ad_time_spent_ms,
    }
    return {name: ms / 1_000 for name, ms in told.items() if ms}


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([(0, "s"), (2, "p"), (12, "a"), (20, "p"), (30, "e")], {"content": 20, "pauses": 8}),
        ([(0, "s"), (1, "w"), (2, "p"), (12, "p")], {"content": 10}),  # dash.js buffers while it starts
        ([(0, "p"), (10, "r"), (13, "p"), (20, "p")], {"content": 17, "buffers": 3}),
        ([(0, "p"), (10, "w"), (13, "p"), (20, "p")], {"content": 17, "buffers": 3}),  # a stall of dash.js
        ([(0, "p"), (10, "k"), (10.005, "r"), (10.1, "p"), (20, "p")], {"content": 19.9}),  # hls.js seeks
        ([(0, "p"), (10, "r"), (10.004, "k"), (10.1, "p"), (20, "p")], {"content": 19.904}),  # Shaka Player seeks
        ([(0, "p"), (10, "a"), (15, "k"), (15.1, "a"), (20, "p"), (30, "p")], {"content": 20, "pauses": 9.9}),
        ([(0, "p"), (10, "a"), (10.003, "e"), (60, "e")], {"content": 10.003}),  # dash.js pauses before each end
        ([(0, "p"), (10, "e"), (10.01, "a"), (10.02, "e"), (60, "e")], {"content": 10}),  # Shaka Player at the end
        ([(0, "p"), (10, "e"), (20, "p"), (25, "p")], {"content": 15}),  # a replay
        ([(0, "p"), (10, "f"), (11, "r"), (12, "f"), (20, "p"), (25, "p")], {"content": 15}),
        ([(0, "p"), (10, "s"), (12, "p"), (20, "p")], {"content": 18}),  # the next source
        ([(0, "p"), (10, "q"), (20, "a")], {"content": 10}),
        ([(0, "s"), (10, "s")], {}),
    ],
)
def test_states_become_time(reports: list[tuple[float, str]], expected: dict[str, float]) -> None:
    read = states(*reports)
    assert times(read) == pytest.approx(expected)
    for seed in range(4):
        shuffled = read * 2
        Random(seed).shuffle(shuffled)
        assert measured(shuffled) == measured(read)


def test_pause_that_a_seek_interrupts_is_one_pause() -> None:
    metrics = measured(states((0, "p"), (10, "a"), (15, "k"), (15.1, "a"), (20, "p"), (30, "p")))
    assert (metrics.pause_events, metrics.buffer_events) == (1, 0)


def test_seek_is_in_the_action_log_with_its_duration() -> None:
    log = action_log(folded(states((0, "p"), (10, "k"), (12, "p"), (20, "p"))))
    assert [(line.action, line.duration_ms) for line in log if line.action == "seeking"] == [("seeking", 2_000)]


def test_state_of_any_line_stands_for_a_lost_report() -> None:
    read = lines(text_of(0, e="ps", sta="p"), text_of(10, e="t", sta="a"), text_of(15, e="t", sta="a"))
    assert times(read) == {"content": 10, "pauses": 5}


def test_line_about_a_media_request_tells_no_state_and_no_playing() -> None:
    read = lines(
        text_of(0, e="ps", sta="p"),
        text_of(9, e="rr", sta="a", br="(2;v 1;a)"),
        text_of(10, e="t", sta="p"),
        text_of(30, e="rr", sta="p", br="(2;v 1;a)"),
    )
    assert times(read) == {"content": 10}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([text_of(0, e="ps", sta="s"), text_of(2, e="ps", sta="p", msd=99)], 2_000),
        ([text_of(0, e="ps", sta="r"), text_of(2, e="ps", sta="p", msd=99)], 99),
        ([text_of(0, e="ps", sta="r"), text_of(2, e="ps", sta="p", msd=3)], 2_000),  # what dash.js measures
        ([text_of(0, e="t", sta="d"), text_of(60, e="ps", sta="s"), text_of(62, e="ps", sta="p")], 2_000),
        ([text_of(0, e="ps", sta="s")], None),
    ],
)
def test_time_to_start_is_that_from_the_first_start_to_playing(texts: list[str], expected: int | None) -> None:
    assert measured(lines(*texts)).time_to_start_ms == expected


def test_bitrates_change_by_events_or_else_by_any_line() -> None:
    by_event = measured(
        lines(
            text_of(0, e="ps", sta="p", br="(800)"),
            text_of(10, e="bc", sta="p", br="(2400)"),
            text_of(12, e="t", sta="p", br="(1)"),
            text_of(20, e="t", sta="p", br="(2400)"),
        )
    )
    assert (by_event.bitrate_changes, by_event.average_bitrate_bps) == (1, 1_600_000)
    of_dash = measured(
        lines(
            text_of(0, e="ps", sta="p", br="(700;v 100;a)"),
            text_of(9, e="rr", sta="p", ttlb=1_000, br="(2300;v 100;a)"),
            text_of(20, e="t", sta="p"),
        )
    )
    assert (of_dash.bitrate_changes, of_dash.average_bitrate_bps) == (1, 1_600_000)


def test_errors_have_their_code_and_a_failed_state_is_one() -> None:
    told = measured(
        lines(text_of(0, e="ps", sta="p"), text_of(5, e="e", sta="p", ec='("27")'), text_of(9, e="t", sta="p", ec='("27")'))
    )
    assert (told.error_events, told.player_errors) == (1, ("27",))
    failed = measured(states((0, "p"), (10, "f")))
    assert (failed.error_events, failed.player_errors) == (1, ("unknown",))
    both = measured(lines(text_of(0, e="ps", sta="p"), text_of(9.5, e="e", sta="p"), text_of(10, e="ps", sta="f")))
    assert (both.error_events, both.player_errors) == (1, ("unknown",))


def test_player_states_are_those_of_shaka_player() -> None:
    metrics = measured(
        lines(
            text_of(0, e="ps", sta="p"),
            text_of(1, e="m", sta="p"),
            text_of(3, e="um", sta="p"),
            text_of(4, e="pe", sta="p"),
            text_of(6, e="pc", sta="p"),
            text_of(7, e="b", sta="p", bg="?1"),
            text_of(10, e="b", sta="p"),
            text_of(20, e="t", sta="p"),
        )
    )
    assert {name: (one.count, one.time_ms) for name, one in metrics.states.items()} == {
        "mute": (1, 2_000),
        "fullScreen": (1, 2_000),
        "background": (1, 3_000),
    }


def test_ads_are_those_that_a_player_reports() -> None:
    read = lines(
        *(text_of(0, e="ps", sta="p"), text_of(10, e="abs", sta="p"), text_of(10, e="as", sta="p", sn=1, cid='"ad-1"')),
        *(text_of(20, e="ae", sta="p", cid='"ad-1"'), text_of(20, e="as", sta="p", sn=2, cid='"ad-2"')),
        *(text_of(24, e="sk", sta="p", cid='"ad-2"'), text_of(24, e="abe", sta="p", sn=3), text_of(34, e="t", sta="p")),
    )
    assert times(read) == {"content": 20, "ads": 14}
    ads = [(ad.id, ad.time_ms, ad.completed, ad.skipped) for ad in measured(read).ads]
    assert ads == [("ad-1", 10_000, True, False), ("ad-2", 4_000, False, True)]


def test_interstitial_of_another_content_is_an_ad() -> None:
    ad = {"cid": '"ad-1"'}
    read = lines(
        text_of(0, e="ps", sta="p"),
        text_of(10, e="ps", sta="s", **ad),
        text_of(11, e="ps", sta="p", **ad),
        text_of(15, e="t", sta="p"),
        text_of(21, e="ps", sta="e", **ad),
        text_of(30, e="t", sta="p"),
    )
    assert times(read) == {"content": 20, "ads": 10}
    assert [(one.id, one.completed) for one in measured(read).ads] == [("ad-1", True)]


def test_next_content_of_a_linear_channel_is_no_ad() -> None:
    read = lines(text_of(0, e="ps", sta="p"), text_of(10, e="c", sta="p", cid='"b"'), text_of(20, e="t", sta="p", cid='"b"'))
    assert times(read) == {"content": 20}


def test_live_stream_is_known_by_any_of_its_lines() -> None:
    session = folded(lines(text_of(0, e="ps", sta="s"), text_of(1, e="ps", sta="p", st="l"), text_of(31, e="t", sta="p", st="l")))
    assert (session.is_live, measure(session).content_time_spent_ms) == (True, 30_000)
    seconds = [span.begin_s for span in session.content]
    assert seconds[0] == pytest.approx(session.content[0].begin_ms / 1_000 % 86_400)


def test_paused_live_stream_does_not_move() -> None:
    session = folded(states((0, "p"), (10, "a"), (2_000, "a"), st="l"))
    assert session.moved_ts == session.events[0].ts + 10_000


def test_playback_rate_moves_the_playhead() -> None:
    texts = [text_of(at, e="t", sta="p", pr="2") for at in range(0, 61, 10)]
    metrics = measured(lines(*texts), length="200")
    assert (metrics.playback_rate, metrics.content_time_spent_ms, metrics.progress_50) == (2.0, 60_000, True)


def test_short_time_at_another_rate_is_no_seek() -> None:
    reports = ((0, "1"), (10, "2"), (17, "1"), (27, "1"))
    session = folded(lines(*(text_of(at, e="pr", sta="p", pr=rate) for at, rate in reports)))
    assert "seeking" not in [line.action for line in action_log(session)]
    assert measure(session).playback_rate == 1.26  # 34 s in 27 s


def test_playhead_that_a_player_sends_is_taken() -> None:
    texts = [text_of(at, e="t", sta="p", pt=1_000 * (at + 100)) for at in range(0, 61, 10)]
    metrics = measured(lines(*texts), length="600")
    assert (metrics.unique_time_played_ms, metrics.segment, metrics.progress_25) == (60_000, "[0-5]", True)


def test_figures_that_cmcd_cannot_know_are_not_zero() -> None:
    told = measured(states((0, "p"), (10, "p")), length="100")
    assert {name for name, value in told.model_dump().items() if value is None} - {"close_reason", "outcome", "qoe_version"} == {
        *("stall_events", "total_stall_duration_ms", "stall_impacted", "unique_time_played_ms", "segment"),
        *("chapter_count", "chapter_starts", "chapter_completes", "chapter_skips", "dropped_frames", "dropped_frame_impacted"),
        *("bitrate_changes", "bitrate_change_impacted", "average_bitrate_bps", "experience_score"),
    }
    assert told.progress_10 is True
    assert measured(states((0, "p"), (1, "k"), (2, "p"), (10, "p")), length="100").progress_10 is None


def test_player_without_states_plays_from_the_first_frame_to_the_last_line() -> None:
    metrics = measured(lines(text_of(0, e="t"), text_of(2, e="rr", msd=900, br="(9)"), text_of(30, e="t", br="(9)")))
    assert (metrics.content_time_spent_ms, metrics.time_to_start_ms, metrics.is_playing_time_assumed) == (28_000, 900, True)
    assert (metrics.pause_events, metrics.buffer_events, metrics.content_completes, metrics.playback_rate) == (None,) * 4


def test_gap_in_which_a_device_slept_is_not_playing() -> None:
    assert times(states((0, "p"), (10, "p"), (4_000, "p"), (4_010, "p"))) == {"content": 20}


def test_line_is_packed_and_read_again_and_only_playing_moves() -> None:
    for read in states((0, "p"), (1, "a"), (2, "k")):
        assert unpack(pack(read)) == read
    playing, other, paused = (read.progress for read in states((0, "p"), (1, "p"), (2, "a")))
    assert playing != other
    assert paused == 0


def test_session_id_depends_on_project_sid_and_part() -> None:
    ids = {session_id(*named) for named in (("a", "s"), ("b", "s"), ("a", "t"), ("a", "s", 2), ("a", "s", 3))}
    assert len(ids) == 5
    assert all(len(one) == 64 for one in ids)


@pytest.mark.skipif(not RECORDINGS, reason="the recordings lie beside the repository, in shared/fixtures/cmcd")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recording_measures_the_same_in_any_order(path: Any) -> None:
    for read in lines_of(bodies_of(recording_in(path))).values():
        expected = measured(read)
        for seed in range(8):
            shuffled = read * 2
            Random(seed).shuffle(shuffled)
            assert measured(shuffled) == expected


KEYS = st.fixed_dictionaries(
    {"sta": st.sampled_from([*"spakrwefdq", None])},
    optional={
        "e": st.sampled_from(["ps", "t", "e", "bc", "rr", "abs", "as", "ae", "abe", "sk", "m", "um", "b", "c", "pr", "x"]),
        "cid": st.sampled_from(["movie-1", "ad-1"]),
        "br": st.sampled_from([[800], [[700, "v"], [100, "a"]]]),
        "sn": st.integers(0, 5),
        "pt": st.integers(0, 100_000),
        "pr": st.sampled_from([0, 0.5, 2]),
        "msd": st.integers(0, 3_000),
        "st": st.sampled_from(["v", "l"]),
        "ttlb": st.integers(0, 5_000),
        "bg": st.booleans(),
    },
)
ANY_LINES = st.lists(
    st.builds(
        lambda at, keys: Line(BASE_MS + at, {name: value for name, value in keys.items() if value is not None}),
        st.integers(0, 900_000) | st.sampled_from([0, 1, 499, 500, 501, 10_000]),
        KEYS,
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(ANY_LINES, st.randoms(use_true_random=False))
def test_any_lines_are_measured_in_any_order_and_no_time_counts_twice(read: list[Line], random: Random) -> None:
    session = folded(read)
    metrics = measure(session)
    shuffled = read * 2
    random.shuffle(shuffled)
    assert measure(folded([read[0], *shuffled])) == metrics
    told = (metrics.media_time_spent_ms, metrics.total_pause_duration_ms, metrics.total_buffer_duration_ms)
    assert sum(ms or 0 for ms in told) <= session.events[-1].ts - session.events[0].ts
    assert action_log(session)


# The journeys of events/journeys/cmcd. What is left out is 0, false, null or empty.

FIGURES: dict[str, dict[str, Any]] = {
    "hls_watched_to_the_end": {
        "content_starts": 1,
        "content_completes": 1,
        # 3.2..23.2, 33.2..43.2, 43.7..53.7, 55.7..75.71
        "content_time_spent_ms": 60_010,
        "time_to_start_ms": 1_200,  # 2..3.2
        "pause_events": 1,
        "total_pause_duration_ms": 10_000,  # 23.2..33.2; the pause 10 ms before the end is none
        "buffer_events": 1,
        "total_buffer_duration_ms": 2_000,  # 53.7..55.7; that of the seek is none
        "error_events": 1,
        "player_errors": ("fragLoadError",),
        "bitrate_changes": 1,
        "average_bitrate_bps": 2_133_378,  # 10 s of 800, 50.01 s of 2,400
        "playback_rate": 1.0,
    },
    "shaka_without_states": {
        "content_starts": 1,
        "content_time_spent_ms": 39_100,  # 0.9..40
        "time_to_start_ms": 1_250,
        "is_playing_time_assumed": True,
        "bitrate_changes": 1,
        "average_bitrate_bps": 831_714,  # 15.1 s of 1,200, 24 s of 600
    },
}


@pytest.mark.parametrize("journey", FIGURES)
def test_cmcd_journey_has_the_figures_worked_out_by_hand(journey: str) -> None:
    bodies = [request["body"] for request in json.loads(JOURNEYS[journey].read_text())["requests"]]
    [read] = lines_of(bodies).values()
    metrics = measured(read).model_dump()
    assert {name: metrics[name] for name in FIGURES[journey]} == FIGURES[journey]


def test_every_cmcd_journey_has_its_figures() -> None:
    assert JOURNEYS.keys() == FIGURES.keys()
