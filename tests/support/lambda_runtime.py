"""A function on AWS's own runtime: the Runtime Interface Emulator, which SAM CLI brings, and awslambdaric."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mediabeat.cli.local_cloud import pinned_tools
from tests.support.template import ROOT

START_S: Final = 20
_PROCESSORS: Final = {"x86_64": "x86_64", "aarch64": "arm64"}


@cache
def emulator() -> Path:
    """Return the emulator's binary in the environment of SAM CLI; the test skips where there is none for the machine."""
    processor = _PROCESSORS.get(platform.machine())
    if sys.platform != "linux" or processor is None:
        pytest.skip(f"AWS's runtime emulator is for Linux, this is {platform.system()} on {platform.machine()}")
    where = "import samcli, pathlib; print(pathlib.Path(samcli.__file__).parent)"
    command = pinned_tools.command("aws-sam-cli", "python", "-c", where)
    folder = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return Path(folder) / "local" / "rapid" / f"aws-lambda-rie-{processor}"


class Running:
    """A function that waits for calls."""

    def __init__(self, port: int, log: Path) -> None:
        self._url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        self._log = log

    def call(self, event: Any) -> Any:
        """Return the function's answer to an event."""
        return httpx.post(self._url, json=event, timeout=30, trust_env=False).json()

    @property
    def log(self) -> str:
        """All that the function and the emulator have written."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the log that are JSON: those of the function. The emulator writes its own as text."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]


@contextmanager
def running(function: str, variables: dict[str, str], log: Path, *, level: str = "INFO") -> Iterator[Running]:
    """Run a function of functions/ as Lambda does, with the environment that Lambda makes of the template."""
    port, runtime_port = _free_port(), _free_port()
    addresses = {"runtime-interface-emulator": port, "runtime-api": runtime_port}
    command = [
        *(str(emulator()), *(f"--{name}-address=127.0.0.1:{number}" for name, number in addresses.items())),
        *(sys.executable, "-m", "awslambdaric", "app.lambda_handler"),
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT / "functions" / function), str(ROOT / "layers" / "mediabeat")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "55",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": level,
        "POWERTOOLS_LOG_LEVEL": level,
        **variables,
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True) as process,
    ):
        try:
            _wait_for(port, process, log)
            yield Running(port, log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # the emulator and the function


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"the emulator did not come up: {log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
