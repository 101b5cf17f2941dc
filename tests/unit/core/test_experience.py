"""The experience score, version 1, and the bins of start times, against figures worked out by hand. Seconds."""

import pytest

from mediabeat.core.action_log import rebufferings
from mediabeat.core.event import Event
from mediabeat.core.metrics import measure
from mediabeat.core.quality.experience import Experience, experience_of, smooth_score, start_score
from mediabeat.core.quality.outcome import Outcome, outcome_of
from mediabeat.core.quality.start_times import BINS, EDGES_MS, bin_of, percentile_ms
from mediabeat.core.session import fold
from tests.support.builders import (
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    buffer,
    end,
    live_start,
    pause,
    ping,
    play,
    start,
)


def played(start_ms: int, rebufferings: int = 0, share: float = 0.0) -> Experience:
    """Return a session that played and rebuffered for 100 s."""
    waited_ms = round(100_000 * share)
    return Experience(Outcome.PLAYED, start_ms, rebufferings, waited_ms, 100_000 - waited_ms)


def of(outcome: Outcome, start_ms: int | None = None) -> Experience:
    return Experience(outcome, start_ms, 0, 0, 0)


def experience(*events: Event) -> Experience:
    """Return the experience of a session as its metrics make it."""
    session = fold(events if events[0].type == "sessionStart" else [start(), *events])
    metrics = measure(session, "session_end")
    return experience_of(
        session,
        outcome_of(session),
        playing_ms=metrics.content_time_spent_ms,
        stalls=metrics.stall_events or 0,
        stall_ms=metrics.total_stall_duration_ms or 0,
    )


# The published vectors


@pytest.mark.parametrize(
    ("one", "score"),
    [
        (played(0), 100.0),
        (played(2_000), 89.4),
        (played(8_000), 70.7),
        (played(2_000, rebufferings=2, share=0.02), 78.1),
        (of(Outcome.EXIT_BEFORE_START, 8_000), 25.0),
        (of(Outcome.START_FAILURE), 0.0),
        (of(Outcome.PLAY_FAILURE), 0.0),
        (of(Outcome.BUSINESS_ERROR), None),
        (of(Outcome.EARLY_EXIT), None),
    ],
)
def test_score_is_that_of_the_vector(one: Experience, score: float | None) -> None:
    assert one.score == score


def test_curves_have_the_values_of_the_vectors() -> None:
    assert (start_score(0), start_score(2), start_score(8)) == (100, 80, 50)
    assert (smooth_score(0, 0), round(smooth_score(2, 0.02), 1)) == (100, 76.3)
    # n = 2: 50 / sqrt(2) = 35.36, and nothing of the other half where all of the time is rebuffering
    assert round(smooth_score(2, 1), 2) == 35.36


def test_worse_session_never_has_a_better_score() -> None:
    starts = [played(ms).score or 0 for ms in (0, 500, 3_000, 20_000, 600_000, 10**9)]
    counts = [played(2_000, rebufferings=n, share=0.01).score or 0 for n in (0, 1, 2, 10, 1_000)]
    shares = [played(2_000, rebufferings=1, share=share).score or 0 for share in (0, 0.01, 0.1, 0.5, 1)]
    for scores in (starts, counts, shares):
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == len(scores)
    assert min(*starts, *counts, *shares) >= 0


@pytest.mark.parametrize(
    ("one", "is_good"),
    [
        (played(5_000), True),
        (played(5_001), False),
        (played(0, rebufferings=9, share=0.01), True),
        (played(0, rebufferings=1, share=0.0101), False),
        (of(Outcome.EXIT_BEFORE_START, 2_000), False),
        (of(Outcome.PLAY_FAILURE), False),
        (of(Outcome.EARLY_EXIT), False),
    ],
)
def test_good_session_begins_within_5_s_and_rebuffers_for_a_hundredth_at_most(one: Experience, is_good: bool) -> None:
    assert one.is_good is is_good


# Rebufferings of sessions


def midroll(at: float) -> list[Event]:
    """Return a break of 15 s with one ad, at 10 s of the content."""
    return [ad_break(at, 10), ad(at, 10), ad_complete(at + 15, 10), ad_break_complete(at + 15, 10)]


