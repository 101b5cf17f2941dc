"""Large sessions: what the closer leaves with them, and what lists and details show, at a cost that no session can raise."""

import json
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.event_codec import pack
from mediabeat.core.lifecycle import Mark
from mediabeat.core.summary import LISTED_BYTES, Summary
from mediabeat.runtime.settings import settings
from mediabeat.storage.checkpoints import measured_item, measured_key
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import key
from mediabeat.storage.viewer_store import ViewerStore
from mediabeat.use_cases.recompute_summaries import recompute
from tests.support.api import Api
from tests.support.builders import noise, play, wire, wire_start
from tests.support.clock import Clock
from tests.support.summaries import put_summary

pytestmark = pytest.mark.usefixtures("api_key")


@pytest.fixture
def soon_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that are large soon: for checkpoints, for lists, and for details."""
    monkeypatch.setattr("mediabeat.core.lifecycle.CHECKPOINT_FROM", 5)
    monkeypatch.setattr("mediabeat.core.lifecycle.CHECKPOINT_STEP", 3)
    monkeypatch.setattr("mediabeat.use_cases.list_sessions.MEASURED_WEIGHT", 4)
    monkeypatch.setattr("mediabeat.use_cases.show_session.SHOWN_WEIGHT", 4)


def detail(api: Api, api_key: str, sid: str) -> Any:
    answer = api.call("GET", f"/v1/sessionRecent/{sid}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    assert answer["statusCode"] == 200, answer["body"]
    return json.loads(answer["body"])["result"]


def watch(api: Api, clock: Clock, sid: str, seconds: int, since: int = 0) -> None:
    """Watch content, with an event each minute."""
    for at in range(since, since + seconds, 60):
        clock.forward(minutes=1)
        assert api.send(sid, wire("play" if at == 0 else "ping", at, at))["statusCode"] == 204


def items_beside(dynamodb: DynamoDBClient, table: str, sid: str) -> Any:
    return dynamodb.get_item(TableName=table, Key=measured_key(sid)).get("Item")


@pytest.mark.usefixtures("soon_large")
def test_large_open_session_shows_the_checkpoint_that_the_closer_left(
    api: Api, api_key: str, clock: Clock, dynamodb: DynamoDBClient, table: str
) -> None:
    sid = api.start(wire_start(media_length=10_000))
    watch(api, clock, sid, 540)
    (before,) = api.recent(api_key)["result"]
    only_start = detail(api, api_key, sid)
    assert (before["sessionLog"], before["playingTime"], "asOf" in before) == ([], 0, False)
    assert (only_start["metrics"]["content_starts"], only_start["asOf"]) == (0, before["logDate"])
    watch(api, clock, sid, 120, since=540)
    assert items_beside(dynamodb, table, sid) is None
    assert api.close_due() == {}
    assert items_beside(dynamodb, table, sid)
    (listed,) = api.recent(api_key)["result"]
    shown = detail(api, api_key, sid)
    assert listed["playingTime"] == shown["metrics"]["content_time_spent_ms"] / 1_000 == 600
    assert listed["asOf"] == shown["asOf"] > only_start["asOf"]
    watch(api, clock, sid, 120, since=660)
    assert api.recent(api_key)["result"] == [listed], "the checkpoint stays until the next one"


@pytest.mark.usefixtures("soon_large")
def test_closed_session_leaves_no_checkpoint(api: Api, api_key: str, clock: Clock, dynamodb: DynamoDBClient, table: str) -> None:
    sid = api.start(wire_start(media_length=10_000))
    watch(api, clock, sid, 660)
    api.close_due()
    assert items_beside(dynamodb, table, sid)
    clock.forward(minutes=11)
    assert api.close_due() == {"no_events": 1}
    assert items_beside(dynamodb, table, sid) is None
    (listed,) = api.recent(api_key)["result"]
    assert (listed["playingTime"], "asOf" in listed) == (600, False)


@pytest.mark.usefixtures("soon_large")
def test_checkpoint_does_not_replace_the_summary_of_a_closed_session(
    api: Api, api_key: str, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.core.summary.LISTED_BYTES", 10)
    sid = api.start(wire_start(media_length=10_000))
    watch(api, clock, sid, 660)
    opened = store.open_session(sid)
    assert opened is not None
    clock.forward(minutes=11)
    assert api.close_due() == {"no_events": 1}
    closed = detail(api, api_key, sid)
    late, mark = measured_item(sid, b"late", as_of=clock.now, expires_at=1), Mark(clock.now, clock.now, clock.now, 0.0)
    assert store.rearm(sid, mark, seen=opened.head, checkpoint=late) is False
    assert detail(api, api_key, sid) == closed


@pytest.mark.usefixtures("soon_large")
def test_checkpoint_of_an_erased_session_does_not_come_back(
    api: Api, clock: Clock, store: Store, dynamodb: DynamoDBClient, table: str
) -> None:
    sid = api.start(wire_start(media_length=10_000))
    watch(api, clock, sid, 660)
    opened = store.open_session(sid)
    assert opened is not None
    assert ViewerStore(table, dynamodb).remove_session(sid)
    late, mark = measured_item(sid, b"late", as_of=clock.now, expires_at=1), Mark(clock.now, clock.now, clock.now, 0.0)
    assert store.rearm(sid, mark, seen=opened.head, checkpoint=late) is False
    assert items_beside(dynamodb, table, sid) is None


def test_request_for_a_checkpoint_by_an_earlier_release_is_removed(
    api: Api, dynamodb: DynamoDBClient, table: str, clock: Clock
) -> None:
    asked = {
        "due_at": {"N": str(clock.now)},
        "due_shard": {"S": "0"},
        "events": {"BS": [b"-"]},
        "expires_at": {"N": "1795000000"},
    }
    dynamodb.put_item(TableName=table, Item=measured_key("6" * 64) | asked)
    assert api.close_due() == {}
    assert "due_at" not in items_beside(dynamodb, table, "6" * 64)


def many_errors(api: Api, clock: Clock) -> str:
    """Play and close a session with a summary that is too large for a list."""
    sid = api.start(wire_start(media_length=10_000))
    for at in range(300):
        params = {"media.errorId": noise(90, at), "media.errorSource": "external"}
        api.send(sid, [wire("error", at, at, params=params), wire(("play", "pauseStart")[at % 2], at, at)])
    api.send(sid, wire("sessionEnd", 300, 300))
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    return sid


def test_large_summary_is_short_in_the_list_and_whole_in_the_detail(
    api: Api, api_key: str, clock: Clock, dynamodb: DynamoDBClient, table: str, store: Store
) -> None:
    sid = many_errors(api, clock)
    start = dynamodb.get_item(TableName=table, Key=key(sid, "start"))["Item"]
    assert len(bytes(start["summary"]["B"])) <= LISTED_BYTES < len(bytes(items_beside(dynamodb, table, sid)["summary"]["B"]))
    (listed,) = api.recent(api_key)["result"]
    shown = detail(api, api_key, sid)
    assert (len(listed["sessionLog"]), len(shown["sessionLog"])) == (160, listed["sessionLogTotal"])
    assert (
        listed["playingTime"]
        == sum(line["actionDuration"] for line in shown["sessionLog"] if line["actionType"] == "playing") / 1_000
    )
    assert len(shown["error"]) == shown["metrics"]["error_events"] == 300
    assert len(shown["metrics"]["external_errors"]) > 100


def test_large_summary_survives_recompute_and_import(
    api: Api, api_key: str, clock: Clock, dynamodb: DynamoDBClient, table: str, store: Store
) -> None:
    sid = many_errors(api, clock)
    shown = detail(api, api_key, sid)
    whole = bytes(items_beside(dynamodb, table, sid)["summary"]["B"])
    put_summary(store, sid, whole)  # as an earlier release stored it
    assert detail(api, api_key, sid) == shown
    queries = SessionQueries(table, dynamodb)
    assert recompute(queries, store)[:2] == (1, 1)
    assert recompute(queries, store)[:2] == (1, 0)
    assert detail(api, api_key, sid) == shown

    stored = store.read_session(sid)
    assert stored is not None
    stored = stored._replace(summary=whole)
    for item in dynamodb.scan(TableName=table)["Items"]:
        if sid in item["pk"]["S"]:
            dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    starts = SessionStarts(table, dynamodb, index_shards=settings().index_shards)
    assert starts.restore_session(stored)
    assert detail(api, api_key, sid) == shown
    assert len(api.recent(api_key)["result"][0]["sessionLog"]) == 160


def test_recompute_goes_on_after_a_session_that_cannot_be_read(
    api: Api, clock: Clock, store: Store, table: str, dynamodb: DynamoDBClient
) -> None:
    sids = [api.start(wire_start()) for _ in range(3)]
    clock.forward(minutes=11)
    assert api.close_due() == {"no_events": 3}
    for sid in sids:
        put_summary(store, sid, b"damaged")
    bad = sids[1]
    page = key(bad, "page#1") | {"events": {"BS": [b"\x01cut"]}}
    dynamodb.put_item(TableName=table, Item=page)
    done = recompute(SessionQueries(table, dynamodb), store)
    assert (done.seen, done.rewritten, [sid for sid, _ in done.failed]) == (3, 2, [bad])


def test_error_events_of_an_earlier_summary_are_read_from_the_log(api: Api, api_key: str, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("error", 1, params={"media.errorId": "e", "media.errorSource": "player"}))
    api.send(sid, wire("sessionEnd", 2))
    clock.forward(minutes=1)
    api.close_due()
    shown = detail(api, api_key, sid)
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.summary is not None
    put_summary(store, sid, Summary.from_bytes(stored.summary)._replace(errors=None).to_bytes())
    assert [one["errorId"] for one in shown["error"]] == ["e"]
    assert detail(api, api_key, sid) == shown


def test_detail_of_a_closed_session_queries_no_events(
    api: Api, api_key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=11)
    api.close_due()
    monkeypatch.setattr(Table, "query", lambda *_, **__: pytest.fail("the log was read"))
    assert detail(api, api_key, sid)["metrics"]["close_reason"] == "no_events"


def test_list_and_detail_answer_when_something_is_unreadable_or_gone(
    api: Api, api_key: str, clock: Clock, store: Store, dynamodb: DynamoDBClient, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut, gone, sound = (api.start(wire_start()) for _ in range(3))
    store.append(cut, {b"\x01cut"}, settings().limits, now=clock.now)
    api.send(sound, wire("play", 1))
    read = SessionQueries.read_session

    def without_start(self: SessionQueries, sid: str, *, up_to: int | None = None) -> Any:
        stored = read(self, sid, up_to=up_to)
        assert stored is not None
        return stored if sid != gone else stored._replace(start=None, events=frozenset({pack(play(1))}))

    monkeypatch.setattr(SessionQueries, "read_session", without_start)
    rows = api.recent(api_key)["result"]
    assert sorted((len(one["sessionLog"]), one.get("unreadable", False)) for one in rows) == [(0, True), (0, True), (2, False)]
    for sid in (cut, gone):
        headers = {"x-api-key": api_key, "x-project-id": "demo"}
        assert api.call("GET", f"/v1/sessionRecent/{sid}", headers=headers)["statusCode"] == 404


def test_list_stops_to_measure_when_its_time_is_up(api: Api, api_key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        api.send(api.start(wire_start()), wire("play", 1))
    times = iter([0.0, 0.1, 0.2, 9.0])
    monkeypatch.setattr("functions.recent_sessions.app.processor_s", lambda: next(times))
    assert sorted(len(one["sessionLog"]) for one in api.recent(api_key)["result"]) == [0, 2, 2]
