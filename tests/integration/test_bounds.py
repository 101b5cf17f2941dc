"""What a player may send at most: the answers at each limit, and what becomes of a session that is full."""

import json
from typing import Any

import pytest

from mediabeat.core.event_codec import pack
from mediabeat.runtime.settings import settings
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.close_sessions import close_due
from tests.support.api import Api
from tests.support.builders import noise, ping, wire, wire_start
from tests.support.clock import Clock
from tests.support.due import due_sids

pytestmark = pytest.mark.usefixtures("api_key")

ROOM = 20


@pytest.fixture
def small_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that are full soon."""
    monkeypatch.setattr("mediabeat.core.event_codec.MAX_SESSION_WEIGHT", ROOM)


def statuses(api: Api, sid: str, *bodies: Any) -> list[int]:
    return [api.send(sid, body)["statusCode"] for body in bodies]


@pytest.mark.usefixtures("small_room")
def test_full_session_accepts_only_its_end(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    assert statuses(api, sid, *(wire("ping", at, at) for at in range(ROOM + 3))) == [204] * ROOM + [410] * 3
    answer = api.send(sid, wire("ping", 0, 0))
    assert json.loads(answer["body"]) == {"code": 410, "message": "the session is full"}
    assert statuses(api, sid, wire("sessionEnd", 99), wire("sessionEnd", 99), wire("ping", 50)) == [204, 204, 410]
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    assert statuses(api, sid, wire("ping", 51), wire("sessionEnd", 99)) == [410, 204]
    stored = store.read_session(sid)
    assert stored is not None
    assert (stored.head.weight, len(stored.events)) == (ROOM + 1, ROOM + 2)


@pytest.mark.usefixtures("small_room")
def test_full_session_is_closed_after_its_time_out(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    statuses(api, sid, *(wire("ping", at, at) for at in range(ROOM)))
    clock.forward(minutes=9)
    assert statuses(api, sid, wire("ping", 540, 540)) == [410]
    clock.forward(minutes=1)
    assert statuses(api, sid, wire("ping", 600, 600)) == [410]
    assert api.close_due() == {"no_events": 1}


@pytest.mark.usefixtures("small_room")
def test_large_events_and_repeats_fill_a_session_sooner(api: Api, store: Store) -> None:
    large = wire("ping", 1, customMetadata={"note": noise(4_000)})
    assert statuses(api, api.start(wire_start()), large, wire("ping", 2), large, wire("ping", 3)) == [204, 204, 204, 410]
    assert statuses(api, api.start(wire_start()), *([wire("ping", 1)] * (ROOM + 1))) == [204] * ROOM + [410]


@pytest.mark.usefixtures("small_room")
def test_session_stays_full_after_its_due_mark(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    statuses(api, sid, *(wire("ping", at, at) for at in range(ROOM - 2)))
    clock.forward(minutes=9)
    assert statuses(api, sid, wire("ping", 540, 540)) == [204]
    clock.forward(minutes=2)  # the mark has passed, and the session is alive
    assert statuses(api, sid, wire("ping", 660, 660), wire("ping", 661, 661)) == [204, 410]


def test_head_has_the_weight_of_a_downloaded_session(api: Api, store: Store) -> None:
    sid = api.start([wire_start(media_downloaded=True), *(wire("ping", at, at) for at in range(5))])
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.head.weight == 5


@pytest.mark.usefixtures("small_room")
def test_array_is_refused_whole_when_the_session_has_no_room(api: Api, store: Store) -> None:
    sid = api.start(wire_start())
    arrays = [[wire("ping", at, at) for at in range(begin, begin + 15)] for begin in (0, 15, 30)]
    assert statuses(api, sid, *arrays) == [204, 204, 410]
    end = api.send(sid, [wire("ping", 99), wire("sessionEnd", 99)])
    assert [event["code"] for event in json.loads(end["body"])["events"]] == [410, 204]
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 32


LONG = "x" * 4_097


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        (wire("ping", customMetadata={"a": LONG}), "customMetadata.a", "4096"),
        (wire("ping", customMetadata={"a" * 129: "b"}), "customMetadata." + "a" * 129, "128"),
        (wire("ping", customMetadata={f"a{n}": "" for n in range(251)}), "customMetadata", "250"),
        (wire("ping", params={f"media.{n}": 1 for n in range(251)}), "params", "250"),
        (wire("ping", params={"media." + "a" * 123: 1}), "params.media." + "a" * 123, "128"),
        (wire("ping", params={"media.x": LONG}), "params.media.x", "4096"),
        (wire("ping", params={"media.x": [{"y": LONG}]}), "params.media.x", "4096"),
        (wire("ping", params={"media.x": {"y" * 129: 1}}), "params.media.x", "128"),
        (wire("ping", params={"media.x": [[[[[[[[[]]]]]]]]]}), "params.media.x", "8 levels"),
        (wire("ping", params={"media.x": 2**63 + 1}), "params.media.x", "64 bits"),
        ('{"eventType":"ping","playerTime":{"playhead":1,"ts":1},"params":{"media.x":1e400}}', "params.media.x", "64 bits"),
        ('{"eventType":"ping","playerTime":{"playhead":1,"ts":1},"qoeData":{"x":[-1e999]}}', "qoeData.x", "64 bits"),
        (wire("ping", qoeData={"x" * 129: 1}), "qoeData." + "x" * 129, "128"),
        (wire("adStart", params={"media.ad.id": LONG, "media.ad.podPosition": 1}), "params.media.ad.id", "4096"),
        (wire("error", params={"media.errorId": LONG}), "params.media.errorId", "4096"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_value_over_a_limit_gets_a_400_with_field_and_rule(api: Api, store: Store, body: Any, field: str, rule: str) -> None:
    sid = api.start(wire_start())
    answer = api.send(sid, body)
    assert answer["statusCode"] == 400
    (error,) = json.loads(answer["body"])["errors"]
    assert error["field"] == field
    assert rule in error["rule"]
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 1


@pytest.mark.parametrize(
    "body",
    [
        wire("ping", customMetadata={f"a{n}": "b" for n in range(250)}),
        wire("ping", customMetadata={"a" * 128: "x" * 4_096}),
        wire("ping", params={"media." + "a" * 122: "x" * 4_096, "media.x": [[[[[[[[2**63]]]]]]]], "media.y": -(2**63)}),
    ],
    ids=["entries", "a name and a value", "a parameter"],
)
def test_value_at_a_limit_is_accepted(api: Api, body: Any) -> None:
    assert api.send(api.start(wire_start()), body)["statusCode"] == 204


def test_answer_lists_at_most_a_hundred_mistakes(api: Api) -> None:
    wrong = [wire_start(media_downloaded=True), *([{"customMetadata": {"-" * 5_000: 1}}] * 200)]
    many_keys = wire("ping", customMetadata={f"-{n}": 1 for n in range(1_000)})
    answers = [api.call("POST", "/api/v1/downloaded", wrong), api.send(api.start(wire_start()), many_keys)]
    for answer in answers:
        assert answer["statusCode"] == 400
        assert len(json.loads(answer["body"])["errors"]) == 100
        assert json.loads(answer["body"])["message"].endswith("; and more")
        assert len(answer["body"]) < 100_000


@pytest.mark.parametrize("project", ["x" * 3_000, "\ud800", "demo\0", "démo", " "])
def test_impossible_project_or_key_gets_401(api: Api, api_key: str, project: str) -> None:
    for headers in ({"x-api-key": api_key, "x-project-id": project}, {"x-api-key": project, "x-project-id": "demo"}):
        answer = api.call("GET", "/v1/sessionRecent", headers=headers)
        assert answer["statusCode"] == 401
        assert json.loads(answer["body"])["message"] == "the key is not a key of the project"


def test_answer_that_quotes_half_a_surrogate_pair_can_be_encoded(api: Api) -> None:
    answer = api.call("GET", "/api/v1/schemas/\ud800")
    assert answer["statusCode"] == 404
    answer["body"].encode()


def test_long_log_is_shortened_in_the_middle_and_sums_stay_exact(
    api: Api, api_key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.core.summary.MAX_LOG_LINES", 8)
    monkeypatch.setattr("mediabeat.use_cases.list_sessions.MAX_LOG_LINES", 600)
    viewing = [wire(("play", "pauseStart")[at % 2], at, at) for at in range(1, 41)]
    sid = api.start([wire_start(media_downloaded=True), *viewing])
    headers = {"x-api-key": api_key, "x-project-id": "demo"}

    def shown() -> tuple[dict[str, Any], dict[str, Any]]:
        detail = json.loads(api.call("GET", f"/v1/sessionRecent/{sid}", headers=headers)["body"])["result"]
        (listed,) = api.recent(api_key)["result"]
        return detail, listed

    open_, listed_open = shown()
    api.close_due()
    detail, listed = shown()
    assert (listed_open, open_["sessionLog"]) == (listed, detail["sessionLog"])
    assert [len(detail["sessionLog"]), detail["sessionLogTotal"]] == [8, 41]
    assert [len(listed["sessionLog"]), listed["sessionLogTotal"]] == [6, 41]
    assert listed["sessionLog"] == detail["sessionLog"][:3] + detail["sessionLog"][-3:]
    assert (listed["totalStartTime"], listed["playingTime"], detail["metrics"]["content_time_spent_ms"]) == (2.0, 19.0, 19_000)
    assert detail["startTime"] == {"playerStartTimeSum": 1.0, "videoStartTimeSum": 1.0, "totalStartTimeSum": 2.0}


def test_list_omits_logs_of_open_sessions_that_are_too_large(
    api: Api, api_key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.use_cases.list_sessions.MEASURED_WEIGHT", 7)
    for events in (8, 7):
        sid = api.start(wire_start())
        statuses(api, sid, *(wire("ping", at, at) for at in range(1, 1 + events)))
        clock.forward(seconds=1)
    newest, older = api.recent(api_key)["result"]
    assert (len(newest["sessionLog"]), older["sessionLog"]) == (1, [])
    clock.forward(minutes=11)
    api.close_due()
    assert [len(one["sessionLog"]) for one in api.recent(api_key)["result"]] == [1, 1]


def test_unreadable_session_waits_behind_all_others(api: Api, clock: Clock, store: Store) -> None:
    broken = api.start(wire_start())
    store.append(broken, {b"\x01cut"}, settings().limits, now=clock.now)
    clock.forward(seconds=1)
    sound = api.start(wire_start())
    clock.forward(minutes=11)
    assert due_sids(store, clock.now) == [broken, sound]
    first = close_due(store, settings().limits, clock, ms_left=lambda: 55_000)
    assert ([one.sid for one in first.failed], [one.sid for one in first.closed]) == ([broken], [sound])
    later = api.start(wire_start())
    clock.forward(minutes=11)
    assert due_sids(store, clock.now) == [later, broken]


def test_large_session_is_closed_only_when_time_is_left(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.use_cases.close_sessions.MAX_PARALLEL_WEIGHT", 5)
    large, small = api.start(wire_start()), api.start(wire_start())
    statuses(api, large, *(wire("ping", at, at) for at in range(6)))
    clock.forward(minutes=11)
    runs = [close_due(store, settings().limits, clock, ms_left=lambda left=left: left) for left in (9_999, 14_999, 55_000)]  # type: ignore[misc]
    assert [[one.sid for one in run.closed] for run in runs] == [[], [small], [large]]
    assert [run.has_more for run in runs] == [True, True, False]
    assert pack(ping(1, 1)) in getattr(store.read_session(large), "events", ())
