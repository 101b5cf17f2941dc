"""The console in Chromium, against the deployed template: what a reader sees, does and never gets.

Skipped where there is no Chromium, no node or no npm. On Debian, `apt-get install chromium nodejs npm` brings them.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
import pytest

from mediabeat.cli.replay import shifted, with_project
from tests.e2e.cloud import Cloud
from tests.support import browser
from tests.support.builders import Wire, wire, wire_start
from tests.support.journeys import bodies_of
from tests.support.template import ROOT

AXE: Final = ("axe-core", "4.14.1")
SCENES: Final = ROOT / "tests" / "e2e" / "console" / "scenes.mjs"
STATIC: Final = ROOT / "functions" / "console" / "static"
PROJECT: Final = "console"
WAIT_S: Final = 90
LONGEST_SHOWN: Final = 200

MARKUP: Final = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"\u202egnp.exe'
LONG: Final = MARKUP.ljust(4_096, "x")  # the longest text that the API takes
FORMULA: Final = "=cmd|' /C calc'!A0"
HOSTILE: Final[dict[str, Any]] = {
    "media_id": FORMULA,
    "media_name": LONG,
    "media_url": "javascript:window.hacked=1",
    "media_playerName": LONG,
    "media_sdkVersion": MARKUP,
    "media_channel": MARKUP,
    "media_show": "x" * 4_096,
}
HOSTILE_CALLER: Final = {
    "user-agent": MARKUP.replace("\u202e", ""),
    "origin": "https://evil.example/<b>",
    "referer": "javascript:alert(1)",
}


def sent_at(bodies: list[Wire], at: datetime) -> list[Wire]:
    return with_project(shifted(bodies, round(at.timestamp() * 1_000), paced=True), PROJECT)


def hostile_viewing() -> list[Wire]:
    return [
        wire_start(**HOSTILE),
        wire("play", 1),
        wire("chapterStart", 1, 0, params={"media.chapter.index": 1, "media.chapter.offset": 0, "media.chapter.length": 9,
             "media.chapter.friendlyName": LONG}),
        wire("error", 2, 1, params={}, qoeData={"media.qoe.errorID": LONG, "media.qoe.errorSource": "player"}),
        wire("ping", 11, 10),
        wire("sessionEnd", 12, 11),
    ]  # fmt: skip


class Sent:
    """A project with a few sessions, and how to ask the API about them."""

    def __init__(self, cloud: Cloud, http: httpx.Client) -> None:
        created = cloud.mediabeat("project", "create", PROJECT)
        self.key = created.stdout.split("API key")[1].split()[0]
        self._http = http
        now = datetime.now(UTC)
        late = now.replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
        self.sessions = {
            "watched": self._send(sent_at(bodies_of("003_abandoned"), now - timedelta(minutes=5))),
            "late": self._send(sent_at(bodies_of("003_abandoned"), late)),
            "hostile": self._send(sent_at(hostile_viewing(), now - timedelta(minutes=8)), HOSTILE_CALLER),
        }
        self.late = late

    def ask(self, path: str, **query: str) -> Any:
        headers = {"x-api-key": self.key, "x-project-id": PROJECT}
        return self._http.get(path, params=query, headers=headers).raise_for_status().json()["result"]

    def _send(self, bodies: list[Wire], headers: dict[str, str] | None = None) -> str:
        answer = self._http.post("/api/v1/downloaded", json=bodies, headers=headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        sid = answer.headers["location"].rpartition("/")[2]
        return str(self.ask(f"/v1/sessionRecent/{sid}")["sessionId"])

    def wait_until_counted(self) -> None:
        began = monotonic()
        while len(self.ask("/v1/contentsSummary/playTimeTop10")) < 2:
            assert monotonic() - began < WAIT_S, "the charts do not count the sessions"
            sleep(1)


@pytest.fixture(scope="module")
def sent(cloud: Cloud) -> Iterator[Sent]:
    """The sessions that the page shows."""
    browser.chromium()
    with httpx.Client(base_url=cloud.url, trust_env=False, timeout=60) as http:
        yield Sent(cloud, http)


@pytest.fixture(scope="module")
def seen(sent: Sent, cloud: Cloud) -> dict[str, Any]:
    """What a reader saw, by scene."""
    axe = browser.package(*AXE, alone=True) / "axe.min.js"
    sent.wait_until_counted()
    found: dict[str, Any] = browser.run(SCENES, cloud.url, PROJECT, sent.key, str(axe), json.dumps(sent.sessions))
    return found


def test_browser_refuses_nothing_and_logs_no_error(seen: dict[str, Any]) -> None:
    answered = "Failed to load resource: the server responded with a status of"  # the refusals that the scenes make on purpose
    allowed = {"signing in": f"{answered} 401", "a failing query": f"{answered} "}
    problems = {
        name: [one for one in scene["problems"] if not one.startswith(allowed.get(name, "nothing"))]
        for name, scene in seen.items()
        if name != "axe"  # it runs without the policy
    }
    assert {name: some for name, some in problems.items() if some} == {}


def test_wrong_key_is_told_as_the_api_tells_it(seen: dict[str, Any], cloud: Cloud) -> None:
    headers = {"x-api-key": "mb_wrong", "x-project-id": PROJECT}
    told = httpx.get(f"{cloud.url}/v1/charts/currentViewers", headers=headers, trust_env=False).json()["message"]
    assert seen["signing in"]["refusal"] == told


def test_key_is_in_the_tabs_storage_and_nowhere_else(seen: dict[str, Any], sent: Sent, cloud: Cloud) -> None:
    scene = seen["signing in"]
    stored = scene["where"]["session"]
    assert json.loads(stored["mediabeat.key"]) == {"project": PROJECT, "key": sent.key}
    assert sent.key not in json.dumps({**scene["where"], "session": "", "urls": scene["urls"]})
    assert scene["origins"] == [cloud.url]
    assert scene["where"]["cookie"] == ""
    assert scene["after"] == {}
    assert sent.key not in (cloud.home / "emulator.log").read_text(encoding="utf-8", errors="replace")


def test_first_view_needs_few_requests(seen: dict[str, Any]) -> None:
    files = [url for url in seen["signing in"]["urls"] if "/console" in url]
    assert len(files) <= 7  # the page, its script, its words, uPlot, two style sheets, the icon
    assert len(seen["overview"]["queries"]) <= 12


def total(answers: dict[str, Any], path: str, field: str, *, days: int) -> float:
    since = f"{datetime.now(UTC) - timedelta(days=days - 1):%Y-%m-%d}"
    [body] = [body for url, body in answers.items() if f"{path}?" in url and f"startDate={since}" in url]
    figures: list[float] = [row[field] for row in body["result"]]
    return sum(figures)


def test_figures_of_the_overview_are_those_of_the_api(seen: dict[str, Any]) -> None:
    overview = seen["overview"]
    tiles, answers = overview["tiles"], overview["answers"]
    plays, attempts = (total(answers, "/v1/charts/quality", field, days=30) for field in ("playSuccessCnt", "playAttemptCnt"))
    assert attempts >= 3
    assert tiles["Plays"] == f"{plays}"
    assert tiles["Play success"] == f"{100 * plays / attempts:.1f}".removesuffix(".0") + "%"
    seconds = round(total(answers, "/v1/charts/playTimeSum", "playTimeSum", days=30))
    assert tiles["Play time"] == f"{seconds // 60}m" + (f" {seconds % 60}s" if seconds % 60 else "")
    assert len(tiles) == 9


def test_changes_compare_the_days_that_are_over_with_as_many_before(seen: dict[str, Any]) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {url.partition("?")[2] for url in seen["overview"]["queries"] if "/v1/charts/quality?" in url}
    first = midnight - timedelta(days=29)
    before = {
        "startDate": f"{first - timedelta(days=29):%Y-%m-%dT%H:%M:%SZ}",
        "endDate": f"{first - timedelta(days=1):%Y-%m-%d}T23:59:59Z",
    }
    assert asked == {urlencode({"startDate": f"{first:%Y-%m-%d}", "endDate": f"{midnight:%Y-%m-%d}"}), urlencode(before)}


def test_charts_are_drawn_and_each_has_its_table(seen: dict[str, Any]) -> None:
    overview = seen["overview"]
    assert overview["canvases"] in (4, 5)  # nobody watches now, unless another test does
    assert len(overview["rows"]) == 60  # the minutes of the last hour
    assert len(overview["top"]) >= 4


def test_hostile_strings_are_shown_as_text(seen: dict[str, Any]) -> None:
    scene = seen["hostile strings"]
    assert scene["alerts"] is None
    assert scene["made"] == 0
    assert "<img src=x onerror=" in scene["title"]
    assert "<script>window.hacked=1</script>" in scene["text"]
    assert [link for link in scene["links"] if not link.startswith(("https://", "#/"))] == []
    assert max(map(len, (scene["text"] + scene["list"]).split())) <= LONGEST_SHOWN + 1
    assert "<img src=x onerror=" in scene["list"]


def test_csv_has_what_is_shown_and_no_formula(seen: dict[str, Any], sent: Sent) -> None:
    scene = seen["hostile strings"]
    rows = list(csv.reader(io.StringIO(scene["csv"].removeprefix("\ufeff"))))
    assert rows[0] == ["contentsKey", "title", "url", "videoType", "playCount", "playTime"]
    [hostile] = [row for row in rows if "cmd|" in row[0]]
    assert hostile[0] == f"'{FORMULA}"
    assert hostile[1].startswith(MARKUP)
    assert "$KEY" in scene["curl"]
    assert sent.key not in scene["curl"]


def test_row_leads_to_its_own_session_and_the_picture_is_the_log(seen: dict[str, Any], sent: Sent) -> None:
    scene = seen["one session"]
    assert scene["href"].partition("?")[0].endswith(f"#/session/{sent.sessions['watched']}")
    answer = scene["answer"]["result"]
    log = sorted([*answer["sessionLog"], *answer["interruptions"]], key=lambda line: line["logDate"])
    assert len(scene["lines"]) == scene["stretches"] == len(log) > 5
    assert scene["lanes"] == ["starting", "ad", "playing", "seeking"]
    assert [line.split("\t")[2] for line in scene["lines"]] == [line["videoTime"] for line in log]
    assert len(scene["marked"]) == 1
    assert scene["row"] == 0
    assert 0 < scene["zoomed"] < len(log)
    for metric, value in scene["answer"]["result"]["metrics"].items():
        assert metric in scene["text"] or metric in {"ads", "chapters"}, (metric, value)


def test_session_says_what_happened_and_whether_it_is_only_this_one(seen: dict[str, Any], sent: Sent) -> None:
    scene = seen["one session"]
    assert scene["verdict"].startswith("The content played for 33s.")
    assert "at position 00:00:20" in scene["verdict"]
    rows = sent.ask("/v1/sessionRecent")
    with_error = [row for row in rows if row["isError"]]
    first = (
        datetime.fromisoformat(min(row["logDate"] for row in with_error))
        .replace(tzinfo=UTC)
        .astimezone(ZoneInfo("Europe/Berlin"))
    )
    assert f"{len(with_error)} of {len(rows)} sessions since" in scene["told"]
    assert f"viewers: {len({row['uuid'] for row in with_error})}" in scene["told"]
    assert f"{first:%b} {first.day}, {first:%H:%M:%S}" in scene["told"]
    assert scene["groups"][0].split("\t")[1:3] == [str(len(rows)), str(len(with_error))]
    [viewer] = [group for group in scene["groups"] if group.startswith("Viewer")]
    assert viewer.split("\t")[1:3] == ["2", "2"]


def test_open_session_that_fails_is_told_as_far_as_it_is_known(seen: dict[str, Any]) -> None:
    failing = seen["odd answers"]["failing"]
    assert failing["before"] == 0
    assert "The player reported the error E9, at position 00:00:20." in failing["verdict"]
    assert "played on" not in failing["verdict"]
    assert failing["told"].startswith("E9: of 3 sessions since ")
    assert failing["pressed"] == 8


def test_other_session_with_the_same_error_is_told_although_this_one_is_not_in_the_list(seen: dict[str, Any]) -> None:
    another = seen["odd answers"]["another"]
    assert another["told"].startswith("E9: 1 of 2 sessions since ")
    [content] = [group for group in another["groups"] if group.startswith("Content")]
    assert content.split("\t")[1:3] == ["2", "1"]
    assert len(another["lists"]) >= 4  # of the days around the session, which is old
    assert all(one["range"] == "custom" and one["from"] < another["day"] < one["to"] for one in another["lists"])


def test_row_that_cannot_be_read_is_not_open_and_an_answer_that_cannot_be_shown_is_told(seen: dict[str, Any]) -> None:
    scene = seen["odd answers"]
    assert scene["unreadable"] == 0
    assert scene["note"].startswith("The page could not show this: ")


def test_filters_survive_a_reload_and_the_way_back(seen: dict[str, Any], sent: Sent) -> None:
    scene = seen["filters"]
    assert scene["linked"] == ["24h", "Mobile", ""]
    assert scene["reloaded"] == scene["back"] == scene["linked"]
    assert scene["focused"] == 1
    assert "No loaded session matches the search." in scene["none"] or "No session in this range." in scene["none"]
    assert "find=nobody" in scene["hash"]
    assert len(scene["found"][""]) == len(scene["found"]["played"]) == 3
    assert scene["found"]["open"] == scene["found"]['"Click"'] == []
    assert len(scene["found"]["clickme, PLAYED"]) == len(scene["found"]['"ClickMe"']) == 2
    assert len(scene["found"][sent.sessions["watched"]]) == 1
    assert scene["found"]["byId"].startswith(f"#/session/{'0' * 48}")


def test_older_sessions_are_loaded_page_after_page_and_none_twice(seen: dict[str, Any]) -> None:
    assert seen["many sessions"]["loaded"] == [
        [100, 100],
        [199, 199],
        [250, 250],
    ]  # a page begins with the second of the last row


def test_failing_query_fails_alone_and_the_next_answer_mends_it(seen: dict[str, Any]) -> None:
    scene = seen["a failing query"]
    assert len(scene["notes"]) == 2  # its tile and its chart
    assert all("503" in note and "tries again" in note for note in scene["notes"])
    assert len(scene["figures"]) == 8
    assert len(scene["again"]) == 9
    assert "Sign in again" in scene["told"]
    assert scene["stored"] == {}


def test_nothing_is_asked_while_the_page_is_hidden(seen: dict[str, Any]) -> None:
    assert seen["hidden"]["hidden"] == 0
    assert seen["hidden"]["visible"] >= 8


@pytest.mark.parametrize(("language", "heading"), [("en", "Overview"), ("ja", "概要"), ("ko", "개요")])
def test_page_speaks_the_readers_language(language: str, heading: str, seen: dict[str, Any]) -> None:
    scene = seen[f"in {language}"]
    assert scene["lang"] == language
    keys = json.loads((STATIC / "words.json").read_text(encoding="utf-8")).keys()
    assert heading in scene["shown"][0]
    sentences = json.loads((STATIC / "metrics.json").read_text(encoding="utf-8"))
    del sentences["ads"], sentences["chapters"]  # they have tables of their own
    at = ("en", "ja", "ko").index(language)
    assert [name for name, row in sentences.items() if row[at].replace("`", "") not in scene["shown"][2]] == []
    shown = " ".join(scene["shown"]).split()
    assert [key for key in keys if "." in key and key in shown] == []
    assert [word for word in shown if word in ("undefined", "NaN", "[object")] == []


def test_times_are_in_the_readers_zone_and_days_are_those_of_utc(seen: dict[str, Any], sent: Sent) -> None:
    scene = seen["zones"]
    assert f"{sent.late.day} {sent.late:%b}, 23:30" in scene["utc"][0]
    tokyo = sent.late + timedelta(hours=9)
    assert f"{tokyo.day} {tokyo:%b}, 08:30" in scene["tokyo"][0]
    assert "UTC" in scene["range"]
    assert json.loads(scene["kept"]["mediabeat.choices"])["zone"] == "UTC"
    assert list(scene["kept"]) == ["mediabeat.choices"]


def test_everything_can_be_done_with_the_keyboard(seen: dict[str, Any]) -> None:
    scene = seen["keyboard"]
    assert (scene["skip"], scene["heading"], scene["search"], scene["row"]) == ("skip", "H1", "find", 0)
    assert "next row" in scene["help"]
    assert scene["hash"].startswith("#/session/")


def test_no_view_is_wider_than_a_small_phone(seen: dict[str, Any]) -> None:
    assert seen["320 pixels"]["wide"] == [0, 0, 0, 0]


def test_axe_finds_nothing_in_any_view(seen: dict[str, Any]) -> None:
    found = seen["axe"]["found"]
    assert len(found) == 10
    assert {name: some for name, some in found.items() if some} == {}