STALLED = (play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 20))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([play(0), ping(10, 10)], (0, 0, 10)),
        ([buffer(1), play(3), ping(13, 10)], (0, 0, 10)),  # at start-up
        ([play(0), buffer(10, 10), play(13, 10), ping(20, 17)], (1, 3, 17)),
        ([play(0), buffer(10, 10), ping(12, 10), buffer(13, 10), play(14, 10), end(20, 16)], (1, 4, 16)),
        ([play(0), buffer(10, 10), play(11, 10), buffer(20, 19), play(22, 19), end(30, 27)], (2, 3, 27)),
        ([play(0), buffer(10, 10), play(10, 10), ping(20, 20)], (0, 0, 20)),  # no length
        ([play(0), buffer(10, 10), play(13, 60), ping(20, 67)], (0, 0, 17)),  # a seek
        ([play(0), buffer(10, 10), pause(13, 10), play(20, 10), end(30, 20)], (1, 3, 20)),
        ([*STALLED], (1, 20, 20)),  # from 10 to 30
        ([*STALLED, buffer(40, 20), play(45, 20), ping(55, 30)], (2, 25, 30)),
        (  # the buffering goes on after the ad
            [play(0), buffer(10, 10), *midroll(12), ping(29, 10), play(30, 10), end(40, 20)],
            (1, 5, 20),
        ),
        (  # an ad that buffers
            [play(0), *midroll(10), buffer(12, 10), play(15, 10), play(25, 10), end(35, 20)],
            (1, 3, 20),
        ),
        ([live_start(0, 100), play(0, 100), buffer(10, 110), play(14, 110), ping(24, 120)], (1, 4, 20)),
        ([play(0), buffer(10, 10), end(30, 10)], (1, 20, 10)),  # left while it rebuffers
    ],
)
def test_rebufferings_after_the_start_and_stalls_are_counted(events: list[Event], expected: tuple[int, int, int]) -> None:
    one = experience(*events)
    assert (one.rebufferings, one.rebuffering_ms / 1_000, one.playing_ms / 1_000) == expected


def test_share_of_rebuffering_is_in_playing_and_rebuffering() -> None:
    assert experience(play(0), buffer(10, 10), play(13, 10), ping(20, 17)).rebuffering_share == 3 / 20
    assert experience(play(0), pause(0), end(50)).rebuffering_share == 0


def test_session_that_never_buffers_is_counted_as_that() -> None:
    assert rebufferings(fold([start(), play(0), ping(10, 10)])) == (0, 0)


def test_time_to_start_that_the_player_sent_counts() -> None:
    sent = ping(10, 4, qoe={"media.qoe.timeToStart": 8_000})
    assert (experience(play(6), sent).start_ms, experience(sent, end(20)).start_ms) == (8_000, 20_000)


# Bins of start times


@pytest.mark.parametrize(
    ("start_ms", "number"),
    [
        (0, 0),
        (500, 0),
        (501, 1),
        (1_000, 1),
        (2_000, 2),
        (3_000, 3),
        (5_000, 4),
        (5_001, 5),
        (8_000, 5),
        (20_000, 7),
        (20_001, 8),
        (10**15, 8),
    ],
)
def test_bin_includes_its_upper_edge(start_ms: int, number: int) -> None:
    assert bin_of(start_ms) == number
    assert number < BINS == len(EDGES_MS) + 1


@pytest.mark.parametrize(
    ("counts", "median_ms", "p95_ms"),
    [
        ([0] * 9, None, None),
        ([1, 0, 0, 0, 0, 0, 0, 0, 0], 250, 475),
        ([0, 0, 4, 0, 0, 0, 0, 0, 0], 1_500, 1_950),  # 1 s + 2/4, 1 s + 3.8/4
        ([2, 0, 0, 0, 2, 0, 0, 0, 0], 500, 4_800),  # at the edge; 3 s + 2 s * 1.8/2
        ([1, 0, 0, 0, 2, 0, 0, 0, 0], 3_500, 4_850),  # 3 s + 2 s * 0.5/2; 3 s + 2 s * 1.85/2
        ([10, 20, 40, 20, 6, 3, 1, 0, 0], 1_500, 4_667),  # 20 of 40 after 30; 5 of 6 after 90
        ([0, 0, 0, 0, 0, 0, 0, 0, 7], 20_000, 20_000),
        ([19, 0, 0, 0, 0, 0, 0, 0, 1], 263, 500),  # 9.5/19 of 0.5 s is 250, 10/19 is 263
        ([0, 0, 0, 0, 0, 0, 0, 10**9, 0], 16_500, 19_650),
        ([-1, 1, 0, 0, 0, 0, 0, 0, 0], None, None),  # a change that is counted before the one that it replaces
        ([-1, 2, 0, 0, 0, 0, 0, 0, 0], 875, 988),  # 500 + 500 * 1.5/2, 500 + 500 * 1.95/2
    ],
)
def test_median_and_p95_are_interpolated_within_their_bin(counts: list[int], median_ms: int | None, p95_ms: int | None) -> None:
    assert (percentile_ms(counts, 50), percentile_ms(counts, 95)) == (median_ms, p95_ms)


def test_percentile_rises_with_the_share_and_stays_within_the_bins() -> None:
    counts = [3, 1, 0, 4, 1, 5, 9, 2, 6]
    found = [percentile_ms(counts, percent) or 0 for percent in range(101)]
    assert found == sorted(found)
    assert (found[0], found[100]) == (0, 20_000)
