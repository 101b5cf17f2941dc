"""Downloaded content: a whole session in one request, closed at once, dated by its own clock."""

import itertools
import json
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

from mediabeat.core.projects import new_project
from mediabeat.core.records import Phase
from mediabeat.core.summary import Summary
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_items import PAGE_BYTES
from mediabeat.storage.session_store import Store
from tests.integration.contents import Item, items, put_back
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
    states = [
        wire("ping", at, at, customMetadata={f"note{part}": noise(4_000, part + at) for part in (0, 100)}) for at in range(60)
    ]
    assert len(json.dumps(states)) > 1.5 * PAGE_BYTES
    sid = api.call("POST", "/api/v1/downloaded", batch(*states))["headers"]["Location"].rpartition("/")[2]
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 61


def test_event_over_16_kb_is_named(api: Api, api_key: str) -> None:
    body = batch(wire("play"), wire("ping", customMetadata={"a": "x" * 20_000}))
    answer = api.call("POST", "/api/v1/downloaded", body)
    assert json.loads(answer["body"])["errors"] == [{"field": "[2]", "rule": "must not be larger than 16384 bytes"}]


def test_repeated_event_in_a_batch_counts_once(api: Api, api_key: str, store: Store) -> None:
    stored = store.read_session(api.start(batch(*VIEW, *VIEW)))
    assert stored is not None
    assert len(stored.events) == 4


# Repeats: a player that gets no answer sends its upload again.


def without_times(stored: list[Item]) -> list[Item]:
    """Return items without the times that a repeat renews until the closer has written the summary."""
    return [{name: value for name, value in item.items() if name not in ("last_at", "due_at")} for item in stored]


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/downloaded"])
def test_repeated_upload_is_one_session(api: Api, api_key: str, clock: Clock, table: str, path: str) -> None:
    first = api.call("POST", path, batch(*VIEW))
    stored = items(table)
    clock.forward(minutes=1)
    again = api.call("POST", "/api/v1/downloaded", batch(*reversed(VIEW), VIEW[0]))
    assert (first["statusCode"], again) == (201, first)
    assert without_times(items(table)) == without_times(stored)
    assert len(api.recent(api_key)["result"]) == 1


def test_upload_repeated_after_its_summary_changes_nothing(api: Api, api_key: str, clock: Clock, table: str) -> None:
    sid = api.start(batch(*VIEW, analytics_visitorId="jane"))
    assert api.close_due() == {"completed": 1}
    stored = items(table)
    clock.forward(minutes=60 * 24)
    assert api.start(batch(*VIEW, analytics_visitorId="jane")) == sid
    assert items(table) == stored
    assert api.close_due() == {}


@pytest.mark.parametrize("other", [{"media_id": "movie-2"}, {"analytics_visitorId": "jane"}, {"analytics_reportSuite": "other"}])
def test_other_upload_is_another_session(api: Api, api_key: str, registry: Registry, other: dict[str, str]) -> None:
    registry.create_project(new_project("other", 0)[0])
    assert api.start(batch(*VIEW)) != api.start(batch(*VIEW, **other))
    assert api.start(batch(*VIEW)) != api.start(batch(*VIEW[:2]))


def test_expired_upload_does_not_come_back_by_a_repeat(api: Api, api_key: str, clock: Clock, table: str) -> None:
    sid = api.start(batch(*VIEW))
    clock.forward(minutes=60 * 24 * 91)
    put_back(table, marks := [item for item in items(table) if item["sk"]["S"] in ("upload", "demo")])  # as DynamoDB does
    assert api.start(batch(*VIEW)) == sid
    assert items(table) == marks


