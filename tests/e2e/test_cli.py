"""The command `mediabeat`, as it is installed, on a local cloud."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.cloud import Cloud, installed, mediabeat, status_of
from tests.support.builders import wire, wire_start
from tests.support.template import ROOT

SID = "[0-9a-f]{64}"
EVENTS = ROOT / "events"
JOURNEYS = EVENTS / "journeys"


def write_recording(folder: Path, *events: dict[str, Any]) -> Path:
    path = folder / "recording.json"
    path.write_text(json.dumps({"sessions": [{"events": events}]}), encoding="utf-8")
    return path


def recent(cloud: Cloud, api_key: str | None = None, project_id: str | None = None) -> httpx.Response:
    headers = {"x-api-key": api_key or cloud.api_key, "x-project-id": project_id or cloud.project_id}
    return httpx.get(f"{cloud.url}/v1/sessionRecent", headers=headers, timeout=30)


def test_status_shows_addresses_and_keys_of_the_cloud(cloud: Cloud) -> None:
    told = status_of(cloud.home)
    assert told == {
        "running": True,
        "url": f"http://127.0.0.1:{cloud.port}",
        "project_id": "demo",
        "api_key": told["api_key"],
        "endpoint": f"http://localhost:{cloud.port}",
        "table": told["table"],
        "stack": "mediabeat",
        "pid": told["pid"],
        "log": str(cloud.home / "emulator.log"),
        "home": str(cloud.home),
    }
    assert cloud.mediabeat("status").returncode == 0


def test_installed_command_is_the_one_that_runs_in_process(cloud: Cloud) -> None:
    assert installed(cloud.home, "status") == cloud.mediabeat("status")


def test_only_its_user_can_read_the_status_file(cloud: Cloud) -> None:
    assert (cloud.home / "status.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/proc/net").exists(), reason="only Linux has all of 127.0.0.0/8 on its loopback")
def test_cloud_listens_only_on_127_0_0_1(cloud: Cloud) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", cloud.port))


def test_browser_may_post_and_read_the_location(cloud: Cloud) -> None:
    asked = {"Origin": "https://tv.example.com", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{cloud.url}/api/v1/sessions", headers=asked)
    assert answer.status_code == 204
    assert {name: value for name, value in answer.headers.items() if name.startswith("access-control")} == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "OPTIONS,POST",
        "access-control-allow-headers": "Content-Type",
        "access-control-expose-headers": "Location",
        "access-control-max-age": "86400",
    }


def test_replayed_session_is_listed(cloud: Cloud) -> None:
    replayed = cloud.mediabeat("replay", "--shift", "now", JOURNEYS / "003_abandoned.json")
    assert replayed.returncode == 0, replayed.stderr
    assert re.fullmatch(rf"003_abandoned\.json  {SID}  15 events  1 x 201, 14 x 204\n", replayed.stdout)
    [newest] = json.loads(cloud.mediabeat("sessions", "--limit", "1", "--json").stdout)["result"]
    shown = {name: newest[name] for name in ("device", "os", "playingTime", "isError")}
    assert shown == {"device": "PC", "os": "Windows / 10", "playingTime": 33.0, "isError": True}
    assert re.search(r" PC +Windows 10 .* 33\.0 .* yes ", cloud.mediabeat("sessions").stdout)


def test_replay_sends_an_unknown_project_as_the_local_one(cloud: Cloud, tmp_path: Path) -> None:
    path = write_recording(tmp_path, wire_start(analytics_reportSuite="theirs"), wire("sessionEnd", 1))
    replayed = cloud.mediabeat("replay", "--shift", "now", path)
    assert (replayed.returncode, replayed.stderr) == (
        0,
        "recording.json: its project is unknown here; sent as 'demo'.\n",
    )


def test_replay_names_the_first_refused_event(cloud: Cloud, tmp_path: Path) -> None:
    path = write_recording(tmp_path, wire_start(), wire("play", 1), wire("stateStart", 2), wire("teleport", 3))
    replayed = cloud.mediabeat("replay", "--shift", "now", path)
    assert replayed.returncode == 1
    assert re.fullmatch(rf"recording\.json  {SID}  4 events  1 x 201, 1 x 204, 2 x 400\n", replayed.stdout)
    assert replayed.stderr.startswith("  refused: event 2 (stateStart) was answered with 400: {")


def test_replay_reports_a_server_that_does_not_answer(cloud: Cloud) -> None:
    replayed = cloud.mediabeat("replay", "--url", "http://127.0.0.1:1", JOURNEYS / "003_abandoned.json")
    assert replayed.returncode == 1
    assert replayed.stderr.startswith("Error: http://127.0.0.1:1 does not answer: ")


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_function_accepts_its_example_event(cloud: Cloud, event: Path) -> None:
    invoked = cloud.mediabeat("invoke", event.stem, event)
    assert invoked.returncode == 0, invoked.stdout + invoked.stderr
    assert json.loads(invoked.stdout).get("statusCode", 200) < 300


def test_invoke_lists_the_functions_when_the_name_is_unknown(cloud: Cloud) -> None:
    invoked = cloud.mediabeat("invoke", "nothing", EVENTS / "schemas.json")
    folders = ", ".join(sorted(path.parent.name for path in ROOT.glob("functions/*/app.py")))
    assert (invoked.returncode, invoked.stderr) == (
        1,
        f"Error: No function 'nothing' is deployed. There are: {folders}\n",
    )


def test_printed_key_opens_the_new_project(cloud: Cloud) -> None:
    created = cloud.mediabeat("project", "create", "second")
    assert created.returncode == 0, created.stderr
    [(project_id, key)] = re.findall(r"project id +(\S+)\nAPI key +(\S+)\n", created.stdout)
    assert project_id == "second"
    assert recent(cloud, key, "second").json()["result"] == []
    assert recent(cloud, key, "demo").status_code == 401


def test_project_create_refuses_an_existing_id(cloud: Cloud) -> None:
    again = cloud.mediabeat("project", "create", "demo")
    assert (again.returncode, again.stderr) == (1, "Error: The project 'demo' exists already.\n")


def test_project_create_refuses_an_id_that_no_report_suite_can_have(cloud: Cloud) -> None:
    refused = cloud.mediabeat("project", "create", "two words")
    assert (refused.returncode, refused.stderr.partition(":")[0]) == (1, "Error")


def test_up_names_a_port_that_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = installed(tmp_path, "up", "--port", str(port))
    assert (up.returncode, up.stderr) == (
        1,
        f"Error: Port {port} is taken by another program; name a free one with --port.\n",
    )


@pytest.mark.parametrize("command", [["sessions"], ["project", "create", "x"], ["replay", __file__]])
def test_command_says_how_to_start_the_cloud_when_it_is_down(tmp_path: Path, command: list[str]) -> None:
    refused = mediabeat(tmp_path, *command)
    assert (refused.returncode, refused.stderr) == (
        1,
        "Error: The local cloud is not up. Start it with: mediabeat up\n",
    )


def test_status_has_nulls_when_no_cloud_ever_ran(tmp_path: Path) -> None:
    refused = mediabeat(tmp_path, "status", "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout) == {
        **dict.fromkeys(["url", "project_id", "api_key", "endpoint", "table", "stack", "pid"]),
        "running": False,
        "log": str(tmp_path / "emulator.log"),
        "home": str(tmp_path),
    }
