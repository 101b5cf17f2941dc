"""Each rule of the outcomes in a session short enough to follow, and on odd sessions. Seconds; the content is 100 s long."""

from typing import Any, Final

import pytest

from mediabeat.core.event import Event, EventType
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.playback import waited_ms
from mediabeat.core.quality.experience import Experience
from mediabeat.core.quality.outcome import Outcome, outcome_of
from mediabeat.core.session import Session, fold
from tests.support.builders import (
    ad,
    ad_break,
    ad_break_complete,
    ad_complete,
    buffer,
    complete,
    end,
    error,
    event,
    live_start,
    pause,
    ping,
    play,
    start,
)

DRM: Final[dict[str, Any]] = {"params": {"media.errorId": "drm.403"}}
NETWORK: Final[dict[str, Any]] = {"params": {"media.errorId": "net.timeout"}}
IN_QOE: Final[dict[str, Any]] = {"qoe": {"media.qoe.errorID": "drm.403"}}
EXTERNAL: Final[dict[str, Any]] = {"params": {"media.errorSource": "external"}}


def session_of(*events: Event) -> Session:
    """Fold a session; it starts at 0 with the usual start if none is among its events."""
    started = any(one.type is EventType.SESSION_START for one in events)
    return fold(events if started else [start(), *events])


def outcome(*events: Event, business: tuple[str, ...] = ()) -> str:
    return str(outcome_of(session_of(*events), business))


def measured(*events: Event, business: tuple[str, ...] = ()) -> Metrics:
    return measure(session_of(*events), "no_events", business)


PREROLL: Final = (ad_break(1), ad(1), ad_complete(16), ad_break_complete(16))
MIDROLL: Final = (play(0), ad_break(10, 10), ad(10, 10))


# Before the content


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "early_exit"),
        ([ping(1.999)], "early_exit"),
        ([end(1.999)], "early_exit"),
        ([ping(2)], "exit_before_start"),
        ([buffer(0.5), end(2)], "exit_before_start"),
        ([pause(1), ping(60)], "exit_before_start"),
        ([ping(10, 10), ping(20, 20), ping(30, 30)], "exit_before_start"),  # without `play` there is no content
        ([complete(1.5)], "early_exit"),
        ([complete(60), end(60)], "exit_before_start"),
        ([ad_break(0), ad(0), ping(1)], "early_exit"),
        ([ad_break(1), ad(1), play(1), end(11)], "exit_before_start"),  # `play` in an ad is of the ad
        ([*PREROLL, end(17)], "exit_before_start"),
        ([live_start(), ping(1)], "early_exit"),
        ([live_start(), buffer(1), ping(11)], "exit_before_start"),
        ([ad_break(-9), ad(-9), ad_complete(-1), ad_break_complete(-1), start(0), end(1)], "early_exit"),
        ([error(1)], "start_failure"),
        ([error(0)], "start_failure"),
        ([error(1, **EXTERNAL)], "start_failure"),
        ([ad_break(0), ad(0), error(1), ad_complete(2), ad_break_complete(2), ping(12)], "start_failure"),
        ([error(1), complete(3), end(3)], "start_failure"),
        ([live_start(), error(30)], "start_failure"),
        ([ad_break(-9), ad(-9), error(-5), ad_break_complete(-1), start(0), end(1)], "start_failure"),
    ],
)
def test_session_without_content_has_an_outcome(events: list[Event], expected: str) -> None:
    assert outcome(*events) == expected


# After the content has started


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([play(0), end(0)], "played"),
        ([play(30), end(30)], "played"),
        ([play(1), ping(11, 10), ping(21, 20)], "played"),
        ([error(1), play(2), end(2.999, 0.999)], "play_failure"),
        ([error(1), play(2), end(3, 1)], "played"),
        ([error(1), play(2), ping(12, 10)], "played"),
        ([play(0), ping(10, 10), error(12, 12)], "play_failure"),
        ([play(0), error(12, 12), end(12.999, 12.999)], "play_failure"),
        ([play(0), error(12, 12), end(13, 13)], "played"),
        ([play(0), error(12, 12), end(13.4, 12)], "play_failure"),  # the playhead stands: nothing was played
        ([play(0), error(12, 12), ping(22, 12), ping(32, 12), end(40, 12)], "play_failure"),
        ([play(0), error(12, 12), pause(12.5, 12.5), ping(60, 12.5)], "play_failure"),
        ([play(0), error(12, 12), pause(12.5, 12.5), play(60, 12.5), end(61, 13.5)], "played"),  # 0.5 s and 1 s
        ([play(0), error(12, 12), buffer(12, 12), ping(30, 12)], "play_failure"),
        ([play(0), error(12, 12), buffer(12, 12), play(30, 12), ping(40, 22)], "played"),
        ([play(0), error(12, 12), ping(22, 22), error(23, 23)], "play_failure"),
        ([play(0), error(12, 12), error(12.5, 12.5), end(13.4, 13.4)], "play_failure"),  # only the last error counts
        ([play(0), error(12, 12, **EXTERNAL), end(12.5, 12.5)], "play_failure"),
        ([play(0), end(12, 12), error(12, 12)], "play_failure"),
        ([play(0), error(99, 99), complete(99.5, 100)], "played"),
        ([play(0), complete(100, 100), ad_break(100, 100), ad(100, 100), error(105, 100), end(106, 100)], "played"),
        ([*PREROLL[:2], error(5), *PREROLL[2:], play(16), ping(26, 10)], "played"),
        ([*MIDROLL, error(12, 10), end(20, 10)], "play_failure"),
        ([*MIDROLL, error(12, 10), ad_break_complete(20, 10), play(20, 10), ping(30, 20)], "played"),
        ([*MIDROLL, error(12, 10), ad_break_complete(20, 10), play(20, 10), end(20.9, 10.9)], "play_failure"),
        ([live_start(0, 100), play(1, 100), error(31, 130), ping(33, 132)], "played"),
        ([live_start(0, 100), play(1, 100), error(31, 130), ping(41, 130), ping(51, 130)], "play_failure"),
        ([live_start(0, 86_390), play(0, 86_390), error(9, 86_399), ping(19, 9)], "played"),  # over midnight
    ],
)
def test_session_with_content_has_an_outcome(events: list[Event], expected: str) -> None:
    assert outcome(*events) == expected


