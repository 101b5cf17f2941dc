"""`mediabeat demo`: the local cloud, ten journeys, and what mediabeat knows about them."""

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from mediabeat.cli import charts, demo_charts
from mediabeat.cli import demo as demonstration
from mediabeat.cli.commands.options import port_option, quiet_minutes_option
from mediabeat.cli.local_cloud import deployment, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.queries import recent_sessions
from mediabeat.cli.terminal.steps import Steps


@click.command()
@port_option
@quiet_minutes_option(default=0.5)
def demo(port: int | None, quiet_minutes: float) -> None:
    """Start the local cloud and show ten sessions.

    The demo sends the journeys in events/journeys over HTTP, as if they had just happened. It waits until their sessions are
    closed, which takes about two minutes, sends more of them as viewings of earlier today, and prints the results.
    """
    folder, console, now = StateFolder.of_user(), Console(), datetime.now(UTC)
    journeys = deployment.source_folder() / "events" / "journeys"
    cloud = lifecycle.up(folder, Steps(console), port, quiet_minutes)
    with Steps(console).step("sending the journeys of events/journeys over HTTP"):
        sent = demonstration.send_journeys(journeys, cloud)
    console.print(f"\nA session closes when its player ends it, or after {quiet_minutes * 60:g} s without an event:")
    with demonstration.store_of(cloud) as store:
        demonstration.wait_until_closed(sent, store, Path(cloud.log), console)
        drawn = demonstration.drawn_session(sent, store)
    with Steps(console).step("adding viewings of earlier today, and waiting until the charts have all of them"):
        earlier = demo_charts.send_earlier(journeys, cloud, now)
        demo_charts.wait_until_counted(cloud, len(sent) + earlier, now)
    sessions = recent_sessions(cloud, len(sent))["result"]
    console.print()
    picture = charts.picture(*charts.ask_for_picture(cloud, datetime.now(UTC)))
    console.print(demonstration.results(sessions, drawn, picture))
    click.echo(f"\n{demonstration.next_steps(cloud)}")
