"""The bodies of replies to queries for charts and contents, with the keys of NAVER's Media Analytics API in its order.

What its public pages leave open is our decision: `playCount` and `playTime` of `contentsSummary`, and the whole of `quality`.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from typing_extensions import TypedDict

from mediabeat.core.quality.chart import QualityFigures
from mediabeat.core.rollups.charts import ChartQuery, Interval, Point
from mediabeat.core.rollups.contents import ContentRow, ContentsQuery, Page
from mediabeat.protocols.media_analytics.texts import date_text


class CurrentViewers(TypedDict):
    """One minute: the sessions that were heard from in it."""

    currentViewerCnt: int
    logDate: str


class CurrentViewersAnswer(TypedDict):
    """The last 60 minutes, the newest first."""

    code: Literal[200]
    message: str
    result: list[CurrentViewers]


class PlayCount(TypedDict):
    """One bucket of time: the sessions started in it whose content played."""

    playSuccessCnt: int
    logDate: str


class PlayCountAnswer(TypedDict):
    """Plays over time, the newest first."""

    code: Literal[200]
    message: str
    result: list[PlayCount]


class PlayTime(TypedDict):
    """One bucket of time: the seconds for which content was played in it."""

    playTimeSum: float
    logDate: str


class PlayTimeAnswer(TypedDict):
    """Play time over time, the newest first."""

    code: Literal[200]
    message: str
    result: list[PlayTime]


class UniqueViewers(TypedDict):
    """One bucket of time: the viewers who tried to play something in it, each counted once."""

    uniqUsers: int
    logDate: str


class UniqueViewersAnswer(TypedDict):
    """Viewers over time, the newest first."""

    code: Literal[200]
    message: str
    result: list[UniqueViewers]


class Quality(TypedDict):
    """How the sessions that started in an hour or on a day went. Times in seconds; null where no session is counted.

    `goodRatio` and `experienceScore` are those of the sessions that are judged: all but `earlyExitCnt` and `businessErrorCnt`.
    """

    playAttemptCnt: int
    playSuccessCnt: int
    earlyExitCnt: int
    exitBeforeStartCnt: int
    startFailureCnt: int
    playFailureCnt: int
    businessErrorCnt: int
    rebufferingTimeSum: float
    startTimeMedian: float | None
    startTimeP95: float | None
    goodRatio: float | None
    experienceScore: float | None
    logDate: str


class QualityAnswer(TypedDict):
    """Quality over time, the newest first."""

    code: Literal[200]
    message: str
    result: list[Quality]


class NamedContent(TypedDict):
    """One content in one video type."""

    title: str
    url: str
    videoType: str
    contentsKey: str


class ContentPlays(NamedContent):
    """One content in one video type, and how often it was played."""

    playCount: int


class PlayCountTopAnswer(TypedDict):
    """The contents that were played most often."""

    code: Literal[200]
    message: str
    result: list[ContentPlays]


class ContentPlayTime(NamedContent):
    """One content in one video type, and for how many seconds it was played."""

    playTime: int


class PlayTimeTopAnswer(TypedDict):
    """The contents that were played for the longest time."""

    code: Literal[200]
    message: str
    result: list[ContentPlayTime]


class ContentSummary(ContentPlays):
    """One content in one video type, how often and for how many seconds it was played."""

    playTime: int


class ContentsPage(TypedDict):
    """One page of contents, and the number of entries on all pages."""

    totalCount: int
    list: list[ContentSummary]


class ContentsAnswer(TypedDict):
    """The contents that were played, a page of them."""

    code: Literal[200]
    message: str
    result: ContentsPage


BODIES: Final = {
    body.__name__: body
    for body in (
        *(CurrentViewersAnswer, PlayCountAnswer, PlayTimeAnswer, UniqueViewersAnswer),
        *(QualityAnswer, ContentsAnswer, PlayCountTopAnswer, PlayTimeTopAnswer),
    )
}
"""The bodies of replies, by their names in the OpenAPI document."""


def _message(name: str, interval: Interval) -> str:
    return f"{name} ({interval.label})"


def current_viewers_body(query: ChartQuery, points: Sequence[Point]) -> CurrentViewersAnswer:
    """Return the body of current viewers."""
    result: list[CurrentViewers] = [{"currentViewerCnt": one.value, "logDate": date_text(one.begins_at)} for one in points]
    return {"code": 200, "message": _message("currentViewers", query.interval), "result": result}


def play_count_body(query: ChartQuery, points: Sequence[Point]) -> PlayCountAnswer:
    """Return the body of plays over time."""
    result: list[PlayCount] = [{"playSuccessCnt": one.value, "logDate": date_text(one.begins_at)} for one in points]
    return {"code": 200, "message": _message("playCnt", query.interval), "result": result}


def play_time_body(query: ChartQuery, points: Sequence[Point]) -> PlayTimeAnswer:
    """Return the body of play time over time, given in milliseconds."""
    result: list[PlayTime] = [{"playTimeSum": one.value / 1_000, "logDate": date_text(one.begins_at)} for one in points]
    return {"code": 200, "message": _message("playTimeSum", query.interval), "result": result}


def unique_viewers_body(query: ChartQuery, points: Sequence[Point]) -> UniqueViewersAnswer:
    """Return the body of viewers over time."""
    result: list[UniqueViewers] = [{"uniqUsers": one.value, "logDate": date_text(one.begins_at)} for one in points]
    return {"code": 200, "message": _message("uniqUserCnt", query.interval), "result": result}


def quality_body(query: ChartQuery, buckets: Iterable[tuple[int, QualityFigures]]) -> QualityAnswer:
    """Return the body of the quality chart. Each bucket has its begin in epoch milliseconds."""
    result = [_quality(begins_at, figures) for begins_at, figures in buckets]
    return {"code": 200, "message": _message("quality", query.interval), "result": result}


def contents_body(query: ContentsQuery, page: Page) -> ContentsAnswer:
    """Return the body of a page of contents."""
    listed: list[ContentSummary] = [{**_named(row), "playCount": row.plays, "playTime": row.played_s} for row in page.rows]
    message = _message("contentsSummary", query.chart.interval)
    return {"code": 200, "message": message, "result": {"totalCount": page.total, "list": listed}}


def play_count_top_body(query: ContentsQuery, page: Page) -> PlayCountTopAnswer:
    """Return the body of the contents that were played most often."""
    result: list[ContentPlays] = [{**_named(row), "playCount": row.plays} for row in page.rows]
    return {"code": 200, "message": _message("playCountTop10", query.chart.interval), "result": result}


def play_time_top_body(query: ContentsQuery, page: Page) -> PlayTimeTopAnswer:
    """Return the body of the contents that were played for the longest time."""
    result: list[ContentPlayTime] = [{**_named(row), "playTime": row.played_s} for row in page.rows]
    return {"code": 200, "message": _message("playTimeTop10", query.chart.interval), "result": result}


def _named(row: ContentRow) -> NamedContent:
    named = row.content
    return {"title": named.title, "url": named.url, "videoType": row.video_type, "contentsKey": named.id}


def _quality(begins_at: int, figures: QualityFigures) -> Quality:
    return {
        "playAttemptCnt": figures.attempts,
        "playSuccessCnt": figures.successes,
        "earlyExitCnt": figures.early_exits,
        "exitBeforeStartCnt": figures.exits_before_start,
        "startFailureCnt": figures.start_failures,
        "playFailureCnt": figures.play_failures,
        "businessErrorCnt": figures.business_errors,
        "rebufferingTimeSum": figures.rebuffering_ms / 1_000,
        "startTimeMedian": _seconds(figures.median_ms),
        "startTimeP95": _seconds(figures.p95_ms),
        "goodRatio": figures.good_ratio,
        "experienceScore": figures.experience_score,
        "logDate": date_text(begins_at),
    }


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1_000
