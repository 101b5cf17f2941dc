"""What answers to queries for charts look like, and what the command refuses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from rich.console import Console, RenderableType

from mediabeat.cli import charts, demo_charts, queries
from mediabeat.cli.commands import charts as command
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.main import main
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.viewings import week
from tests.support.local_status import UP

NOON = datetime(2026, 11, 26, 12, 0, 30, tzinfo=UTC)


def drawn(shown: RenderableType) -> list[str]:
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(shown)
    return [line.rstrip() for line in capture.get().splitlines()]


def answer(name: str, interval: str, result: Any) -> dict[str, Any]:
    return {"code": 200, "message": f"{name} ({interval})", "result": result}


def test_picture_has_the_last_hour_and_all_of_today() -> None:
    minutes = [{"currentViewerCnt": ago, "logDate": f"{NOON - timedelta(minutes=ago):%Y-%m-%d %H:%M:00}"} for ago in range(1, 61)]
    midnight = NOON.replace(hour=0, minute=0)
    plays = [
        {"playSuccessCnt": 2, "logDate": f"{midnight + timedelta(minutes=5 * number):%Y-%m-%d %H:%M:00}"} for number in range(144)
    ]
    lines = drawn(charts.picture(answer("currentViewers", "1m", minutes), answer("playCnt", "5m", plays[::-1])))
    assert lines[0] == "Viewers in each minute of the last hour (UTC): 60 at most, 1 in the last one"
    assert lines[1].startswith("60 │█▇▇▆▆▅▅▄▄▃▃▂▂▁▁")
    assert lines[6] == "    11:00     11:10     11:20     11:30     11:40     11:50"
    assert lines[8] == "Plays today (UTC): 288 in all"
    assert lines[9] == "8 │" + "█" * 36
    assert lines[14].split() == [f"{hour:02}:00" for hour in range(0, 24, 2)]


@pytest.mark.parametrize(
    ("name", "key", "heading"),
    [
        ("playTimeSum", "playTimeSum", "Play time (s) by day (UTC): 3 in all"),
        ("uniqUserCnt", "uniqUsers", "Unique viewers by day (UTC): 2 at most"),
    ],
)
def test_chart_says_only_sums_that_mean_something(name: str, key: str, heading: str) -> None:
    rows = [{key: 2, "logDate": "2026-11-26 00:00:00"}, {key: 1, "logDate": "2026-11-25 00:00:00"}]
    assert drawn(charts.shown(name, answer(name, "1d", rows)))[0] == heading


def test_contents_are_a_table_and_markup_in_titles_stays_text() -> None:
    row = {"title": "[red]A[/red]", "url": "", "videoType": "VOD", "contentsKey": "movie-1", "playCount": 3, "playTime": 3_725}
    summary = answer("contentsSummary", "1d", {"totalCount": 12, "list": [row]})
    assert drawn(charts.shown("contentsSummary", summary)) == [
        "title        type plays play time key",
        "[red]A[/red] VOD      3   1:02:05 movie-1",
        "1 of 12",
    ]
    del row["playTime"]
    top = answer("playCountTop10", "1d", [row])
    assert drawn(charts.shown("playCountTop10", top))[1] == "[red]A[/red] VOD      3           movie-1"


def test_quality_is_a_table_of_the_times_with_sessions() -> None:
    counts = dict.fromkeys(("playAttemptCnt", "playSuccessCnt", "earlyExitCnt", "exitBeforeStartCnt", "startFailureCnt"), 0)
    counts |= dict.fromkeys(("playFailureCnt", "businessErrorCnt", "rebufferingTimeSum"), 0)
    nothing = counts | dict.fromkeys(("startTimeMedian", "startTimeP95", "goodRatio", "experienceScore"))
    some = nothing | {"playAttemptCnt": 10, "playSuccessCnt": 9, "earlyExitCnt": 1, "startTimeMedian": 1.25, "goodRatio": 0.6}
    rows = [nothing | {"logDate": "2026-11-26 12:00:00"}, some | {"logDate": "2026-11-26 11:00:00", "experienceScore": 81.4}]
    lines = drawn(charts.shown("quality", answer("quality", "1h", rows)))
    assert lines[2:] == ["11-26 11:00     10     9     1        0       1.2              0.0  60%  81.4"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("name", "result"),
    [("playCnt", []), ("contentsSummary", {"totalCount": 0, "list": []}), ("playTimeTop10", []), ("quality", [])],
)
def test_nothing_is_said_in_words(name: str, result: Any) -> None:
    [line] = drawn(charts.shown(name, answer(name, "1d", result)))
    assert line.endswith(".")


def test_every_query_of_the_api_has_a_name() -> None:
    assert list(charts.PATHS) == [
        *("currentViewers", "playCnt", "playTimeSum", "uniqUserCnt", "quality"),
        *("contentsSummary", "playCountTop10", "playTimeTop10"),
    ]
    for name in charts.PATHS:
        assert name in str(command.charts.help)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--days", "3", "--from", "2026-11-18", "playCnt"], "--days does not go with --from and --to"),
        (["--json"], "Options need a NAME"),
        (["--device", "PC"], "Options need a NAME"),
        (["plays"], "is not one of 'currentViewers'"),
        (["playCnt", "--device", "TV"], "is not one of 'PC', 'Mobile'"),
    ],
)
def test_command_refuses_what_does_not_go_together(options: list[str], message: str) -> None:
    done = CliRunner().invoke(main, ["charts", *options])
    assert (done.exit_code, message in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ([], {}),
        (["--days", "1"], {"startDate": "2026-11-26", "endDate": "2026-11-26"}),
        (["--days", "7"], {"startDate": "2026-11-20", "endDate": "2026-11-26"}),
        (["--from", "2026-11-01"], {"startDate": "2026-11-01"}),
        (["--from", "2026-11-01", "--to", "2026-11-02"], {"startDate": "2026-11-01", "endDate": "2026-11-02"}),
        (["--device", "PC", "--video-type", "LIVE"], {"device": "PC", "videoType": "LIVE"}),
    ],
)
def test_options_become_parameters(options: list[str], asked: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    def asking(cloud: Any, path: str, **parameters: Any) -> dict[str, Any]:
        seen.append((path, {name: value for name, value in parameters.items() if value is not None}))
        return answer("playCnt", "1d", [])

    class Noon(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Noon":
            return cls.fromtimestamp(NOON.timestamp(), tz)

    monkeypatch.setattr(command, "ask", asking)
    monkeypatch.setattr(command, "datetime", Noon)
    monkeypatch.setattr("mediabeat.cli.commands.charts.lifecycle.require", lambda folder: UP)
    done = CliRunner().invoke(main, ["charts", "playCnt", "--json", *options])
    assert (done.exit_code, seen) == (0, [("/v1/charts/playCnt", asked)]), done.output


def test_refused_query_ends_the_command_with_the_apis_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(400, text='{"message": "startDate: no"}'))
    with pytest.raises(CommandFailed, match=r"The API refused the query with 400: .*startDate: no"):
        queries.ask(UP, "/v1/charts/playCnt")


def test_earlier_viewing_is_sent_with_the_headers_of_its_player() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, headers={"Location": f"/api/v1/sessions/{len(asked)}"})

    viewings = week.viewings(NOON)[:3]
    assert demo_charts.send_earlier(viewings, UP, at_once=1, transport=httpx.MockTransport(answer)) == {"1", "2", "3"}
    assert [one.url.path for one in asked] == ["/api/v1/downloaded"] * 3
    assert [(one.headers["User-Agent"], one.headers["Origin"]) for one in asked] == [
        (one.device.user_agent, one.device.site) for one in viewings
    ]
    assert [json.loads(one.content) for one in asked] == [[*one.events] for one in viewings]


def test_earlier_viewing_that_is_refused_ends_the_demo() -> None:
    refusing = httpx.MockTransport(lambda request: httpx.Response(400, text="because"))
    with pytest.raises(CommandFailed, match="The API refused an earlier viewing with 400: because"):
        demo_charts.send_earlier(week.viewings(NOON), UP, transport=refusing)


def test_charts_count_sessions_of_seven_days_by_their_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = ("playSuccessCnt", "earlyExitCnt", "exitBeforeStartCnt", "startFailureCnt", "businessErrorCnt")
    rows = [dict.fromkeys(outcomes, 1) | {"playFailureCnt": 1}, dict.fromkeys(outcomes, 2) | {"playFailureCnt": 0}]
    asked: list[dict[str, Any]] = []

    def ask(cloud: Status, path: str, **parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return answer("quality", "1d", rows)

    monkeypatch.setattr(demo_charts, "ask", ask)
    assert demo_charts.counted(UP, NOON) == 15
    assert asked == [{"startDate": "2026-11-20", "endDate": "2026-11-26"}]
