"""The steps of README's chapter "Deploy", and the deployment of a restored table, as written, on an emulator of a new account."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import reduce
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import httpx
import pytest
import uv

from mediabeat.cli.local_cloud import api_routes, clients, deployment, make_shim, pinned_tools
from tests.e2e.cloud import COMMAND, free_port
from tests.support import lenient_ministack
from tests.support.builders import wire, wire_start
from tests.support.table_stream import streamed_table_definition
from tests.support.template import ROOT

REGION: Final = "eu-west-1"
PROJECT: Final = "my-report-suite"
START_S: Final = 30
DEPLOYED: Final = ("template.yaml", "samconfig.toml", "functions", "layers")


def steps(document: str, heading: str) -> list[str]:
    """Return the lines that a chapter of a document tells to run."""
    chapter = (ROOT / document).read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL) for line in block.splitlines()]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[str]:
    """The address of an emulator with nothing in it."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))},
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "TMPDIR": str(tmp_path),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "UV_PYTHON": sys.executable,
    }
    command = pinned_tools.command("ministack", "python", lenient_ministack.__file__)
    with (
        (tmp_path / "emulator.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        began = monotonic()
        while not is_up(port):
            assert process.poll() is None, (tmp_path / "emulator.log").read_text()
            assert monotonic() - began < START_S
            sleep(0.2)
        yield f"http://localhost:{port}"
        os.killpg(process.pid, 9)


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_ministack/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
def shell(tmp_path: Path, endpoint: str) -> dict[str, str]:
    """The environment of somebody who deploys: `sam`, `uv` and `make` on the PATH, and credentials, here of the emulator."""
    tools = tmp_path / "bin"
    tools.mkdir()
    sam = shlex.join(pinned_tools.command("aws-sam-cli", "sam"))
    in_clone = f'if [ "$1 $2" = "run mediabeat" ]; then shift 2; exec {shlex.quote(str(COMMAND))} "$@"; fi'
    scripts = {"sam": f'exec {sam} "$@"', "uv": f'{in_clone}\nexec {shlex.quote(uv.find_uv_bin())} "$@"'}
    for name, script in scripts.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    if shutil.which("make") is None:
        make_shim.install(tools)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "LAYER_"))},
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "MEDIABEAT_HOME": str(tmp_path / "none"),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
        # The emulator's functions run on this interpreter.
        "LAYER_PYTHON": deployment._PYTHON,
        "LAYER_PLATFORM": deployment._platform(),
        "UV_PYTHON": sys.executable,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "NO_PROXY": "localhost,127.0.0.1",
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path("~/.cache/uv").expanduser())),
    }


class Clone:
    """A clone of the repository in which somebody runs commands; `said` is what the last one printed."""

    def __init__(self, folder: Path, shell: dict[str, str]) -> None:
        self._folder, self._shell = folder, shell
        self.said = ""
        folder.mkdir()
        for name in DEPLOYED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)

    def run(self, line: str) -> None:
        """Run a line of a document, and answer `y`."""
        command = {"cwd": self._folder, "env": self._shell, "input": "y\n"}
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False, **command)  # type: ignore[call-overload]
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.said = done.stdout

    @property
    def config(self) -> str:
        """Return SAM's configuration, which is a tracked file."""
        return (self._folder / "samconfig.toml").read_text(encoding="utf-8")


def parameters(endpoint: str) -> dict[str, str]:
    with closing(clients.client("cloudformation", endpoint)) as stacks:
        [stack] = stacks.describe_stacks(StackName="mediabeat")["Stacks"]
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}


def test_deploy_steps_of_readme_end_with_a_working_api(
    tmp_path: Path, shell: dict[str, str], endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = Clone(tmp_path / "clone", shell)
    for step in steps("README.md", "## Deploy"):
        clone.run(step)
    [key] = re.findall(r"mb_[\w-]+", clone.said)
    assert clone.config == (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    # The emulator does not import the routes of an API, which AWS does.
    monkeypatch.setattr(clients, "REGION", REGION)
    api_routes.connect(endpoint)
    with httpx.Client(base_url=endpoint.replace("localhost", "127.0.0.1"), timeout=60, trust_env=False) as player:
        started = player.post("/api/v1/sessions", json=wire_start(analytics_reportSuite=PROJECT))
        assert started.status_code == 201, started.text
        assert player.post(f"{started.headers['Location']}/events", json=wire("ping", 5)).status_code == 204
        listed = player.get("/v1/sessionRecent", headers={"x-api-key": key, "x-project-id": PROJECT}).json()
        assert len(listed["result"]) == 1
        assert parameters(endpoint)["ComputedAlarms"] == "on"

        # The last step of the chapter about restoring, with an empty table as the restored one. Only a parameter changes, for
        # which SAM publishes no new version, so the API would go on with the old table if the template did not see to it.
        with closing(clients.client("dynamodb", endpoint)) as client:
            made = client.create_table(TableName="restored", **streamed_table_definition())
        names = {"$REGION": REGION, "$NEW": "restored", "$STREAM": made["TableDescription"]["LatestStreamLabel"]}
        line = steps("OPERATIONS.md", "## Restore the table")[-1]
        clone.run(reduce(lambda text, name: text.replace(*name), names.items(), line))
        assert player.post("/api/v1/sessions", json=wire_start(analytics_reportSuite=PROJECT)).status_code == 400
        assert player.post(f"{started.headers['Location']}/events", json=wire("ping", 6)).status_code == 404
    assert parameters(endpoint).items() >= {"RestoredTable": "restored", "AlarmEmail": "you@example.com"}.items()
