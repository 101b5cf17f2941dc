"""Contents in the order of their plays, or of the time for which they were played.

Source: NAVER's Media Analytics API, `/v1/contentsSummary` and its two top tens. The order of equal figures is our decision.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from mediabeat.core.rollups import names
from mediabeat.core.rollups.charts import ChartQuery, Interval
from mediabeat.core.rollups.counters import Content
from mediabeat.core.session_query import KINDS


class ContentsQuery(NamedTuple):
    """Which sessions to count, and which of their contents to return: a page, from 1, and its size."""

    chart: ChartQuery
    are_whole_days: bool
    page_number: int
    page_size: int


def are_whole_days(chart: ChartQuery, *, now: int) -> bool:
    """Return whether the counters of days have exactly the buckets of a chart. Today's end with `now` (epoch ms)."""
    if chart.interval is Interval.DAY:
        return True
    ends = (chart.last + 1) % names.BUCKETS_PER_DAY == 0 or chart.last == now // chart.interval.step_ms
    return ends and chart.first % names.BUCKETS_PER_DAY == 0


class ContentRow(NamedTuple):
    """What a content adds up to in one video type. `played_s` is in whole seconds."""

    content: Content
    video_type: str
    plays: int
    played_s: int


class Page(NamedTuple):
    """The rows of a page, and the number of rows on all pages."""

    rows: Sequence[ContentRow]
    total: int


class Order(Enum):
    """The figure by which rows are sorted, descending; the other one and the content's id decide between equal rows."""

    PLAYS = "plays"
    PLAYED = "played"

    def key(self, row: ContentRow) -> Any:
        """Return the sort key of a row."""
        figures = (-row.plays, -row.played_s) if self is Order.PLAYS else (-row.played_s, -row.plays)
        return *figures, row.content.id, row.video_type


ContentCounters = Mapping[int, Mapping[str, Counter[str]]]
"""Counters by epoch hour or epoch day and by the hash of the content's id."""


def rows(query: ContentsQuery, counters: ContentCounters, contents: Mapping[str, Content]) -> list[ContentRow]:
    """Return a row for each content and video type that was played, in no order.

    A content without a name, which no release writes, goes by its hash.
    """
    wanted = _wanted(query)
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for number, by_content in counters.items():
        of_number = wanted(number)
        for content, counter in by_content.items():
            for name, value in counter.items():
                if (found := of_number.get(name)) is not None:
                    video_type, figure = found
                    sums[content, video_type][figure] += value
    return [
        ContentRow(contents.get(content, Content(content, content, "")), video_type, plays, played_ms // 1_000)
        for (content, video_type), (plays, played_ms) in sums.items()
        if plays or played_ms
    ]


def page(query: ContentsQuery, found: Sequence[ContentRow], order: Order) -> Page:
    """Return a page of these rows. Past the end it has no rows, and the same total."""
    first = (query.page_number - 1) * query.page_size
    return Page(sorted(found, key=order.key)[first : first + query.page_size], len(found))


Wanted = Callable[[int], Mapping[str, tuple[str, int]]]
"""The counters to add up in an hour or a day, by their names: for which video type, and as which figure."""


def _wanted(query: ContentsQuery) -> Wanted:
    kinds = [(kind, KINDS[kind][1]) for kind in query.chart.kinds]
    figures: list[tuple[int, names.Figure]] = list(enumerate((names.SUCCESSES, names.PLAYED_MS)))
    if query.are_whole_days:
        of_day = {names.in_day(figure, kind): (type_, at) for kind, type_ in kinds for at, figure in figures}
        return lambda _: of_day
    of_bucket = [
        {names.in_bucket(figure, bucket, kind): (type_, at) for kind, type_ in kinds for at, figure in figures}
        for bucket in range(names.BUCKETS_PER_HOUR)
    ]
    every = {name: found for one in of_bucket for name, found in one.items()}

    def of_hour(hour: int) -> Mapping[str, tuple[str, int]]:
        first = hour * names.BUCKETS_PER_HOUR
        inside = [bucket for bucket in range(names.BUCKETS_PER_HOUR) if query.chart.first <= first + bucket <= query.chart.last]
        if len(inside) == names.BUCKETS_PER_HOUR:
            return every
        return {name: found for bucket in inside for name, found in of_bucket[bucket].items()}

    return of_hour
