"""The viewers of the demonstration, who watch in a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

import pytest
from click.testing import CliRunner
from rich.console import Console

from mediabeat.cli.local_cloud import background, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from mediabeat.cli.main import main
from mediabeat.cli.terminal.steps import Steps
from mediabeat.cli.viewings import watching
from tests.support.local_status import UP
from tests.support.template import ROOT

VIEWERS: Final = 12
SOON_S: Final = 20
SID: Final = "a" * 64


class Api(ThreadingHTTPServer):
    """An API that stores nothing and remembers what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def cloud(self) -> Status:
        return replace(UP, url=f"http://127.0.0.1:{self.server_port}")

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Api)
        self.server.got.append((self.path, self.headers["User-Agent"], body))
        is_start = self.path == "/api/v1/sessions"
        self.send_response(201 if is_start else 204 if self.path.startswith("/api/") else 404)
        if is_start:
            self.send_header("Location", f"/api/v1/sessions/{SID}")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with closing(Api()) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    yield StateFolder(tmp_path)
    background.stop(StateFolder(tmp_path))


def wait_until(is_so: Callable[[], object]) -> None:
    began = monotonic()
    while not is_so():
        assert monotonic() - began < SOON_S
        sleep(0.05)


def start(folder: StateFolder, cloud: Status, viewers: int) -> background.Viewers:
    """Start viewers as a command does, in a process that ends then. This returns only if they keep no pipe of it open."""
    code = (
        "import sys; from pathlib import Path; from dataclasses import replace;"
        "from mediabeat.cli.local_cloud.background import start; from mediabeat.cli.local_cloud.state_folder import StateFolder;"
        "from tests.support.local_status import UP;"
        "start(StateFolder(Path(sys.argv[1])), replace(UP, url=sys.argv[2]), int(sys.argv[3]))"
    )
    command = [sys.executable, "-c", code, str(folder.path), str(cloud.url), str(viewers)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SOON_S, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    started = background.running(folder)
    assert started is not None
    return started


def ended(folder: StateFolder) -> bool:
    return background.running(folder) is None


def test_viewers_start_send_as_players_do_and_end_at_down(api: Api, folder: StateFolder) -> None:
    started = start(folder, api.cloud, VIEWERS)
    assert os.getsid(started.pid) == started.pid  # a session of its own, which no terminal ends
    wait_until(lambda: any(body["eventType"] == "play" for _, _, body in api.got))
    path, agent, first = api.got[0]
    assert (path, first["eventType"]) == ("/api/v1/sessions", "sessionStart")
    assert agent.startswith("Mozilla/5.0 (")
    assert first["params"]["analytics.reportSuite"] == UP.project_id
    assert {path for path, _, body in api.got if body["eventType"] != "sessionStart"} == {f"/api/v1/sessions/{SID}/events"}
    assert lifecycle.down(folder, Steps(Console(quiet=True))) is False  # no emulator runs here
    assert ended(folder)


def test_second_start_replaces_the_viewers(api: Api, folder: StateFolder) -> None:
    first = start(folder, api.cloud, 1)
    second = start(folder, api.cloud, 2)
    assert first.pid != second.pid
    assert background.running(folder) == second


def test_viewers_end_when_the_api_is_gone(api: Api, folder: StateFolder) -> None:
    start(folder, api.cloud, VIEWERS)
    wait_until(lambda: api.got)
    api.close()
    wait_until(lambda: ended(folder))
    assert "the API is gone" in folder.viewers_log.read_text(encoding="utf-8")


def test_viewers_end_after_their_time(api: Api) -> None:
    options = ("--url", str(api.cloud.url), "--project", "demo", "--viewers", "1", "--minutes", "0")
    done = CliRunner().invoke(watching.main, options)
    assert (done.exit_code, "ended after 0:00:0" in done.stdout) == (0, True), done.output


def test_refused_viewing_is_logged_and_the_seat_stays_empty_for_a_while(api: Api) -> None:
    said: list[str] = []
    audience = watching.Audience(f"{api.cloud.url}/nowhere", "demo", 1, seed="refused", say=said.append)
    audience.start()
    wait_until(lambda: len(said) == 2)
    audience.over.set()
    assert said[1].startswith("refused with 404")


def test_status_shows_the_viewers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEDIABEAT_HOME", str(tmp_path))
    monkeypatch.setattr(lifecycle, "status", lambda folder: UP)
    monkeypatch.setattr(background, "running", lambda folder: background.Viewers(1, 12, 1_795_000_000))
    shown = CliRunner().invoke(main, ["status"]).output.splitlines()[-1]
    assert shown == "viewers      12 invented viewers watch until 11:06 UTC, or until `mediabeat down`"
