"""`mediabeat viewer`: what is stored about viewers."""

import click

from mediabeat.cli import viewers
from mediabeat.cli.commands.options import on_deployment
from mediabeat.cli.target import Target


@click.group()
def viewer() -> None:
    """Erase what is stored about a viewer."""


@viewer.command("erase")
@click.argument("project")
@click.argument("viewer_id", metavar="ID")
@on_deployment
def erase_viewer(project: str, viewer_id: str, deployment: Target) -> None:
    """Erase all sessions of a viewer.

    ID is what players of PROJECT send as analytics.visitorId or visitor.marketingCloudUserId, or the uuid in the API's answers.
    The command reads again afterwards, and exits with 1 if anything is left. You may interrupt it and run it again.
    """
    erased = viewers.erase(project, viewer_id, deployment)
    click.echo(viewers.report(erased))
    raise SystemExit(1 if erased.left else 0)
