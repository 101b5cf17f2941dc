"""Queries for charts and contents: their spans, buckets and limits."""

from datetime import UTC, datetime

import jsonschema
import pytest

from mediabeat.core.rollups.charts import ChartQuery, Interval
from mediabeat.core.rollups.contents import ContentsQuery
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.errors import InvalidInput
from mediabeat.protocols.media_analytics.chart_requests import (
    PARAMETERS,
    parse_chart_query,
    parse_contents_query,
    parse_quality_query,
    parse_top_query,
    parse_viewers_query,
)

NOW = 1_795_000_000_123  # 2026-11-18 11:06:40
DAY = 86_400_000
EVERYTHING = DEVICES, VIDEO_TYPES

PARSERS = {
    "/v1/charts/currentViewers": parse_viewers_query,
    "/v1/charts/playCnt": parse_chart_query,
    "/v1/charts/playTimeSum": parse_chart_query,
    "/v1/charts/uniqUserCnt": parse_chart_query,
    "/v1/charts/quality": parse_quality_query,
    "/v1/contentsSummary": parse_contents_query,
    "/v1/contentsSummary/playCountTop10": parse_top_query,
    "/v1/contentsSummary/playTimeTop10": parse_top_query,
}


def at(*moment: int) -> int:
    """Return a UTC moment in epoch milliseconds."""
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[misc, arg-type]


def begins(query: ChartQuery) -> list[str]:
    """Return when the buckets begin, the newest first."""
    moments = (datetime.fromtimestamp(bucket * query.interval.step_ms / 1_000, UTC) for bucket in query.newest_first)
    return [f"{moment:%m-%d %H:%M}" for moment in moments]


def wrong(path: str, **parameters: str) -> list[str]:
    """Return the parameters that a query refuses; at least one has to be."""
    with pytest.raises(InvalidInput) as refused:
        PARSERS[path](parameters, now=NOW)
    assert refused.value.problems
    return [problem.field for problem in refused.value.problems]


def test_there_is_a_parser_for_each_path() -> None:
    assert PARSERS.keys() == PARAMETERS.keys()


def test_default_chart_is_of_days_of_the_last_seven_days() -> None:
    query = parse_chart_query({}, now=NOW)
    assert query == ChartQuery(*EVERYTHING, Interval.DAY, (NOW - 7 * DAY) // DAY, NOW // DAY)
    assert begins(query) == [f"11-{day} 00:00" for day in range(18, 10, -1)]


@pytest.mark.parametrize(
    ("start", "end", "interval", "count", "newest", "oldest"),
    [
        ("2026-11-17", "2026-11-17", "5m", 288, "11-17 23:55", "11-17 00:00"),
        ("2026-11-16 12:02:30", "2026-11-17 12:02:30", "5m", 289, "11-17 12:00", "11-16 12:00"),  # 24 unaligned hours
        ("2026-11-16 12:00:00", "2026-11-17 11:59:59", "5m", 288, "11-17 11:55", "11-16 12:00"),
        ("2026-11-17 12:04:59", "2026-11-17 12:05:00", "5m", 2, "11-17 12:05", "11-17 12:00"),
        ("2026-11-17 12:00:00", "2026-11-17 12:00:00", "5m", 1, "11-17 12:00", "11-17 12:00"),
        ("2026-11-16 12:00:00", "2026-11-17 12:00:01", "1d", 2, "11-17 00:00", "11-16 00:00"),
        ("2026-11-16", "2026-11-17", "1d", 2, "11-17 00:00", "11-16 00:00"),
        ("2025-10-14", "2026-11-17", "1d", 400, "11-17 00:00", "10-14 00:00"),
    ],
)
def test_span_becomes_whole_buckets(start: str, end: str, interval: str, count: int, newest: str, oldest: str) -> None:
    query = parse_chart_query({"startDate": start, "endDate": end}, now=NOW)
    found = begins(query)
    assert (query.interval.label, len(found), found[0], found[-1]) == (interval, count, newest, oldest)


@pytest.mark.parametrize(
    ("start", "end", "interval", "count"),
    [
        ("2026-11-17", "2026-11-17", "1h", 24),
        ("2026-11-16 12:02:30", "2026-11-17 12:02:30", "1h", 25),
        ("2026-11-16", "2026-11-17", "1d", 2),
    ],
)
def test_quality_of_up_to_one_day_is_in_hours(start: str, end: str, interval: str, count: int) -> None:
    query = parse_quality_query({"startDate": start, "endDate": end}, now=NOW)
    assert (query.interval.label, len(query.newest_first)) == (interval, count)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"startDate": "2026-11-18 10:58:00", "endDate": "2026-11-18 23:00:00"}, ["11-18 11:05", "11-18 11:00", "11-18 10:55"]),
        ({"startDate": "2026-11-18 11:00:00", "endDate": "9999-12-31"}, ["11-18 00:00"]),
        ({"startDate": "2026-11-18 11:07:00", "endDate": "2026-11-18 11:08:00"}, ["11-18 11:05"]),
        ({"startDate": "2026-11-18 12:00:00", "endDate": "2026-11-18 13:00:00"}, []),
        ({"startDate": "2999-01-01", "endDate": "2999-12-31"}, []),
    ],
)
def test_no_bucket_begins_in_the_future(parameters: dict[str, str], expected: list[str]) -> None:
    assert begins(parse_chart_query(parameters, now=NOW)) == expected


def test_nothing_is_asked_of_the_time_before_1970() -> None:
    assert begins(parse_chart_query({"startDate": "1969-12-31", "endDate": "1970-01-01"}, now=NOW)) == ["01-01 00:00"]
    assert begins(parse_chart_query({"endDate": "0001-01-01"}, now=NOW)) == []


