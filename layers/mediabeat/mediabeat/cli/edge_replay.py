"""Recorded requests of Edge clients, sent again: with new session ids, with new names, and with their times moved."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep, time
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import httpx

from mediabeat.cli.replay import LOOPBACK, TIMEOUT_S, Journey, Refusal, ReplayedSession, ReplayOptions, replay
from mediabeat.cli.terminal.failure import CommandFailed

_STAMPS: Final = ("timestamp", "mediaEventTimestamp")
_SECONDS: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ACCEPTED: Final = (httpx.codes.OK, httpx.codes.NO_CONTENT)
_INVALID_DATASTREAM: Final = "EXEG-0003-400"
_HEADERS: Final = ("content-type", "origin", "user-agent", "referer", "cookie", "accept-language")


@dataclass(frozen=True, slots=True)
class EdgeRecording:
    """The requests of an Edge client in the order of their arrival, each with the answer that it got then."""

    requests: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, path: Path) -> "EdgeRecording | None":
        """Return the recording in a file; None for a file without requests, which may be a journey.

        Raises CommandFailed when the requests cannot be sent again.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict) or "requests" not in content:
                return None
            requests = tuple(content["requests"])
            for one in requests:
                _path_and_query(one["path"])
                one["t_ms"] + 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandFailed(f"{path} is not a recording: {type(error).__name__}: {error}") from None
        return cls(requests)


def replay_edge(
    recording: EdgeRecording,
    url: str,
    options: ReplayOptions | None = None,
    *,
    transport: httpx.BaseTransport | None = None,
    clock_s: Callable[[], float] = time,
    wait: Callable[[float], None] = sleep,
) -> ReplayedSession:
    """Send a recording to an API and return the result; its `sid` names all sessions that were started.

    Requests that were refused when they were recorded may be refused again. Raises httpx.TransportError when the API does not
    answer.
    """
    options = options or ReplayOptions()
    sending = _Sending(options, _offset_s(recording, options, clock_s()))
    began_s = clock_s()
    with httpx.Client(
        base_url=url, timeout=TIMEOUT_S, trust_env=httpx.URL(url).host not in LOOPBACK, transport=transport
    ) as http:
        for position, request in enumerate(recording.requests):
            due_s = began_s + request["t_ms"] / 1000 / options.speed if options.speed else began_s
            if (wait_s := due_s - clock_s()) > 0:
                wait(wait_s)
            sending.send(http, position, request)
    return sending.result()


def replay_file(
    path: Path,
    url: str,
    options: ReplayOptions | None = None,
    *,
    transport: httpx.BaseTransport | None = None,
    clock_s: Callable[[], float] = time,
) -> list[ReplayedSession]:
    """Send a journey, or a recording of an Edge client, to an API and return the results.

    Raises CommandFailed when the file is neither, and httpx.TransportError when the API does not answer.
    """
    recording = EdgeRecording.read(path)
    if recording is None:
        return replay(Journey.read(path), url, options, transport=transport, clock_s=clock_s)
    return [replay_edge(recording, url, options, transport=transport, clock_s=clock_s)]


