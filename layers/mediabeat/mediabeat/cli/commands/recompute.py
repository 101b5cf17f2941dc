"""`mediabeat recompute`: today's formulas on closed sessions."""

from datetime import datetime

import click

from mediabeat.cli.commands.options import on_deployment, since_option
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.times import epoch_ms
from mediabeat.use_cases import recompute_summaries


@click.command()
@since_option
@on_deployment
def recompute(since: datetime | None, deployment: Target) -> None:
    """Recompute the metrics of closed sessions.

    Run it after a formula has changed. You may interrupt it and run it again. Ends with 1 if a session could not be recomputed.
    """
    done = recompute_summaries.recompute(
        deployment.queries,
        deployment.store,
        since=epoch_ms(since) if since else 0,
        business_errors=deployment.registry.business_errors,
    )
    click.echo(f"{done.seen} closed sessions read, {done.rewritten} recomputed")
    if done.failed:
        named = [f"  {sid}: {type(error).__name__}: {error}" for sid, error in done.failed]
        raise CommandFailed("\n".join([f"{len(done.failed)} sessions could not be recomputed and keep their summaries:", *named]))
