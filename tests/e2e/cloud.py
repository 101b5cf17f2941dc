"""A local cloud of the tests' own, used through the command as an operator uses it."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from click.testing import CliRunner

from mediabeat.cli.main import main

COMMAND: Final = Path(sys.executable).with_name("mediabeat")


class Finished(NamedTuple):
    """A command that has ended: its exit code and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Cloud:
    """Where it is and how to use it; `home` is its state folder."""

    home: Path
    port: int
    url: str
    project_id: str
    api_key: str
    endpoint: str
    table: str

    def mediabeat(self, *arguments: str | Path) -> Finished:
        """Run the command on this cloud, in this process."""
        return mediabeat(self.home, *arguments)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a command that uses this state folder."""
    return {**os.environ, "MEDIABEAT_HOME": str(home), "COLUMNS": "100"}


def mediabeat(home: Path, *arguments: str | Path) -> Finished:
    """Run the command in this process, which saves the second that a new process needs for its imports."""
    runner = CliRunner(catch_exceptions=False)
    done = runner.invoke(main, [str(argument) for argument in arguments], env=environment(home), prog_name="mediabeat")
    return Finished(done.exit_code, done.stdout, done.stderr)


def start_installed(home: Path, *arguments: str | Path) -> "subprocess.Popen[str]":
    """Start the installed console script as a process, and do not wait for it."""
    command = [COMMAND, *arguments]
    return subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def installed(home: Path, *arguments: str | Path) -> Finished:
    """Run the installed console script as a process: what starts and ends the emulator needs one of its own."""
    with start_installed(home, *arguments) as process:
        stdout, stderr = process.communicate()
    return Finished(process.returncode, stdout, stderr)


def status_of(home: Path) -> dict[str, Any]:
    """Return what `mediabeat status --json` prints."""
    status: dict[str, Any] = json.loads(mediabeat(home, "status", "--json").stdout)
    return status


def cloud_of(home: Path, port: int) -> Cloud:
    """Return the cloud that is up in this state folder."""
    status = status_of(home)
    shown = {name: status[name] for name in ("url", "project_id", "api_key", "endpoint", "table")}
    return Cloud(home=home, port=port, **shown)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
