"""Contents from hand-made counters: their sums, their order, and their pages."""

from collections import Counter

import pytest

from mediabeat.core.rollups.charts import ChartQuery, Interval
from mediabeat.core.rollups.contents import ContentRow, ContentsQuery, Order, Page, page, rows
from mediabeat.core.rollups.counters import Content
from mediabeat.core.session_query import Device

BOTH: tuple[Device, ...] = ("PC", "Mobile")
HOUR = 498_611
MOVIE = Content("movie", "A movie", "https://media.example.com/movie.m3u8")
MATCH = Content("match", "A match", "")
NAMES = {"m0": MOVIE, "m1": MATCH}


def of_days(first: int = 0, last: int = 9, devices: tuple[Device, ...] = BOTH) -> ContentsQuery:
    return ContentsQuery(ChartQuery(devices, ("VOD", "LIVE"), Interval.DAY, first, last), True, 1, 10)


def of_five(first: int, last: int) -> ContentsQuery:
    """Return a query for five-minute buckets, counted from the first one of HOUR."""
    chart = ChartQuery(BOTH, ("VOD", "LIVE"), Interval.FIVE_MINUTES, HOUR * 12 + first, HOUR * 12 + last)
    return ContentsQuery(chart, False, 1, 10)


def row(name: str, plays: int, played_s: int, video_type: str = "VOD") -> ContentRow:
    return ContentRow(Content(name, name, ""), video_type, plays, played_s)


def test_days_devices_and_types_of_a_content_are_added_up() -> None:
    days = {
        1: {"m0": Counter({"p0": 1, "t0": 1_500, "p2": 2, "t2": 2_499, "p3": 1, "t3": 999})},
        4: {"m0": Counter({"p2": 4, "t2": 1_000}), "m1": Counter({"p1": 1})},
    }
    assert set(rows(of_days(), days, NAMES)) == {
        ContentRow(MOVIE, "VOD", 7, 4),
        ContentRow(MOVIE, "LIVE", 1, 0),
        ContentRow(MATCH, "LIVE", 1, 0),
    }
    assert rows(of_days(devices=("PC",)), days, NAMES) == [ContentRow(MOVIE, "VOD", 1, 1), ContentRow(MATCH, "LIVE", 1, 0)]


def test_content_that_was_not_played_has_no_row() -> None:
    assert rows(of_days(), {1: {"m0": Counter({"p0": 0, "t0": 0, "a0": 5}), "m1": Counter()}}, NAMES) == []
    assert rows(of_days(), {1: {"m0": Counter({"t0": 7})}}, NAMES) == [ContentRow(MOVIE, "VOD", 0, 0)]


@pytest.mark.parametrize(
    ("first", "last", "plays"),
    [(0, 11, 0b111111), (0, 35, 0b11111111), (1, 10, 0b011110), (3, 3, 0b000100), (4, 5, 0), (11, 12, 0b1100000)],
)
def test_only_buckets_of_the_span_count(first: int, last: int, plays: int) -> None:
    hours = {
        HOUR: {"m0": Counter({"p00": 1, "p12": 2, "p30": 4, "p60": 8, "pa2": 16, "pb0": 32})},
        HOUR + 1: {"m0": Counter({"p00": 64})},
        HOUR + 2: {"m0": Counter({"pb2": 128})},
    }
    assert sum(one.plays for one in rows(of_five(first, last), hours, NAMES)) == plays


def test_content_without_a_name_goes_by_its_hash() -> None:
    assert rows(of_days(), {1: {"m9": Counter({"p0": 1})}}, NAMES) == [ContentRow(Content("m9", "m9", ""), "VOD", 1, 0)]


EQUAL = [row("b", 2, 5), row("c", 2, 5), row("a", 2, 5), row("a", 2, 5, "LIVE"), row("d", 2, 9), row("e", 3, 0), row("f", 0, 9)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.PLAYS, ["e VOD", "d VOD", "a LIVE", "a VOD", "b VOD", "c VOD", "f VOD"]),
        (Order.PLAYED, ["d VOD", "f VOD", "a LIVE", "a VOD", "b VOD", "c VOD", "e VOD"]),
    ],
)
def test_equal_figures_go_by_the_other_figure_and_then_by_id(order: Order, expected: list[str]) -> None:
    found = page(of_days(), EQUAL, order)
    assert [f"{one.content.id} {one.video_type}" for one in found.rows] == expected
    assert page(of_days(), EQUAL[::-1], order) == found


def test_order_goes_by_the_seconds_that_are_shown() -> None:
    days = {1: {"m0": Counter({"p0": 1, "t0": 5_001}), "m1": Counter({"p0": 1, "t0": 5_999})}}
    assert [one.content for one in page(of_days(), rows(of_days(), days, NAMES), Order.PLAYS).rows] == [MATCH, MOVIE]


def test_pages_follow_one_another_and_end() -> None:
    every = [row(f"{number:02}", 100 - number, 0) for number in range(25)]
    query = of_days()
    pages = [page(query._replace(page_number=number), every, Order.PLAYS) for number in (1, 2, 3, 4, 1_000)]
    assert [one.total for one in pages] == [25] * 5
    assert [one for found in pages for one in found.rows] == every
    assert [len(one.rows) for one in pages] == [10, 10, 5, 0, 0]
    assert page(query._replace(page_size=100), every, Order.PLAYS) == Page(every, 25)
