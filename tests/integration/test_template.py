"""template.yaml: what each function may do, and that CloudFormation will take it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.template import ROOT, as_yaml, transformed

TABLE = "Table.Arn"
SECRETS = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mediabeat/${AWS::StackName}/access-key/*"
FUNCTIONS = {path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").is_file()}


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in transformed()["Resources"].items() if one["Type"] == kind}


def logical_id(function: str) -> str:
    return "".join(part.capitalize() for part in function.split("_")) + "Function"


def where(resource: Any) -> str:
    return ".".join(resource["Fn::GetAtt"]) if "Fn::GetAtt" in resource else resource["Fn::Sub"]


def grants(function: str) -> set[tuple[str, str]]:
    role = resources("AWS::IAM::Role")[f"{logical_id(function)}Role"]
    statements = [
        statement for policy in role.get("Policies", []) for statement in _listed(policy["PolicyDocument"]["Statement"])
    ]
    assert all(statement["Effect"] == "Allow" for statement in statements)
    return {(action, where(statement["Resource"])) for statement in statements for action in _listed(statement["Action"])}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_each_function_may_do_only_what_it_does() -> None:
    assert {function: grants(function) for function in FUNCTIONS} == {
        "create_session": {("dynamodb:BatchGetItem", TABLE), ("dynamodb:PutItem", TABLE)},
        "ingest_event": {("dynamodb:UpdateItem", TABLE), ("dynamodb:PutItem", TABLE), ("dynamodb:Query", TABLE)},
        "close_idle_sessions": {
            ("dynamodb:Query", "${Table.Arn}/index/due"),
            ("dynamodb:Query", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:DeleteItem", TABLE),
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


def test_every_function_folder_is_deployed_with_a_log_group_that_forgets() -> None:
    deployed = resources("AWS::Lambda::Function")
    assert set(deployed) == {logical_id(function) for function in FUNCTIONS}
    groups = resources("AWS::Logs::LogGroup")
    for properties in deployed.values():
        group = properties["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_a_secret_is_read_where_the_operator_s_command_keeps_it() -> None:
    prefix = {"Fn::Sub": "mediabeat/${AWS::StackName}/access-key/"}
    variables = resources("AWS::Lambda::Function")["ChannelsFunction"]["Environment"]["Variables"]
    assert variables["ACCESS_KEY_SECRETS"] == prefix
    assert transformed()["Outputs"]["AccessKeySecrets"]["Value"] == prefix
    assert SECRETS.endswith(f":secret:{prefix['Fn::Sub']}*")


def test_the_transformed_template_passes_cfn_lint(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(as_yaml(transformed()))
    lint = subprocess.run([Path(sys.executable).parent / "cfn-lint", str(path)], capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")
