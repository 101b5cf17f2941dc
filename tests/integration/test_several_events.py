"""POST /api/v1/sessions/{sid}/events with an array: each event is checked and answered by itself."""

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.ingest_event import app
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.summary import summarize
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import Wire, noise, wire, wire_start
from tests.support.clock import Clock

VIEW = [wire("play", 1), wire("ping", 11, 10), wire("ping", 21, 20), wire("pauseStart", 25, 24)]


def read(store: Store, sid: str) -> Any:
    stored = store.read_session(sid)
    assert stored is not None
    return stored


def codes(answer: dict[str, Any]) -> list[int]:
    return [event["code"] for event in json.loads(answer["body"])["events"]]


def test_array_is_stored_like_its_events_one_by_one(api: Api, api_key: str, store: Store) -> None:
    together, alone = api.start(wire_start()), api.start(wire_start())
    assert api.send(together, VIEW)["statusCode"] == 204
    assert [api.send(alone, event)["statusCode"] for event in VIEW] == [204] * 4
    assert summarize(read(store, together)) == summarize(read(store, alone))


def test_array_is_stored_by_one_write(api: Api, api_key: str, calls: list[str]) -> None:
    sid = api.start(wire_start())
    calls.clear()
    assert api.send(sid, [wire("ping", at, at) for at in range(1, 31)])["statusCode"] == 204
    assert calls == ["UpdateItem"]


def test_array_answer_names_the_refused_events_and_stores_the_others(api: Api, api_key: str, store: Store) -> None:
    sid = api.start(wire_start())
    wrong: list[Any] = [wire("adStart", 2), wire_start(3), 7, {"eventType": "ping"}]
    answer = api.send(sid, [VIEW[0], *wrong, VIEW[1]])
    told = json.loads(answer["body"])
    assert (answer["statusCode"], told["code"], told["message"]) == (400, 400, "4 of 6 events were refused")
    assert codes(answer) == [204, 400, 400, 400, 400, 204]
    assert [error["field"] for event in told["events"] for error in event.get("errors", [])] == [
        "[1].params",
        "[2].eventType",
        "[3]",
        "[4].playerTime",
    ]
    assert len(read(store, sid).events) == 3


def test_repeated_array_counts_once(api: Api, api_key: str, store: Store) -> None:
    sid = api.start(wire_start())
    assert [api.send(sid, [*VIEW, *VIEW])["statusCode"] for _ in range(2)] == [204, 204]
    assert len(read(store, sid).events) == 5


def test_array_may_hold_the_end_of_a_session_or_stragglers(api: Api, api_key: str, store: Store, clock: Clock) -> None:
    sid = api.start(wire_start())
    assert api.send(sid, [wire("sessionEnd", 30, 29), VIEW[0]])["statusCode"] == 204
    late = api.send(sid, [VIEW[1], wire("ping", 31, 30), wire("sessionEnd", 32, 30)])
    assert (late["statusCode"], codes(late)) == (410, [204, 410, 204])
    clock.forward(seconds=31)
    assert api.close_due() == {"session_end": 1}
    assert read(store, sid).head.close_reason is CloseReason.SESSION_END
    assert len(read(store, sid).events) == 4


def test_array_keeps_a_session_open_past_its_due_mark(api: Api, api_key: str, store: Store, clock: Clock) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    assert api.send(sid, wire("ping", 540, 1))["statusCode"] == 204
    clock.forward(minutes=9)
    assert api.send(sid, [wire("ping", 1_070, 1), wire("ping", 1_080, 2)])["statusCode"] == 204
    clock.forward(minutes=11)
    quiet = api.send(sid, [wire("ping", 1_740, 3), wire("ping", 1_741, 4)])
    assert (quiet["statusCode"], codes(quiet)) == (410, [410, 410])
    assert len(read(store, sid).events) == 4


def test_large_array_is_stored_as_a_page(api: Api, api_key: str, store: Store) -> None:
    sid = api.start(wire_start())
    large: list[Wire] = [wire("ping", at, at, customMetadata={"a": noise(90, at)}) for at in range(1, 101)]
    assert api.send(sid, large)["statusCode"] == 204
    assert len(read(store, sid).events) == 101


@pytest.mark.parametrize("count", [0, 101])
def test_array_holds_1_to_100_events(api: Api, api_key: str, count: int) -> None:
    answer = api.send(api.start(wire_start()), [wire("ping", at, at) for at in range(count)])
    assert (answer["statusCode"], json.loads(answer["body"])["errors"]) == (
        400,
        [{"field": "body", "rule": "must hold 1 to 100 events"}],
    )


@pytest.mark.parametrize("sid", ["0" * 64, "nothing"])
def test_array_for_an_unknown_session_gets_404(api: Api, api_key: str, sid: str) -> None:
    assert api.send(sid, VIEW)["statusCode"] == 404


def test_array_is_refused_whole_when_the_database_is_unavailable(
    api: Api, api_key: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())

    def away(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="dynamodb")

    client = app.store._table.client
    client.meta.events.register("before-send.dynamodb.UpdateItem", away, unique_id="away")
    answer = api.send(sid, [VIEW[0], 7, VIEW[1]])
    client.meta.events.unregister("before-send.dynamodb.UpdateItem", unique_id="away")
    assert (answer["statusCode"], answer["headers"]["Retry-After"], codes(answer)) == (503, "1", [503, 400, 503])
    assert len(read(store, sid).events) == 1
    assert api.send(sid, VIEW)["statusCode"] == 204
