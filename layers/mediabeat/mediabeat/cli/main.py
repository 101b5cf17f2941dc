"""The command `mediabeat`: its commands, and how each of them ends."""

import sys
from io import TextIOWrapper

import click
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from mediabeat.cli.commands import (
    access_keys,
    archives,
    charts,
    cloud,
    demo,
    invoke,
    openapi,
    projects,
    recompute,
    replay,
    rollups,
    sessions,
    variables,
    viewers,
)
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.errors import ArchiveUnusable, MediabeatError
from mediabeat.storage.clients.lean import NoAnswer, Refused


class _Commands(click.Group):
    """The commands; none ends with a traceback because the emulator, AWS or the disk failed."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command and turn an error from outside our own code into a message."""
        try:
            return super().invoke(ctx)
        except (OSError, ArchiveUnusable) as error:
            raise CommandFailed(str(error)) from error
        except (BotoCoreError, ClientError, Refused, NoAnswer, MediabeatError, httpx.HTTPError) as error:
            raise CommandFailed(f"{type(error).__name__}: {error}", StateFolder.of_user().emulator_log) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mediabeat")
def main() -> None:
    """Run mediabeat on this machine, send it journeys, and operate deployments.

    The local cloud is the deployed template on an AWS emulator. It needs no AWS account and no Docker. It keeps its data
    between runs in a folder of yours; set MEDIABEAT_HOME to choose another folder.
    """
    if sys.platform == "win32":
        raise CommandFailed("mediabeat runs on Linux and macOS. On Windows, run it inside WSL.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an answer may hold letters that this terminal cannot show


for command in (
    *(cloud.up, cloud.down, cloud.status),
    *(demo.demo, replay.replay, sessions.sessions, charts.charts, invoke.invoke, variables.variables),
    *(projects.project, access_keys.access_key, viewers.viewer),
    *(archives.export_project, archives.import_project, recompute.recompute, rollups.rollups),
    openapi.openapi,
):
    main.add_command(command)
