"""Charts and contents of sessions that were played and counted, against what can be worked out from the plan of the viewings."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import sqrt
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.folding.log import fold_stored
from mediabeat.core.metrics import measure
from mediabeat.core.projects import new_project
from mediabeat.core.records import StoredSession
from mediabeat.core.rollups.counters import Change, Content, Counted, content_hash, counted
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, figures_of
from mediabeat.runtime.settings import settings
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.rollups.stream_records import Sighting
from mediabeat.storage.rollups.watching import project_hash
from mediabeat.storage.session_items import shard_of
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import BASE_MS, wire, wire_start
from tests.support.clock import Clock
from tests.support.viewings import PHONE

DAY_MS: Final = 86_400_000
FIVE_MS: Final = 300_000
MIDNIGHT: Final = BASE_MS // DAY_MS * DAY_MS
SPAN_S: Final = 30 * 3_600
PATHS: Final = (
    *("/v1/charts/currentViewers", "/v1/charts/playCnt", "/v1/charts/playTimeSum", "/v1/charts/uniqUserCnt"),
    "/v1/charts/quality",
    *("/v1/contentsSummary", "/v1/contentsSummary/playCountTop10", "/v1/contentsSummary/playTimeTop10"),
)


class Viewing(NamedTuple):
    """A viewing that a test plans. Times are seconds after BASE_MS; without `played_at`, the content never plays."""

    viewer: str
    device: str
    video_type: str
    content: str
    started_at: int
    played_at: int | None
    ended_at: int

    def happens_in(self, begins_at: int, ends_at: int) -> bool:
        """Return whether the viewing starts in a span of time (epoch ms)."""
        return begins_at <= BASE_MS + self.started_at * 1_000 < ends_at

    def played_ms(self, begins_at: int, ends_at: int) -> int:
        """Return how long content plays in a span of time (epoch ms)."""
        if self.played_at is None:
            return 0
        return max(0, min(ends_at, BASE_MS + self.ended_at * 1_000) - max(begins_at, BASE_MS + self.played_at * 1_000))


def planned(number: int, seed: int) -> list[Viewing]:
    """Return viewings at random. Several viewers have two devices, and titles are played in both video types."""
    random = Random(seed)
    viewings = []
    for _ in range(number):
        start = random.randrange(SPAN_S)
        wait = random.choice((1, 2, 30))
        length = random.choice((20, 250, 500))
        viewings.append(
            Viewing(
                viewer=f"viewer-{random.randrange(6)}",
                device=random.choice(("PC", "Mobile")),
                video_type=random.choice(("VOD", "VOD", "LIVE")),
                content=f"title-{random.randrange(14):02}",
                started_at=start,
                played_at=start + wait if random.random() < 0.8 else None,
                ended_at=start + wait + length,
            )
        )
    return viewings


def play(viewings: Iterable[Viewing], api: Api, clock: Clock) -> list[str]:
    """Let players report these viewings; return their sessions."""
    steps: list[tuple[int, int, Callable[[], Any]]] = []
    sids: dict[int, str] = {}

    def start(number: int, one: Viewing) -> None:
        body = wire_start(
            one.started_at,
            media_id=one.content,
            media_name=f"The {one.content} at {one.started_at}",
            media_url=f"u/{one.content}",
            media_contentType=one.video_type,
            analytics_visitorId=one.viewer,
        )
        sids[number] = api.start(body, headers=PHONE if one.device == "Mobile" else {"user-agent": "a desktop"})

    for number, one in enumerate(viewings):
        steps.append((one.started_at, number, lambda number=number, one=one: start(number, one)))  # type: ignore[misc]
        events = [(one.played_at, wire("play", one.played_at))] if one.played_at is not None else []
        playhead = one.ended_at - one.played_at if one.played_at is not None else 0
        for at, event in [*events, (one.ended_at, wire("sessionEnd", one.ended_at, playhead))]:
            steps.append((at, number, lambda number=number, event=event: api.send(sids[number], event)))  # type: ignore[misc]
    for at, _, step in sorted(steps, key=lambda step: step[:2]):
        clock.now = BASE_MS + at * 1_000
        answered = step()
        assert answered is None or answered["statusCode"] == 204
    clock.forward(minutes=2)
    return [sids[number] for number in sorted(sids)]


@pytest.fixture
def rollups(table: str, dynamodb: DynamoDBClient) -> RollUpStore:
    return RollUpStore(table, dynamodb, retention_s=settings().retention_s, rollup_retention_s=400 * 86_400, pause=lambda _: None)


def changes_of(stored: StoredSession) -> Iterator[Change]:
    """Yield the changes of a session in its life: it starts, and later its figures are there."""
    assert stored.start is not None
    facts = counted(stored.sid, stored.start, shard=shard_of(stored.sid, settings().index_shards))
    assert facts is not None
    session = fold_stored(stored)
    figures = figures_of(session, stored.start, measure(session, "session_end"), last_at=stored.head.last_at)
    at = stored.start.started_at / 1_000
    yield Change(facts, NOTHING, ATTEMPT, f"0{stored.sid}"[:8].encode(), at)
    yield Change(facts, ATTEMPT, figures, f"1{stored.sid}"[:8].encode(), at + 600)


def count(sids: Iterable[str], store: Store, rollups: RollUpStore) -> None:
    for sid in sids:
        stored = store.read_session(sid)
        assert stored is not None
        rollups.count(changes_of(stored))


class Charts:
    """Queries of the project `demo`."""

    def __init__(self, api: Api, api_key: str) -> None:
        self._api = api
        self._key = api_key

    def ask(self, path: str, **query: str) -> Any:
        """Return the answer to a query; it has to be right."""
        answer = self.answer(path, **query)
        assert answer["code"] == 200, answer
        return answer

    def answer(self, path: str, **query: str) -> Any:
        """Return the answer to a query."""
        return self._api.query(path, self._key, **query)


@pytest.fixture
def charts(api: Api, api_key: str) -> Charts:
    return Charts(api, api_key)


def text(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S}"


KINDS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"device": "PC"},
    {"device": "Mobile", "videoType": "VOD"},
    {"videoType": "LIVE"},
)


def chosen(viewings: Iterable[Viewing], query: dict[str, str]) -> list[Viewing]:
    devices, types = query.get("device", "PC,Mobile").split(","), query.get("videoType", "VOD,LIVE").split(",")
    return [one for one in viewings if one.device in devices and one.video_type in types]


def test_charts_equal_what_the_plan_of_the_viewings_says(
    charts: Charts, api: Api, clock: Clock, store: Store, rollups: RollUpStore
) -> None:
    viewings = planned(40, seed=1)
    count(play(viewings, api, clock), store, rollups)
    spans = [
        ({}, DAY_MS, clock.now - 7 * DAY_MS, clock.now),
        ({"startDate": text(MIDNIGHT)[:10], "endDate": text(MIDNIGHT)[:10]}, FIVE_MS, MIDNIGHT, MIDNIGHT + DAY_MS - 1),
        (
            {"startDate": text(BASE_MS + 7_000_000), "endDate": text(BASE_MS + 7_000_000 + DAY_MS)},
            FIVE_MS,
            BASE_MS + 7_000_000,
            0,
        ),
        ({"startDate": text(clock.now - 7_200_000), "endDate": "9999-12-31"}, DAY_MS, clock.now - 7_200_000, clock.now),
    ]
    for dates, step_ms, since, until in spans:
        last = (until or since + DAY_MS) // step_ms
        buckets = [(number * step_ms, (number + 1) * step_ms) for number in range(last, since // step_ms - 1, -1)]
        interval = "1d" if step_ms == DAY_MS else "5m"
        for kind in KINDS:
            some = chosen(viewings, kind)
            started = {bucket: [one for one in some if one.happens_in(*bucket)] for bucket in buckets}
            assert charts.ask("/v1/charts/playCnt", **dates, **kind) == {
                "code": 200,
                "message": f"playCnt ({interval})",
                "result": [
                    {"playSuccessCnt": sum(one.played_at is not None for one in started[bucket]), "logDate": text(bucket[0])}
                    for bucket in buckets
                ],
            }
            assert charts.ask("/v1/charts/uniqUserCnt", **dates, **kind)["result"] == [
                {"uniqUsers": len({one.viewer for one in started[bucket]}), "logDate": text(bucket[0])} for bucket in buckets
            ]
            assert charts.ask("/v1/charts/playTimeSum", **dates, **kind)["result"] == [
                {"playTimeSum": sum(one.played_ms(*bucket) for one in some) / 1_000, "logDate": text(bucket[0])}
                for bucket in buckets
            ]


def test_quality_equals_what_the_plan_of_the_viewings_says(
    charts: Charts, api: Api, clock: Clock, store: Store, rollups: RollUpStore
) -> None:
    viewings = planned(30, seed=3)
    count(play(viewings, api, clock), store, rollups)
    day = {"startDate": text(MIDNIGHT)[:10], "endDate": text(MIDNIGHT)[:10]}
    for dates, interval, step_ms, first in (({}, "1d", DAY_MS, clock.now - 7 * DAY_MS), (day, "1h", 3_600_000, MIDNIGHT)):
        for kind in KINDS:
            answer = charts.ask("/v1/charts/quality", **dates, **kind)
            assert answer["message"] == f"quality ({interval})"
            for row in answer["result"]:
                begins_at = datetime.fromisoformat(f"{row['logDate']}+00:00").timestamp() * 1_000
                started = [one for one in chosen(viewings, kind) if one.happens_in(int(begins_at), int(begins_at) + step_ms)]
                assert without(without(row, "startTimeMedian"), "startTimeP95") == quality_of(started) | {
                    "logDate": row["logDate"]
                }
                assert (row["startTimeMedian"] is None) == (row["startTimeP95"] is None) == (not started)
            assert answer["result"][-1]["logDate"] == text(first // step_ms * step_ms)


def quality_of(viewings: Sequence[Viewing]) -> dict[str, Any]:
    played = [one for one in viewings if one.played_at is not None]
    starts_s = {one: (one.played_at or one.ended_at) - one.started_at for one in viewings}
    start = {one: 800 / (8 + starts_s[one]) for one in viewings}
    scores = [round(sqrt(start[one] * 100), 1) if one in played else round(start[one] / 2, 1) for one in viewings]
    good = sum(one in played and starts_s[one] <= 5 for one in viewings)
    return {
        "playAttemptCnt": len(viewings),
        "playSuccessCnt": len(played),
        "earlyExitCnt": 0,
        "exitBeforeStartCnt": len(viewings) - len(played),
        "startFailureCnt": 0,
        "playFailureCnt": 0,
        "businessErrorCnt": 0,
        "rebufferingTimeSum": 0.0,
        "goodRatio": round(good / len(viewings), 4) if viewings else None,
        "experienceScore": round(sum(scores) / len(scores), 1) if viewings else None,
    }


def test_contents_equal_what_the_plan_of_the_viewings_says(
    charts: Charts, api: Api, clock: Clock, store: Store, rollups: RollUpStore
) -> None:
    viewings = planned(50, seed=2)
    count(play(viewings, api, clock), store, rollups)
    unaligned = BASE_MS + 7_000_000
    spans = [
        ({}, MIDNIGHT - 7 * DAY_MS, clock.now),
        ({"startDate": text(MIDNIGHT)[:10], "endDate": text(MIDNIGHT)[:10]}, MIDNIGHT, MIDNIGHT + DAY_MS),
        ({"startDate": text(MIDNIGHT + DAY_MS), "endDate": text(clock.now)}, MIDNIGHT + DAY_MS, clock.now),
        (
            {"startDate": text(unaligned), "endDate": text(unaligned + DAY_MS)},
            unaligned // FIVE_MS * FIVE_MS,
            ((unaligned + DAY_MS) // FIVE_MS + 1) * FIVE_MS,
        ),
    ]
    for dates, begins_at, ends_at in spans:
        for kind in KINDS:
            expected = rows_of(chosen(viewings, kind), begins_at, ends_at)
            first = charts.ask("/v1/contentsSummary", **dates, **kind, limit="10")["result"]
            second = charts.ask("/v1/contentsSummary", **dates, **kind, limit="10", pageNo="2")["result"]
            third = charts.ask("/v1/contentsSummary", **dates, **kind, pageNo="3")["result"]
            by_plays = sorted(
                expected, key=lambda row: (-row["playCount"], -row["playTime"], row["contentsKey"], row["videoType"])
            )
            assert first["totalCount"] == second["totalCount"] == third["totalCount"] == len(expected)
            assert [plain(row) for row in (*first["list"], *second["list"], *third["list"])] == by_plays[:30]
            top = charts.ask("/v1/contentsSummary/playCountTop10", **dates, **kind)["result"]
            assert [plain(row) for row in top] == [without(row, "playTime") for row in by_plays[:10]]
            by_time = sorted(
                expected, key=lambda row: (-row["playTime"], -row["playCount"], row["contentsKey"], row["videoType"])
            )
            top = charts.ask("/v1/contentsSummary/playTimeTop10", **dates, **kind)["result"]
            assert [plain(row) for row in top] == [without(row, "playCount") for row in by_time[:10]]


def rows_of(viewings: Iterable[Viewing], begins_at: int, ends_at: int) -> list[dict[str, Any]]:
    plays, played_ms = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in viewings:
        row = one.content, one.video_type
        plays[row] += one.played_at is not None and one.happens_in(begins_at, ends_at)
        played_ms[row] += one.played_ms(begins_at, ends_at)
    return [
        {
            "url": f"u/{content}",
            "videoType": video_type,
            "contentsKey": content,
            "playCount": plays[content, video_type],
            "playTime": played_ms[content, video_type] // 1_000,
        }
        for content, video_type in plays
        if plays[content, video_type] or played_ms[content, video_type]
    ]


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without its title, which changes with each session; it begins with the content's id all the same."""
    assert row["title"].startswith(f"The {row['contentsKey']} at ")
    return without(row, "title")


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def test_content_has_the_title_of_its_newest_session(
    charts: Charts, api: Api, clock: Clock, store: Store, rollups: RollUpStore
) -> None:
    first, newest = Viewing("v", "PC", "VOD", "movie", 0, 1, 60), Viewing("v", "Mobile", "VOD", "movie", 90_000, 90_001, 90_060)
    sids = play([first, newest, newest._replace(played_at=None, started_at=95_000, ended_at=95_010)], api, clock)
    for order in (sids, sids[::-1]):
        count(order, store, rollups)
        [row] = charts.ask("/v1/contentsSummary/playCountTop10")["result"]
        assert row == {
            "title": "The movie at 90000",
            "url": "u/movie",
            "videoType": "VOD",
            "contentsKey": "movie",
            "playCount": 2,
        }


