"""`mediabeat demo`: the local cloud, ten journeys, and what mediabeat knows about them."""

from datetime import UTC, datetime

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

    The demo sends the journeys in events/journeys over HTTP, as if they had just happened, and some more as viewings of earlier
    today. It waits until the sessions are closed and counted, which takes about two minutes, and prints the results.
    """
    folder, console, now = StateFolder.of_user(), Console(), datetime.now(UTC)
    journeys = deployment.source_folder() / "events" / "journeys"
    cloud = lifecycle.up(folder, Steps(console), port, quiet_minutes)
    with Steps(console).step("sending the journeys of events/journeys over HTTP"):
        sent = demonstration.send_journeys(journeys, cloud)
    with Steps(console).step("sending them again as viewings of earlier today, for the charts"):
        earlier = demo_charts.send_earlier(journeys, cloud, now)
    console.print(f"\nA session closes when its player ends it, or after {quiet_minutes * 60:g} s without an event:")
    demonstration.wait_until_closed(sent, cloud, console)
    with Steps(console).step("waiting until the charts have counted them"):
        demo_charts.wait_until_counted(cloud, len(sent) + earlier, now)
    sessions = recent_sessions(cloud, len(sent))["result"]
    console.print()
    drawn = demonstration.drawn_session(sent, demonstration.store_of(cloud))
    picture = charts.picture(*charts.ask_for_picture(cloud, datetime.now(UTC)))
    console.print(demonstration.results(sessions, drawn, picture))
    click.echo(f"\n{demonstration.next_steps(cloud)}")