def cut_off(api: Api, body: Any, number: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Send a body to a process that dies before its write of this number (from 0). Returns False if it makes fewer."""
    writes = itertools.count()
    make = BaseClient._make_api_call  # type: ignore[attr-defined]

    def dying(client: Any, operation: str, parameters: Any) -> Any:
        if operation == "PutItem" and next(writes) == number:
            raise KilledError
        return make(client, operation, parameters)

    with monkeypatch.context() as patches:
        patches.setattr(BaseClient, "_make_api_call", dying)
        try:
            api.start(body)
        except KilledError:
            return True
    return False


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("minutes", [0, 14, 16, 60])
def test_repeat_finishes_an_upload_that_was_cut_off(
    api: Api, api_key: str, clock: Clock, table: str, store: Store, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, began = items(table), clock.now
    body = batch(*VIEW, analytics_visitorId="jane", visitor_marketingCloudUserId="device-7")
    for number in itertools.count():
        clock.now = began
        put_back(table, empty)
        if not cut_off(api, body, number, monkeypatch):
            break
        clock.forward(minutes=minutes)
        assert api.close_due() == {}
        sid = api.start(body)
        stored = store.read_session(sid)
        assert stored is not None
        assert len(stored.events) == 4, f"cut off before write {number}"
        assert {int(item["expires_at"]["N"]) for item in items(table) if item["pk"]["S"] == sid} == {stored.expires_at}
        assert api.close_due() == {"completed": 1}
        assert api.start(body) == sid
        assert len(api.recent(api_key)["result"]) == 1
    assert number == 6, "the mark, a page, the head, two entries, the start"


def test_closer_spares_a_head_that_a_repeat_has_renewed(
    api: Api, api_key: str, clock: Clock, table: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(api, batch(*VIEW), 3, monkeypatch)
    clock.forward(minutes=16)
    [head] = [item for item in items(table) if item["sk"]["S"] == "head"]
    seen = store.read_session(head["pk"]["S"])
    assert seen is not None
    sid = api.start(batch(*VIEW))
    store.forget_unfinished(sid, seen=seen.head)
    assert api.close_due() == {"completed": 1}


def test_two_uploads_at_once_are_one_session(
    api: Api, api_key: str, table: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = items(table)
    make = BaseClient._make_api_call  # type: ignore[attr-defined]
    for number in range(5):
        put_back(table, empty)
        writes = itertools.count()
        sids: list[str] = []

        def between(client: Any, operation: str, parameters: Any) -> Any:
            if operation == "PutItem" and next(writes) == number:  # noqa: B023
                sids.append(api.start(batch(*VIEW)))  # noqa: B023
            return make(client, operation, parameters)

        with monkeypatch.context() as patches:
            patches.setattr(BaseClient, "_make_api_call", between)
            sids.append(api.start(batch(*VIEW)))
        assert len(set(sids)) == 1
        assert len(sids) == 2
        kinds = [item["sk"]["S"].partition("#")[0] for item in items(table) if item["pk"]["S"] == sids[0]]
        assert kinds == ["head", "page", "start"]
        assert len(items(table)) == len(empty) + 5, "and the mark and one entry of the viewer"
        assert len(api.recent(api_key)["result"]) == 1


def test_batch_over_the_size_limit_gets_413(api: Api, api_key: str, table: str) -> None:
    answer = api.call("POST", "/api/v1/downloaded", batch(wire("ping", customMetadata={"a": "x" * 5_000_000})))
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["errors"] == [{"field": "body", "rule": "must not be larger than 1048576 bytes"}]
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1


def test_session_of_a_clock_in_the_far_future_is_dated_with_its_upload(api: Api, api_key: str, clock: Clock, table: str) -> None:
    far_s = (253_402_300_000_000 - BASE_MS) / 1_000  # near the end of the year 9999
    upload = [wire_start(far_s, analytics_visitorId="alice", media_downloaded=True), wire("sessionEnd", far_s + 9, 8)]
    sid = api.start(upload)
    clock.forward(minutes=5)
    assert api.start(upload) == sid
    newer = api.start(wire_start(analytics_visitorId="alice", media_name="newer"))
    api.close_due()
    [first, second] = api.recent(api_key)["result"]
    assert (first["logDate"], second["logDate"]) == ("2026-11-18 11:11:40", "9999-12-31 23:46:49")
    starts = {item["pk"]["S"]: int(item["started_at"]["N"]) for item in items(table) if item["sk"]["S"] == "start"}
    assert starts[sid] == BASE_MS + 999
    assert starts[newer] == clock.now
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    shown = json.loads(api.call("GET", f"/v1/sessionRecent/{first['uuid']}", headers=headers)["body"])["result"]
    assert shown["media"]["name"] == "newer"
