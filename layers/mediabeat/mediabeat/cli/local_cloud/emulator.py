"""The emulator's process (MiniStack, from PyPI): start it, find it, end it."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass
from time import monotonic, sleep

import httpx

from mediabeat.cli.local_cloud import autosave, clients, pinned_tools
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed

DEFAULT_PORT = 4566
_PORTS_TRIED = 50
_START_S = 180  # the first time, uv downloads some 40 MB
_STOP_S = 30  # the emulator writes its state to disk when it is told to end
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: the leader of its process group, and its port."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """Where AWS calls go. Another host name than the API's, by which MiniStack tells them apart (see bridge.py)."""
        return f"http://localhost:{self.port}"

    @property
    def address(self) -> str:
        """Where players and queries go."""
        return f"http://127.0.0.1:{self.port}"


def running(folder: StateFolder) -> Emulator | None:
    """Find this folder's emulator.

    It holds a lock on a file for as long as it lives, whereas a pid may be another process's by now, or a dead one's.
    """
    try:
        with folder.emulator_lock.open(encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                record = lock.read()  # empty for the moment in which it is being started
                return Emulator(**json.loads(record)) if record else None
    except FileNotFoundError:
        pass
    return None


def healthy(emulator: Emulator, folder: StateFolder) -> bool:
    """Tell whether this very emulator answers on its port, and not someone else's server."""
    try:
        health = httpx.get(f"{emulator.endpoint}/_ministack/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(health, dict) and health.get("edition") == _edition(folder)


def choose_port(wanted: int | None) -> int:
    """Return the wanted port, or without one the first that is free from the default on.

    Raises CommandFailed if taken.
    """
    if wanted is None:
        for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
            if not _taken(port):
                return port
        raise CommandFailed(f"The ports {DEFAULT_PORT} to {port} are all taken; name a free one with --port.")
    if _taken(wanted):
        raise CommandFailed(f"Port {wanted} is taken by another program; name a free one with --port.")
    return wanted


def start(folder: StateFolder, port: int) -> Emulator:
    """Start the emulator in the background and wait until it answers.

    Raises CommandFailed if it does not.
    """
    folder.scratch.mkdir(exist_ok=True)
    with folder.emulator_lock.open("a+", encoding="utf-8") as lock, folder.emulator_log.open("wb") as log:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("Another `mediabeat up` is at work on this folder; wait for it.") from None
        lock.truncate(0)
        process = subprocess.Popen(
            pinned_tools.command("ministack", "python", autosave.__file__, str(folder.settled)),
            env=_environment(folder, port),
            cwd=folder.path,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it outlives this command, and a Ctrl-C in this terminal
            pass_fds=[lock.fileno()],  # so that the lock is free when the emulator has ended, and not before
        )
        emulator = Emulator(process.pid, port)
        lock.write(json.dumps(asdict(emulator)))
    began = monotonic()
    while not healthy(emulator, folder):
        if process.poll() is not None:
            raise CommandFailed("The emulator ended as soon as it was started.", folder.emulator_log)
        if monotonic() - began > _START_S:
            stop(folder, emulator)
            raise CommandFailed(f"The emulator did not answer within {_START_S} s.", folder.emulator_log)
        sleep(_POLL_S)
    return emulator


def stop(folder: StateFolder, emulator: Emulator) -> None:
    """End the emulator and all that it started, once its state is saved.

    Raises CommandFailed if it had to be killed.
    """
    with suppress(ProcessLookupError):
        os.kill(emulator.pid, signal.SIGTERM)
    began = monotonic()
    while (alive := running(folder) is not None) and monotonic() - began < _STOP_S:
        sleep(_POLL_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(emulator.pid, signal.SIGKILL)  # function workers that are still busy
    shutil.rmtree(folder.scratch, ignore_errors=True)
    if alive:
        raise CommandFailed(
            f"The emulator did not end within {_STOP_S} s and was killed: what it stored in its last seconds is lost.",
            folder.emulator_log,
        )


def _environment(folder: StateFolder, port: int) -> dict[str, str]:
    return {
        # Functions inherit this, and with it the endpoint. Their default would be http://127.0.0.1, which is the API.
        **clients.environment(folder, f"http://localhost:{port}"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_EDITION": _edition(folder),
        "MINISTACK_REGION": clients.REGION,
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "INFO",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder.emulator_data),
        "TMPDIR": str(folder.scratch),
        # These listen on ports of their own.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }


def _edition(folder: StateFolder) -> str:
    """Name this folder's emulator; it repeats the name in its health answer."""
    return "mediabeat-" + hashlib.sha256(str(folder.path).encode()).hexdigest()[:12]


def _taken(port: int) -> bool:
    # By connecting, because a bind succeeds beside a listener on all addresses on some systems; on both loopback
    # addresses, because `localhost` can be either.
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            probe.connect((host, port))
            return True
    return False
