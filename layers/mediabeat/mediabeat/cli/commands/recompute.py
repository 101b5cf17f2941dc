"""`mediabeat recompute`: today's formulas on closed sessions."""

from datetime import datetime

import click

from mediabeat.cli.commands.options import on_deployment, since_option
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.times import epoch_ms
from mediabeat.use_cases import recompute_summaries


@click.command()
@since_option
@on_deployment
def recompute(since: datetime | None, deployment: Target) -> None:
    """Recompute the metrics of closed sessions.

    Run it after a formula has changed. You may interrupt it and run it again.
    """
    done = recompute_summaries.recompute(deployment.queries, deployment.store, since=epoch_ms(since) if since else 0)
    click.echo(f"{done.seen} closed sessions read, {done.rewritten} recomputed")
    if done.failed:
        click.echo(f"{len(done.failed)} could not be read and stay as they are; the first is {done.failed[0]}", err=True)
