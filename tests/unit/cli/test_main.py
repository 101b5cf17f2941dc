"""The command as a whole: its help, and the machines that it refuses."""

import sys
from collections.abc import Iterator

import click
import httpx
import pytest
from click.testing import CliRunner

from mediabeat.cli.commands import openapi
from mediabeat.cli.main import main
from mediabeat.cli.terminal.failure import CommandFailed

MAX_SHORT_HELP = 45


def all_commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Yield every command and subcommand with the words that call it."""
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))


@pytest.mark.parametrize(("name", "command"), list(all_commands()), ids=[name for name, _ in all_commands()])
def test_one_line_help_is_a_short_sentence(name: str, command: click.Command) -> None:
    line = command.get_short_help_str(limit=MAX_SHORT_HELP)
    assert 0 < len(line) <= MAX_SHORT_HELP, line
    assert "..." not in line


@pytest.mark.parametrize(
    "arguments", [[], *([name] for name, one in main.commands.items() if isinstance(one, click.Group))], ids=" ".join
)
def test_help_shows_every_command_in_full_at_80_columns(arguments: list[str]) -> None:
    group: click.Group = main
    for name in arguments:
        command = group.commands[name]
        assert isinstance(command, click.Group)
        group = command
    shown = CliRunner().invoke(main, [*arguments, "--help"], terminal_width=80).output
    assert "..." not in shown.partition("Commands:")[2]
    for name, command in group.commands.items():
        assert any(line.split() == [name, *command.get_short_help_str().split()] for line in shown.splitlines())


def test_windows_is_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    refused = CliRunner().invoke(main, ["status"])
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: mediabeat runs on Linux and macOS. On Windows, run it inside WSL.\n",
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError("disk full"), "disk full"),
        (httpx.ConnectError("no route"), "ConnectError: no route"),
        (CommandFailed("not possible"), "not possible"),
    ],
    ids=["disk", "network", "command"],
)
def test_error_outside_our_code_becomes_a_message(monkeypatch: pytest.MonkeyPatch, error: Exception, message: str) -> None:
    def fail(version: str) -> None:
        raise error

    monkeypatch.setattr(openapi, "openapi_document", fail)
    failed = CliRunner().invoke(main, ["openapi"])
    assert (failed.exit_code, failed.output.splitlines()[0]) == (1, f"Error: {message}")
