"""template.yaml: the API calls published versions, which keep no old settings; CodeDeploy can shift requests to new ones."""

import copy
import json
from collections.abc import Callable, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.intrinsics import evaluated, named_in
from tests.support.template import resources, source, transformed, translated

ALIASED: Final = {
    name
    for name, one in source()["Resources"].items()
    if any(event["Type"] == "HttpApi" for event in one.get("Properties", {}).get("Events", {}).values())
}
"""The functions behind the API."""

GRADUAL: Final = "Canary10Percent5Minutes"

NOT_IN_VERSIONS: Final = {"ReservedConcurrentExecutions", "Tags"}
"""Properties of a function that are no part of a published version."""

OTHER: Final = {"RestoredTable": "restored", "Stage": "test", "AlarmEmail": "you@example.com", "DomainName": "media.example.com"}


def defaults() -> dict[str, str]:
    return {name: str(parameter["Default"]) for name, parameter in source()["Parameters"].items()}


def another(name: str) -> str:
    """Return a value of a parameter that is not its default."""
    parameter = source()["Parameters"][name]
    if allowed := [str(value) for value in parameter.get("AllowedValues", []) if value != parameter["Default"]]:
        return allowed[0]
    return str(parameter["Default"] + 1) if parameter["Type"] == "Number" else OTHER.get(name, "arn:aws:something")


