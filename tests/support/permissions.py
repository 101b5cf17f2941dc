"""The permissions of the functions' roles, as CloudFormation makes them of template.yaml."""

from fnmatch import fnmatchcase
from typing import Any, Final

from tests.support.template import camel, resources

TABLE: Final = "Table.Arn"
TABLE_NAME: Final = {"Fn::If": ["HasRestoredTable", {"Ref": "RestoredTable"}, {"Ref": "Table"}]}
STREAM: Final = f"${{{TABLE}}}/stream/*"
QUEUE: Final = "FailedRuns.Arn"
SECRETS: Final = (
    "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mediabeat/${AWS::StackName}/access-key/*"
)
FURTHER_RUNS: Final = ("lambda:InvokeFunction", "CloseIdleSessionsFunction.Arn")

Grants = set[tuple[str, str]]
"""Pairs of one action and one resource."""


def grants(role: str) -> Grants:
    """Return all that a role allows; it has no managed policy. Some of it may depend on keys, see `may_touch`."""
    return {
        (action, _name_of(resource))
        for statement in _statements(role)
        if statement["Effect"] == "Allow"
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def may_touch(role: str, action: str, partition: str) -> bool:
    """Return whether a role may do something in a partition of the table, as IAM decides: a denial is stronger."""
    effects = {
        statement["Effect"]
        for statement in _statements(role)
        if action in as_list(statement["Action"])
        and TABLE in map(_name_of, as_list(statement["Resource"]))
        and _applies_to(statement, partition)
    }
    return effects == {"Allow"}


def _applies_to(statement: dict[str, Any], partition: str) -> bool:
    # With one key in a request, as here, both operators mean the same.
    for operator, keys in statement.get("Condition", {}).items():
        assert operator in ("ForAnyValue:StringLike", "ForAllValues:StringLike")
        assert keys.keys() == {"dynamodb:LeadingKeys"}
        if not any(fnmatchcase(partition, pattern) for pattern in as_list(keys["dynamodb:LeadingKeys"])):
            return False
    return True


def _statements(role: str) -> list[dict[str, Any]]:
    properties = resources("AWS::IAM::Role")[role]
    assert properties.keys() <= {"AssumeRolePolicyDocument", "PermissionsBoundary", "Policies", "Tags"}
    attached = [policy for policy in resources("AWS::IAM::Policy").values() if {"Ref": role} in policy["Roles"]]
    policies = [*properties["Policies"], *attached]
    return [one for policy in policies for one in as_list(policy["PolicyDocument"]["Statement"])]


def log_grants(function: str) -> Grants:
    """Return what a function needs to append to its own log group, whose ARN ends in `:*`: all streams of the group."""
    return {(action, f"{camel(function)}Logs.Arn") for action in ("logs:CreateLogStream", "logs:PutLogEvents")}


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and anything else as a list of one item."""
    return value if isinstance(value, list) else [value]


def _name_of(resource: Any) -> str:
    [(function, name)] = resource.items()  # {"Ref": …}, {"Fn::GetAtt": […]} or {"Fn::Sub": …}
    if function == "Fn::Sub" and isinstance(name, list):
        pattern, [used] = name[0], name[1].values()
        assert used == TABLE_NAME
        assert pattern.startswith("arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Name}")
        index = pattern.partition("${Name}")[2]
        return f"${{{TABLE}}}{index}" if index else TABLE
    return ".".join(name) if isinstance(name, list) else str(name)
