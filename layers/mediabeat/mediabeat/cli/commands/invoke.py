"""`mediabeat invoke`: one function of the local cloud, called with an event from a file."""

import json
from pathlib import Path

import click

from mediabeat.cli import invocation
from mediabeat.cli.commands.options import FILE
from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder


@click.command()
@click.argument("function")
@click.argument("event", type=FILE)
def invoke(function: str, event: Path) -> None:
    """Call a function with an event from a file.

    FUNCTION is a folder in functions/, and EVENT is a JSON file. The command prints the function's answer, and exits with 1 if
    the function failed.

    The file may contain placeholders. {{project_id}} and {{api_key}} are those of the local project. {{sid}} is a session that
    this command starts with the body in events/create_session.json. {{access_key}}, {{timestamp}} and {{signature}} sign the
    request in the file.
    """
    outcome = invocation.invoke(lifecycle.require(StateFolder.of_user()), function, event)
    click.echo(json.dumps(outcome.payload, indent=1, ensure_ascii=False))
    raise SystemExit(1 if outcome.failed else 0)