def test_play_before_the_error_in_one_moment_plays_on() -> None:
    assert outcome(error(5), play(5), ping(6, 1)) == "played"
    assert outcome(play(0), error(5, 5), play(5, 5), ping(6, 6)) == "played"


def test_events_that_do_not_play_do_not_undo_a_failure() -> None:
    kinds = ("bitrateChange", "prevTrack", "nextTrack", "pauseStart", "bufferStart", "ping")
    assert {outcome(play(0), error(5, 5), event(kind, 5.5, 5.5), event(kind, 65, 5.5)) for kind in kinds} == {"play_failure"}


# Errors of the business


@pytest.mark.parametrize("failing", [[error(1, **DRM)], [error(1, **IN_QOE)], [play(0), error(5, 5, **DRM)]])
@pytest.mark.parametrize(
    ("prefixes", "is_business"),
    [
        ((), False),
        (("drm",), True),
        (("drm.403",), True),
        (("geo", "drm."), True),
        (("geo",), False),
        (("drm.403.",), False),
        (("DRM",), False),
        (("rm.403",), False),
    ],
)
def test_failure_is_of_the_business_if_its_error_begins_so(
    failing: list[Event], prefixes: tuple[str, ...], is_business: bool
) -> None:
    assert (outcome(*failing, business=prefixes) == "business_error") is is_business


def test_only_the_last_error_says_whether_a_failure_is_of_the_business() -> None:
    assert outcome(error(1, **DRM), error(2, **NETWORK), business=("drm",)) == "start_failure"
    assert outcome(error(1, **NETWORK), error(2, **DRM), business=("drm",)) == "business_error"
    assert outcome(error(1, **DRM), error(2), business=("drm",)) == "start_failure"  # without an id


def test_error_of_the_business_after_which_content_plays_is_none() -> None:
    assert outcome(play(0), error(5, 5, **DRM), ping(15, 15), business=("drm",)) == "played"
    assert outcome(ping(5), business=("drm",)) == "exit_before_start"


# What the metrics say of it


def test_open_session_has_no_outcome() -> None:
    metrics = measure(session_of(error(1)))
    assert (metrics.outcome, metrics.experience_score, metrics.qoe_version) == (None, None, None)


@pytest.mark.parametrize("reason", ["session_end", "completed", "no_events", "no_playhead_progress", "max_age", "later"])
def test_outcome_does_not_depend_on_what_closed_the_session(reason: str) -> None:
    metrics = measure(session_of(play(0), ping(10, 10), error(12, 12)), reason)
    assert (metrics.outcome, metrics.experience_score, metrics.qoe_version) == ("play_failure", 0.0, 1)


def test_outcome_is_that_of_the_events_in_any_order_and_repeated() -> None:
    events = [play(0), error(5, 5, **DRM), ping(15, 15), error(16, 16, **NETWORK), end(16.5, 16.5)]
    assert outcome(*reversed(events), *events, business=("drm",)) == "play_failure"


def test_gap_after_an_error_counts_only_what_the_playhead_moved() -> None:
    assert outcome(play(0), error(12, 12), end(3_612, 12)) == "play_failure"  # the laptop slept
    assert outcome(play(0), error(12, 12), end(3_612, 20)) == "played"


# What is judged


@pytest.mark.parametrize("start_ms", [None, 3_000])
def test_failures_and_exits_are_judged_and_two_outcomes_are_not(start_ms: int | None) -> None:
    outcomes = [*Outcome, "of_a_later_release", None]
    not_judged = {one for one in outcomes if Experience(one, start_ms, 1, 2, 3).score is None}
    assert not_judged == {"business_error", "early_exit", "of_a_later_release", None}


@pytest.mark.parametrize(
    ("events", "score"),
    [
        ([play(0), ping(10, 10)], 100.0),
        ([play(2), ping(12, 10)], 89.4),  # sqrt(80 * 100)
        ([play(8), ping(18, 10)], 70.7),  # sqrt(50 * 100)
        ([end(8)], 25.0),  # 50 / 2
        ([*PREROLL, end(23)], 25.0),  # 23 s, 15 of them with the ad
        ([error(3)], 0.0),
        ([play(0), error(10, 10)], 0.0),
        ([end(1)], None),
        ([error(3, **DRM)], None),
    ],
)
def test_session_has_a_score(events: list[Event], score: float | None) -> None:
    metrics = measured(*events, business=("drm",))
    assert (metrics.experience_score, metrics.qoe_version) == (score, 1)


def test_wait_leaves_out_the_ads_that_played() -> None:
    waiting = session_of(*PREROLL, end(23))
    assert waited_ms(waiting, waiting.events[-1].ts) == 8_000
