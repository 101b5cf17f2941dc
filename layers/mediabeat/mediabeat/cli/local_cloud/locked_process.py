"""A process that goes on after the command that starts it. It holds a lock on a file as long as it runs.

The file says what the process is. A stored pid alone proves nothing: another process may have it by now.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mediabeat.cli.terminal.failure import CommandFailed

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Description = TypeVar("Description", bound=DataclassInstance)

if sys.platform != "win32":  # Windows has no fcntl; `main` refuses to run there
    import fcntl

_POLL_S: Final = 0.05


def described(lock_file: Path) -> dict[str, Any] | None:
    """Return what the file says of the process that holds it; None when none does."""
    try:
        with lock_file.open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                record = lock.read()  # empty while `start` is about to write it
                return json.loads(record) if record else None
    except FileNotFoundError:
        pass
    return None


def start(
    command: Sequence[str | Path],
    lock_file: Path,
    log_file: Path,
    describe: "Callable[[int], Description]",
    *,
    environment: Mapping[str, str] | None = None,
    busy: str,
) -> "tuple[subprocess.Popen[bytes], Description]":
    """Start a process in the folder of its lock, and return it with its description, which `describe` makes of its pid.

    Raises CommandFailed with the message `busy` when another process holds the lock.
    """
    with lock_file.open("a+", encoding="utf-8") as lock, log_file.open("wb") as log:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed(busy) from None
        lock.truncate(0)
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=lock_file.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it goes on after this command, and after Ctrl-C in this terminal
            pass_fds=[lock.fileno()],  # so that the lock is held exactly as long as the process runs
        )
        description = describe(process.pid)
        lock.write(json.dumps(asdict(description)))
    return process, description


def terminate(pid: int, lock_file: Path, *, within_s: float) -> bool:
    """Ask the process that holds the lock to end, and return whether it did within this time."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    began = monotonic()
    while described(lock_file) is not None:
        if monotonic() - began > within_s:
            return False
        sleep(_POLL_S)
    return True
