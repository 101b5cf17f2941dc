"""What is seen of a deployment from outside: the lines in its log and the counts in them, and what is in none."""

import json
import sys
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mediabeat.runtime import logs, telemetry
from tests.support.api import Api, answer, request
from tests.support.builders import Wire, wire, wire_start
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.template import table_definition

MARK = "MARK-of-what-was-sent"


class Log:
    """The lines that were written since it was last read."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    @property
    def text(self) -> str:
        """All of it."""
        return self._captured.readouterr().out

    def lines(self, *names: str) -> list[dict[str, Any]]:
        """Each line, of which only these fields."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [{name: line[name] for name in names if name in line} for line in lines]

    def counts(self) -> dict[str, int]:
        """Return what the process has counted and not published yet."""
        return telemetry.process.figures


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Log:
    """The log of a new process."""
    captured = SimpleNamespace(write=lambda text: sys.stdout.write(text), flush=lambda: None)  # what it is at that moment
    for handler in logs.logger().handlers:  # those of all functions
        monkeypatch.setattr(handler, "stream", captured)
    monkeypatch.setattr(telemetry, "process", telemetry.Telemetry(clock))
    return Log(capsys)


def test_ping_is_counted_and_logs_no_line(api: Api, api_key: str, log: Log) -> None:
    sid = api.start(wire_start())
    assert log.text
    for second in range(3):
        api.send(sid, wire("ping", second))
    assert log.text == ""
    assert log.counts() == {"EventsAccepted": 3}


def test_session_start_logs_one_line(api: Api, api_key: str, log: Log) -> None:
    sid = api.start(wire_start())
    fields = ("message", "session_id", "project", "SessionsStarted")
    assert log.lines(*fields) == [
        {"message": "session started", "session_id": sid, "project": "demo", "SessionsStarted": [1.0]},
    ]


def test_conflicting_events_are_counted_as_retries(api: Api, api_key: str, clock: Clock, log: Log) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=-1)  # a server whose clock is behind
    api.send(sid, wire("ping", 1))
    assert log.counts() == {"EventsAccepted": 1, "AppendRetries": 1}


def test_refused_start_is_logged_with_field_and_rule(api: Api, api_key: str, log: Log) -> None:
    api.call("POST", "/api/v1/sessions", wire_start(analytics_reportSuite=MARK))
    api.call("POST", "/api/v1/sessions", wire_start(without="media.id"))
    fields = ("level", "message", "route", "status", "problems")
    refused = {"level": "INFO", "message": "refused", "route": "POST /api/v1/sessions", "status": 400}
    assert log.lines(*fields) == [
        refused | {"problems": ["params.analytics.reportSuite: is not a project here"]},
        refused | {"problems": ["params.media.id: Field required"]},
    ]
    assert log.counts() == {"Refused400": 2}


def test_refused_event_is_logged_with_its_session(api: Api, api_key: str, log: Log) -> None:
    sid = api.start(wire_start())
    log.lines()
    api.send(sid, {"eventType": MARK})
    [line] = log.lines("session_id", "status", "problems")
    assert (line["session_id"], line["status"], line["problems"]) == (sid, 400, ["eventType: is not an event type"])


def test_array_of_events_logs_at_most_one_line(api: Api, api_key: str, log: Log) -> None:
    sid = api.start(wire_start())
    log.lines()
    api.send(sid, [wire("ping", 1), wire("ping", 2)])
    assert log.text == ""
    api.send(sid, [wire("ping", 3), {"eventType": "ping"}, {"eventType": "play"}])
    assert log.lines("session_id", "status", "problems") == [
        {"session_id": sid, "status": 400, "problems": ["[1].playerTime: Field required"]}
    ]
    assert log.counts() == {"EventsAccepted": 3, "Refused400": 1}


def test_line_has_the_ids_of_gateway_and_lambda_and_a_time_of_rfc_3339(api: Api, api_key: str, log: Log) -> None:
    bodies = {"session started": wire_start(), "refused": {}}
    ids = {"request_id": "UcZ3hgJKjoEEPmQ=", "function_request_id": "0fe1f03d-d74f-40dc-b7df-7936a7a7f186"}
    context = SimpleNamespace(aws_request_id=ids["function_request_id"])
    for message, body in bodies.items():
        event = request("POST", "/api/v1/sessions", body)
        event["requestContext"]["requestId"] = ids["request_id"]
        answer(event, context)
        [line] = log.lines("message", "timestamp", *ids)
        assert line.items() >= {"message": message, **ids}.items()
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
    assert "T" in line["timestamp"]


