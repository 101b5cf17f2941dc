"""`mediabeat replay`: recorded journeys, sent over HTTP."""

from pathlib import Path

import click
import httpx

from mediabeat.cli.commands.options import FILE
from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.recordings import replay_file
from mediabeat.cli.replay import ReplayedSession, ReplayOptions
from mediabeat.cli.terminal.failure import CommandFailed


@click.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--url", help="Address of the API.  [default: the local cloud's]")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Keep the recorded pauses, this many times shorter.  [default: no pauses]",
)
@click.option("--shift", type=click.Choice(["now"]), help="Move the last event (with --speed: the first) to now.")
@click.option("--project", help="Report to this project instead of the recorded one.")
def replay(files: tuple[Path, ...], url: str | None, speed: float | None, shift: str | None, project: str | None) -> None:
    """Send recorded journeys to the API.

    FILES are recordings like events/journeys/*.json, or requests of Edge clients or CMCD players. Exits with 1 if the API refused
    an event. If the local cloud does not know the recorded project, the events are sent as the local project's.
    """
    folder = StateFolder.of_user()
    cloud = lifecycle.status(folder) if url else lifecycle.require(folder)
    address = (url or str(cloud.url)).rstrip("/")
    options = ReplayOptions(
        speed=speed,
        shift_to_now=shift == "now",
        project_id=project,
        fallback_project_id=cloud.project_id if address == cloud.url and not project else None,
    )
    refused = False
    for path in files:
        try:
            sessions = replay_file(path, address, options)
        except httpx.TransportError as error:
            raise CommandFailed(f"{address} does not answer: {error}") from None
        for session in sessions:
            refused |= session.refusal is not None
            _print_replayed(path, session, options)
    raise SystemExit(1 if refused else 0)


def _print_replayed(path: Path, session: ReplayedSession, options: ReplayOptions) -> None:
    if session.as_fallback_project:
        click.echo(f"{path.name}: its project is unknown here; sent as {options.fallback_project_id!r}.", err=True)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(session.answers.items()))
    click.echo(f"{path.name}  {session.sid or 'not started'}  {session.events_sent} events  {answers}")
    if refusal := session.refusal:
        event = f"event {refusal.position} ({refusal.event_type})"
        click.echo(f"  refused: {event} was answered with {refusal.status}: {refusal.body}", err=True)