def test_lanes_are_added_up_and_the_newest_session_names_a_content(
    table: str, dynamodb: DynamoDBClient, rollups: RollUpStore
) -> None:
    day, at = BASE_MS // DAY_MS, BASE_MS
    older = Counted("1", "demo", 0, 0, "viewer", at, "movie", "Old", "u")
    newer = older._replace(sid="2", lane=1, started_at=at + 1_000, title="New")
    played = ATTEMPT._replace(successes=1, played_ms=((0, 5_000),))
    for number, facts in enumerate((newer, older)):
        rollups.count([Change(facts, NOTHING, played, bytes([number] * 8), at / 1_000)])
    queries = RollUpQueries(table, dynamodb, index_shards=4)
    expected = {day: {content_hash("movie"): Counter({"p0": 2, "t0": 10_000})}}
    assert queries.content_days("demo", day, day) == (expected, {content_hash("movie"): Content("movie", "New", "u")})
    assert queries.days("demo", day, day)[day] == Counter({"a0": 2, "p0": 2, "t0": 10_000, "u1": 1})
    assert RollUpQueries(table, dynamodb, index_shards=2).days("demo", day, day)[day]["a0"] == 1


def test_current_viewers_are_the_last_sixty_settled_minutes(
    charts: Charts, clock: Clock, table: str, dynamodb: DynamoDBClient
) -> None:
    now_minute = clock.now // 60_000
    clock.now = now_minute * 60_000 + 30_000
    live = LiveViewers(table, dynamodb)
    heard = {(now_minute - 1, 0): 3, (now_minute - 1, 3): 2, (now_minute - 60, 2): 1, (now_minute - 61, 0): 9, (now_minute, 0): 9}
    for (minute, kind), sessions in heard.items():
        live.count([Sighting(project_hash("demo"), kind, minute, f"{minute} {kind} {number}") for number in range(sessions)])
    live.count([Sighting(project_hash("other"), 0, now_minute - 1, "1")])

    def viewers(**query: str) -> list[int]:
        answer = charts.ask("/v1/charts/currentViewers", **query)
        assert answer["message"] == "currentViewers (1m)"
        assert [row["logDate"] for row in answer["result"]] == [text((now_minute - ago) * 60_000) for ago in range(1, 61)]
        return [row["currentViewerCnt"] for row in answer["result"]]

    assert viewers() == [5, *[0] * 58, 1]
    assert viewers(device="PC", startDate="nonsense", limit="0") == [3, *[0] * 59]
    assert viewers(videoType="LIVE") == [2, *[0] * 59]
    clock.now -= 1
    now_minute -= 1
    assert viewers() == [*[0] * 58, 1, 9]


