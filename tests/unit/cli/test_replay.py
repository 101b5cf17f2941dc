"""Replaying a journey: the requests, their times, and the result. The server is httpx.MockTransport."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediabeat.cli.replay import Journey, Refusal, ReplayedSession, ReplayOptions, due_s, replay, shifted, ts_ms, with_project
from mediabeat.cli.terminal.failure import CommandFailed
from tests.support.builders import BASE_MS, Wire, wire, wire_start

URL = "http://127.0.0.1:1"
SID = "a" * 64


class Server:
    """A collection API that accepts every event that `refuse` does not refuse, and records the requests."""

    def __init__(self, refuse: Callable[[Any], httpx.Response | None] = lambda body: None) -> None:
        self.refuse = refuse
        self.received: list[tuple[str, Any]] = []
        self.headers: list[httpx.Headers] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.received.append((request.url.path, body))
        self.headers.append(request.headers)
        if refusal := self.refuse(body):
            return refusal
        if request.url.path == "/api/v1/sessions":
            return httpx.Response(201, headers={"Location": f"/api/v1/sessions/{SID}"})
        return httpx.Response(204)


class Clock:
    """A clock that moves only when somebody waits, and records each wait."""

    def __init__(self, now_s: float = 1_000) -> None:
        self.now_s = now_s
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_s += seconds


def journey(*events: Wire, downloaded: bool = False) -> Journey:
    return Journey(downloaded, (events,))


def unknown_project(body: Any) -> httpx.Response | None:
    start = body[0] if isinstance(body, list) else body
    if start.get("params", {}).get("analytics.reportSuite") in (None, "demo"):
        return None
    problem = {"field": "params.analytics.reportSuite", "rule": "is not known here"}
    return httpx.Response(400, json={"code": 400, "errors": [problem]})


def test_replay_sends_the_start_first_and_the_other_events_to_its_location() -> None:
    server = Server()
    events = [wire_start(), wire("play", 1), wire("sessionEnd", 9)]
    replayed = replay(journey(*events), URL, transport=server.transport)
    assert server.received == [
        ("/api/v1/sessions", events[0]),
        (f"/api/v1/sessions/{SID}/events", events[1]),
        (f"/api/v1/sessions/{SID}/events", events[2]),
    ]
    assert replayed == [ReplayedSession(SID, 3, {201: 1, 204: 2}, None, as_fallback_project=False)]


def test_replay_sends_a_downloaded_session_in_one_request() -> None:
    server = Server()
    events = [wire_start(), wire("play", 1), wire("sessionEnd", 9)]
    replayed = replay(journey(*events, downloaded=True), URL, transport=server.transport)
    assert server.received == [("/api/v1/sessions", events)]
    assert replayed == [ReplayedSession(SID, 3, {201: 1}, None, as_fallback_project=False)]


def test_replay_sends_the_sessions_of_a_journey_one_after_the_other() -> None:
    server = Server()
    both = Journey(downloaded=False, sessions=((wire_start(), wire("sessionEnd", 1)), (wire_start(2),)))
    assert [session.events_sent for session in replay(both, URL, transport=server.transport)] == [2, 1]


def test_replay_reports_a_refused_event_and_sends_the_rest() -> None:
    server = Server(lambda body: httpx.Response(410, text="closed") if body["eventType"] == "play" else None)
    events = [wire_start(), wire("play", 1), wire("play", 2), wire("ping", 3)]
    replayed = replay(journey(*events), URL, transport=server.transport)
    refusal = Refusal(1, "play", 410, "closed")
    assert replayed == [ReplayedSession(SID, 4, {201: 1, 410: 2, 204: 1}, refusal, as_fallback_project=False)]


def test_replay_sends_nothing_after_a_refused_start() -> None:
    server = Server(lambda body: httpx.Response(500, text="no"))
    replayed = replay(journey(wire_start(), wire("play", 1)), URL, transport=server.transport)
    assert replayed == [ReplayedSession(None, 1, {500: 1}, Refusal(0, "sessionStart", 500, "no"), as_fallback_project=False)]


def test_replay_takes_an_unexpected_success_status_as_a_refusal() -> None:
    server = Server(lambda body: httpx.Response(204) if body["eventType"] == "sessionStart" else None)
    [session] = replay(journey(wire_start()), URL, transport=server.transport)
    assert session.refusal == Refusal(0, "sessionStart", 204, "")


@pytest.mark.parametrize("downloaded", [False, True])
def test_replay_falls_back_to_another_project_when_its_own_is_unknown(downloaded: bool) -> None:
    server = Server(unknown_project)
    start = wire_start(analytics_reportSuite="theirs")
    options = ReplayOptions(fallback_project_id="demo")
    [session] = replay(journey(start, downloaded=downloaded), URL, options, transport=server.transport)
    assert session == ReplayedSession(SID, 1, {201: 1}, None, as_fallback_project=True)
    assert len(server.received) == 2


def test_replay_reports_an_unknown_project_when_it_has_no_fallback() -> None:
    server = Server(unknown_project)
    [session] = replay(journey(wire_start(analytics_reportSuite="theirs")), URL, transport=server.transport)
    assert (session.sid, session.answers, session.as_fallback_project) == (None, {400: 1}, False)


def test_replay_sends_the_given_project_instead_of_the_recorded_one() -> None:
    server = Server()
    replay(journey(wire_start()), URL, ReplayOptions(project_id="mine"), transport=server.transport)
    assert server.received == [("/api/v1/sessions", wire_start(analytics_reportSuite="mine"))]


def test_replay_sends_the_recorded_headers() -> None:
    server = Server()
    headers = {"User-Agent": "TV", "Origin": "https://tv.example.com"}
    replay(Journey(False, ((wire_start(),),), headers), URL, transport=server.transport)
    assert headers.items() <= {name.title(): value for name, value in server.headers[0].items()}.items()


def test_shift_moves_the_last_event_to_now_without_pauses() -> None:
    events = [wire_start(0), wire("ping", 20), wire("play", 5)]
    moved = shifted(events, BASE_MS + 100_000, paced=False)
    assert moved == [wire_start(80), wire("ping", 100), wire("play", 85)]


def test_shift_moves_the_first_event_to_now_with_pauses() -> None:
    events = [wire_start(3), wire("adBreakStart", 1), wire("play", 8)]
    moved = shifted(events, BASE_MS, paced=True)
    assert moved == [wire_start(2), wire("adBreakStart", 0), wire("play", 7)]


def test_shift_does_not_change_the_recorded_events() -> None:
    events = [wire_start(0)]
    shifted(events, BASE_MS + 1, paced=False)
    assert events == [wire_start(0)]


def test_events_are_due_at_once_without_a_speed() -> None:
    assert due_s([wire_start(0), wire("ping", 10)], None) == [0, 0]


def test_events_are_due_after_half_the_time_at_double_speed() -> None:
    assert due_s([wire_start(4), wire("play", 5), wire("ping", 14)], 2) == [0, 0.5, 5]


def test_late_event_is_due_with_the_event_before_it() -> None:
    assert due_s([wire_start(0), wire("ping", 10), wire("play", 2), wire("ping", 20)], 1) == [0, 10, 10, 20]


def test_replay_subtracts_the_time_of_answers_from_its_pauses() -> None:
    clock = Clock()

    def slowly(body: Any) -> None:
        clock.now_s += 0.5

    events = [wire_start(0), wire("play", 2), wire("ping", 2.25), wire("ping", 5)]
    replay(journey(*events), URL, ReplayOptions(speed=1), transport=Server(slowly).transport, clock_s=clock, wait=clock.wait)
    assert clock.waits == [1.5, 2]


def test_replay_with_speed_and_shift_begins_now() -> None:
    server, clock = Server(), Clock(now_s=5_000)
    options = ReplayOptions(speed=10, shift_to_now=True)
    replay(
        journey(wire_start(0), wire("ping", 10)),
        URL,
        options,
        transport=server.transport,
        clock_s=clock,
        wait=clock.wait,
    )
    assert [ts_ms(body) for _, body in server.received] == [5_000_000, 5_010_000]
    assert clock.waits == [1]


def test_with_project_changes_only_the_start() -> None:
    events = [wire_start(), wire("play", 1)]
    assert with_project(events, "other") == [wire_start(analytics_reportSuite="other"), wire("play", 1)]


def test_journey_is_read_with_its_headers(tmp_path: Path) -> None:
    path = tmp_path / "journey.json"
    content = {"downloaded": True, "userAgent": "TV", "sessions": [{"events": [wire_start()]}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert Journey.read(path) == Journey(True, ((wire_start(),),), {"User-Agent": "TV"})


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"sessions": [{"events": []}]}', '{"sessions": [{"events": [{"eventType": "ping"}]}]}'],
)
def test_journey_cannot_be_read_from_another_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"other\.json is not a journey"):
        Journey.read(path)
