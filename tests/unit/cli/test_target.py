"""The deployment that an operator's command works on."""

import pytest
from click.testing import CliRunner

from mediabeat.cli.main import main
from mediabeat.cli.target import Target, _target
from mediabeat.cli.terminal.failure import CommandFailed


def no_client(service: str) -> None:
    raise AssertionError(f"nobody asked {service}")


def test_deployment_is_described_by_the_outputs_of_its_stack() -> None:
    outputs = {"TableName": "table", "AccessKeySecrets": "mediabeat/x/access-key/", "ViewerKeySecret": "arn:key"}
    target = _target(outputs | {"IndexShards": "4", "ApiUrl": "https://a"}, no_client)
    assert target == Target("table", "mediabeat/x/access-key/", "arn:key", 4, no_client, None)


def test_old_stack_is_reported_with_the_way_to_update_it() -> None:
    with pytest.raises(CommandFailed) as failed:
        _target({"TableName": "table"}, no_client)
    assert failed.value.message == "The stack has no output AccessKeySecrets; update it with: sam build && sam deploy"


@pytest.mark.parametrize(
    "command",
    [
        ["project", "create", "x"],
        ["project", "list"],
        ["project", "rotate-key", "x"],
        ["project", "delete", "x"],
        ["access-key", "create", "x"],
        ["access-key", "list"],
        ["access-key", "disable", "x"],
        ["viewer", "erase", "x", "jane"],
        ["recompute"],
        ["rollups", "check", "--day", "2026-11-24"],
        ["rollups", "rebuild", "--day", "2026-11-24"],
        ["export", "x", "--to", "nowhere"],
        ["import", "."],
    ],
    ids=" ".join,
)
def test_every_operator_command_takes_a_stack_and_a_region(command: list[str]) -> None:
    lone = CliRunner().invoke(main, [*command, "--region", "eu-west-1"])
    assert (lone.exit_code, "--region goes with --stack." in lone.output) == (2, True)
    assert "--stack" in CliRunner().invoke(main, [*command, "--help"]).output
