"""template.yaml: CloudFormation accepts it, alarms watch it, and limits bound it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from mediabeat.openapi import openapi
from mediabeat.runtime.telemetry import METRICS, NAMESPACE
from mediabeat.use_cases.erase_viewer import UNDER_WAY_S
from tests.support.permissions import TABLE_NAME, grants
from tests.support.template import FUNCTIONS, ROOT, as_yaml, camel, resources, transformed


def test_failed_runs_and_failed_starts_go_to_the_queue() -> None:
    [schedule] = resources("AWS::Scheduler::Schedule").values()
    [asynchronous] = resources("AWS::Lambda::EventInvokeConfig").values()
    queue = {"Fn::GetAtt": ["FailedRuns", "Arn"]}
    assert schedule["Target"]["DeadLetterConfig"] == {"Arn": queue}
    assert asynchronous["DestinationConfig"] == {"OnFailure": {"Destination": queue}}
    assert resources("AWS::SQS::Queue")["FailedRuns"] == {"MessageRetentionPeriod": 14 * 86_400}


def test_stream_is_read_once_and_batches_that_fail_are_repeated_for_a_day() -> None:
    [mapping] = resources("AWS::Lambda::EventSourceMapping").values()  # users' functions have the other reader of a shard
    assert mapping["FunctionName"] == {"Ref": "RollUpFunction"}
    assert (mapping["StartingPosition"], mapping["ParallelizationFactor"]) == ("TRIM_HORIZON", 1)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (1_000, 20)
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (50, 23 * 3_600)  # a stream keeps 24 hours
    assert mapping["BisectBatchOnFunctionError"] is False  # viewers per minute are counted by the batch
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["FailedRuns", "Arn"]}}}
    assert "FunctionResponseTypes" not in mapping  # the emulator takes a batch with failed items for a success


def test_roll_ups_are_fed_by_the_stream_of_the_table_in_use() -> None:
    [mapping] = resources("AWS::Lambda::EventSourceMapping").values()
    where = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${RestoredTable}/stream/${RestoredStream}"
    own = {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert mapping["EventSourceArn"] == {"Fn::If": ["HasRestoredTable", {"Fn::Sub": where}, own]}
    rule = transformed()["Rules"]["RestoredTableHasItsStream"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "RestoredTable"}, ""]}]}
    assert [one["Assert"] for one in rule["Assertions"]] == [{"Fn::Not": [{"Fn::Equals": [{"Ref": "RestoredStream"}, ""]}]}]


def limits_by_size(setting: Any) -> dict[str, dict[str, Any]]:
    """Return what a route's settings are for each value of `Size`."""
    if "Fn::If" not in setting:
        return dict.fromkeys(("small", "medium", "large"), setting)
    condition, then, otherwise = setting["Fn::If"]
    size = {"IsMedium": "medium", "IsLarge": "large"}[condition]
    return limits_by_size(otherwise) | {size: limits_by_size(then)["small"]}


EVENTS: Final = {
    "Api": {"POST /api/v1/sessions/{sid}/events"},
    "EdgeApi": {"POST /va/v1/{event}", "POST /{hint}/va/v1/{event}"},
}
"""The routes of events of each API. Their limits are those of the stage."""


def stage_of(api: str) -> dict[str, Any]:
    return next(one for one in resources("AWS::ApiGatewayV2::Stage").values() if one["ApiId"] == {"Ref": api})


def route_limits(size: str, api: str = "Api") -> dict[str, dict[str, Any]]:
    return {route: limits_by_size(setting)[size] for route, setting in stage_of(api)["RouteSettings"].items()}


def routes(api: str) -> set[str]:
    body = resources("AWS::ApiGatewayV2::Api")[api]["Body"]
    return {f"{method.upper()} {path}" for path, operations in body["paths"].items() for method in operations}


@pytest.mark.parametrize("api", EVENTS)
def test_every_route_but_that_of_events_has_its_own_limits(api: str) -> None:
    events = {"Ref": "EventsPerSecond"}
    assert stage_of(api)["DefaultRouteSettings"] == {"ThrottlingRateLimit": events, "ThrottlingBurstLimit": events}
    assert set(stage_of(api)["RouteSettings"]) == routes(api) - EVENTS[api]  # one that is no route fails


def test_edge_api_names_the_origin_of_a_page_and_its_stage_begins_every_path() -> None:
    # Source: AWS. `AllowCredentials` is refused with `*`; the collection API needs `*` for pages of packaged apps.
    cors = {name: api["Body"]["x-amazon-apigateway-cors"] for name, api in resources("AWS::ApiGatewayV2::Api").items()}
    assert (cors["EdgeApi"]["allowOrigins"], cors["EdgeApi"]["allowCredentials"]) == (["https://*", "http://*"], True)
    assert cors["Api"]["allowOrigins"] == ["*"]
    assert stage_of("EdgeApi")["StageName"] == "ee"
    [mapping] = [one for one in resources("AWS::ApiGatewayV2::ApiMapping").values() if one["ApiId"] == {"Ref": "EdgeApi"}]
    assert mapping["ApiMappingKey"] == "ee"


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_limits_of_routes_are_plain_numbers(size: str) -> None:
    for limits in [limits for api in EVENTS for limits in route_limits(size, api).values()]:
        assert limits.keys() - {"DetailedMetricsEnabled"} == {
            "ThrottlingRateLimit",
            "ThrottlingBurstLimit",
        }  # one alone
        assert all(type(limit) in (int, bool) for limit in limits.values())


