"""From sessions to the quality chart: what each adds, and what an hour or a day answers. Figures worked out by hand."""

from collections import Counter
from typing import Any, Final

import pytest

from mediabeat.core.event import Event
from mediabeat.core.event_codec import pack
from mediabeat.core.metrics import measure
from mediabeat.core.quality.chart import QualityFigures, of_day, of_hour
from mediabeat.core.records import Start
from mediabeat.core.rollups import names
from mediabeat.core.rollups.charts import ChartQuery, Interval
from mediabeat.core.rollups.figures import Figures, figures_of
from mediabeat.core.session import fold
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.protocols.media_analytics.chart_answers import quality_body
from tests.support.builders import BASE_MS, buffer, end, error, ping, play, start

PC_VOD, PC_LIVE, MOBILE_VOD, MOBILE_LIVE = range(4)
HOUR: Final = 3_600_000
QUERY: Final = ChartQuery(DEVICES, VIDEO_TYPES, Interval.DAY, 0, 0)
NOTHING: Final = QualityFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (0,) * 9)


# What a session adds


def figures(*events: Event, reason: str | None = "session_end", business: tuple[str, ...] = ()) -> Figures:
    session = fold([start(), *events])
    begun = Start("demo", "PC", "VOD", "viewer", "{}", BASE_MS, 0, pack(session.start))
    return figures_of(session, begun, measure(session, reason, business), last_at=session.events[-1].ts)


def quality(one: Figures) -> tuple[Any, ...]:
    return one.outcome, one.time_to_start_ms, one.rebuffering_ms, one.score, one.is_good


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([play(2), ping(12, 10)], ("played", 2_000, 0, 894, True)),
        ([play(6), ping(16, 10)], ("played", 6_000, 0, 756, False)),  # 10 sqrt(800 / 14) = 75.6
        ([play(0), buffer(10, 10), play(11, 10), end(20, 19)], ("played", 0, 1_000, 866, False)),  # 10 sqrt(44.7 + 30.3)
        ([end(8)], ("exit_before_start", 8_000, 0, 250, False)),
        ([end(1)], ("early_exit", None, 0, None, False)),
        ([error(3, params={"media.errorId": "net"})], ("start_failure", None, 0, 0, False)),
        ([error(3, params={"media.errorId": "drm.1"})], ("business_error", None, 0, None, False)),
        ([play(2), buffer(10, 8), play(13, 8), error(14, 9)], ("play_failure", None, 3_000, 0, False)),
    ],
)
def test_session_adds_its_outcome_start_time_rebuffering_and_score(events: list[Event], expected: tuple[Any, ...]) -> None:
    one = figures(*events, business=("drm",))
    assert quality(one) == expected
    assert quality(Figures.from_bytes(one.to_bytes())) == expected


def test_open_session_adds_only_its_rebuffering() -> None:
    assert quality(figures(play(0), buffer(10, 10), play(12, 10), ping(20, 18), reason=None)) == (None, None, 2_000, None, False)


# What a bucket answers


def counters(**kinds: Any) -> Counter[str]:
    """Return the counters of an hour: fields of the quality, and plays in two of its buckets."""
    found = Counter[str]()
    for field, by_kind in kinds.items():
        for kind, value in by_kind.items():
            found[names.quality(field.removeprefix("bin"), kind)] = value  # type: ignore[arg-type]
    return found


