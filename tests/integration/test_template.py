"""template.yaml: that CloudFormation will take it, and that it is watched and bounded."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mediabeat.core.close_rules import CloseReason
from mediabeat.protocols.vod_station import gateway
from mediabeat.runtime import http_api
from mediabeat.runtime.telemetry import NAMESPACE
from mediabeat.use_cases.erase_viewer import UNDER_WAY_S
from tests.integration.test_permissions import grants
from tests.support.template import FUNCTIONS, as_yaml, camel, resources, transformed


def test_a_run_that_fails_goes_to_the_queue_whoever_failed() -> None:
    [schedule] = resources("AWS::Scheduler::Schedule").values()
    [asynchronous] = resources("AWS::Lambda::EventInvokeConfig").values()
    queue = {"Fn::GetAtt": ["FailedRuns", "Arn"]}
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": queue}
    assert asynchronous["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
    assert resources("AWS::SQS::Queue")["FailedRuns"] == {"MessageRetentionPeriod": 14 * 86_400}


def test_every_route_is_throttled_and_the_defaults_fit_into_a_new_account_s_limits() -> None:
    [stage] = resources("AWS::ApiGatewayV2::Stage").values()
    limits = [stage["DefaultRouteSettings"], *stage["RouteSettings"].values()]
    assert all(limit.keys() == {"ThrottlingRateLimit", "ThrottlingBurstLimit"} for limit in limits)  # one alone makes the other 0
    [api] = resources("AWS::ApiGatewayV2::Api").values()
    routes = {f"{method.upper()} {path}" for path, operations in api["Body"]["paths"].items() for method in operations}
    assert set(stage["RouteSettings"]) <= routes  # a name that is no route fails the deployment
    default = {name: parameter.get("Default") for name, parameter in transformed()["Parameters"].items()}
    assert default["EventsPerSecond"] + 2 * default["StartsPerSecond"] + 10 * default["QueriesPerSecond"] < 10_000


def test_every_alarm_says_what_to_do_and_tells_somebody() -> None:
    alarms = resources("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        assert len(alarm["AlarmDescription"].split(". ")) >= 2, name
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}], name
        assert alarm["TreatMissingData"] == ("breaching" if name == "CloserStopped" else "notBreaching"), name


def test_what_the_emulator_cannot_compute_is_made_in_aws_all_the_same() -> None:
    conditions = {
        name: one.get("Condition") for name, one in transformed()["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    computed = {name for name, alarm in resources("AWS::CloudWatch::Alarm").items() if "Metrics" in alarm}
    assert conditions == {name: "HasComputedAlarms" if name in computed else None for name in conditions}
    assert transformed()["Parameters"]["ComputedAlarms"]["Default"] == "on"


def test_what_alarms_and_dashboard_look_at_is_what_is_counted() -> None:
    channels = {failure.status for failure in (*gateway._REFUSALS.values(), *gateway._FAILURES.values())}
    statuses = {*http_api._STATUS.values(), *channels, 500}
    counted = {
        *("EventsAccepted", "SessionsStarted", "Retries", "CloseLag", "CloseFailed", "LeftOver"),
        *(f"Refused{status}" for status in statuses),
        *(f"Closed{reason.title().replace('_', '')}" for reason in CloseReason),
    }
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    shown = {name for widget in json.loads(body)["widgets"] for name in _own_metrics(widget["properties"]["metrics"])}
    assert shown == counted
    service = "${AWS::StackName}-${Stage}"
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        for metric in [alarm, *(one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one)]:
            if metric.get("Namespace") == NAMESPACE:
                assert metric["MetricName"] in counted
                assert metric["Dimensions"] == [{"Name": "service", "Value": {"Fn::Sub": service}}]
    for function in resources("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == {"Fn::Sub": service}


def _own_metrics(metrics: list[list[Any]]) -> list[str]:
    namespace, names = "", []
    for metric in metrics:
        namespace = namespace if metric[0] == "." else metric[0]
        if namespace == NAMESPACE:
            names.append(metric[1])
    return names


def test_every_function_folder_is_deployed_with_a_log_group_that_forgets() -> None:
    deployed = resources("AWS::Lambda::Function")
    assert set(deployed) == {f"{camel(function)}Function" for function in FUNCTIONS}
    groups = resources("AWS::Logs::LogGroup")
    for properties in deployed.values():
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_lambda_itself_logs_nothing_of_a_call_that_went_well_and_drops_no_line_of_ours() -> None:
    for properties in resources("AWS::Lambda::Function").values():
        logging = properties["LoggingConfig"] | {"LogGroup": None}
        assert logging == {
            "LogGroup": None,
            "LogFormat": "JSON",
            "SystemLogLevel": "WARN",
            "ApplicationLogLevel": {"Ref": "LogLevel"},
        }
    assert transformed()["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]


def test_a_secret_is_read_where_the_operator_s_command_keeps_it() -> None:
    prefix = {"Fn::Sub": "mediabeat/${AWS::StackName}/access-key/"}
    variables = resources("AWS::Lambda::Function")["ChannelsFunction"]["Environment"]["Variables"]
    assert variables["ACCESS_KEY_SECRETS"] == prefix
    assert transformed()["Outputs"]["AccessKeySecrets"]["Value"] == prefix
    assert {where for _, where in grants("ChannelsRole") if where.endswith(f":secret:{prefix['Fn::Sub']}*")} != set()


def test_only_the_function_that_starts_sessions_is_told_where_the_key_of_viewers_hashes_is() -> None:
    variables = {name: one["Environment"]["Variables"] for name, one in resources("AWS::Lambda::Function").items()}
    told = {name: values["VIEWER_KEY_SECRET"] for name, values in variables.items() if "VIEWER_KEY_SECRET" in values}
    assert told == {"CreateSessionFunction": {"Ref": "ViewerKey"}}
    assert transformed()["Outputs"]["ViewerKeySecret"]["Value"] == {"Ref": "ViewerKey"}


def test_what_cannot_be_made_again_outlives_its_stack() -> None:
    policies = {name: one.get("DeletionPolicy", "Delete") for name, one in transformed()["Resources"].items()}
    kept = {name: policy for name, policy in policies.items() if policy != "Delete"}
    assert kept == {"Table": "Retain", "ViewerKey": "RetainExceptOnCreate"}
    assert resources("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"] is True


def test_what_erasing_waits_for_has_ended_by_then() -> None:
    deployed = resources("AWS::Lambda::Function")
    timeouts_s = [deployed[f"{camel(function)}Function"]["Timeout"] for function in ("create_session", "ingest_event")]
    assert max(timeouts_s) < UNDER_WAY_S


def test_api_gateway_is_not_told_to_log_who_called() -> None:
    assert not {"sourceIp", "context.identity"} & set(re.findall(r"sourceIp|context\.identity", as_yaml(transformed())))


def test_the_transformed_template_passes_cfn_lint(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(as_yaml(transformed()))
    lint = subprocess.run([Path(sys.executable).parent / "cfn-lint", str(path)], capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")


def test_the_table_can_be_brought_back() -> None:
    table = transformed()["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
