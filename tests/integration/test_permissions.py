"""What each function may do, by the roles that CloudFormation makes of template.yaml; and that it is just what it does."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from botocore.client import BaseClient

from mediabeat.core.projects import new_project, rotated
from mediabeat.runtime.settings import channel_settings, viewer_key_secret
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from tests.support.api import Api
from tests.support.builders import noise, wire, wire_start
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.template import FUNCTIONS, camel, resources, transformed

TABLE = "Table.Arn"
QUEUE = "FailedRuns.Arn"
SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mediabeat/${AWS::StackName}/access-key/*"
FURTHER_RUNS = ("lambda:InvokeFunction", "CloseIdleSessionsFunction.Arn")
Grants = set[tuple[str, str]]


def where(resource: Any) -> str:
    [(_, name)] = resource.items()  # {"Ref": …}, {"Fn::GetAtt": […]} or {"Fn::Sub": …}
    return ".".join(name) if isinstance(name, list) else str(name)


def grants(role: str) -> Grants:
    """What a role allows, as pairs of one action and one resource; it has no other way to allow anything."""
    properties = resources("AWS::IAM::Role")[role]
    assert properties.keys() <= {"AssumeRolePolicyDocument", "Policies", "Tags"}  # so, no managed policy
    attached = [policy for policy in resources("AWS::IAM::Policy").values() if {"Ref": role} in policy["Roles"]]
    policies = [*properties["Policies"], *attached]
    statements = [one for policy in policies for one in _listed(policy["PolicyDocument"]["Statement"])]
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {
        (action, where(resource))
        for statement in statements
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def may_log(function: str) -> Grants:
    """To append to its own log group, whose ARN ends in `:*`: all its streams."""
    return {(action, f"{camel(function)}Logs.Arn") for action in ("logs:CreateLogStream", "logs:PutLogEvents")}


def test_each_function_may_do_only_what_it_does() -> None:
    assert {function: grants(f"{camel(function)}Role") - may_log(function) for function in FUNCTIONS} == {
        "create_session": {
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("secretsmanager:GetSecretValue", "ViewerKey"),
        },
        "ingest_event": {("dynamodb:UpdateItem", TABLE), ("dynamodb:PutItem", TABLE), ("dynamodb:Query", TABLE)},
        "close_idle_sessions": {
            ("dynamodb:Query", "${Table.Arn}/index/due"),
            ("dynamodb:Query", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            FURTHER_RUNS,
            ("sqs:SendMessage", QUEUE),
        },
        "recent_sessions": {
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", "${Table.Arn}/index/newest"),
        },
        "channels": {
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("secretsmanager:GetSecretValue", SECRETS),
        },
        "schemas": set(),
    }


def test_each_function_has_a_role_of_its_own_and_may_log_where_it_logs() -> None:
    for function in FUNCTIONS:
        properties = resources("AWS::Lambda::Function")[f"{camel(function)}Function"]
        assert properties["Role"] == {"Fn::GetAtt": [f"{camel(function)}Role", "Arn"]}
        assert properties["LoggingConfig"]["LogGroup"] == {"Ref": f"{camel(function)}Logs"}
        assert may_log(function) <= grants(f"{camel(function)}Role")


def test_the_schedule_may_start_the_closer_and_report_that_it_could_not() -> None:
    assert grants("CloseIdleSessionsFunctionEveryMinuteRole") == {
        ("lambda:InvokeFunction", "CloseIdleSessionsFunction.Arn"),
        ("sqs:SendMessage", QUEUE),
    }


def test_a_role_is_taken_on_only_by_the_service_that_needs_it() -> None:
    trusted = {
        role: (statement["Effect"], _listed(statement["Action"]), _listed(statement["Principal"]["Service"]))
        for role, properties in resources("AWS::IAM::Role").items()
        for statement in _listed(properties["AssumeRolePolicyDocument"]["Statement"])
    }
    expected = {f"{camel(function)}Role": ("Allow", ["sts:AssumeRole"], ["lambda.amazonaws.com"]) for function in FUNCTIONS}
    schedule = {"CloseIdleSessionsFunctionEveryMinuteRole": ("Allow", ["sts:AssumeRole"], ["scheduler.amazonaws.com"])}
    assert trusted == expected | schedule


def test_no_grant_has_a_wildcard_but_a_log_group_s_streams_and_the_names_of_secrets() -> None:
    with_wildcard = {
        where
        for role in resources("AWS::IAM::Role")
        for action, where in grants(role)
        if "*" in action + where or "Logs" in where
    }
    assert with_wildcard == {SECRETS} | {f"{camel(function)}Logs.Arn" for function in FUNCTIONS}


def test_only_the_closer_asks_what_is_due_and_no_query_can_write() -> None:
    assert {role for role in resources("AWS::IAM::Role") for _, where in grants(role) if where.endswith("/index/due")} == {
        "CloseIdleSessionsRole"
    }
    for function in ("recent_sessions", "schemas"):
        actions = {action for action, _ in grants(f"{camel(function)}Role") - may_log(function)}
        assert actions <= {"dynamodb:GetItem", "dynamodb:Query"}


def test_only_API_Gateway_and_the_schedule_can_call_a_function() -> None:  # noqa: N802 - its name
    called_by = {permission["Principal"] for permission in resources("AWS::Lambda::Permission").values()}
    assert called_by == {"apigateway.amazonaws.com"}
    attached = {name for name, one in transformed()["Resources"].items() if "Policy" in one["Type"]}
    assert attached == {"CloseIdleSessionsFurtherRuns"}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, table: str) -> dict[str, Grants]:
    """What each function asks of AWS while its handler runs, in the words of the grants."""
    asked: dict[str, Grants] = {function: set() for function in FUNCTIONS}
    running: list[str] = []
    send: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def recording(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if running:
            asked[running[-1]] |= set(needed(client.meta.service_model.service_name, operation, parameters))
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
        app = import_module(f"functions.{function}.app")
        monkeypatch.setattr(app, "lambda_handler", running_as(function, app.lambda_handler))
    monkeypatch.setattr("functions.create_session.app.viewer_key", ViewerKey(viewer_key_secret()))  # of a new process
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


def test_each_function_does_all_that_it_may_and_nothing_else(
    called: dict[str, Grants], api: Api, registry: Registry, client: ChannelClient, clock: Clock, table: str
) -> None:
    project, api_key = rotated(new_project("demo", 0)[0], 0)
    registry.replace_project(project)
    # Sessions: a full tail, a large event, a mark that has passed, an end, a silence, a start that was cut off, a download.
    sid = api.start(wire_start(analytics_visitorId="viewer"))
    events = [
        *(wire("ping", second, second) for second in range(100)),
        wire("adStart", 100, 100, params={"media.ad.id": noise(2_000), "media.ad.podPosition": 1}),
    ]
    assert {api.send(sid, event)["statusCode"] for event in events} == {204}
    for minute in (9, 18):
        clock.forward(minutes=9)
        assert api.send(sid, wire("ping", minute * 60, minute))["statusCode"] == 204
    assert api.send(api.start(wire_start()), wire("sessionEnd", 1))["statusCode"] == 204
    api.start([wire_start(media_downloaded=True), wire("sessionEnd", 1)])
    half = api.start(wire_start())
    dynamodb_client().delete_item(TableName=table, Key={"pk": {"S": half}, "sk": {"S": "start"}})
    api.recent(api_key)
    clock.forward(minutes=40)
    assert api.close_due() != {}
    viewer = api.recent(api_key)["result"][0]["uuid"]
    api.call("GET", f"/v1/sessionRecent/{viewer}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    api.call("GET", "/api/v1/schemas/ping")
    # Channels.
    channel_id = client.create("api-guide")
    client.call("GET", "/api/v2/channels")
    client.events(channel_id)
    assert [client.change(channel_id, verb).status for verb in ("stop", "delete")] == [200, 200]
    # The queue is written to by Lambda itself, in the closer's name; for further runs see test_closing.py.
    elsewhere = {("sqs:SendMessage", QUEUE), FURTHER_RUNS}
    assert called == {function: grants(f"{camel(function)}Role") - may_log(function) - elsewhere for function in FUNCTIONS}
