"""The quality of all sessions that started in an hour or on a day, from their counters. All of it can be added up."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from mediabeat.core.quality.start_times import percentile_ms
from mediabeat.core.rollups import names
from mediabeat.core.rollups.charts import ChartQuery, Counters, Interval

MEDIAN: Final = 50
P95: Final = 95


class QualityFigures(NamedTuple):
    """How the sessions of an hour or a day went. `scores` is the sum of their experience scores in tenths."""

    attempts: int
    successes: int
    early_exits: int
    exits_before_start: int
    start_failures: int
    play_failures: int
    business_errors: int
    rebuffering_ms: int
    good: int
    judged: int
    scores: int
    start_times: tuple[int, ...]
    """Sessions in each bin of `start_times`: those that played by their time to start, and exits by their wait."""

    @property
    def median_ms(self) -> int | None:
        """The start time that half of the sessions did not exceed; None if there were none."""
        return percentile_ms(self.start_times, MEDIAN)

    @property
    def p95_ms(self) -> int | None:
        """The start time that 95 % of the sessions did not exceed; None if there were none."""
        return percentile_ms(self.start_times, P95)

    @property
    def good_ratio(self) -> float | None:
        """The share of good sessions in those that are judged, from 0 to 1; None if none is judged."""
        return round(self.good / self.judged, 4) if self.judged > 0 else None

    @property
    def experience_score(self) -> float | None:
        """The mean experience score, to a tenth; None if no session is judged."""
        return round(self.scores / self.judged / 10, 1) if self.judged > 0 else None


def quality(query: ChartQuery, counters: Counters) -> list[tuple[int, QualityFigures]]:
    """Return the quality of each hour or day, newest first, with the bucket's begin in epoch milliseconds."""
    of = of_day if query.interval is Interval.DAY else of_hour
    nothing = Counter[str]()
    return [(bucket * query.interval.step_ms, of(counters.get(bucket, nothing), query.kinds)) for bucket in query.newest_first]


def of_hour(counters: Counter[str], kinds: Iterable[int]) -> QualityFigures:
    """Return the quality of an hour's sessions of these kinds, from the hour's counters."""
    return _figures(counters, tuple(kinds), range(names.BUCKETS_PER_HOUR))


def of_day(counters: Counter[str], kinds: Iterable[int]) -> QualityFigures:
    """Return the quality of a day's sessions of these kinds, from the day's counters."""
    return _figures(counters, tuple(kinds), None)


def _figures(counters: Counter[str], kinds: tuple[int, ...], buckets: range | None) -> QualityFigures:
    def plays(figure: names.Figure) -> int:
        if buckets is None:
            return sum(counters[names.in_day(figure, kind)] for kind in kinds)
        return sum(counters[names.in_bucket(figure, bucket, kind)] for bucket in buckets for kind in kinds)

    def quality(field: names.Quality) -> int:
        return sum(counters[names.quality(field, kind)] for kind in kinds)

    return QualityFigures(
        attempts=plays(names.ATTEMPTS),
        successes=plays(names.SUCCESSES),
        early_exits=quality(names.EARLY_EXIT),
        exits_before_start=quality(names.EXIT_BEFORE_START),
        start_failures=quality(names.START_FAILURE),
        play_failures=quality(names.PLAY_FAILURE),
        business_errors=quality(names.BUSINESS_ERROR),
        rebuffering_ms=quality(names.REBUFFERING_MS),
        good=quality(names.GOOD),
        judged=quality(names.JUDGED),
        scores=quality(names.SCORES),
        start_times=tuple(map(quality, names.START_TIMES)),
    )
