"""`mediabeat viewer`: what is stored about viewers."""

import click

from mediabeat.cli import viewers
from mediabeat.cli.commands.options import on_deployment
from mediabeat.cli.target import Target


@click.group()
def viewer() -> None:
    """Erase what is stored about a viewer."""


class _WithIdsLikeOptions(click.Command):
    """A command whose arguments may begin with a dash, and that says how to write these."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. The error for an unknown option also explains `--`."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = f"Write -- before an ID that begins with a dash: {ctx.command_path} PROJECT -- {error.option_name}"
            raise click.UsageError(f"{error.format_message()} {hint}", ctx) from None


@viewer.command("erase", cls=_WithIdsLikeOptions)
@click.argument("project")
@click.argument("viewer_id", metavar="ID")
@on_deployment
def erase_viewer(project: str, viewer_id: str, deployment: Target) -> None:
    """Erase all sessions of a viewer.

    ID is what players of PROJECT send as analytics.visitorId or visitor.marketingCloudUserId, or the uuid in the API's answers.
    Write -- before an ID that begins with a dash.
    The command reads again afterwards, and waits until the charts no longer count the viewer. It exits with 1 if anything is
    left. You may interrupt it and run it again.
    """
    erased = viewers.erase(project, viewer_id, deployment)
    click.echo(viewers.report(erased))
    raise SystemExit(1 if erased.left or erased.is_counted else 0)
