"""Queries for charts and contents, parsed. `PARAMETERS` has the parameters of each path once.

Source: NAVER's Media Analytics API, `/v1/charts` and `/v1/contentsSummary`. What it leaves open is our decision: how spans become
buckets, and all limits.
"""

from collections.abc import Mapping
from typing import Final

from mediabeat.core.rollups.charts import ChartQuery, Interval, buckets, settled_minutes
from mediabeat.core.rollups.contents import ContentsQuery, are_whole_days
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES, is_longer_than
from mediabeat.errors import Problem
from mediabeat.protocols.media_analytics.parameters import (
    DEVICE,
    END_DATE,
    START_DATE,
    VIDEO_TYPE,
    Given,
    Parameter,
    given,
    whole_number,
)

MAX_DAYS: Final = 400
"""Days in a chart: as long as the roll-ups are kept by default."""

MAX_CONTENTS_DAYS: Final = 31
"""Days in a query about contents, which reads an item for each content and day."""

PAGE_SIZE: Final = 10
"""Rows of a page unless a query wants more, and contents in a top ten."""

_KINDS: Final = (DEVICE, VIDEO_TYPE)
_SPAN: Final = (*_KINDS, START_DATE, END_DATE)
_PAGES: Final = (
    whole_number("pageNo", least=1, most=1_000, default=1),
    whole_number("limit", least=10, most=100, default=PAGE_SIZE),
)

PARAMETERS: Final[Mapping[str, tuple[Parameter, ...]]] = {
    "/v1/charts/currentViewers": _KINDS,
    "/v1/charts/playCnt": _SPAN,
    "/v1/charts/playTimeSum": _SPAN,
    "/v1/charts/uniqUserCnt": _SPAN,
    "/v1/charts/quality": _SPAN,
    "/v1/contentsSummary": (*_SPAN, *_PAGES),
    "/v1/contentsSummary/playCountTop10": _SPAN,
    "/v1/contentsSummary/playTimeTop10": _SPAN,
}
"""The parameters of each query. It ignores all others, also those of another query."""


def parse_viewers_query(parameters: Mapping[str, str], *, now: int) -> ChartQuery:
    """Return the query for current viewers: the last 60 minutes that are over and counted.

    Raises InvalidInput naming each wrong parameter.
    """
    read = given(parameters, _KINDS)
    read.check()
    return _query(read, Interval.MINUTE, *settled_minutes(now))


def parse_chart_query(parameters: Mapping[str, str], *, now: int) -> ChartQuery:
    """Return the query for a chart over time: in steps of five minutes up to one day, else of a day.

    Raises InvalidInput naming each wrong parameter.
    """
    return _over_time(given(parameters, _SPAN), now, Interval.FIVE_MINUTES, MAX_DAYS)


def parse_quality_query(parameters: Mapping[str, str], *, now: int) -> ChartQuery:
    """Return the query for the quality chart: in steps of an hour up to one day, else of a day.

    Raises InvalidInput naming each wrong parameter.
    """
    return _over_time(given(parameters, _SPAN), now, Interval.HOUR, MAX_DAYS)


def parse_contents_query(parameters: Mapping[str, str], *, now: int) -> ContentsQuery:
    """Return the query for one page of all contents.

    Raises InvalidInput naming each wrong parameter.
    """
    return _contents(given(parameters, (*_SPAN, *_PAGES)), now)


def parse_top_query(parameters: Mapping[str, str], *, now: int) -> ContentsQuery:
    """Return the query for the ten contents with the highest figures.

    Raises InvalidInput naming each wrong parameter.
    """
    return _contents(given(parameters, _SPAN), now)


def _contents(read: Given, now: int) -> ContentsQuery:
    chart = _over_time(read, now, Interval.FIVE_MINUTES, MAX_CONTENTS_DAYS)
    page = read.values.get("pageNo", 1), read.values.get("limit", PAGE_SIZE)
    return ContentsQuery(chart, are_whole_days(chart, now=now), *page)


def _over_time(read: Given, now: int, short: Interval, most_days: int) -> ChartQuery:
    since, until = read.span(now)
    if is_longer_than(most_days, since, min(until, now)):
        read.problems.append(Problem("startDate", f"must be at most {most_days} days before endDate, and before now"))
    read.check()
    interval = Interval.DAY if is_longer_than(1, since, until) else short
    return _query(read, interval, *buckets(interval, since, until, now=now))


def _query(read: Given, interval: Interval, first: int, last: int) -> ChartQuery:
    devices, video_types = read.values.get("device", DEVICES), read.values.get("videoType", VIDEO_TYPES)
    return ChartQuery(devices, video_types, interval, first, last)
