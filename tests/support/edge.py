"""Recorded requests of Edge clients, and requests in their form.

The recordings lie in a folder beside the repository. Where it is missing, the tests that use them are skipped.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mediabeat.cli.edge_replay import EdgeRecording, replay_edge
from mediabeat.cli.replay import ReplayedSession, ReplayOptions
from mediabeat.protocols.media_edge.params import CANONICAL
from tests.support.api import Answer, Api
from tests.support.builders import BASE_MS, Wire
from tests.support.clock import Clock
from tests.support.template import ROOT

FIXTURES: Final = ROOT.parent / "shared" / "fixtures" / "edge"
RECORDINGS: Final = {path.stem: path for path in sorted(FIXTURES.glob("*.json"))}
needs_recordings = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the folder of recordings is not there")

ORIGIN: Final = "https://www.player.test"

Xdm = dict[str, Any]


def stamp(at: float = 0) -> str:
    """Return a time of ISO 8601, `at` seconds after the start of the tests' sessions."""
    return datetime.fromtimestamp(BASE_MS / 1_000 + at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def xdm(event_type: str, sid: str | None = None, at: float = 0, playhead: float = 0, **collection: Any) -> Xdm:
    """Return an event's XDM, such as `xdm("play", sid)`."""
    own = {} if sid is None else {"sessionID": sid}
    return {
        "eventType": f"media.{event_type}",
        "timestamp": stamp(at),
        "mediaCollection": {"playhead": playhead, **own, **collection},
    }


def xdm_start(at: float = 0, playhead: float = 0, *, without: str = "", **details: Any) -> Xdm:
    """Return the XDM of a `sessionStart` with the fields that are needed, and those given."""
    needed = {"name": "movie-1", "contentType": "VOD", "playerName": "player", "channel": "channel", "length": 100}
    given = {name: value for name, value in (needed | details).items() if name != without}
    return xdm("sessionStart", None, at, playhead, sessionDetails=given)


def body_of(*xdms: Any, ecid: bool = False, **rest: Any) -> dict[str, Any]:
    """Return a request's body with these events."""
    asked = {"query": {"identity": {"fetch": ["ECID"]}}} if ecid else {}
    return {"events": [{"xdm": one} for one in xdms], **asked, **rest}


class EdgePlayer:
    """A client of the Media Edge API."""

    def __init__(self, api: Api, project: str = "demo") -> None:
        self._api = api
        self.project = project

    def post(self, path: str, body: Any, *, request_id: str = "", query: str | None = None, origin: str = ORIGIN) -> Answer:
        """Send a body to a path below `/ee`, with a query of its own or the usual one."""
        named = f"&requestId={request_id}" if request_id else ""
        target = f"/ee/{path}?{f'configId={self.project}{named}' if query is None else query}"
        headers = {"content-type": "text/plain; charset=UTF-8", **({"origin": origin} if origin else {})}
        return self._api.call("POST", target, body, headers=headers)

    def start(self, at: float = 0, path: str = "va/v1/sessionStart", **details: Any) -> str:
        """Start a session and return its id."""
        return session_in(self.post(path, body_of(xdm_start(at, **details))))

    def send(self, event: Xdm, **meta: Any) -> int:
        """Send an event on the path of its type, and return the status."""
        answer = self.post(f"va/v1/{event['eventType'].removeprefix('media.')}", body_of(event, meta=meta))
        status: int = answer["statusCode"]
        return status


def told(answer: Answer) -> dict[str, Any]:
    """Return the JSON in an answer, in a frame or not."""
    body: dict[str, Any] = json.loads(answer["body"].strip("\0\n"))
    return body


def handles(answer: Answer, kind: str) -> list[Any]:
    """Return the payloads of one kind in an answer."""
    return [one["payload"][0] for one in told(answer)["handle"] if one["type"] == kind]


def session_in(answer: Answer) -> str:
    """Return the session that was started."""
    assert answer["statusCode"] == 200, answer
    [session] = handles(answer, "media-analytics:new-session")
    return str(session["sessionId"])


def detail(api: Api, sid: str, api_key: str) -> dict[str, Any]:
    """Return one session of the project `demo` in detail."""
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    shown = api.call("GET", f"/v1/sessionRecent/{sid}", headers=headers)
    result: dict[str, Any] = json.loads(shown["body"])["result"]
    return result


class InProcess(httpx.BaseTransport):
    """The way from the command's client to the functions in this process."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.answers: list[Answer] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Let the function answer."""
        target = request.url.raw_path.decode()
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        answer = self._api.call(request.method, target, request.read().decode(), headers=headers)
        self.answers.append(answer)
        return httpx.Response(answer["statusCode"], headers=answer["headers"], text=answer["body"])


def replay_in_process(path: Path, api: Api, clock: Clock, project: str = "demo") -> tuple[ReplayedSession, Iterable[Answer]]:
    """Send a recording in time, on the tests' clock; return the result and all answers."""
    recording = EdgeRecording.read(path)
    assert recording is not None
    transport = InProcess(api)

    def wait(duration_s: float) -> None:
        clock.now += round(duration_s * 1_000)

    options = ReplayOptions(speed=1, shift_to_now=True, project_id=project)
    clock_s = lambda: clock.now / 1_000  # noqa: E731
    done = replay_edge(recording, "http://127.0.0.1", options, transport=transport, clock_s=clock_s, wait=wait)
    return done, transport.answers


_XDM_OF: Final = {canonical: (part, field) for part, names in CANONICAL.items() for field, canonical in names.items()}


def as_xdm(body: Wire, sid: str | None = None) -> Xdm:
    """Return the XDM of an event of the collection API; parameters that XDM lacks are left out."""
    collection: dict[str, Any] = {"playhead": body["playerTime"]["playhead"]}
    if sid is not None:
        collection["sessionID"] = sid
    kind = body["eventType"]
    if kind in ("stateStart", "stateEnd"):  # XDM has one event for both
        collection["statesStart" if kind == "stateStart" else "statesEnd"] = [
            {"name": body.get("params", {}).get("media.state.name")}
        ]
        kind = "statesUpdate"
    for name, value in {**body.get("params", {}), **body.get("qoeData", {})}.items():
        if name in ("statesStart", "statesEnd"):
            collection[name] = [{"name": one.get("media.state.name")} for one in value]
        elif name in _XDM_OF:
            part, field = _XDM_OF[name]
            collection.setdefault(part, {})[field] = value
    if custom := body.get("customMetadata"):
        collection["customMetadata"] = [{"name": name, "value": value} for name, value in custom.items()]
    at = body["playerTime"]["ts"] / 1_000
    stamped = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return {"eventType": f"media.{kind}", "timestamp": stamped, "mediaCollection": collection}
