"""The command `mediabeat`: its options, and what it prints. What it does stands in the modules beside this one."""

import json
import sys
from dataclasses import asdict
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path

import click
import httpx
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from mediabeat.cli import demo, invocation
from mediabeat.cli.commands import archives, operating
from mediabeat.cli.local_cloud import deployment, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.replay import Manner, Recording, ReplayedSession, replay
from mediabeat.cli.terminal import tables
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.steps import Steps
from mediabeat.cli.terminal.timeline import Timeline
from mediabeat.errors import ArchiveUnusable, MediabeatError
from mediabeat.openapi import openapi

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PORT = click.IntRange(1, 65535)
_PORT_HELP = "Port on 127.0.0.1.  [default: 4566, or the next free one]"
_MINUTES = click.FloatRange(min=0.1)
_QUIET_HELP = "Close a session after so many minutes without events."
_SPEED = click.FloatRange(min=0, min_open=True)


class _Commands(click.Group):
    """The commands, none of which ends in a traceback because the emulator or the disk let it down."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what went wrong outside our own code becomes a message."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise CommandFailed(str(error)) from error
        except ArchiveUnusable as error:
            raise CommandFailed(str(error)) from error
        except (BotoCoreError, ClientError, MediabeatError, httpx.HTTPError) as error:
            raise CommandFailed(f"{type(error).__name__}: {error}", StateFolder.of_user().emulator_log) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mediabeat")
def main() -> None:
    """Run mediabeat on this machine, send it viewings, and look at what became of them.

    The local cloud is the deployed template on an AWS emulator: no account, no Docker. Its data is kept between runs
    in a folder of yours; MEDIABEAT_HOME names another one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a viewer's name may be in letters that this terminal lacks


@main.command()
@click.option("--port", type=_PORT, help=_PORT_HELP)
@click.option("--quiet-minutes", type=_MINUTES, default=1, show_default=True, help=_QUIET_HELP)
def up(port: int | None, quiet_minutes: float) -> None:
    """Start the local cloud, or deploy the current code to it if it is up."""
    steps = Steps(Console(stderr=True))
    cloud = lifecycle.up(StateFolder.of_user(), steps, port, quiet_minutes)
    click.echo(f"mediabeat is up at {cloud.url} after {steps.elapsed_s:.0f} s")
    click.echo(f"  project id   {cloud.project_id}   (what players send as analytics.reportSuite)")
    click.echo("  API key      mediabeat status")
    click.echo(f"  log          {cloud.log}")


