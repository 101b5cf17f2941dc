"""template.yaml, read once for all tests."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = {path.name for path in (ROOT / "functions").iterdir() if (path / "app.py").is_file()}


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short forms. Importing cfn-lint's loader would take a second in each process."""


def _long_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    """Return `!Sub x` as `{"Fn::Sub": "x"}`."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = node.value.split(".", 1) if name == "GetAtt" else node.value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _long_form)
_Loader.yaml_implicit_resolvers = {  # a date stays text, as in JSON
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def source() -> dict[str, Any]:
    """The template as it is written."""
    template: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)  # _Loader is safe
    return template


@cache
def transformed(deployment_preference: str = "AllAtOnce") -> dict[str, Any]:
    """The template as CloudFormation gets it, with this value of the parameter; all other parameters change nothing in it."""
    return translated(source(), {"DeploymentPreference": deployment_preference})


def translated(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """What SAM makes of a template. Code that is a folder becomes an object of S3, as `sam package` leaves it."""
    from samtranslator.translator.transform import transform  # takes half a second, which most tests need not spend

    class NoManagedPolicies:
        def load(self) -> dict[str, str]:
            return {}

    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if not properties.get(name, "s3://").startswith("s3://"):
                properties[name] = "s3://bucket/key"
    result: dict[str, Any] = transform(template, parameters, NoManagedPolicies())
    return result


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by their names."""
    return {name: one["Properties"] for name, one in transformed()["Resources"].items() if one["Type"] == kind}


def camel(function: str) -> str:
    """A function's folder as the names of its resources begin."""
    return "".join(part.capitalize() for part in function.split("_"))


def table_definition() -> dict[str, Any]:
    """What `create_table` takes of the template's table."""
    properties = source()["Resources"]["Table"]["Properties"]
    names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    return {name: properties[name] for name in names}


def as_yaml(template: dict[str, Any]) -> str:
    """Write a template for a linter to read."""
    return yaml.safe_dump(json_only(template))


def json_only(value: Any) -> Any:
    """Turn the parser's ordered mappings into plain ones."""
    if isinstance(value, dict):
        return {key: json_only(inner) for key, inner in value.items()}
    return [json_only(inner) for inner in value] if isinstance(value, list) else value
