"""`mediabeat variables`: what `sam local invoke` needs to run a function against a deployment."""

import json

import click

from mediabeat.cli.commands.options import on_deployment
from mediabeat.cli.target import Target


@click.command()
@on_deployment
def variables(deployment: Target) -> None:
    """Print variables for `sam local invoke`.

    The output is the file for its option --env-vars. It holds the names of the table and the secrets, and for the local cloud its
    address. A container reaches that address with
    --docker-network host.
    """
    click.echo(json.dumps({"Parameters": deployment.variables}, indent=1))
