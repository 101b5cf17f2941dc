"""Replaying a recording of a CMCD player: the requests, their times, and the result. The server is httpx.MockTransport."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediabeat.cli.cmcd_recording import CmcdRecording, Post, replay_lines
from mediabeat.cli.replay import ReplayOptions
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.cmcd.line import session_id
from tests.support.builders import BASE_MS
from tests.support.cmcd import text_of
from tests.support.template import ROOT

URL = "http://127.0.0.1:1"
POSTS = (
    Post(0, "demo", "?channel=web", text_of(0, e="ps", sta="s") + "\n"),
    Post(2_000, "demo", "", text_of(2, e="ps", sta="p")),
)


class Server:
    """A receiver that answers what it is told, and records the requests."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses
        self.received: list[tuple[str, str]] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.received.append((request.url.raw_path.decode(), request.content.decode()))
        assert request.headers["content-type"] == "application/cmcd"
        return httpx.Response(self.statuses.get(request.url.path.rpartition("/")[2], 204))


class Clock:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now_s = BASE_MS / 1_000 + 1_000
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.now_s += seconds


def sent(server: Server, options: ReplayOptions, clock: Clock | None = None) -> Any:
    clock = clock or Clock()
    return replay_lines(CmcdRecording(POSTS), URL, options, transport=server.transport, clock_s=clock, wait=clock.wait)


def test_recording_is_sent_as_it_is_and_names_its_session() -> None:
    server = Server()
    [replayed] = sent(server, ReplayOptions())
    assert server.received == [(f"/cmcd/v2/demo{post.query}", post.body) for post in POSTS]
    assert (replayed.sid, replayed.answers, replayed.refusal) == (session_id("demo", "s-1"), {204: 2}, None)


def test_pauses_are_kept_at_the_speed_that_is_asked_for() -> None:
    clock = Clock()
    sent(Server(), ReplayOptions(speed=4), clock)
    assert clock.waits == [0.5]


def test_shifted_recording_ends_now_as_a_new_session() -> None:
    server = Server()
    [replayed] = sent(server, ReplayOptions(shift_to_now=True))
    assert f"ts={BASE_MS + 998_000}" in server.received[0][1]
    assert f"ts={BASE_MS + 1_000_000}" in server.received[1][1]
    assert replayed.sid != session_id("demo", "s-1")
    assert all('sid="s-1"' not in body for _, body in server.received)


def test_other_project_takes_the_place_of_one_that_is_unknown() -> None:
    server = Server(demo=410)
    [replayed] = sent(server, ReplayOptions(fallback_project_id="mine"))
    assert [path.partition("?")[0] for path, _ in server.received] == ["/cmcd/v2/demo", "/cmcd/v2/mine", "/cmcd/v2/mine"]
    assert (replayed.sid, replayed.as_fallback_project) == (session_id("mine", "s-1"), True)


def test_refusal_is_told_with_its_place() -> None:
    [replayed] = sent(Server(demo=503), ReplayOptions(project_id="demo"))
    assert replayed.refusal is not None
    assert (replayed.refusal.position, replayed.refusal.status, replayed.answers) == (0, 503, {503: 2})


@pytest.mark.parametrize("path", sorted((ROOT / "events" / "journeys" / "cmcd").glob("*.json")), ids=lambda path: path.stem)
def test_journey_is_read(path: Path) -> None:
    recording = CmcdRecording.read(path)
    assert recording is not None
    assert recording.posts[0].project_id == "demo"
    assert recording.headers["User-Agent"].startswith("Mozilla/")


def test_file_without_requests_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "journey.json"
    path.write_text(json.dumps({"sessions": []}))
    assert CmcdRecording.read(path) is None


@pytest.mark.parametrize(
    "requests", [[{"method": "POST", "path": "/cmcd/v2/demo"}], [{"method": "OPTIONS", "path": "/cmcd/v2/demo"}], 1]
)
def test_file_with_other_requests_is_refused(requests: Any, tmp_path: Path) -> None:
    path = tmp_path / "recording.json"
    path.write_text(json.dumps({"requests": requests}))
    with pytest.raises(CommandFailed, match="not a recording of CMCD requests"):
        CmcdRecording.read(path)
