"""Charts and contents of a project, from its roll-ups. The cost of each depends on its span and on the project's contents."""

from collections import Counter
from typing import NamedTuple

from mediabeat.core.quality import chart
from mediabeat.core.quality.chart import QualityFigures
from mediabeat.core.rollups import charts, names
from mediabeat.core.rollups.charts import ChartQuery, Interval, Point
from mediabeat.core.rollups.contents import ContentsQuery, Order, Page, page, rows
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries


class RollUps(NamedTuple):
    """The roll-ups of a deployment: the counters over time, and the viewers of the last minutes."""

    counters: RollUpQueries
    live: LiveViewers


def current_viewers(project_id: str, query: ChartQuery, rollups: RollUps) -> list[Point]:
    """Return the sessions that were heard from in each minute, newest first."""
    return charts.current_viewers(query, rollups.live.minutes(project_id, query.first, query.last))


def plays(project_id: str, query: ChartQuery, rollups: RollUps) -> list[Point]:
    """Return how many of the sessions that started in each bucket played their content, newest first."""
    return charts.series(query, names.SUCCESSES, _counters(project_id, query, rollups))


def play_time(project_id: str, query: ChartQuery, rollups: RollUps) -> list[Point]:
    """Return for how many milliseconds content played in each bucket, newest first."""
    return charts.series(query, names.PLAYED_MS, _counters(project_id, query, rollups))


def unique_viewers(project_id: str, query: ChartQuery, rollups: RollUps) -> list[Point]:
    """Return the distinct viewers who started a session in each bucket, newest first."""
    return charts.unique_viewers(query, _counters(project_id, query, rollups))


def quality(project_id: str, query: ChartQuery, rollups: RollUps) -> list[tuple[int, QualityFigures]]:
    """Return how the sessions that started in each bucket went, newest first."""
    return chart.quality(query, _counters(project_id, query, rollups))


def most_played(project_id: str, query: ContentsQuery, rollups: RollUps) -> Page:
    """Return a page of contents, those that played most often first."""
    return _contents(project_id, query, Order.PLAYS, rollups)


def longest_played(project_id: str, query: ContentsQuery, rollups: RollUps) -> Page:
    """Return a page of contents, those that played for the longest time first."""
    return _contents(project_id, query, Order.PLAYED, rollups)


def _counters(project_id: str, query: ChartQuery, rollups: RollUps) -> dict[int, Counter[str]]:
    if not query.newest_first:
        return {}
    if query.interval is Interval.DAY:
        return rollups.counters.days(project_id, *query.days)
    return rollups.counters.hours(project_id, *query.hours)


def _contents(project_id: str, query: ContentsQuery, order: Order, rollups: RollUps) -> Page:
    if not query.chart.newest_first:
        return Page([], 0)
    # Only the days have the contents' names, without which equal figures have no order.
    days, contents = rollups.counters.content_days(project_id, *query.chart.days)
    counters = days if query.are_whole_days else rollups.counters.content_hours(project_id, *query.chart.hours)
    return page(query, rows(query, counters, contents), order)
