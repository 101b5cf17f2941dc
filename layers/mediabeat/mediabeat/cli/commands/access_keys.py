"""`mediabeat access-key`: the keys that sign calls about channels."""

import click

from mediabeat.cli import access_keys
from mediabeat.cli.commands.options import on_deployment
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.tables import print_rows
from mediabeat.cli.terminal.times import utc


@click.group("access-key")
def access_key() -> None:
    """Create, list and disable access keys.

    Clients sign their calls about channels with an access key.
    """


@access_key.command("create")
@click.argument("project")
@on_deployment
def create_access_key(project: str, deployment: Target) -> None:
    """Create an access key and print its secret.

    The key belongs to PROJECT. Keep the secret: this command shows it only once.
    """
    key, secret = access_keys.create(project, deployment)
    click.echo(f"access key   {key.id}")
    click.echo(f"secret key   {secret}")


@access_key.command("list")
@click.argument("project", required=False)
@on_deployment
def list_access_keys(project: str | None, deployment: Target) -> None:
    """List the access keys.

    Lists those of PROJECT, or those of all projects.
    """
    keys = deployment.registry.access_keys(project)
    rows = [(key.id, key.project_id, utc(key.created_at), "enabled" if key.enabled else "disabled") for key in keys]
    print_rows(("access key", "project", "created", "status"), rows)


@access_key.command("disable")
@click.argument("access_key_id", metavar="ID")
@on_deployment
def disable_access_key(access_key_id: str, deployment: Target) -> None:
    """Disable an access key at once.

    A disabled key cannot be enabled again; create a new one.
    """
    access_keys.disable(access_key_id, deployment)
    click.echo(f"The access key {access_key_id} is disabled.")
