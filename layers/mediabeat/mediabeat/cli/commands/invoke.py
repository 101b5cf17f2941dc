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
@click.option("--print", "only_print", is_flag=True, help="Print the event and call nothing.")
def invoke(function: str, event: Path, only_print: bool) -> None:
    """Call a function with an event from a file.

    FUNCTION is a folder in functions/, and EVENT is a JSON file. The command prints the function's answer, and exits with 1 if
    the function failed.

    The files in events/ belong to the project `sample`, which the local cloud has besides the project `demo`. A signature is
    valid for five minutes. So a call that is signed with an access key of the local cloud is signed anew; --print prints the
    event instead of calling the function.
    """
    if only_print:
        click.echo(json.dumps(invocation.ready_event(lifecycle.require(StateFolder.of_user()), event), indent=1))
        return
    outcome = invocation.invoke(lifecycle.require(StateFolder.of_user()), function, event)
    click.echo(json.dumps(outcome.payload, indent=1, ensure_ascii=False))
    raise SystemExit(1 if outcome.failed else 0)
