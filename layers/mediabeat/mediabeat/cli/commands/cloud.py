"""`mediabeat up`, `down` and `status`: the local cloud."""

import json
from dataclasses import asdict

import click
from rich.console import Console

from mediabeat.cli.commands.options import port_option, quiet_minutes_option
from mediabeat.cli.local_cloud import background, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.steps import Steps


@click.command()
@port_option
@quiet_minutes_option(default=10)
def up(port: int | None, quiet_minutes: float) -> None:
    """Start the local cloud, or update its code.

    If the local cloud is up already, `up` deploys the code of this checkout to it.
    """
    steps = Steps(Console(stderr=True))
    cloud = lifecycle.up(StateFolder.of_user(), steps, port, quiet_minutes)
    click.echo(f"mediabeat is up at {cloud.url} after {steps.elapsed_s:.0f} s")
    click.echo(f"  project id   {cloud.project_id}   (players send it as analytics.reportSuite)")
    click.echo("  API key      mediabeat status --key")
    click.echo(f"  console      {cloud.console}")
    click.echo(f"  log          {cloud.log}")


@click.command()
def down() -> None:
    """Stop the local cloud and keep its data."""
    stopped = lifecycle.down(StateFolder.of_user(), Steps(Console(stderr=True)))
    click.echo("mediabeat is down; its data is kept." if stopped else "mediabeat is not up.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--key", "only_key", is_flag=True, help="Print the project's API key and nothing else.")
def status(as_json: bool, only_key: bool) -> None:
    """Show address and API key of the local cloud.

    Exits with 1 if the local cloud is not up.
    """
    if as_json and only_key:
        raise click.UsageError("--json and --key exclude each other.")
    folder = StateFolder.of_user()
    if only_key:
        click.echo(lifecycle.require(folder).api_key)
        return
    found = lifecycle.status(folder)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
    else:
        for name, value in asdict(found).items():
            click.echo(f"{name.replace('_', ' '):<12} {'-' if value is None else value}")
        if found.running and (viewers := background.running(folder)):
            click.echo(f"{'viewers':<12} {viewers}")
    raise SystemExit(0 if found.running else 1)
