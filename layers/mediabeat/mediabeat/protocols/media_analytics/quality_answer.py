"""The body of the reply to `GET /v1/charts/quality`. NAVER's API has no such query: keys and order are ours."""

from collections.abc import Iterable
from typing import Literal

from typing_extensions import TypedDict

from mediabeat.core.quality.chart import QualityFigures
from mediabeat.protocols.media_analytics.texts import date_text


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


def quality_body(interval: str, buckets: Iterable[tuple[int, QualityFigures]]) -> QualityAnswer:
    """Return the body of the quality chart. Each bucket has its begin in epoch ms; `interval` is `1h` or `1d`."""
    result = [_quality(begins_at, figures) for begins_at, figures in buckets]
    return {"code": 200, "message": f"quality ({interval})", "result": result}


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
