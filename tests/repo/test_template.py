"""template.yaml: CloudFormation accepts it, alarms watch it, and limits bound it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediabeat.openapi import openapi
from mediabeat.runtime.telemetry import METRICS, NAMESPACE
from mediabeat.use_cases.erase_viewer import UNDER_WAY_S
from tests.support.permissions import grants
from tests.support.template import FUNCTIONS, as_yaml, camel, resources, transformed


def test_failed_runs_and_failed_starts_go_to_the_queue() -> None:
    [schedule] = resources("AWS::Scheduler::Schedule").values()
    [asynchronous] = resources("AWS::Lambda::EventInvokeConfig").values()
    queue = {"Fn::GetAtt": ["FailedRuns", "Arn"]}
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": queue}
    assert asynchronous["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
    assert resources("AWS::SQS::Queue")["FailedRuns"] == {"MessageRetentionPeriod": 14 * 86_400}


def test_every_route_is_throttled_within_the_limits_of_a_new_account() -> None:
    [stage] = resources("AWS::ApiGatewayV2::Stage").values()
    limits = [stage["DefaultRouteSettings"], *stage["RouteSettings"].values()]
    assert all(limit.keys() == {"ThrottlingRateLimit", "ThrottlingBurstLimit"} for limit in limits)  # one alone makes the other 0
    [api] = resources("AWS::ApiGatewayV2::Api").values()
    routes = {f"{method.upper()} {path}" for path, operations in api["Body"]["paths"].items() for method in operations}
    assert set(stage["RouteSettings"]) <= routes  # a name that is no route fails the deployment
    default = {name: parameter.get("Default") for name, parameter in transformed()["Parameters"].items()}
    assert default["EventsPerSecond"] + 2 * default["StartsPerSecond"] + 10 * default["QueriesPerSecond"] < 10_000


def test_every_alarm_says_what_to_do_and_notifies_the_operator() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        assert len(alarm["AlarmDescription"].split(". ")) >= 2, name
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["TreatMissingData"] == ("breaching" if name == "CloserStopped" else "notBreaching"), name


def test_computed_alarms_are_left_out_only_in_the_local_cloud() -> None:
    conditions = {
        name: one.get("Condition") for name, one in transformed()["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    computed = {name for name, alarm in resources("AWS::CloudWatch::Alarm").items() if "Metrics" in alarm}
    assert conditions == {name: "HasComputedAlarms" if name in computed else None for name in conditions}
    assert transformed()["Parameters"]["ComputedAlarms"]["Default"] == "on"


def test_dashboard_and_alarms_show_exactly_the_published_metrics() -> None:
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    shown = {name for widget in json.loads(body)["widgets"] for name in _own_metrics(widget["properties"]["metrics"])}
    assert shown == set(METRICS)
    service = "${AWS::StackName}-${Stage}"
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        for metric in [alarm, *(one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one)]:
            if metric.get("Namespace") == NAMESPACE:
                assert metric["MetricName"] in METRICS
                assert metric["Dimensions"] == [{"Name": "service", "Value": {"Fn::Sub": service}}]
    for function in resources("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == {"Fn::Sub": service}


def test_every_status_of_a_refusal_has_a_metric_on_the_dashboard() -> None:
    operations = [each for path in openapi("0")["paths"].values() for name, each in path.items() if name != "parameters"]
    refused = {int(status) for operation in operations for status in operation["responses"] if int(status) >= 400}
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    assert {f"Refused{status}" for status in refused | {500}} == set(re.findall(r"Refused\d+", body))


def _own_metrics(metrics: list[list[Any]]) -> list[str]:
    namespace, names = "", []
    for metric in metrics:
        namespace = namespace if metric[0] == "." else metric[0]
        if namespace == NAMESPACE:
            names.append(metric[1])
    return names


def test_every_function_is_deployed_with_a_log_group_that_expires() -> None:
    deployed = resources("AWS::Lambda::Function")
    assert set(deployed) == {f"{camel(function)}Function" for function in FUNCTIONS}
    groups = resources("AWS::Logs::LogGroup")
    for properties in deployed.values():
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_lambda_adds_no_lines_to_successful_calls_and_drops_no_metrics() -> None:
    for properties in resources("AWS::Lambda::Function").values():
        logging = properties["LoggingConfig"] | {"LogGroup": None}
        assert logging == {
            "LogGroup": None,
            "LogFormat": "JSON",
            "SystemLogLevel": "WARN",
            "ApplicationLogLevel": {"Ref": "LogLevel"},
        }
    assert transformed()["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_channels_function_reads_secrets_where_the_command_stores_them() -> None:
    prefix = {"Fn::Sub": "mediabeat/${AWS::StackName}/access-key/"}
    variables = resources("AWS::Lambda::Function")["ChannelsFunction"]["Environment"]["Variables"]
    assert variables["ACCESS_KEY_SECRETS"] == prefix
    assert transformed()["Outputs"]["AccessKeySecrets"]["Value"] == prefix
    assert {where for _, where in grants("ChannelsRole") if where.endswith(f":secret:{prefix['Fn::Sub']}*")} != set()


def test_only_create_session_gets_the_name_of_the_viewer_key() -> None:
    variables = {name: one["Environment"]["Variables"] for name, one in resources("AWS::Lambda::Function").items()}
    told = {name: values["VIEWER_KEY_SECRET"] for name, values in variables.items() if "VIEWER_KEY_SECRET" in values}
    assert told == {"CreateSessionFunction": {"Ref": "ViewerKey"}}
    assert transformed()["Outputs"]["ViewerKeySecret"]["Value"] == {"Ref": "ViewerKey"}


def test_table_and_viewer_key_outlive_the_stack() -> None:
    policies = {name: one.get("DeletionPolicy", "Delete") for name, one in transformed()["Resources"].items()}
    kept = {name: policy for name, policy in policies.items() if policy != "Delete"}
    assert kept == {"Table": "Retain", "ViewerKey": "RetainExceptOnCreate"}
    assert resources("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"] is True


def test_erasing_waits_longer_than_any_writing_function_can_run() -> None:
    deployed = resources("AWS::Lambda::Function")
    timeouts_s = [deployed[f"{camel(function)}Function"]["Timeout"] for function in ("create_session", "ingest_event")]
    assert max(timeouts_s) < UNDER_WAY_S


def test_api_gateway_does_not_log_callers() -> None:
    assert not {"sourceIp", "context.identity"} & set(re.findall(r"sourceIp|context\.identity", as_yaml(transformed())))


@pytest.mark.slow
def test_transformed_template_passes_cfn_lint(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(as_yaml(transformed()))
    lint = subprocess.run([Path(sys.executable).parent / "cfn-lint", str(path)], capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")


def test_table_can_be_restored_to_any_point_in_time() -> None:
    table = transformed()["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
