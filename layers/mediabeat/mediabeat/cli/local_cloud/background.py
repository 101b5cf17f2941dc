"""The process in which the demonstration's viewers watch: start it, find it, stop it."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mediabeat.cli.local_cloud import locked_process
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status

MODULE: Final = "mediabeat.cli.viewings.watching"
WATCH_FOR: Final = timedelta(minutes=30)

_STOP_S: Final = 5


@dataclass(frozen=True, slots=True)
class Viewers:
    """Running viewers: their process, how many they are, and when they end (epoch seconds)."""

    pid: int
    viewers: int
    until_s: int

    def __str__(self) -> str:
        until = datetime.fromtimestamp(self.until_s, UTC)
        return f"{self.viewers} invented viewers watch until {until:%H:%M} UTC, or until `mediabeat down`"


def running(folder: StateFolder) -> Viewers | None:
    """Return this folder's viewers; None when nobody watches."""
    found = locked_process.described(folder.viewers_lock)
    return Viewers(**found) if found else None


def start(folder: StateFolder, cloud: Status, viewers: int) -> Viewers:
    """Let viewers watch in the background instead of those who watch already, and return them.

    Raises CommandFailed when another command starts some at the same time.
    """
    stop(folder)
    options = {"url": cloud.url, "project": cloud.project_id, "viewers": viewers, "minutes": WATCH_FOR.total_seconds() / 60}
    until_s = round((datetime.now(UTC) + WATCH_FOR).timestamp())
    _, started = locked_process.start(
        [sys.executable, "-m", MODULE, *(f"--{name}={value}" for name, value in options.items())],
        folder.viewers_lock,
        folder.viewers_log,
        lambda pid: Viewers(pid, viewers, until_s),
        busy="Another `mediabeat demo` is running. Wait until it has finished.",
    )
    return started


def stop(folder: StateFolder) -> bool:
    """End the viewers of this folder; False when nobody watches."""
    found = running(folder)
    if found is None:
        return False
    if not locked_process.terminate(found.pid, folder.viewers_lock, within_s=_STOP_S):
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
    return True