MIXED: Final = counters(
    E={PC_VOD: 1},
    X={PC_VOD: 2, MOBILE_LIVE: 1},
    F={PC_LIVE: 3},
    V={PC_VOD: 4},
    B={MOBILE_VOD: 5},
    w={PC_VOD: 12_345, MOBILE_VOD: 600},
    g={PC_VOD: 7, MOBILE_VOD: 1},
    j={PC_VOD: 10, MOBILE_VOD: 2, PC_LIVE: 3},
    s={PC_VOD: 7_777, MOBILE_VOD: 1_500},
    bin2={PC_VOD: 4, MOBILE_VOD: 2},
    bin8={PC_VOD: 2},
)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), NOTHING),
        ((PC_VOD,), QualityFigures(0, 0, 1, 2, 0, 4, 0, 12_345, 7, 10, 7_777, (0, 0, 4, 0, 0, 0, 0, 0, 2))),
        ((PC_VOD, MOBILE_VOD), QualityFigures(0, 0, 1, 2, 0, 4, 5, 12_945, 8, 12, 9_277, (0, 0, 6, 0, 0, 0, 0, 0, 2))),
        ((PC_LIVE, MOBILE_LIVE), QualityFigures(0, 0, 0, 1, 3, 0, 0, 0, 0, 3, 0, (0,) * 9)),
        (range(4), QualityFigures(0, 0, 1, 3, 3, 4, 5, 12_945, 8, 15, 9_277, (0, 0, 6, 0, 0, 0, 0, 0, 2))),
    ],
)
def test_quality_is_the_sum_over_the_kinds(kinds: tuple[int, ...], expected: QualityFigures) -> None:
    assert of_hour(MIXED, kinds) == of_day(MIXED, kinds) == expected


def test_plays_of_an_hour_are_those_of_its_twelve_buckets_and_of_a_day_its_own() -> None:
    plays = Counter({names.in_bucket("a", bucket, PC_VOD): 10 for bucket in range(12)})
    plays |= Counter({names.in_bucket("p", 11, PC_VOD): 3, names.in_bucket("p", 0, PC_LIVE): 1, names.in_bucket("t", 1, 0): 999})
    hour = of_hour(plays, (PC_VOD, PC_LIVE))
    assert (hour.attempts, hour.successes) == (120, 4)
    day = Counter({names.in_day("a", PC_VOD): 120, names.in_day("p", PC_VOD): 3, names.in_day("a", MOBILE_LIVE): 2})
    assert of_day(day, (PC_VOD,))[:2] == (120, 3)
    assert of_day(day, range(4))[:2] == (122, 3)


def test_answer_has_its_keys_in_order_and_seconds() -> None:
    plays = Counter({names.in_bucket("a", 3, PC_VOD): 20, names.in_bucket("p", 3, PC_VOD): 14})
    body = quality_body(QUERY._replace(interval=Interval.HOUR), [(HOUR * 500_000, of_hour(MIXED + plays, (PC_VOD,)))])
    assert body["message"] == "quality (1h)"
    assert list(body["result"][0].items()) == [
        ("playAttemptCnt", 20),
        ("playSuccessCnt", 14),
        ("earlyExitCnt", 1),
        ("exitBeforeStartCnt", 2),
        ("startFailureCnt", 0),
        ("playFailureCnt", 4),
        ("businessErrorCnt", 0),
        ("rebufferingTimeSum", 12.345),
        ("startTimeMedian", 1.75),  # 3 of the 4 in the bin from 1 s to 2 s
        ("startTimeP95", 20.0),  # above 20 s nothing is told apart
        ("goodRatio", 0.7),
        ("experienceScore", 77.8),  # 777.7 / 10
        ("logDate", "2027-01-15 08:00:00"),
    ]


def test_bucket_without_sessions_has_zeros_and_nulls() -> None:
    [empty] = quality_body(QUERY, [(0, of_day(Counter(), range(4)))])["result"]
    figures = {name: value for name, value in empty.items() if name != "logDate"}
    nulls = {"startTimeMedian", "startTimeP95", "goodRatio", "experienceScore"}
    assert {name for name, value in figures.items() if value is None} == nulls
    assert {value for name, value in figures.items() if name not in nulls} == {0}
    assert quality_body(QUERY, []) == {"code": 200, "message": "quality (1d)", "result": []}


def test_bucket_whose_sessions_are_not_judged_has_no_ratio_and_no_score() -> None:
    figures = of_hour(counters(E={PC_VOD: 3}, B={PC_VOD: 2}), range(4))
    assert (figures.early_exits, figures.business_errors, figures.good_ratio, figures.experience_score) == (3, 2, None, None)
    all_failed = of_hour(counters(F={PC_VOD: 3}, j={PC_VOD: 3}), range(4))
    assert (all_failed.good_ratio, all_failed.experience_score, all_failed.median_ms) == (0.0, 0.0, None)
