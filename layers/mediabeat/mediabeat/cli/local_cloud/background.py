"""The process in which the demonstration's viewers watch: start it, find it, stop it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Final

from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from mediabeat.cli.terminal.failure import CommandFailed

if sys.platform != "win32":  # Windows has no fcntl; `main` refuses to run there
    import fcntl

MODULE: Final = "mediabeat.cli.viewings.watching"
WATCH_FOR: Final = timedelta(minutes=30)

_STOP_S: Final = 5
_POLL_S: Final = 0.05


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
    # As the emulator, the process holds a lock while it runs: a stored pid may be another process's by now.
    try:
        with folder.viewers_lock.open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                record = lock.read()  # empty while `start` is about to write it
                return Viewers(**json.loads(record)) if record else None
    except FileNotFoundError:
        pass
    return None


def start(folder: StateFolder, cloud: Status, viewers: int) -> Viewers:
    """Let viewers watch in the background instead of those who watch already, and return them.

    Raises CommandFailed when another command starts some at the same time.
    """
    stop(folder)
    options = {"url": cloud.url, "project": cloud.project_id, "viewers": viewers, "minutes": WATCH_FOR.total_seconds() / 60}
    with folder.viewers_lock.open("a+", encoding="utf-8") as lock, folder.viewers_log.open("wb") as log:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("Another `mediabeat demo` is running. Wait until it has finished.") from None
        lock.truncate(0)
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, *(f"--{name}={value}" for name, value in options.items())],
            cwd=folder.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it goes on after this command, and after Ctrl-C in this terminal
            pass_fds=[lock.fileno()],  # so that the lock is held exactly as long as the process runs
        )
        until = datetime.now(UTC) + WATCH_FOR
        started = Viewers(process.pid, viewers, round(until.timestamp()))
        lock.write(json.dumps(asdict(started)))
    return started


def stop(folder: StateFolder) -> bool:
    """End the viewers of this folder; False when nobody watches."""
    found = running(folder)
    if found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    began = monotonic()
    while running(folder) is not None and monotonic() - began < _STOP_S:
        sleep(_POLL_S)
    if running(folder) is not None:
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
    return True