def test_unexpected_error_has_its_stack_trace_once(api: Api, api_key: str, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.create_session.app.caller_of", lambda headers: 1 / 0)
    assert api.call("POST", "/api/v1/sessions", wire_start())["statusCode"] == 500
    text = log.text
    assert (text.count("ZeroDivisionError: "), text.count("1 / 0")) == (1, 1)


def test_missing_table_is_answered_503_with_a_short_line(api: Api, api_key: str, log: Log, table: str) -> None:
    sid = api.start(wire_start())
    log.lines()
    boto3.client("dynamodb").delete_table(TableName=table)
    asked = {"x-api-key": api_key, "x-project-id": "demo"}
    answers = [
        api.send(sid, wire("ping")),
        api.call("POST", "/api/v1/sessions", wire_start()),
        api.call("GET", "/v1/sessionRecent", headers=asked),
    ]
    boto3.client("dynamodb").create_table(TableName=table, **table_definition())  # for those who clear it away
    assert [one["statusCode"] for one in answers] == [503] * 3
    assert max(map(len, log.text.splitlines())) < 700


def test_late_event_is_counted_and_logged_at_debug_level_only(api: Api, api_key: str, clock: Clock, log: Log) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=11)
    telemetry.publish()
    log.lines()
    assert [api.send(to, wire("ping", 700))["statusCode"] for to in (sid, "0" * 64)] == [410, 404]
    assert log.text == ""
    assert log.counts() == {"Refused410": 1, "Refused404": 1}


def test_log_line_is_bounded_whatever_names_the_caller_sends(api: Api, api_key: str, log: Log) -> None:
    api.call("POST", "/api/v1/sessions", {**wire_start(), **{"x" * 1_000 + str(number): 1 for number in range(30)}})
    [line] = log.text.splitlines()
    assert len(line) < 700


WRONG: list[Wire | list[Wire] | str] = [
    MARK,
    f'{{"eventType": "{MARK}',
    wire(MARK),
    wire(f"{MARK}'s \" \\' name"),
    wire(MARK + "x" * 200),
    wire({"name": MARK, "more": "x" * 200}),  # type: ignore[arg-type]
    wire("ping", customMetadata={f"{MARK} name": "a", MARK: 1}),
    wire("ping", qoeData={MARK: "x" * 5_000}),
    wire("ping", customMetadata={"4917012345": 1}),
    wire("ping", params={MARK: 1, f"media.{MARK}": "x" * 5_000}),
    {**wire("ping"), MARK: 1},
    wire_start(analytics_reportSuite=MARK + "x" * 200),
    wire_start(visitor_customerIDs={MARK: {"id": 7, MARK: 1}}),
    wire_start(analytics_reportSuite=MARK),
    wire_start(media_length=MARK),
    wire_start(media_channel={"name": MARK}),
    wire_start(analytics_visitorId=[MARK]),
    wire_start(visitor_customerIDs={"crm": {"id": MARK, "authState": 7}}),
    wire("ping", playerTime=MARK),
    wire("stateStart", params={"media.state.name": f"{MARK}!"}),
    wire("ping", customMetadata={"name": [MARK]}),
    [wire_start(analytics_visitorId=MARK), wire("ping", qoeData=MARK)],
]


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_log_has_nothing_that_a_player_sent(api: Api, api_key: str, log: Log, body: Any) -> None:
    sent = {"origin": MARK, "x-forwarded-for": MARK, "user-agent": MARK, "authorization": MARK}
    answers = [
        api.call("POST", "/api/v1/sessions", body, headers=sent),
        api.call("POST", "/api/v1/downloaded", body, headers=sent),
        api.send(api.start(wire_start(analytics_visitorId=MARK), headers=sent), body, headers=sent),
        api.send(MARK, wire("ping"), headers=sent),
    ]
    assert all(answer["statusCode"] >= 400 for answer in answers)
    text = log.text
    assert MARK not in text
    assert "4917012345" not in text


def test_log_has_no_key_project_or_viewer_of_a_refused_query(api: Api, api_key: str, log: Log) -> None:
    def ask(path: str, key: str, project: str) -> int:
        headers = {"x-api-key": key, "x-project-id": project}
        status: int = api.call("GET", path, headers=headers)["statusCode"]
        return status

    assert ask("/v1/sessionRecent", MARK, MARK) == 401
    assert ask(f"/v1/sessionRecent/{MARK}", api_key, "demo") == 400
    assert ask("/v1/sessionRecent/0e1fc9a2-77aa-4f5c-9a39-2b1c0f7d6e50", api_key, "demo") == 404
    text = log.text
    assert [json.loads(line).get("project") for line in text.splitlines()] == [None, "demo", "demo"]
    assert [word for word in (MARK, api_key, "0e1fc9a2") if word in text] == []


