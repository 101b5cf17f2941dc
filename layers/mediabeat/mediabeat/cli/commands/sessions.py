"""`mediabeat sessions`: the newest sessions of the local project."""

import json

import click
from rich.console import Console

from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.queries import recent_sessions
from mediabeat.cli.terminal import tables


@click.command()
@click.option("--limit", type=click.IntRange(1, 100), help="List at most this many sessions.  [default: 100]")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer as it is.")
def sessions(limit: int | None, as_json: bool) -> None:
    """List the newest sessions."""
    answer = recent_sessions(lifecycle.require(StateFolder.of_user()), limit)
    if as_json:
        click.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        Console().print(tables.sessions_table(answer["result"]))
