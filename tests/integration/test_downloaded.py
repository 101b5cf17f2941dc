"""Downloaded content: a whole session in one request, closed at once, dated by its own clock."""

import json
from typing import Any

import boto3
import pytest

from mediabeat.core.records import Phase
from mediabeat.core.summary import Summary
from mediabeat.storage.session_items import PAGE_BYTES
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import BASE_MS, Wire, noise, wire, wire_start
from tests.support.clock import Clock


def batch(*events: Wire, **params: Any) -> list[Wire]:
    return [wire_start(**({"media_downloaded": True} | params)), *events]


VIEW = (wire("play", 1), wire("ping", 51, 50), wire("sessionComplete", 91, 90))


def test_batch_is_stored_whole_and_closed_at_once(api: Api, api_key: str, clock: Clock, store: Store) -> None:
    clock.forward(minutes=60 * 24)
    sid = api.start(batch(*VIEW))
    assert api.send(sid, wire("ping", 95))["statusCode"] == 410
    (told,) = api.recent(api_key)["result"]
    assert (told["logDate"], told["playingTime"]) == ("2026-11-18 11:08:11", 90.0)
    assert api.close_due() == {"completed": 1}  # it is closed already: this run writes the summary
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.summary is not None
    assert (stored.head.phase, stored.head.closed_at, stored.head.due_at) == (Phase.CLOSED, BASE_MS + 91_000, None)
    metrics = Summary.from_bytes(stored.summary).metrics
    assert (metrics.close_reason, metrics.content_time_spent_ms) == ("completed", 90_000)
    assert api.recent(api_key)["result"] == [told]


def test_downloaded_route_needs_no_flag(api: Api, api_key: str) -> None:
    body = batch(*VIEW, media_downloaded=False)
    assert api.call("POST", "/api/v1/downloaded", body)["statusCode"] == 201
    answer = api.call("POST", "/api/v1/sessions", body)
    assert answer["statusCode"] == 400
    assert [error["field"] for error in json.loads(answer["body"])["errors"]] == ["[0].params.media.downloaded"]


def test_batch_is_refused_whole_when_one_event_is_wrong(api: Api, api_key: str, table: str) -> None:
    wrong = batch(wire("play", 1), wire("adStart", 2, params={"media.ad.id": "ad"}), {"eventType": "ping"}, wire_start())
    for path in ("/api/v1/sessions", "/api/v1/downloaded"):
        answer = api.call("POST", path, wrong)
        assert answer["statusCode"] == 400
        assert [error["field"] for error in json.loads(answer["body"])["errors"]] == [
            "[2].params.media.ad.podPosition",
            "[3].playerTime",
            "[4].eventType",
        ]
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1  # the project


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({"eventType": "sessionStart"}, "body"),
        ([wire("play")], "[0].eventType"),
        ([5], "[0]"),
        (batch(analytics_reportSuite="nobody"), "[0].params.analytics.reportSuite"),
    ],
)
def test_body_that_is_no_batch_is_refused(api: Api, api_key: str, body: Any, field: str) -> None:
    answer = api.call("POST", "/api/v1/downloaded", body)
    assert (answer["statusCode"], json.loads(answer["body"])["errors"][0]["field"]) == (400, field)


def test_batch_larger_than_one_item_is_stored_whole(api: Api, api_key: str, store: Store) -> None:
    notes = {f"note{part}": noise(4_000, part) for part in range(15)}
    states = [wire("ping", at, at, customMetadata=notes | {"at": noise(4_000, at)}) for at in range(1, 21)]
    assert len(json.dumps(states)) > 3 * PAGE_BYTES
    sid = api.start(batch(*states))
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 21


def test_event_over_64_kb_is_named(api: Api, api_key: str) -> None:
    body = batch(wire("play"), wire("ping", customMetadata={"a": "x" * 70_000}))
    answer = api.call("POST", "/api/v1/downloaded", body)
    assert json.loads(answer["body"])["errors"] == [{"field": "[2]", "rule": "must not be larger than 65536 bytes"}]


def test_repeated_event_in_a_batch_counts_once(api: Api, api_key: str, store: Store) -> None:
    stored = store.read_session(api.start(batch(*VIEW, *VIEW)))
    assert stored is not None
    assert len(stored.events) == 4


def test_batch_over_the_size_limit_gets_413(api: Api, api_key: str, table: str) -> None:
    answer = api.call("POST", "/api/v1/downloaded", batch(wire("ping", customMetadata={"a": "x" * 5_000_000})))
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["errors"] == [{"field": "body", "rule": "must not be larger than 4194304 bytes"}]
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1