class _Sending:
    """One replay: what has been sent, and the ids that the API issued for the recorded ones."""

    def __init__(self, options: ReplayOptions, offset_s: int) -> None:
        self._options = options
        self._offset_s = offset_s
        self._run = uuid.uuid4()
        self._project = options.project_id
        self._issued: dict[str, str] = {}
        self._sids: list[str] = []
        self._statuses: list[int] = []
        self._refusal: Refusal | None = None
        self._as_fallback = False

    def send(self, http: httpx.Client, position: int, request: Mapping[str, Any]) -> None:
        """Send one request."""
        answer = self._post(http, request)
        if _INVALID_DATASTREAM in answer.text and self._options.fallback_project_id and not self._as_fallback:
            self._project, self._as_fallback = self._options.fallback_project_id, True
            answer = self._post(http, request)
        self._statuses.append(answer.status_code)
        recorded = request.get("answer") or {}
        if answer.status_code == httpx.codes.OK and answer.text:
            issued = _sessions_in(json.loads(answer.text.strip("\0\n ")))
            for old, new in zip(_sessions_in(recorded) or [""], issued, strict=False):
                self._issued[old] = new
                self._sids += [new] if new not in self._sids else []
        was_accepted = request.get("status", httpx.codes.OK) in _ACCEPTED
        if answer.status_code not in _ACCEPTED and was_accepted and self._refusal is None:
            self._refusal = Refusal(position, request["path"].partition("?")[0], answer.status_code, answer.text)

    def _post(self, http: httpx.Client, request: Mapping[str, Any]) -> httpx.Response:
        path, query = _path_and_query(request["path"])
        if self._project:
            query["configId"] = self._project
        if "requestId" in query:
            query["requestId"] = self._renamed(query["requestId"])
        headers = {name: value for name, value in request.get("headers", {}).items() if name.lower() in _HEADERS}
        return http.post(f"{path}?{urlencode(query)}", content=json.dumps(self._moved(request.get("body"))), headers=headers)

    def _renamed(self, name: str) -> str:
        """Return another name of a request or an event, the same for each of its tries in this replay."""
        return str(uuid.uuid5(self._run, name))

    def _moved(self, value: Any, key: str = "") -> Any:
        match value:
            case dict():
                return {name: self._moved(one, name) for name, one in value.items()}
            case list():
                return [self._moved(one) for one in value]
            case str() if key == "sessionID":
                return self._issued.get(value, value)
            case str() if key == "_id":
                return self._renamed(value)
            case str() if key in _STAMPS and (found := _SECONDS.match(value)):
                moved = datetime.fromisoformat(found[0]) + timedelta(seconds=self._offset_s)
                return moved.isoformat() + value[found.end() :]
        return value

    def result(self) -> ReplayedSession:
        """Return what has become of the recording."""
        sids = ", ".join(self._sids) or None
        counted = dict(Counter(self._statuses))
        return ReplayedSession(sids, len(self._statuses), counted, self._refusal, as_fallback_project=self._as_fallback)


def _path_and_query(sent: str) -> tuple[str, dict[str, str]]:
    """Return a request's path from `/ee` on, as a proxy that has it behind another path passes it on, and its query."""
    path, _, query = sent.partition("?")
    _, found, after = path.partition("/ee/")
    if not found:
        raise ValueError(f"{path} has no /ee/")
    return found + after, dict(parse_qsl(query, keep_blank_values=True))


def _sessions_in(answer: Any) -> list[str]:
    """Return the sessions that an answer names."""
    handles = answer.get("handle", []) if isinstance(answer, dict) else []
    return [one["payload"][0]["sessionId"] for one in handles if one.get("type") == "media-analytics:new-session"]


def _offset_s(recording: EdgeRecording, options: ReplayOptions, now_s: float) -> int:
    """Return by how many seconds times are moved: whole ones, as Roku's client writes fractions in a form of its own."""
    if not options.shift_to_now:
        return 0
    stamps = [
        datetime.fromisoformat(found[0]).replace(tzinfo=UTC).timestamp()
        for request in recording.requests
        for stamp in _stamps_in(request.get("body"))
        if (found := _SECONDS.match(stamp))
    ]
    if not stamps:
        return 0
    return int(now_s - (min(stamps) if options.speed is not None else max(stamps)))


def _stamps_in(value: Any) -> Sequence[str]:
    if isinstance(value, list):
        return [stamp for one in value for stamp in _stamps_in(one)]
    if not isinstance(value, dict):
        return []
    own = [one for name, one in value.items() if name in _STAMPS and isinstance(one, str)]
    return [*own, *(stamp for one in value.values() for stamp in _stamps_in(one))]
