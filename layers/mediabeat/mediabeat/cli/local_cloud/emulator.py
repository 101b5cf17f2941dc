"""The emulator's process (MiniStack, from PyPI): start it, find it, stop it."""

import hashlib
import os
import shutil
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic, sleep

import httpx

from mediabeat.cli.local_cloud import autosave, clients, locked_process, pinned_tools
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed

DEFAULT_PORT = 4566
_PORTS_TRIED = 50
_START_S = 180  # the first time, uv downloads some 40 MB
_STOP_S = 30  # on SIGTERM, the emulator writes its state to disk
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator: the id of its process, which leads a process group, and its port."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        """The address for AWS calls; MiniStack distinguishes them from API calls by the host name (see api_routes.py)."""
        return f"http://localhost:{self.port}"

    @property
    def address(self) -> str:
        """The address for players and queries."""
        return f"http://127.0.0.1:{self.port}"


def running(folder: StateFolder) -> Emulator | None:
    """Return this folder's emulator; None when it is not running."""
    found = locked_process.described(folder.emulator_lock)
    return Emulator(**found) if found else None


def healthy(emulator: Emulator, folder: StateFolder) -> bool:
    """Return whether this folder's emulator answers on its port, and no other server."""
    try:
        health = httpx.get(f"{emulator.endpoint}/_ministack/health", timeout=5, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(health, dict) and health.get("edition") == _edition(folder)


def choose_port(wanted: int | None) -> int:
    """Return the wanted port; without one, the first free port from the default upwards.

    Raises CommandFailed when the port is in use.
    """
    if wanted is None:
        for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
            if not _taken(port):
                return port
        raise CommandFailed(f"The ports {DEFAULT_PORT} to {port} are all in use. Choose a free one with --port.")
    if _taken(wanted):
        raise CommandFailed(f"Port {wanted} is taken by another program; name a free one with --port.")
    return wanted


def start(folder: StateFolder, port: int) -> Emulator:
    """Start the emulator in the background and wait until it answers.

    Raises CommandFailed when it does not.
    """
    folder.scratch.mkdir(exist_ok=True)
    process, emulator = locked_process.start(
        pinned_tools.command("ministack", "python", autosave.__file__, str(folder.settled)),
        folder.emulator_lock,
        folder.emulator_log,
        lambda pid: Emulator(pid, port),
        environment=_environment(folder, port),
        busy="Another `mediabeat up` is starting the local cloud. Wait until it has finished.",
    )
    began = monotonic()
    while not healthy(emulator, folder):
        if process.poll() is not None:
            raise CommandFailed("The emulator ended right after its start.", folder.emulator_log)
        if monotonic() - began > _START_S:
            stop(folder, emulator)
            raise CommandFailed(f"The emulator did not answer within {_START_S} s.", folder.emulator_log)
        sleep(_POLL_S)
    return emulator


def stop(folder: StateFolder, emulator: Emulator) -> None:
    """Stop the emulator and every process that it started, after it has saved its state.

    Raises CommandFailed when it had to be killed.
    """
    has_ended = locked_process.terminate(emulator.pid, folder.emulator_lock, within_s=_STOP_S)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(emulator.pid, signal.SIGKILL)  # function workers that are still running
    shutil.rmtree(folder.scratch, ignore_errors=True)
    if not has_ended:
        raise CommandFailed(
            f"The emulator did not stop within {_STOP_S} s and was killed. Data of its last seconds may be lost.",
            folder.emulator_log,
        )


def _environment(folder: StateFolder, port: int) -> dict[str, str]:
    return {
        # Functions inherit this environment and its endpoint. Their default would be http://127.0.0.1, which is the API.
        **clients.environment(folder, f"http://localhost:{port}"),
        # The emulator gives functions an access key id of its own, but this token, which `gate` takes as well.
        "AWS_SESSION_TOKEN": folder.access_key_id(),
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
        # These would listen on more ports.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }


def _edition(folder: StateFolder) -> str:
    """Return the name of this folder's emulator, which it repeats in its health answer."""
    return "mediabeat-" + hashlib.sha256(str(folder.path).encode()).hexdigest()[:12]


def _taken(port: int) -> bool:
    # Connect instead of bind: on some systems, a bind succeeds beside a listener on all addresses. Try both loopback
    # addresses, because `localhost` can be either.
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            probe.connect((host, port))
            return True
    return False
