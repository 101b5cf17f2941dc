"""What the API answers to queries for charts, as it is shown in a terminal."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.queries import ask
from mediabeat.cli.terminal.bar_chart import BarChart
from mediabeat.protocols.media_analytics import chart_requests

Answer = Mapping[str, Any]

PATHS: Final = {path.rpartition("/")[2]: path for path in chart_requests.PARAMETERS}
"""The queries by the name with which the command takes them."""

_FIGURES: Final = {
    "currentViewers": ("currentViewerCnt", "Viewers"),
    "playCnt": ("playSuccessCnt", "Plays"),
    "playTimeSum": ("playTimeSum", "Play time (s)"),
    "uniqUserCnt": ("uniqUsers", "Unique viewers"),
}
"""The key of each chart's figure in the API's answer, and its heading."""

_NOT_ADDED_UP: Final = ("currentViewers", "uniqUserCnt")
"""Charts whose figures cannot be added up over time: one viewer is in several of them."""

_WHEN: Final = {"1m": "in each minute of the last hour", "5m": "in steps of 5 minutes", "1d": "by day"}
_STEPS: Final = {"1m": timedelta(minutes=1), "5m": timedelta(minutes=5), "1h": timedelta(hours=1), "1d": timedelta(days=1)}


def ask_for_picture(cloud: Status, now: datetime) -> tuple[Answer, Answer]:
    """Return the API's answers with the viewers of the last hour and with the plays of today (UTC)."""
    today = f"{now:%Y-%m-%d}"
    plays = ask(cloud, PATHS["playCnt"], startDate=today, endDate=today)
    return ask(cloud, PATHS["currentViewers"]), plays


def picture(viewers: Answer, plays: Answer) -> Group:
    """Return the viewers of the last hour and the plays of today as two charts."""
    all_of_today = timedelta(days=1) // _step(plays)
    return Group(_chart("currentViewers", viewers), Text(), _chart("playCnt", plays, "today", points=all_of_today))


def shown(name: str, answer: Answer) -> RenderableType:
    """Return what a query's answer looks like: a chart, or a table of contents or quality."""
    if name in _FIGURES:
        return _chart(name, answer)
    if name == "quality":
        return _quality_table(answer["result"])
    if name == "contentsSummary":
        rows, total = answer["result"]["list"], answer["result"]["totalCount"]
        return Group(_contents_table(rows), Text(f"{len(rows)} of {total:,}", "dim")) if rows else _contents_table(rows)
    return _contents_table(answer["result"])


def _chart(name: str, answer: Answer, when: str = "", *, points: int = 0) -> RenderableType:
    """Return a chart with a heading. It has room for so many points, of which the last ones may not have come yet."""
    key, title = _FIGURES[name]
    rows = answer["result"][::-1]
    if not rows:
        return Text(f"{title}: this time has not come yet.")
    values = [row[key] for row in rows]
    summary = f"{max(values):,} at most" if name in _NOT_ADDED_UP else f"{sum(values):,.0f} in all"
    if name == "currentViewers":
        summary += f", {values[-1]:,} in the last one"
    heading = Text.assemble((title, "bold"), f" {when or _WHEN[_interval(answer)]} (UTC): {summary}")
    begins_at = datetime.fromisoformat(rows[0]["logDate"]).replace(tzinfo=UTC)
    future = [None] * (points - len(values))
    if name in _NOT_ADDED_UP:
        return Group(heading, BarChart(begins_at, _step(answer), [*values, *future], max, "cyan"))
    return Group(heading, BarChart(begins_at, _step(answer), [*values, *future]))


def _contents_table(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    if not rows:
        return Text("No content was played in this time.")
    table = _table("title", "type", "plays", "play time", "key", right=("plays", "play time"))
    for row in rows:
        plays = f"{row['playCount']:,}" if "playCount" in row else ""
        played = str(timedelta(seconds=row["playTime"])) if "playTime" in row else ""
        table.add_row(escape(row["title"]), row["videoType"], plays, played, escape(row["contentsKey"]))
    return table


def _quality_table(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    some = [row for row in rows if row["playAttemptCnt"]]
    if not some:
        return Text("No session started in this time.")
    heads = (
        "begin (UTC)",
        "starts",
        "plays",
        "exits",
        "failures",
        "median\nstart (s)",
        "p95\nstart (s)",
        "rebuf.\n(s)",
        "good",
        "score",
    )
    table = _table(*heads, right=heads[1:])
    for row in some:
        table.add_row(
            row["logDate"].partition("-")[2].removesuffix(":00"),
            f"{row['playAttemptCnt']:,}",
            f"{row['playSuccessCnt']:,}",
            f"{row['earlyExitCnt'] + row['exitBeforeStartCnt']:,}",
            f"{row['startFailureCnt'] + row['playFailureCnt'] + row['businessErrorCnt']:,}",
            _seconds(row["startTimeMedian"]),
            _seconds(row["startTimeP95"]),
            f"{row['rebufferingTimeSum']:,.1f}",
            "" if row["goodRatio"] is None else f"{row['goodRatio']:.0%}",
            "" if row["experienceScore"] is None else f"{row['experienceScore']:.1f}",
        )
    return table


def _table(*heads: str, right: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", no_wrap=True, overflow="ellipsis", vertical="bottom")
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _interval(answer: Answer) -> str:
    return str(answer["message"]).rpartition("(")[2].rstrip(")")


def _step(answer: Answer) -> timedelta:
    return _STEPS[_interval(answer)]
