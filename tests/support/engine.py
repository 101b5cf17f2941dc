"""A real DynamoDB engine for tests that moto cannot serve, as it loses updates under threads: dynoxide, on a free port.

Its binary comes from npm, once, into a cache folder of the user. Where there is none for the machine, tests skip and say why.
"""

import platform
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support import npm

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

VERSION: Final = "1.2.1"
PACKAGE: Final = "@dynoxide/linux-x64"
START_S: Final = 10


class NoEngine(Exception):
    """The engine cannot run here; the message says why."""


def binary() -> Path:
    """Return the engine's binary, installed on first use.

    Raises NoEngine.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NoEngine(f"{PACKAGE} is for Linux on x86_64, this is {platform.system()} on {platform.machine()}")
    try:
        path = npm.package(PACKAGE, VERSION) / "dynoxide"
    except npm.NotInstalled as error:
        raise NoEngine(str(error)) from None
    if not path.exists():
        raise NoEngine(f"{PACKAGE} {VERSION} has no file {path.name}")
    return path


class Engine:
    """An engine on a port of its own; `--db-path F` keeps its data in a file. Making and starting it raise NoEngine."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self._port}"
        self._command = [str(binary()), "serve", "--host", "127.0.0.1", "--port", str(self._port), *options]

    def start(self) -> None:
        """Start it, for the first time or again."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(self._port, self._process)
        except NoEngine:
            self.kill()
            raise

    def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it is doing."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(*options: str) -> Iterator[str]:
    """Run an engine and yield its address; it ends with the block.

    Raises NoEngine.
    """
    engine = Engine(*options)
    engine.start()
    try:
        yield engine.endpoint
    finally:
        engine.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoEngine(f"the engine did not come up on port {port}") from None
            time.sleep(0.01)
        else:
            return


class Units:
    """Read units of the requests since the last `taken`."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._units = 0.0
        client.meta.events.register("before-parameter-build.dynamodb.Query", self._ask)
        client.meta.events.register("after-call.dynamodb.Query", self._add)

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _add(self, parsed: dict[str, Any], **_: Any) -> None:
        self._units += parsed["ConsumedCapacity"]["CapacityUnits"]

    def taken(self) -> float:
        units, self._units = self._units, 0.0
        return units


@pytest.fixture(scope="session")
def engine_or_reason() -> Iterator[str | NoEngine]:
    """The address of an engine that lives as long as the test run, or why none can run here."""
    try:
        with running() as endpoint:
            yield endpoint
    except NoEngine as error:
        yield error


@pytest.fixture(scope="session")
def engine_if_any(engine_or_reason: str | NoEngine) -> str | None:
    """The address of the engine, or None: moto is slower and serves one thread as well."""
    return None if isinstance(engine_or_reason, NoEngine) else engine_or_reason


@pytest.fixture(scope="session")
def engine(engine_or_reason: str | NoEngine) -> str:
    """The address of the engine; a test that needs one is skipped where none can run."""
    return pytest.skip(str(engine_or_reason)) if isinstance(engine_or_reason, NoEngine) else engine_or_reason
