"""One request stores no more than it may: the bounds on bytes and write units, and the writes of arrays that are refused."""

import json
from typing import Any, Final

import boto3

from mediabeat.core.request_limits import ARRAY_BYTES, EVENT_BYTES, SESSION_ARRAY_BYTES, START_BYTES
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import noise, wire, wire_start
from tests.support.clock import Clock

LISTS: Final[dict[str, Any]] = {f"analytics_{n}": list(range(100)) for n in range(55)}


def rule(answer: dict[str, Any]) -> str:
    (problem,) = json.loads(answer["body"])["errors"]
    return f"{answer['statusCode']} {problem['field']}: {problem['rule']}"


def notes(length: int) -> dict[str, str]:
    return {f"note{part}": noise(4_000, part) for part in range(length // 4_000)}


def test_lists_of_a_viewer_become_one_uuid_each(api: Api, api_key: str, store: Store) -> None:
    stored = store.read_session(api.start(wire_start(**LISTS)))
    assert stored is not None
    assert stored.start is not None
    assert len(stored.start.event) < 4_096


def test_start_that_stores_too_much_is_refused_and_leaves_nothing(api: Api, api_key: str, table: str) -> None:
    customers: Any = {"visitor_customerIDs": {str(n): {"id": str(n)} for n in range(1_000)}}
    for start in (wire_start(**customers), wire_start() | {"customMetadata": notes(12_000)}):
        answer = api.call("POST", "/api/v1/sessions", start)
        assert "413 body: a sessionStart may use 8 write units of 1 KB; this one needs" in rule(answer)
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1  # the project


def test_body_over_its_limit_is_refused(api: Api, api_key: str) -> None:
    sid = api.start(wire_start())
    long_start = wire_start() | {"customMetadata": {f"a{n}": "x" * 4_000 for n in range(7)}}
    assert rule(api.call("POST", "/api/v1/sessions", long_start)) == f"413 body: must not be larger than {START_BYTES} bytes"
    long_array = [wire_start(media_downloaded=True), *[wire("ping", at, customMetadata=notes(8_000)) for at in range(40)]]
    refused = api.call("POST", "/api/v1/sessions", long_array)
    assert rule(refused) == f"413 body: must not be larger than {SESSION_ARRAY_BYTES} bytes"
    assert api.call("POST", "/api/v1/downloaded", long_array)["statusCode"] == 201
    event = wire("ping", 1, customMetadata={f"a{n}": "x" * 4_000 for n in range(5)})
    assert rule(api.send(sid, event)) == f"413 body: must not be larger than {EVENT_BYTES} bytes"
    assert rule(api.send(sid, [event] * 4)) == f"413 body: must not be larger than {ARRAY_BYTES} bytes"
    assert api.send(sid, [event] * 3)["statusCode"] == 204


def test_array_that_stores_too_much_is_refused_whole(api: Api, api_key: str, store: Store) -> None:
    sid = api.start(wire_start())
    refused = api.send(sid, [wire("ping", at, customMetadata=notes(8_000)) for at in range(5)])
    assert rule(refused) == "413 body: a request may use 32 write units of 1 KB; this one needs 62 after hashing and compression"
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 1


def test_downloaded_session_that_stores_too_much_leaves_nothing(api: Api, api_key: str, table: str) -> None:
    body = [wire_start(media_downloaded=True), *[wire("ping", at, customMetadata=notes(12_000)) for at in range(60)]]
    refused = api.call("POST", "/api/v1/downloaded", body)
    assert "413 body: a downloaded session may use 400 write units of 1 KB; this one needs" in rule(refused)
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1


def test_array_to_an_unknown_session_costs_one_request(api: Api, api_key: str, calls: list[str]) -> None:
    answer = api.send("0123456789abcdef" * 4, [wire("ping", at) for at in range(100)])
    assert (answer["statusCode"], len(calls)) == (404, 1)


def test_array_to_a_closed_session_costs_one_request(api: Api, api_key: str, clock: Clock, calls: list[str]) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("sessionEnd", 1))
    clock.forward(seconds=31)
    api.close_due()
    calls.clear()
    answer = api.send(sid, [wire("ping", at) for at in range(100)])
    assert (answer["statusCode"], len(calls)) == (410, 1)


def test_array_of_stragglers_costs_two_requests(api: Api, api_key: str, calls: list[str], store: Store) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("sessionEnd", 200))
    calls.clear()
    answer = api.send(sid, [wire("ping", at) for at in range(1, 91)] + [wire("ping", 300 + at) for at in range(10)])
    codes = [event["code"] for event in json.loads(answer["body"])["events"]]
    assert (codes, len(calls)) == ([204] * 90 + [410] * 10, 2)
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 92


def test_array_after_the_time_out_closes_the_session_once(api: Api, api_key: str, clock: Clock, calls: list[str]) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=11)
    answer = api.send(sid, [wire("ping", 660 + at) for at in range(100)])
    assert answer["statusCode"] == 410
    assert len(calls) <= 4