def test_viewers_are_those_of_the_last_sixty_minutes_that_are_settled() -> None:
    minute = at(2026, 11, 18, 11, 6)
    for now, newest in ((minute + 30_000, 5), (minute + 29_999, 4), (minute, 4)):
        query = parse_viewers_query({"startDate": "nonsense", "device": "PC"}, now=now)
        assert query.devices == ("PC",)
        assert begins(query)[0] == f"11-18 11:0{newest}"
        assert begins(query)[-1] == f"11-18 10:0{newest + 1}"
        assert (query.interval.label, len(query.newest_first)) == ("1m", 60)


@pytest.mark.parametrize("path", [path for path in PARAMETERS if path != "/v1/charts/currentViewers"])
@pytest.mark.parametrize("name", ["device", "videoType", "startDate", "endDate"])
def test_wrong_parameter_is_named(path: str, name: str) -> None:
    assert wrong(path, **{name: "nonsense"}) == [name]


def test_each_wrong_parameter_is_named_once() -> None:
    everything = dict.fromkeys(("device", "videoType", "startDate", "endDate", "pageNo", "limit"), "nonsense")
    assert wrong("/v1/contentsSummary", **everything) == list(everything)
    assert wrong("/v1/contentsSummary", device="x", startDate="2020-01-01", limit="9") == ["device", "limit", "startDate"]
    assert wrong("/v1/charts/playCnt", startDate="2026-11-18", endDate="2026-11-17") == ["startDate"]
    assert wrong("/v1/charts/currentViewers", device="x", videoType="y") == ["device", "videoType"]


@pytest.mark.parametrize("path", [path for path in PARAMETERS if path != "/v1/contentsSummary"])
def test_parameter_of_another_query_is_ignored(path: str) -> None:
    assert PARSERS[path]({"pageNo": "nonsense", "limit": "1"}, now=NOW) == PARSERS[path]({}, now=NOW)


@pytest.mark.parametrize(("path", "days"), [("/v1/charts/playCnt", 400), ("/v1/charts/quality", 400)])
def test_chart_covers_up_to_four_hundred_days(path: str, days: int) -> None:
    covers_up_to(path, days)


@pytest.mark.parametrize(
    "path", ["/v1/contentsSummary", "/v1/contentsSummary/playCountTop10", "/v1/contentsSummary/playTimeTop10"]
)
def test_contents_cover_up_to_thirty_one_days(path: str) -> None:
    covers_up_to(path, 31)


def covers_up_to(path: str, days: int) -> None:
    def starting(days_ago: int, until: str) -> dict[str, str]:
        moment = datetime.fromtimestamp(NOW // DAY * DAY / 1_000 - days_ago * 86_400, UTC)
        return {"startDate": f"{moment:%Y-%m-%d}", "endDate": until}

    PARSERS[path](starting(days, "2026-11-17"), now=NOW)
    PARSERS[path](starting(days - 1, "9999-12-31"), now=NOW)  # the future does not count
    assert wrong(path, **starting(days + 1, "2026-11-17")) == ["startDate"]
    assert wrong(path, **starting(days, "9999-12-31")) == ["startDate"]


def test_default_page_is_the_first_ten_rows() -> None:
    chart = parse_chart_query({}, now=NOW)
    assert parse_contents_query({}, now=NOW) == ContentsQuery(chart, are_whole_days=True, page_number=1, page_size=10)
    assert parse_top_query({"limit": "100", "pageNo": "2"}, now=NOW) == parse_contents_query({}, now=NOW)
    assert parse_contents_query({"pageNo": "1000", "limit": "100"}, now=NOW)[2:] == (1_000, 100)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("limit", text) for text in ("9", "1", "0", "101", "-10", "10.0", "", "1e1", "٢٠")),
        *(("pageNo", text) for text in ("0", "1001", "-1", "1.0", "", "10000", "9" * 5_000)),
    ],
)
def test_page_out_of_bounds_is_named(name: str, text: str) -> None:
    assert wrong("/v1/contentsSummary", **{name: text}) == [name]


def test_documented_schemas_accept_what_the_parsers_accept() -> None:
    for path, parameters in PARAMETERS.items():
        for parameter in parameters:
            validator = jsonschema.Draft202012Validator(parameter.schema)
            if parameter.schema.get("type") == "integer":
                for number in (0, 1, 9, 10, 100, 101, 1_000, 1_001):
                    refused = parameter.name in refused_by(path, {parameter.name: str(number)})
                    assert validator.is_valid(number) != refused, (path, parameter.name, number)
            for text in parameter.schema.get("enum", ()):
                assert refused_by(path, {parameter.name: text}) == []


def refused_by(path: str, parameters: dict[str, str]) -> list[str]:
    try:
        PARSERS[path](parameters, now=NOW)
    except InvalidInput as error:
        return [problem.field for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        ("2026-11-17", "2026-11-17", True),
        ("2026-11-10", "2026-11-17", True),
        ("2026-11-18", "2026-11-18", True),  # today, up to now
        ("2026-11-18", "2026-11-18 11:00:00", False),
        ("2026-11-17 00:05:00", "2026-11-17 23:59:59", False),
        ("2026-11-17 11:00:00", "2026-11-18 11:00:00", False),
    ],
)
def test_contents_of_whole_days_are_read_from_days(start: str, end: str, whole: bool) -> None:
    assert parse_contents_query({"startDate": start, "endDate": end}, now=NOW).are_whole_days is whole
