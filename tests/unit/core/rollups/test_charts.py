"""Charts from hand-made counters: gaps, kinds, days and five-minute buckets, and viewers as a union."""

from collections import Counter

import pytest

from mediabeat.core.rollups.charts import ChartQuery, Interval, Point, current_viewers, series, unique_viewers
from mediabeat.core.session_query import Device, VideoType

BOTH: tuple[Device, ...] = ("PC", "Mobile")
ALL: tuple[VideoType, ...] = ("VOD", "LIVE")
HOUR = 498_611
FIVE_MS = 300_000
DAY_MS = 86_400_000


def of_five(first: int, last: int, devices: tuple[Device, ...] = BOTH, video_types: tuple[VideoType, ...] = ALL) -> ChartQuery:
    """Return a query for five-minute buckets, counted from the first one of HOUR."""
    return ChartQuery(devices, video_types, Interval.FIVE_MINUTES, HOUR * 12 + first, HOUR * 12 + last)


def of_days(first: int, last: int, devices: tuple[Device, ...] = BOTH, video_types: tuple[VideoType, ...] = ALL) -> ChartQuery:
    return ChartQuery(devices, video_types, Interval.DAY, first, last)


def values(points: list[Point]) -> list[int]:
    return [point.value for point in points]


def test_every_bucket_has_a_point_newest_first_and_gaps_are_zero() -> None:
    counters = {HOUR: Counter({"pb0": 3, "p00": 1}), HOUR + 1: Counter({"p01": 4})}
    points = series(of_five(-1, 14), "p", counters)
    first = (HOUR * 12 - 1) * FIVE_MS
    assert [point.begins_at for point in points] == [first + FIVE_MS * number for number in range(15, -1, -1)]
    assert values(points) == [0, 0, 4, 3, *[0] * 10, 1, 0]
    assert values(series(of_five(-1, 14), "p", {})) == [0] * 16


def test_buckets_outside_the_span_do_not_count() -> None:
    assert values(series(of_five(4, 5), "t", {HOUR: Counter({"t30": 1, "t40": 2, "t50": 4, "t60": 8})})) == [4, 2]


def test_days_have_counters_of_their_own() -> None:
    counters = {20_000: Counter({"t0": 5, "t3": 7, "t00": 99, "p0": 99}), 20_002: Counter({"t1": 1})}
    assert series(of_days(19_999, 20_002), "t", counters) == [
        Point(20_002 * DAY_MS, 1),
        Point(20_001 * DAY_MS, 0),
        Point(20_000 * DAY_MS, 12),
        Point(19_999 * DAY_MS, 0),
    ]


@pytest.mark.parametrize(
    ("devices", "video_types", "expected"),
    [
        (BOTH, ALL, 1111),
        (("PC",), ALL, 11),
        (("Mobile",), ALL, 1100),
        (BOTH, ("VOD",), 101),
        (BOTH, ("LIVE",), 1010),
        (("Mobile",), ("LIVE",), 1000),
    ],
)
def test_only_the_chosen_kinds_count(devices: tuple[Device, ...], video_types: tuple[VideoType, ...], expected: int) -> None:
    numbers = {kind: 10**kind for kind in range(4)}
    hour = {HOUR: Counter({f"p0{kind}": number for kind, number in numbers.items()})}
    day = {20_000: Counter({f"p{kind}": number for kind, number in numbers.items()})}
    assert values(series(of_five(0, 0, devices, video_types), "p", hour)) == [expected]
    assert values(series(of_days(20_000, 20_000, devices, video_types), "p", day)) == [expected]
    minute = ChartQuery(devices, video_types, Interval.MINUTE, 7, 7)
    assert values(current_viewers(minute, {7: Counter(numbers)})) == [expected]


def test_viewer_of_two_devices_counts_once() -> None:
    # One on a PC only, two on a phone only, four on both; another eight on both of them, but live on the phone.
    day = {20_000: Counter({"u1": 1, "u4": 2, "u5": 4, "u9": 8})}
    assert values(unique_viewers(of_days(20_000, 20_000), day)) == [15]
    assert values(unique_viewers(of_days(20_000, 20_000, ("PC",)), day)) == [13]
    assert values(unique_viewers(of_days(20_000, 20_000, ("Mobile",)), day)) == [14]
    assert values(unique_viewers(of_days(20_000, 20_000, BOTH, ("VOD",)), day)) == [15]
    assert values(unique_viewers(of_days(20_000, 20_000, BOTH, ("LIVE",)), day)) == [8]
    hour = {HOUR: Counter({"u01": 1, "ub4": 2, "ub5": 4, "ubf": 8})}
    assert values(unique_viewers(of_five(10, 12, ("PC",)), hour)) == [0, 12, 0]
    assert values(unique_viewers(of_five(10, 12), hour)) == [0, 14, 0]


def test_days_viewers_are_not_the_sum_of_its_buckets() -> None:
    counters = {0: Counter({"u01": 1, "u11": 1}), 20_000: Counter({"u1": 1})}
    assert sum(values(unique_viewers(ChartQuery(BOTH, ALL, Interval.FIVE_MINUTES, 0, 11), counters))) == 2
    assert sum(values(unique_viewers(of_days(20_000, 20_000), counters))) == 1


def test_minutes_without_viewers_are_zero() -> None:
    query = ChartQuery(BOTH, ALL, Interval.MINUTE, 100, 103)
    assert current_viewers(query, {101: Counter({0: 2, 3: 1}), 99: Counter({0: 9})}) == [
        Point(103 * 60_000, 0),
        Point(102 * 60_000, 0),
        Point(101 * 60_000, 3),
        Point(100 * 60_000, 0),
    ]


def test_span_in_the_future_has_no_points() -> None:
    assert series(of_five(5, 4), "p", {HOUR: Counter({"p50": 1})}) == []