@pytest.mark.parametrize(
    ("api", "start", "downloaded"),
    [
        ("Api", "POST /api/v1/sessions", "POST /api/v1/downloaded"),
        ("EdgeApi", "POST /va/v1/sessionStart", "POST /va/v1/downloaded"),
    ],
)
def test_every_route_is_throttled_within_the_limits_of_a_new_account(api: str, start: str, downloaded: str) -> None:
    default = {name: parameter.get("Default") for name, parameter in transformed()["Parameters"].items()}
    rates = {route: limits["ThrottlingRateLimit"] for route, limits in route_limits(default["Size"], api).items()}
    assert default["EventsPerSecond"] + sum(rates.values()) < 10_000
    assert 1.15 * default["EventsPerSecond"] + 5 * rates[start] <= 4_000  # write units of a new table
    assert rates[downloaded] <= 5
    assert max(limits["ThrottlingBurstLimit"] for limits in route_limits("large", api).values()) < 5_000  # of any account


def test_routes_with_a_metric_of_their_own_are_those_of_the_alarm() -> None:
    detailed = {route for route, limits in route_limits("small").items() if limits.get("DetailedMetricsEnabled")}
    metrics = resources("AWS::CloudWatch::Alarm")["StartsRefused"]["Metrics"]
    dimensions = [{d["Name"]: d["Value"] for d in m["MetricStat"]["Metric"]["Dimensions"]} for m in metrics if "MetricStat" in m]
    assert {f"{one['Method']} {one['Resource']}" for one in dimensions} == detailed
    assert {one["Stage"] for one in dimensions} == {"$default"}


def test_no_route_takes_preflights_from_api_gateway() -> None:
    assert not {route for api in EVENTS for route in routes(api) if route.startswith(("ANY ", "OPTIONS ", "X-AMAZON"))}


def test_alarms_have_at_most_the_ten_metrics_that_cloudwatch_allows() -> None:
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        assert sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) <= 10, name


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
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"][0]
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
    body = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"][0]
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


def test_only_functions_that_start_sessions_get_the_name_of_the_viewer_key() -> None:
    variables = {name: one["Environment"]["Variables"] for name, one in resources("AWS::Lambda::Function").items()}
    told = {name: values["VIEWER_KEY_SECRET"] for name, values in variables.items() if "VIEWER_KEY_SECRET" in values}
    assert told == {name: {"Ref": "ViewerKey"} for name in ("CreateSessionFunction", "MediaEdgeFunction")}
    assert transformed()["Outputs"]["ViewerKeySecret"]["Value"] == {"Ref": "ViewerKey"}


def test_table_and_viewer_key_outlive_the_stack() -> None:
    policies = {name: one.get("DeletionPolicy", "Delete") for name, one in transformed()["Resources"].items()}
    kept = {name: policy for name, policy in policies.items() if policy != "Delete"}
    assert kept == {"Table": "Retain", "ViewerKey": "RetainExceptOnCreate"}
    assert resources("AWS::DynamoDB::Table")["Table"]["DeletionProtectionEnabled"] is True


def test_erasing_waits_longer_than_any_writing_function_can_run() -> None:
    deployed = resources("AWS::Lambda::Function")
    timeouts_s = [
        deployed[f"{camel(function)}Function"]["Timeout"]
        for function in ("create_session", "ingest_event", "media_edge", "receive_cmcd")
    ]
    assert max(timeouts_s) < UNDER_WAY_S


def test_api_gateway_does_not_log_callers() -> None:
    assert re.findall(r"sourceIp|userAgent|context\.(?:identity|path|extendedRequestId)", as_yaml(transformed())) == []


@pytest.mark.slow
@pytest.mark.parametrize("deployment_preference", ["AllAtOnce", "Canary10Percent5Minutes"])
def test_transformed_template_passes_cfn_lint(deployment_preference: str, tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(as_yaml(transformed(deployment_preference)))
    lint = subprocess.run([Path(sys.executable).parent / "cfn-lint", str(path)], capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.slow
def test_template_as_it_is_written_passes_cfn_lint() -> None:
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(ROOT / "template.yaml")]
    lint = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")


def test_restored_table_takes_the_place_of_the_stacks_own_everywhere() -> None:
    for name, one in transformed()["Resources"].items():
        if one["Type"] != "AWS::DynamoDB::Table":
            text = json.dumps(one)
            assert text.count('{"Ref": "Table"}') == text.count(json.dumps(TABLE_NAME)), name
            assert "Table.Arn" not in text, name
    assert transformed()["Outputs"]["TableName"]["Value"] == TABLE_NAME


def test_variables_that_only_sam_local_sets_are_empty() -> None:
    for properties in resources("AWS::Lambda::Function").values():
        variables = properties["Environment"]["Variables"]
        assert {variables[name] for name in variables if name.startswith("AWS_ENDPOINT_URL_")} == {""}


def test_table_can_be_restored_to_any_point_in_time() -> None:
    table = transformed()["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
