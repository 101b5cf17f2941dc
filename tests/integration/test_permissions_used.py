"""Each function uses every permission that its role has, and needs no other."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from mediabeat.cli.invocation import read_event
from mediabeat.core.projects import new_project, rotated
from mediabeat.protocols.media_analytics import chart_requests
from mediabeat.runtime.settings import channel_settings, viewer_key_secret
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from tests.support.api import Api, app
from tests.support.builders import noise, wire, wire_start
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.edge import EdgePlayer, body_of, session_in, xdm, xdm_start
from tests.support.permissions import FURTHER_RUNS, QUEUE, SECRETS, STREAM, TABLE, Grants, grants, log_grants, may_touch
from tests.support.template import FUNCTIONS, ROOT, camel


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, table: str) -> dict[str, Grants]:
    """What each function asks of AWS while its handler runs, in the words of the grants."""
    asked: dict[str, Grants] = {function: set() for function in FUNCTIONS}
    running: list[str] = []
    send: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recording(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if running:
            service = client.meta.service_model.service_name
            asked[running[-1]] |= set(needed(service, operation, parameters))
            if service == "dynamodb" and "IndexName" not in parameters:
                role = f"{camel(running[-1])}Role"
                assert all(may_touch(role, action, one) for action, one in partitions_of(operation, parameters)), parameters
        return send(client, operation, parameters)

    def running_as(function: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        def handling(event: Any, context: Any) -> Any:
            running.append(function)
            try:
                return handler(event, context)
            finally:
                running.pop()

        return handling

    monkeypatch.setattr(BaseClient, "_make_api_call", recording)
    for function in FUNCTIONS:
        module = app(function)
        monkeypatch.setattr(module, "lambda_handler", running_as(function, module.lambda_handler))
    monkeypatch.setattr("functions.create_session.app.viewer_key", ViewerKey(viewer_key_secret()))  # of a new process
    edge = app("media_edge")
    monkeypatch.setattr(edge, "deployed", edge.deployed._replace(viewer_key=ViewerKey(viewer_key_secret())))
    return asked


def needed(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the grants that a request needs."""
    if service == "secretsmanager" and parameters["SecretId"] == viewer_key_secret():
        yield f"secretsmanager:{operation}", "ViewerKey"
    elif service == "secretsmanager":
        assert parameters["SecretId"].startswith(channel_settings().access_key_secrets)
        yield f"secretsmanager:{operation}", SECRETS
    elif operation == "TransactWriteItems":
        yield from ((f"dynamodb:{kind}Item", TABLE) for write in parameters["TransactItems"] for kind in write)
    else:
        index = parameters.get("IndexName")
        yield f"dynamodb:{operation}", f"${{{TABLE}}}/index/{index}" if index else TABLE


def partitions_of(operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each action on the table with the partition that it touches."""
    if operation == "TransactWriteItems":
        for write in parameters["TransactItems"]:
            [(kind, one)] = write.items()
            yield f"dynamodb:{kind}Item", (one.get("Key") or one["Item"])["pk"]["S"]
    elif operation == "BatchGetItem":
        for [request] in [list(parameters["RequestItems"].values())]:
            yield from ((f"dynamodb:{operation}", one["pk"]["S"]) for one in request["Keys"])
    elif operation == "Query":
        yield f"dynamodb:{operation}", parameters["ExpressionAttributeValues"][":pk"]["S"]
    else:
        yield f"dynamodb:{operation}", (parameters.get("Key") or parameters["Item"])["pk"]["S"]


def test_functions_use_every_permission_they_have_and_no_other(
    called: dict[str, Grants],
    api: Api,
    registry: Registry,
    client: ChannelClient,
    clock: Clock,
    table: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FROM", "STEP"):
        monkeypatch.setattr(f"mediabeat.core.lifecycle.CHECKPOINT_{name}", 100)
    project, api_key = rotated(new_project("demo", 0)[0], 0)
    registry.replace_project(project)
    # Sessions: a full tail, a large event, a checkpoint, an end, a silence, a start that was cut off, a download.
    sid = api.start(wire_start(analytics_visitorId="viewer"))
    events = [
        *(wire("ping", second, second) for second in range(100)),
        wire("adStart", 100, 100, params={"media.ad.id": noise(2_000), "media.ad.podPosition": 1}),
    ]
    assert {api.send(sid, event)["statusCode"] for event in events} == {204}
    for minute in (9, 18):
        clock.forward(minutes=9)
        assert api.send(sid, wire("ping", minute * 60, minute))["statusCode"] == 204
    assert api.close_due() == {}
    assert api.send(api.start(wire_start()), wire("sessionEnd", 1))["statusCode"] == 204
    api.start([wire_start(media_downloaded=True), wire("sessionEnd", 1)])
    half = api.start(wire_start())
    dynamodb_client().delete_item(TableName=table, Key={"pk": {"S": half}, "sk": {"S": "start"}})
    api.recent(api_key)
    clock.forward(minutes=40)
    assert api.close_due() != {}
    viewer = api.recent(api_key)["result"][0]["uuid"]
    api.call("GET", f"/v1/sessionRecent/{viewer}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    for path in chart_requests.PARAMETERS:
        charted = api.call("GET", path, headers={"x-api-key": api_key, "x-project-id": "demo"})
        assert charted["statusCode"] == 200, charted
    api.call("GET", "/api/v1/schemas/ping")
    for lines in (["e=ps,sta=s"], ["e=ps,sta=p,st=l"]):
        body = "\n".join(f'{line},sid="s",ts=1795000000000' for line in lines)
        assert api.call("POST", "/cmcd/v2/demo", body)["statusCode"] == 204
    # Edge clients: a start that asks for an id, an event, an unknown project.
    player = EdgePlayer(api)
    edge_sid = session_in(player.post("v1/interact", body_of(xdm_start(), ecid=True), request_id="one"))
    assert player.send(xdm("ping", edge_sid, 1)) == 204
    assert player.post("v1/identity/acquire", body_of(), query="configId=nobody")["statusCode"] == 400
    # Channels.
    channel_id = client.create("api-guide")
    client.call("GET", "/api/v2/channels")
    client.events(channel_id)
    assert [client.change(channel_id, verb).status for verb in ("stop", "delete")] == [200, 200]
    # Roll-ups: a session of events/ is counted, and taken back as an erased one is.
    batch = read_event(ROOT / "events" / "roll_up.json")
    played = batch["Records"][-1]["dynamodb"]["NewImage"]
    erased = {"version": {"N": "2"}, "was": played["figures"], "figures": {"B": ""}}
    taken_back = {"eventName": "MODIFY", "dynamodb": batch["Records"][-1]["dynamodb"] | {"NewImage": played | erased}}
    for records in (batch["Records"], [taken_back]):
        answered = app("roll_up").lambda_handler({"Records": records}, SimpleNamespace(aws_request_id="1"))
        assert answered["skipped"] == 0
    # Lambda itself reads the stream and writes to the queue; for further runs see tests/integration/test_closing.py.
    streams = {(f"dynamodb:{name}", STREAM) for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    elsewhere = {("sqs:SendMessage", QUEUE), FURTHER_RUNS} | streams
    called["ingest_event"].add(("dynamodb:Query", TABLE))  # 0.1 still needs it, and runs beside this release during a deployment
    assert called == {function: grants(f"{camel(function)}Role") - log_grants(function) - elsewhere for function in FUNCTIONS}
