"""`mediabeat demo`: the local cloud, ten journeys, and what mediabeat knows about them."""

import click
from rich.console import Console

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
    closed, which takes about two minutes, and prints the results.
    """
    folder, console = StateFolder.of_user(), Console()
    cloud = lifecycle.up(folder, Steps(console), port, quiet_minutes)
    with Steps(console).step("sending the journeys of events/journeys over HTTP"):
        sent = demonstration.send_journeys(deployment.source_folder() / "events" / "journeys", cloud)
    console.print(f"\nA session closes when its player ends it, or after {quiet_minutes * 60:g} s without an event:")
    demonstration.wait_until_closed(sent, cloud, console)
    sessions = recent_sessions(cloud, len(sent))["result"]
    console.print()
    drawn = demonstration.drawn_session(sent, demonstration.store_of(cloud))
    console.print(demonstration.results(sessions, drawn))
    click.echo(f"\n{demonstration.next_steps(cloud)}")