def test_refused_channel_call_is_logged_with_its_code(client: ChannelClient, log: Log) -> None:
    answered = client.call("GET", "/api/v2/channels/vs-20261118110640-vDVWH5l")
    line = {"status": 404, "code": "260004", "trace_id": answered.headers["x-ncp-trace-id"], "project": "demo"}
    assert log.lines("status", "code", "trace_id", "project") == [line]
    client.call("GET", "/api/v2/channels", skew_ms=-400_000)
    assert log.lines("status", "code", "project") == [{"status": 401, "code": "200"}]


def test_log_has_nothing_of_a_refused_channel_call(client: ChannelClient, log: Log) -> None:
    calls = [
        client.call("POST", "/api/v2/channels", {"name": MARK + "!"}),
        client.call("POST", "/api/v2/channels", {MARK: {"name": MARK}}),
        client.call("POST", "/api/v2/channels", MARK),
        client.call("GET", f"/api/v2/channels/{MARK}"),
        client.call("PUT", f"/api/v2/channels/{MARK}/start"),
        client.call("GET", f"/api/v2/{MARK}"),
        client.call("GET", f"/api/v2/channels?pageNo={MARK}&{MARK}=1"),
        ChannelClient(MARK, MARK, client.clock).call("GET", f"/api/v2/channels?pageNo={MARK}"),
        ChannelClient("A" * 20, MARK, client.clock).call("GET", "/api/v2/channels"),
    ]
    assert {call.status for call in calls} == {400, 401, 404}
    text = log.text
    assert len(text.splitlines()) == len(calls)
    assert [word for word in (MARK, "AAAA", client.secret, client.access_key_id) if word in text] == []


def refusing(code: str) -> Any:
    error = {"Error": {"Code": code, "Message": code}}

    def refuse(**_: Any) -> Any:
        raise ClientError(error, "UpdateItem")  # type: ignore[arg-type]

    return refuse


@pytest.mark.parametrize(
    ("code", "status", "level", "message"),
    [("ThrottlingException", 503, "WARNING", "storage unavailable"), ("AccessDeniedException", 500, "ERROR", "unexpected error")],
)
def test_database_error_is_logged_with_the_session(
    api: Api, api_key: str, log: Log, monkeypatch: pytest.MonkeyPatch, code: str, status: int, level: str, message: str
) -> None:
    from functions.ingest_event.app import store

    sid = api.start(wire_start())
    log.lines()
    monkeypatch.setattr(store._table.client, "update_item", refusing(code))
    assert api.send(sid, wire("ping", params={}, customMetadata={}))["statusCode"] == status
    told = {"level": level, "message": message, "session_id": sid, "route": "POST /api/v1/sessions/{sid}/events"}
    assert log.lines(*told) == [told]
    assert log.counts() == {f"Refused{status}": 1}


def test_closer_logs_one_line_per_run_and_at_most_ten_failures(
    api: Api, api_key: str, clock: Clock, log: Log, table: str
) -> None:
    for _ in range(13):
        api.start(wire_start())
    api.send(api.start(wire_start()), wire("sessionEnd", 1))
    log.lines()
    fields = ("CloseLag", "SessionsNotClosed", "RunIncomplete", "ClosedSessionEnd", "ClosedNoEvents")
    clock.forward(minutes=1)
    api.close_due()
    assert log.lines(*fields) == [{"CloseLag": [30_000], "SessionsNotClosed": [0], "RunIncomplete": [0], "ClosedSessionEnd": [1]}]
    heads = boto3.client("dynamodb").scan(TableName=table, FilterExpression="attribute_exists(due_at)")
    for head in heads["Items"]:  # of which nothing is left but its mark
        key = {name: head[name] for name in ("pk", "sk")}
        boto3.client("dynamodb").put_item(TableName=table, Item=key | {"due_shard": head["due_shard"], "due_at": head["due_at"]})
    clock.forward(minutes=15)
    api.close_due()
    *failures, counted = log.lines("message", "level", *fields)
    assert counted == {"CloseLag": [0], "SessionsNotClosed": [13], "RunIncomplete": [0]}
    assert failures == [{"message": "session not closed", "level": "ERROR"}] * logs.MAX_NOT_CLOSED
