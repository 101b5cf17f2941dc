"""template.yaml: each function has a role of its own, which allows what the function does and nothing else."""

from typing import Final

import pytest

from tests.support.permissions import FURTHER_RUNS, QUEUE, SECRETS, STREAM, TABLE, as_list, grants, log_grants, may_touch
from tests.support.template import FUNCTIONS, camel, resources, transformed


def test_role_allows_only_the_actions_of_its_function() -> None:
    assert {function: grants(f"{camel(function)}Role") - log_grants(function) for function in FUNCTIONS} == {
        "create_session": {
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("secretsmanager:GetSecretValue", "ViewerKey"),
        },
        "media_edge": {
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("secretsmanager:GetSecretValue", "ViewerKey"),
        },
        "ingest_event": {("dynamodb:UpdateItem", TABLE), ("dynamodb:PutItem", TABLE), ("dynamodb:Query", TABLE)},
        "receive_cmcd": {
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
        },
        "close_idle_sessions": {
            ("dynamodb:Query", "${Table.Arn}/index/due"),
            ("dynamodb:Query", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            FURTHER_RUNS,
            ("sqs:SendMessage", QUEUE),
        },
        "roll_up": {
            *((f"dynamodb:{action}", STREAM) for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")),
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
            ("sqs:SendMessage", QUEUE),
        },
        "recent_sessions": {
            ("dynamodb:BatchGetItem", TABLE),
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:Query", "${Table.Arn}/index/newest"),
        },
        "charts": {("dynamodb:GetItem", TABLE), ("dynamodb:Query", TABLE)},
        "channels": {
            ("dynamodb:GetItem", TABLE),
            ("dynamodb:Query", TABLE),
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("secretsmanager:GetSecretValue", SECRETS),
        },
        "schemas": set(),
        "console": set(),
    }


REGISTRY: Final = ("projects", "access-key#A1", "access-keys", "channel#vs-1", "channels#demo", "channel-names#demo")
"""Partitions of projects, access keys and channels."""

WRITES: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


@pytest.mark.parametrize("function", ["create_session", "ingest_event", "receive_cmcd", "close_idle_sessions"])
def test_functions_of_sessions_write_no_project_key_or_channel(function: str) -> None:
    role = f"{camel(function)}Role"
    for action in [*WRITES, "dynamodb:Query"]:
        assert not any(may_touch(role, action, partition) for partition in REGISTRY)
    held = {action for action, where in grants(role) if where == TABLE and action in WRITES}
    assert held
    assert all(may_touch(role, action, partition) for action in held for partition in ("5" * 64, "viewer#demo#v", "upload#1"))


def test_charts_function_reads_projects_and_counters_only() -> None:
    partitions = (*REGISTRY, "5" * 64, "viewer#demo#v", "uniq#demo#v", "applied#0", "roll#demo#0", "live#5fd924625f6a")

    def touched(action: str) -> set[str]:
        return {partition for partition in partitions if may_touch("ChartsRole", action, partition)}

    assert touched("dynamodb:GetItem") == {"projects"}
    assert touched("dynamodb:Query") == {"roll#demo#0", "live#5fd924625f6a"}


def test_channels_function_writes_channels_only() -> None:
    for action in ("dynamodb:PutItem", "dynamodb:UpdateItem"):
        written = {
            partition for partition in (*REGISTRY, "5" * 64, "viewer#demo#v") if may_touch("ChannelsRole", action, partition)
        }
        assert written == {"channel#vs-1", "channels#demo", "channel-names#demo"}


def test_roll_up_function_touches_roll_ups_only() -> None:
    rolled_up = ("roll#demo#0", "uniq#demo#v", "applied#0", "live#0123456789ab")
    for action in ("dynamodb:BatchGetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"):
        touched = {one for one in (*REGISTRY, *rolled_up, "5" * 64, "viewer#demo#v") if may_touch("RollUpRole", action, one)}
        assert touched == set(rolled_up)


def test_function_has_its_own_role_and_may_write_its_own_log() -> None:
    for function in FUNCTIONS:
        properties = resources("AWS::Lambda::Function")[f"{camel(function)}Function"]
        assert properties["Role"] == {"Fn::GetAtt": [f"{camel(function)}Role", "Arn"]}
        assert properties["LoggingConfig"]["LogGroup"] == {"Ref": f"{camel(function)}Logs"}
        assert log_grants(function) <= grants(f"{camel(function)}Role")


def test_schedule_may_start_the_closer_and_report_failed_starts() -> None:
    assert grants("CloseIdleSessionsFunctionEveryMinuteRole") == {
        ("lambda:InvokeFunction", "CloseIdleSessionsFunction.Arn"),
        ("sqs:SendMessage", QUEUE),
    }


def test_role_trusts_only_the_service_that_needs_it() -> None:
    trusted = {
        role: (statement["Effect"], as_list(statement["Action"]), as_list(statement["Principal"]["Service"]))
        for role, properties in resources("AWS::IAM::Role").items()
        for statement in as_list(properties["AssumeRolePolicyDocument"]["Statement"])
    }
    expected = {f"{camel(function)}Role": ("Allow", ["sts:AssumeRole"], ["lambda.amazonaws.com"]) for function in FUNCTIONS}
    schedule = {"CloseIdleSessionsFunctionEveryMinuteRole": ("Allow", ["sts:AssumeRole"], ["scheduler.amazonaws.com"])}
    assert trusted == expected | schedule | {"DeploymentRole": ("Allow", ["sts:AssumeRole"], ["codedeploy.amazonaws.com"])}


def test_every_role_gets_the_permissions_boundary_of_the_account() -> None:
    boundary = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]}
    assert {name: one.get("PermissionsBoundary") for name, one in resources("AWS::IAM::Role").items()} == dict.fromkeys(
        resources("AWS::IAM::Role"), boundary
    )


def test_codedeploy_may_do_what_its_own_policy_allows() -> None:
    role = resources("AWS::IAM::Role")["DeploymentRole"]
    assert "Policies" not in role
    policy = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
    assert role["ManagedPolicyArns"] == [{"Fn::Sub": policy}]


def roles_of_our_own() -> set[str]:
    return resources("AWS::IAM::Role").keys() - {"DeploymentRole"}


def test_only_log_streams_and_secret_names_have_wildcards() -> None:
    with_wildcard = {
        where for role in roles_of_our_own() for action, where in grants(role) if "*" in action + where or "Logs" in where
    }
    # A table's stream has a label that is not known before the table is there.
    assert with_wildcard == {SECRETS, STREAM} | {f"{camel(function)}Logs.Arn" for function in FUNCTIONS}


def test_only_the_closer_reads_the_due_index_and_queries_cannot_write() -> None:
    readers = {role for role in roles_of_our_own() for _, where in grants(role) if where.endswith("/index/due")}
    assert readers == {"CloseIdleSessionsRole"}
    for function in ("recent_sessions", "charts", "schemas", "console"):
        actions = {action for action, _ in grants(f"{camel(function)}Role") - log_grants(function)}
        assert actions <= {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}


def test_only_api_gateway_and_the_schedule_can_call_functions() -> None:
    called_by = {permission["Principal"] for permission in resources("AWS::Lambda::Permission").values()}
    assert called_by == {"apigateway.amazonaws.com"}
    attached = {name for name, one in transformed()["Resources"].items() if "Policy" in one["Type"]}
    assert attached == {"CloseIdleSessionsFurtherRuns"}
