"""Charts from counters: a figure for every bucket of time, gaps included.

Source: NAVER's Media Analytics API, the queries under `/v1/charts`. It documents the intervals. Zeros in gaps and whole buckets
are our decision.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from mediabeat.core.close_rules import DAY_MS, HOUR_MS, MINUTE_MS
from mediabeat.core.rollups import names
from mediabeat.core.session_query import KINDS, Device, VideoType

Counters = Mapping[int, Counter[str]]
"""Counters by epoch hour or epoch day, by their names. Where nothing was counted, there are none."""

SETTLED_MS: Final = 30_000
"""The last viewers of a minute are counted this long after its end at the latest."""

VIEWERS_MINUTES: Final = 60
"""Minutes in the chart of current viewers."""


class Interval(Enum):
    """The length of a bucket: its name in answers, and milliseconds."""

    MINUTE = "1m", MINUTE_MS
    FIVE_MINUTES = "5m", 5 * MINUTE_MS
    HOUR = "1h", HOUR_MS
    DAY = "1d", DAY_MS

    def __init__(self, label: str, step_ms: int) -> None:
        self.label = label
        self.step_ms = step_ms


class ChartQuery(NamedTuple):
    """Which sessions to count, and in which buckets. Buckets have numbers since 1970; `first` and `last` are both included."""

    devices: tuple[Device, ...]
    video_types: tuple[VideoType, ...]
    interval: Interval
    first: int
    last: int

    @property
    def kinds(self) -> tuple[int, ...]:
        """The chosen kinds of sessions, as indexes of `session_query.KINDS`."""
        return tuple(kind for kind, (device, type_) in enumerate(KINDS) if device in self.devices and type_ in self.video_types)

    @property
    def hours(self) -> tuple[int, int]:
        """The first and the last epoch hour that the buckets are in, both included."""
        return self._in(HOUR_MS)

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last epoch day that the buckets are in, both included."""
        return self._in(DAY_MS)

    def _in(self, step_ms: int) -> tuple[int, int]:
        return self.first * self.interval.step_ms // step_ms, self.last * self.interval.step_ms // step_ms

    @property
    def newest_first(self) -> range:
        """The numbers of the buckets. Empty when all of the span lies in the future."""
        return range(self.last, self.first - 1, -1)


class Point(NamedTuple):
    """One bucket of a chart: when it begins in epoch milliseconds, and its figure."""

    begins_at: int
    value: int


def buckets(interval: Interval, since: int, until: int, *, now: int) -> tuple[int, int]:
    """Return the first and the last bucket that a span (epoch ms, both included) touches, without those that begin after `now`.

    Nothing is stored from before 1970, so a span begins there at the earliest.
    """
    return max(0, since) // interval.step_ms, min(until, now) // interval.step_ms


def settled_minutes(now: int) -> tuple[int, int]:
    """Return the first and the last minute of the last hour whose viewers are all counted; `now` in epoch milliseconds."""
    last = (now - SETTLED_MS) // MINUTE_MS - 1
    return last - VIEWERS_MINUTES + 1, last


def series(query: ChartQuery, figure: names.Figure, counters: Counters) -> list[Point]:
    """Return a figure of each bucket, newest first, from the counters of its hours or days."""
    of_day = [names.in_day(figure, kind) for kind in query.kinds]
    of_bucket = [[names.in_bucket(figure, bucket, kind) for kind in query.kinds] for bucket in range(names.BUCKETS_PER_HOUR)]
    return _sums(query, counters, of_day, of_bucket)


def unique_viewers(query: ChartQuery, counters: Counters) -> list[Point]:
    """Return the distinct viewers of each bucket, newest first. A viewer of several of the kinds counts once."""
    masks = names.masks_of(query.kinds)
    of_day = [names.viewers_in_day(mask) for mask in masks]
    of_bucket = [[names.viewers_in_bucket(bucket, mask) for mask in masks] for bucket in range(names.BUCKETS_PER_HOUR)]
    return _sums(query, counters, of_day, of_bucket)


def current_viewers(query: ChartQuery, minutes: Mapping[int, Counter[int]]) -> list[Point]:
    """Return the sessions that were heard from in each minute, newest first, from their numbers by kind."""
    return _points(query, lambda minute: sum(minutes[minute][kind] for kind in query.kinds) if minute in minutes else 0)


def _sums(query: ChartQuery, counters: Counters, of_day: Iterable[str], of_bucket: Sequence[Iterable[str]]) -> list[Point]:
    """Return the sums of these counters of each day, or of each five minutes of an hour."""
    if query.interval is Interval.DAY:
        return _points(query, lambda day: _sum(counters.get(day), of_day))

    def of_hour(number: int) -> int:
        hour, bucket = divmod(number, names.BUCKETS_PER_HOUR)
        return _sum(counters.get(hour), of_bucket[bucket])

    return _points(query, of_hour)


def _points(query: ChartQuery, value_of: Callable[[int], int]) -> list[Point]:
    return [Point(number * query.interval.step_ms, value_of(number)) for number in query.newest_first]


def _sum(counter: Counter[str] | None, wanted: Iterable[str]) -> int:
    return sum(counter[name] for name in wanted) if counter else 0