def versions(template: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return the name and the description of each function's version, by the function's name."""
    return {
        one["Properties"]["FunctionName"]["Ref"]: (name, one["Properties"]["Description"])
        for name, one in template["Resources"].items()
        if one["Type"] == "AWS::Lambda::Version"
    }


def published(function: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return what Lambda stores with a version: the function's settings and its layer."""
    properties = resources("AWS::Lambda::Function")[function]
    [layer] = resources("AWS::Lambda::LayerVersion").values()
    settings = {name: value for name, value in properties.items() if name not in NOT_IN_VERSIONS}
    stored: dict[str, Any] = evaluated(settings | {"the layer": layer}, transformed(), parameters)
    return stored


def description(function: str, parameters: Mapping[str, str]) -> str:
    return str(evaluated(versions(transformed())[function][1], transformed(), parameters))


def changed(what: Callable[[str, Mapping[str, str]], Any], function: str) -> set[str]:
    """Return the parameters with which something of a function changes."""
    before = what(function, defaults())
    return {name for name in source()["Parameters"] if what(function, defaults() | {name: another(name)}) != before}


@pytest.mark.parametrize("function", sorted(ALIASED))
def test_description_of_a_version_changes_exactly_with_its_settings(function: str) -> None:
    # One too few, and an old setting stays in service. One too many, and Lambda refuses a version that has no difference.
    assert changed(description, function) == changed(published, function) == SETTINGS | OWN.get(function, set())


SETTINGS: Final = {
    *("RestoredTable", "Stage", "RetentionDays", "QuietMinutes", "StuckMinutes", "MaxAgeHours", "IndexShards"),
    *("LogLevel", "Runtime", "Architecture"),
}

OWN: Final = {"ConsoleFunction": {"Console"}}
"""Parameters that only one function gets."""


def test_cloudformation_replaces_a_version_whose_description_changes() -> None:
    schemas = Path(str(distribution("cfn-lint").locate_file("cfnlint/data/schemas")))
    types = json.loads((schemas / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
    schema = json.loads((schemas / "resources" / f"{types['AWS::Lambda::Version']}.json").read_text(encoding="utf-8"))
    assert "/properties/Description" in schema["createOnlyProperties"]
    assert schema["properties"]["Description"]["maxLength"] == 256


def test_longest_description_is_no_longer_than_lambda_permits() -> None:
    parameters = source()["Parameters"]
    longest = {name: max(map(str, one["AllowedValues"]), key=len) for name, one in parameters.items() if "AllowedValues" in one}
    numbers = {name: "12345.678" for name, one in parameters.items() if one["Type"] == "Number" and name not in longest}
    texts = {"Stage": "s" * 16, "RestoredTable": "t" * parameters["RestoredTable"]["MaxLength"]}
    assert len(description("IngestEventFunction", defaults() | longest | numbers | texts)) <= 256
    assert parameters["RestoredTable"]["MaxLength"] >= len(f"{'s' * 128}-Table-0123456789ABC")  # a table that a stack has made


def test_sam_makes_no_new_version_when_only_parameters_change() -> None:
    # If this fails, SAM has learned it, and the versions need no description.
    all_others = {name: another(name) for name in source()["Parameters"]} | {"DeploymentPreference": "AllAtOnce"}
    assert versions(translated(source(), all_others)) == versions(transformed())


def change(template: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        template = template[key]
    assert template.get(path[-1]) != value
    template[path[-1]] = value


INGEST: Final = ("Resources", "IngestEventFunction", "Properties")


@pytest.mark.parametrize(
    ("path", "value", "new"),
    [
        ((*INGEST, "CodeUri"), "s3://bucket/other", {"IngestEventFunction"}),
        ((*INGEST, "Role"), {"Fn::GetAtt": ["ChannelsRole", "Arn"]}, {"IngestEventFunction"}),
        ((*INGEST, "MemorySize"), 1024, {"IngestEventFunction"}),
        ((*INGEST, "Handler"), "app.other", {"IngestEventFunction"}),
        (("Resources", "CloseIdleSessionsFunction", "Properties", "Timeout"), 50, set()),
        (("Resources", "MediabeatLayer", "Properties", "ContentUri"), "s3://bucket/other", ALIASED),
        (("Globals", "Function", "Timeout"), 9, ALIASED),
        (("Globals", "Function", "Environment", "Variables", "NEW"), "1", ALIASED),
        (("Globals", "Function", "LoggingConfig", "SystemLogLevel"), "INFO", ALIASED),
        (("Parameters", "Stage", "Default"), "test", set()),
    ],
)
def test_functions_that_a_release_changes_get_new_versions(path: tuple[str, ...], value: Any, new: set[str]) -> None:
    template = copy.deepcopy(source())
    change(template, path, value)
    before, after = versions(transformed()), versions(translated(template, {}))
    assert {function for function in before if before[function] != after[function]} == new


def test_resources_that_functions_name_keep_their_ids() -> None:
    # A replaced resource has another id, which no description shows. So what replaces one of these must not be set or change.
    for role in resources("AWS::IAM::Role").values():
        assert not role.keys() & {"RoleName", "Path"}
    assert resources("AWS::SecretsManager::Secret")["ViewerKey"].keys() == {"Description", "GenerateSecretString"}
    for name, group in resources("AWS::Logs::LogGroup").items():
        assert group["LogGroupName"]["Fn::Sub"].startswith("/mediabeat/${AWS::StackName}/"), name


def test_version_is_deleted_when_nothing_calls_it() -> None:
    # A retained one would have made the second attempt of a deployment fail, because Lambda does not publish the same twice.
    for one in transformed()["Resources"].values():
        if one["Type"] == "AWS::Lambda::Version":
            assert (one["DeletionPolicy"], one.get("UpdateReplacePolicy", "Delete")) == ("Delete", "Delete")


def test_api_calls_aliases_and_the_schedule_calls_the_closer_itself() -> None:
    aliases = {name: one["FunctionName"]["Ref"] for name, one in resources("AWS::Lambda::Alias").items()}
    assert set(aliases.values()) == set(versions(transformed())) == ALIASED
    allowed = {permission["FunctionName"]["Ref"] for permission in resources("AWS::Lambda::Permission").values()}
    called = {name for api in resources("AWS::ApiGatewayV2::Api").values() for name in named_in(api["Body"])}
    assert allowed == called & set(transformed()["Resources"]) == set(aliases)
    [schedule] = resources("AWS::Scheduler::Schedule").values()
    [asynchronous] = resources("AWS::Lambda::EventInvokeConfig").values()
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": ["CloseIdleSessionsFunction", "Arn"]}
    assert asynchronous["Qualifier"] == "$LATEST"


def of_codedeploy(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in template["Resources"].items() if "CodeDeploy" in one["Type"]}


def test_deployment_is_all_at_once_unless_the_operator_says_otherwise() -> None:
    assert source()["Parameters"]["DeploymentPreference"]["Default"] == "AllAtOnce"
    assert of_codedeploy(transformed()) == {}
    assert [name for name, one in transformed()["Resources"].items() if "UpdatePolicy" in one] == []


def test_every_preference_of_codedeploy_can_be_chosen() -> None:
    from samtranslator.model.preferences import deployment_preference_collection as preferences

    allowed = source()["Parameters"]["DeploymentPreference"]["AllowedValues"]
    assert set(allowed) == set(preferences.CODEDEPLOY_PREDEFINED_CONFIGURATIONS_LIST)
    condition = source()["Conditions"]["IsGradual"]
    gradual = {value for value in allowed if evaluated(condition, source(), {"DeploymentPreference": value})}
    assert gradual == set(allowed) - {"AllAtOnce"}


def test_gradual_deployment_shifts_every_alias_and_watches_the_functions() -> None:
    template = transformed(GRADUAL)
    parameters = defaults() | {"DeploymentPreference": GRADUAL}
    groups = of_codedeploy(template)
    application = {"ServerlessDeploymentApplication"}
    assert groups.keys() - application == {f"{function}DeploymentGroup" for function in ALIASED}
    for function in ALIASED:
        group = evaluated(groups[f"{function}DeploymentGroup"], template, parameters)
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{GRADUAL}"
        assert group["ServiceRoleArn"] == "<DeploymentRole.Arn>"
        assert group["AlarmConfiguration"] == {
            "Enabled": True,
            "Alarms": [{"Name": "<FunctionsFailing>"}, {"Name": "<QueriesFailing>"}],
        }
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        policy = template["Resources"][f"{function}Aliaslive"]["UpdatePolicy"]
        assert named_in(policy) == {f"{function}DeploymentGroup"} | application
    assert template["Resources"]["DeploymentRole"]["Condition"] == "IsGradual"
    assert "CodeDeployServiceRole" not in template["Resources"]  # SAM's own, which would have no permissions boundary


def test_gradual_deployment_without_its_alarm_is_refused() -> None:
    rule = source()["Rules"]["GradualDeploymentNeedsItsAlarm"]
    [assertion] = rule["Assertions"]
    refused = {
        (preference, alarms)
        for preference in ("AllAtOnce", GRADUAL)
        for alarms in ("on", "off")
        for parameters in [{"DeploymentPreference": preference, "ComputedAlarms": alarms}]
        if evaluated(rule["RuleCondition"], source(), parameters) and not evaluated(assertion["Assert"], source(), parameters)
    }
    assert refused == {(GRADUAL, "off")}


@pytest.mark.parametrize("preference", ["AllAtOnce", GRADUAL])
def test_no_resource_waits_for_itself(preference: str) -> None:
    # CodeDeploy's alarms must not name the API, which waits for the aliases.
    waits_for = {name: named_in(one) for name, one in transformed(preference)["Resources"].items()}
    while free := {name for name, others in waits_for.items() if not others & waits_for.keys()}:
        waits_for = {name: others for name, others in waits_for.items() if name not in free}
    assert waits_for == {}
