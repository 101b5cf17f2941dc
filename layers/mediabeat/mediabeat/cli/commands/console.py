"""`mediabeat console`: the page of the local cloud in the browser."""

import click

from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder


@click.command()
@click.option("--print-only", is_flag=True, help="Print address, project and key, and open no browser.")
def console(print_only: bool) -> None:
    """Open the console in the browser.

    The console is a page of the local cloud. It asks for the project id and the API key, which this command prints.
    """
    cloud = lifecycle.require(StateFolder.of_user())
    click.echo(f"console      {cloud.console}")
    click.echo(f"project id   {cloud.project_id}")
    click.echo(f"API key      {cloud.api_key}")
    if not print_only and click.launch(cloud.console):
        click.echo("No browser could be started here. Open the address yourself.")
