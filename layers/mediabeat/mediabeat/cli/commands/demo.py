"""`mediabeat demo`: the local cloud, recorded and invented viewings, and what mediabeat knows about them."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from mediabeat.cli import charts, demo_charts
from mediabeat.cli import demo as demonstration
from mediabeat.cli.commands.options import port_option, quiet_minutes_option
from mediabeat.cli.local_cloud import background, deployment, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.queries import recent_sessions
from mediabeat.cli.terminal.steps import Steps
from mediabeat.cli.viewings import week


@click.command()
@port_option
@quiet_minutes_option(default=0.5)
@click.option(
    "--viewers",
    type=click.IntRange(0, 100),
    default=12,
    show_default=True,
    help="So many invented viewers go on watching in the background for half an hour.",
)
def demo(port: int | None, quiet_minutes: float, viewers: int) -> None:
    """Fill the local cloud with viewings.

    The demo sends the journeys in events/journeys over HTTP, as if they had just happened, and a week of invented viewings. It
    waits until all sessions are closed and counted, which takes about two minutes, and prints the results.
    """
    folder, console, now = StateFolder.of_user(), Console(), datetime.now(UTC)
    background.stop(folder)
    journeys = deployment.source_folder() / "events" / "journeys"
    cloud = lifecycle.up(folder, Steps(console), port, quiet_minutes)
    earlier = week.viewings(now)
    counted_before = demo_charts.counted(cloud, now)
    with Steps(console).step("sending the journeys of events/journeys over HTTP"):
        sent = demonstration.send_journeys(journeys, cloud)
    sent_at = datetime.now(UTC)
    with Steps(console).step(f"sending {len(earlier)} invented viewings of the last {week.DAYS} days"):
        demo_charts.declare_business_errors(cloud)
        sids = demo_charts.send_earlier(earlier, cloud)
    watching = background.start(folder, cloud, viewers) if viewers else None
    console.print(f"\nA session closes when its player ends it, or after {quiet_minutes * 60:g} s without an event:")
    with demonstration.store_of(cloud) as store:
        demonstration.wait_until_closed(sent, store, Path(cloud.log), console)
        drawn = demonstration.drawn_session(sent, store)
    with Steps(console).step("waiting until the charts have all of them"):
        # A repeat on the same day counts the journeys again, and the other viewings only once.
        expected = max(counted_before + len(sent), len(sent) + len(earlier))
        demo_charts.wait_until_counted(cloud, sids, expected, now)
    sessions = recent_sessions(cloud, len(sent), until=sent_at)["result"]
    console.print()
    picture = charts.picture(*charts.ask_for_picture(cloud, datetime.now(UTC)))
    console.print(demonstration.results(sessions, drawn, picture))
    if watching is not None:
        click.echo(f"\n{watching}.")
    click.echo(f"\n{demonstration.next_steps(cloud)}")