@main.command()
def down() -> None:
    """End the local cloud; its data is kept for the next `up`."""
    ended = lifecycle.down(StateFolder.of_user(), Steps(Console(stderr=True)))
    click.echo("mediabeat is down; its data is kept." if ended else "mediabeat is not up.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Tell where the local cloud is, and its project's key; exit with 1 if it is not up."""
    found = lifecycle.status(StateFolder.of_user())
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
    else:
        for name, value in asdict(found).items():
            click.echo(f"{name.replace('_', ' '):<12} {'-' if value is None else value}")
    raise SystemExit(0 if found.running else 1)


@main.command("replay")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--url", help="Address of the API.  [default: the local cloud's]")
@click.option("--speed", type=_SPEED, help="Keep the recorded pace, so many times faster.  [default: send at once]")
@click.option("--shift", type=click.Choice(["now"]), help="Let the last event (with --speed: the first) be now.")
@click.option("--project", help="Report to this project instead of the recorded one.")
def replay_files(files: tuple[Path, ...], url: str | None, speed: float | None, shift: str | None, project: str | None) -> None:
    """Send recorded viewings (like events/journeys/*.json) as their player sent them.

    Exits with 1 if any event was refused. To the local cloud a recording of a project that it does not know is sent as
    the local project.
    """
    folder = StateFolder.of_user()
    cloud = lifecycle.status(folder) if url else lifecycle.require(folder)
    address = (url or str(cloud.url)).rstrip("/")
    manner = Manner(
        speed=speed,
        shift_to_now=shift == "now",
        project_id=project,
        fallback_project_id=cloud.project_id if address == cloud.url and not project else None,
    )
    refused = False
    for path in files:
        try:
            sessions = replay(Recording.read(path), address, manner)
        except httpx.TransportError as error:
            raise CommandFailed(f"{address} does not answer: {error}") from None
        for session in sessions:
            refused |= session.refusal is not None
            _print_replayed(path, session, manner)
    raise SystemExit(1 if refused else 0)


def _print_replayed(path: Path, session: ReplayedSession, manner: Manner) -> None:
    if session.as_fallback_project:
        click.echo(f"{path.name}: its project is unknown here; sent as {manner.fallback_project_id!r}.", err=True)
    answers = ", ".join(f"{count} x {status}" for status, count in sorted(session.answers.items()))
    click.echo(f"{path.name}  {session.sid or 'not started'}  {session.events_sent} events  {answers}")
    if refusal := session.refusal:
        what = f"event {refusal.position} ({refusal.event_type}) was answered with {refusal.status}: {refusal.body}"
        click.echo(f"  refused: {what}", err=True)


@main.command()
@click.argument("function")
@click.argument("event", type=_FILE)
def invoke(function: str, event: Path) -> None:
    """Invoke FUNCTION (a folder in functions/) of the local cloud with the event in the file EVENT.

    Prints its answer; exits with 1 if it failed. In the file {{project_id}} and {{api_key}} stand for the local
    project's, {{sid}} for a session that is started for the purpose, with the body in events/create_session.json;
    {{access_key}}, {{timestamp}} and {{signature}} sign the request in the file for the local project.
    """
    outcome = invocation.invoke(lifecycle.require(StateFolder.of_user()), function, event)
    click.echo(json.dumps(outcome.payload, indent=1, ensure_ascii=False))
    raise SystemExit(1 if outcome.failed else 0)


@main.command()
@click.option("--limit", type=click.IntRange(1, 100), help="At most so many.  [default: 100]")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer as it is.")
def sessions(limit: int | None, as_json: bool) -> None:
    """List the newest sessions of the local project."""
    answer = tables.recent_sessions(lifecycle.require(StateFolder.of_user()), limit)
    if as_json:
        click.echo(json.dumps(answer, indent=1, ensure_ascii=False))
    else:
        Console().print(tables.sessions_table(answer["result"]))


@main.command("demo")
@click.option("--port", type=_PORT, help=_PORT_HELP)
@click.option("--quiet-minutes", type=_MINUTES, default=0.5, show_default=True, help=_QUIET_HELP)
def demonstrate(port: int | None, quiet_minutes: float) -> None:
    """Start the local cloud, let ten viewers watch, and show what is known of them: about two minutes.

    The viewings are the recorded ones in events/journeys, sent over HTTP as if they had just happened.
    """
    folder, console = StateFolder.of_user(), Console()
    cloud = lifecycle.up(folder, Steps(console), port, quiet_minutes)
    with Steps(console).step("sending the viewings of events/journeys over HTTP"):
        viewings = demo.send_journeys(deployment.source_folder() / "events" / "journeys", cloud)
    console.print(f"\nA session is over when its player says so or after {quiet_minutes * 60:g} s of silence:")
    demo.wait_until_closed(viewings, cloud, console)
    console.print("\n[bold]The newest sessions[/], as the API tells them (`mediabeat sessions`):")
    console.print(tables.sessions_table(tables.recent_sessions(cloud, len(viewings))["result"]))
    if session := demo.drawn_session(viewings, cloud):
        console.print(f"[bold]One of them[/], event by event ({demo.DRAWN}):\n")
        console.print(Timeline(session))
    click.echo(f"\n{demo.next_steps(cloud)}")


@main.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document of all routes, as JSON."""
    click.echo(json.dumps(openapi(version("mediabeat")), indent=1))


for command in (
    operating.project_commands,
    operating.access_key_commands,
    operating.viewer_commands,
    operating.recompute,
    archives.export_project,
    archives.import_project,
):
    main.add_command(command)
