"""Sessions whose items somebody damaged: answers show the others, and say which cannot be read."""

import json
import sys
from typing import Any, Final

import pytest
from pydantic import TypeAdapter

from mediabeat.core.stored_forms import compressed
from mediabeat.protocols.media_analytics.bodies import RecentSession
from mediabeat.runtime import logs, telemetry
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.recompute_summaries import recompute
from tests.integration.contents import client, items
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock
from tests.support.summaries import put_summary

Json = dict[str, Any]
LISTED_ROW: Final = TypeAdapter(RecentSession)
CALLER: Final[Json] = {"device": "PC", "os": "unknown"}


def closed(api: Api, clock: Clock, count: int) -> list[str]:
    sids = []
    for _ in range(count):
        clock.forward(seconds=1)
        sids.append(api.start(wire_start()))
        api.send(sids[-1], wire("play", 1))
        api.send(sids[-1], wire("sessionEnd", 9, 8))
    clock.forward(minutes=1)
    api.close_due()
    return sids


def damage(table: str, sid: str, **attributes: Json | None) -> None:
    [start] = [item for item in items(table) if (item["pk"]["S"], item["sk"]["S"]) == (sid, "start")]
    changed = start | {name: value for name, value in attributes.items() if value is not None}
    kept = {name: value for name, value in changed.items() if not (name in attributes and attributes[name] is None)}
    client().put_item(TableName=table, Item=kept)


def summary_with(**fields: Any) -> Json:
    whole = {"metrics": {}, "log": [[0, 0.0, "playing", 5]], "totals": [1, 0, 0, 0, 0, 0]} | fields
    return {"B": compressed(json.dumps(whole).encode())}


@pytest.mark.parametrize(
    "attributes",
    [
        {"caller": {"B": b"no deflate"}},
        {"caller": {"B": compressed(b"5")}},
        {"caller": None},
        {"caller": {"S": "text"}, "viewer": {"N": "5"}, "ts_skew": None},
        {"summary": summary_with(log=[["once", 0.0, "playing", 5]])},
        {"summary": summary_with(log=[[0, "far", "playing", 5]])},
        {"summary": summary_with(totals=["a"] * 9)},
    ],
    ids=["caller-bytes", "caller-number", "no-caller", "types", "log-date", "log-playhead", "totals"],
)
def test_row_that_cannot_be_read_is_shown_as_such(
    api: Api, api_key: str, clock: Clock, table: str, attributes: dict[str, Json | None]
) -> None:
    _, wrong, _ = closed(api, clock, 3)
    before = api.recent(api_key)["result"]
    damage(table, wrong, **attributes)
    telemetry.process.publish()
    rows = api.recent(api_key)["result"]
    assert (rows[0], rows[2]) == (before[0], before[2])
    row = rows[1]
    assert row["unreadable"] is True
    uuid = "" if "viewer" in attributes else before[1]["uuid"]
    assert (row["no"], row["uuid"], row["sessionLog"]) == (before[1]["no"], uuid, [])
    assert telemetry.process.figures == {"SessionsUnreadable": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"title": 5},
        {"title": {"a": 1}},
        *({"metrics": {name: [5]}} for name in ("outcome", "close_reason", "experience_score")),
        *({"metrics": {"player_errors": [one]}} for one in (5, None, ["a"])),
    ],
    ids=str,
)
def test_row_whose_summary_has_other_types_is_measured_again(
    api: Api, api_key: str, clock: Clock, table: str, fields: Json
) -> None:
    [sid] = closed(api, clock, 1)
    [before] = api.recent(api_key)["result"]
    damage(table, sid, summary=summary_with(**fields))
    [row] = api.recent(api_key)["result"]
    assert row == before
    LISTED_ROW.validate_python(row)


@pytest.mark.parametrize(
    "attributes",
    [
        {"caller": {"B": b"no deflate"}},
        {"event": {"B": b"\xff"}},
        {"event": {"B": b""}},
        {"viewer": None},
        {"listing": {"S": "demo"}},
    ],
    ids=["caller", "event", "no-event", "no-viewer", "listing"],
)
def test_detail_that_cannot_be_read_is_a_404_that_says_so(
    api: Api,
    api_key: str,
    clock: Clock,
    table: str,
    attributes: dict[str, Json | None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [sid] = closed(api, clock, 1)
    damage(table, sid, **attributes)
    telemetry.process.publish()
    capsys.readouterr()
    for handler in logs.logger().handlers:
        monkeypatch.setattr(handler, "stream", sys.stdout)
    answer = api.call("GET", f"/v1/sessionRecent/{sid}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["message"].startswith("the session is stored, but cannot be read")
    assert telemetry.process.figures["SessionsUnreadable"] == 1
    [line] = [json.loads(one) for one in capsys.readouterr().out.splitlines() if "session not readable" in one]
    assert line["session_id"] == sid
    assert ".py:" in line["where"]


@pytest.mark.parametrize(
    "attributes",
    [{"tail": {"BS": [b"\xff\xff"]}}, {"tail": {"BS": [b"\x04"]}}, {"phase": {"N": "5"}}],
    ids=["type", "cut", "phase"],
)
def test_open_session_that_cannot_be_read_ends_no_list(api: Api, api_key: str, table: str, attributes: dict[str, Json]) -> None:
    good, wrong = (api.start(wire_start(media_name=name)) for name in ("good", "wrong"))
    api.send(wrong, wire("play", 1))
    [head] = [item for item in items(table) if (item["pk"]["S"], item["sk"]["S"]) == (wrong, "head")]
    client().put_item(TableName=table, Item=head | attributes)
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    answers = [api.call("GET", f"/v1/sessionRecent{path}", headers=headers) for path in ("", f"/{wrong}", f"/{good}")]
    assert [answer["statusCode"] for answer in answers][::2] == [200, 200]
    assert answers[1]["statusCode"] in (200, 404)  # an event of a later release is left out
    rows = json.loads(answers[0]["body"])["result"]
    assert len(rows) == 2
    assert sum(row.get("unreadable", False) for row in rows) == (answers[1]["statusCode"] == 404)


def test_recompute_goes_on_after_a_session_that_fails(api: Api, clock: Clock, table: str, store: Store, api_key: str) -> None:
    sids = closed(api, clock, 3)
    old = compressed(json.dumps({"metrics": {"metrics_version": 0}, "log": []}).encode())
    for sid in sids:
        put_summary(store, sid, old)
    damage(table, sids[1], event={"B": b""})
    queries = SessionQueries(table, dynamodb_client())
    done = recompute(queries, store)
    assert (done.seen, done.rewritten, [sid for sid, _ in done.failed]) == (3, 2, [sids[1]])
    assert recompute(queries, store).rewritten == 0
