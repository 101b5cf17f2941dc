"""The Media Edge API over HTTP, on the deployed template: recordings of its clients, and what a browser asks."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mediabeat.cli.edge_replay import EdgeRecording, replay_edge
from mediabeat.cli.replay import ReplayOptions
from tests.e2e.cloud import Cloud
from tests.support.edge import FIXTURES, body_of, needs_recordings, session_in, xdm, xdm_start

ORIGIN = "https://www.player.test"
TIMEOUT_S = 30
AT_ONCE = 4


@needs_recordings
def test_every_recording_is_accepted_and_its_sessions_are_listed(cloud: Cloud) -> None:
    options = ReplayOptions(shift_to_now=True, project_id=cloud.project_id)
    headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}

    def send(path: Path) -> None:
        recording = EdgeRecording.read(path)
        assert recording is not None
        replayed = replay_edge(recording, cloud.url, options)
        assert replayed.refusal is None, path.name
        assert replayed.sid is not None, path.name
        for sid in replayed.sid.split(", "):
            shown = httpx.get(f"{cloud.url}/v1/sessionRecent/{sid}", headers=headers, trust_env=False, timeout=TIMEOUT_S)
            assert shown.status_code == 200, path.name

    with ThreadPoolExecutor(AT_ONCE) as clients:
        for _ in clients.map(send, sorted(FIXTURES.glob("*.json"))):
            pass


def test_command_sends_a_recording(cloud: Cloud, tmp_path: Path) -> None:
    journey = Path(__file__).parents[2] / "events" / "journeys" / "web_sdk.json"
    done = cloud.mediabeat("replay", "--shift", "now", journey)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("17 events  1 x 200, 16 x 204\n")


@pytest.mark.parametrize("origin", [ORIGIN, "http://127.0.0.1:8080"])
def test_browser_is_told_its_own_origin(cloud: Cloud, origin: str) -> None:
    url = f"{cloud.url}/ee/v1/interact?configId={cloud.project_id}"
    answers = [
        httpx.post(url, json=body_of(xdm_start()), headers={"Origin": origin}, trust_env=False, timeout=TIMEOUT_S),
        httpx.post(url, content="no JSON", headers={"Origin": origin}, trust_env=False, timeout=TIMEOUT_S),
        httpx.options(
            url, headers={"Origin": origin, "Access-Control-Request-Method": "POST"}, trust_env=False, timeout=TIMEOUT_S
        ),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 204]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_frame_of_an_answer_arrives_as_it_is(cloud: Cloud) -> None:
    meta = {"konductorConfig": {"streaming": {"enabled": True, "recordSeparator": "\0", "lineFeed": "\n"}}}
    url = f"{cloud.url}/ee/va/v1/sessionStart?configId={cloud.project_id}"
    answer = httpx.post(url, json=body_of(xdm_start(), meta=meta), trust_env=False, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.content[:1], answer.content[-1:]) == (200, b"\0", b"\n")
    sid = session_in({"statusCode": 200, "body": answer.text})
    sent = httpx.post(
        f"{cloud.url}/ee/irl1/va/v1/ping?configId=x", json=body_of(xdm("ping", sid)), trust_env=False, timeout=TIMEOUT_S
    )
    assert (sent.status_code, sent.content) == (204, b"")