@pytest.mark.parametrize("path", PATHS)
def test_chart_of_a_project_without_sessions_is_empty(path: str, charts: Charts) -> None:
    result = charts.ask(path, startDate="2026-11-18 11:00:00", endDate="2026-11-18 11:09:59")["result"]
    if path == "/v1/charts/currentViewers":
        assert {row["currentViewerCnt"] for row in result} == {0}
    elif path.startswith("/v1/charts"):
        dates = ["2026-11-18 11:00:00"] if path == "/v1/charts/quality" else ["2026-11-18 11:05:00", "2026-11-18 11:00:00"]
        assert [row.pop("logDate") for row in result] == dates
        assert {value for row in result for value in row.values()} <= {0, None}
    else:
        assert result in ([], {"totalCount": 0, "list": []})


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/v1/charts/currentViewers"])
def test_chart_of_the_future_is_empty(path: str, charts: Charts) -> None:
    for dates in ({"startDate": "2999-01-01", "endDate": "2999-01-02"}, {"endDate": "0001-01-01"}):
        assert charts.ask(path, **dates)["result"] in ([], {"totalCount": 0, "list": []})


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        *((path, {"device": "TV", "videoType": "x"}, ["device", "videoType"]) for path in PATHS),
        ("/v1/charts/playCnt", {"startDate": "2025-10-01"}, ["startDate"]),
        ("/v1/contentsSummary", {"startDate": "2026-10-01"}, ["startDate"]),
        ("/v1/contentsSummary", {"limit": "9", "pageNo": "1001"}, ["pageNo", "limit"]),
        ("/v1/charts/uniqUserCnt", {"startDate": "2026-11-18", "endDate": "2026-11-17"}, ["startDate"]),
    ],
)
def test_wrong_parameter_is_named(path: str, query: dict[str, str], wrong: list[str], charts: Charts) -> None:
    answer = charts.answer(path, **query)
    assert answer.keys() == {"code", "message", "errors"}
    assert answer["code"] == 400
    assert [error["field"] for error in answer["errors"]] == wrong
    assert all(name in answer["message"] for name in wrong)


@pytest.mark.parametrize("path", PATHS)
def test_only_a_projects_own_key_opens_its_charts(path: str, api: Api, api_key: str, registry: Registry) -> None:
    other, other_key = new_project("other", 0)
    registry.create_project(other)

    def status(**headers: str) -> int:
        answer = api.call("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer["statusCode"] == 200 or json.loads(answer["body"]).keys() == {"code", "message"}
        return int(answer["statusCode"])

    assert status(x_api_key=api_key, x_project_id="demo") == 200
    assert status(x_api_key=other_key, x_project_id="demo") == 401
    assert status(x_api_key=api_key, x_project_id="nobody") == 401
    assert status(x_api_key=api_key) == status(x_project_id="demo") == 401
