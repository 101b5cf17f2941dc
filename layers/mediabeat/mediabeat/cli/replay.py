"""Recorded journeys, sent over HTTP as their players sent them."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from time import sleep, time
from typing import Any, Final

import httpx

from mediabeat.cli.terminal.failure import CommandFailed

SESSIONS: Final = "/api/v1/sessions"
REPORT_SUITE: Final = "analytics.reportSuite"
TIMEOUT_S: Final = 30
LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
HEADERS: Final = {"userAgent": "User-Agent", "origin": "Origin"}  # a journey's keys and the headers that they fill

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Journey:
    """What one player sent: the event bodies of each session in the order of their arrival, and the known request headers."""

    downloaded: bool
    sessions: tuple[tuple[Body, ...], ...]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Journey":
        """Return the journey in a file.

        Raises CommandFailed when the file is not a journey.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            sessions = tuple(tuple(session["events"]) for session in content["sessions"])
            well_formed = all(sessions) and all(isinstance(ts_ms(event), int) for each in sessions for event in each)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandFailed(f"{path} is not a journey: {type(error).__name__}: {error}") from None
        if not well_formed:
            raise CommandFailed(f"{path} is not a journey: each session needs events, and each event playerTime.ts in ms.")
        headers = {name: content[key] for key, name in HEADERS.items() if key in content}
        return cls(bool(content.get("downloaded")), sessions, headers)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that the API refused: its position in the session, from 0, and the answer."""

    position: int
    event_type: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class ReplayedSession:
    """The result of one session: its id (None if it did not start), the answers counted by status, and the first refusal."""

    sid: str | None
    events_sent: int
    answers: dict[int, int]
    refusal: Refusal | None
    as_fallback_project: bool


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How to replay: speed factor (None: no pauses), whether to shift `ts` to now, and the project to report to.

    The fallback project is used when the API refuses the start because it does not know the recorded project.
    """

    speed: float | None = None
    shift_to_now: bool = False
    project_id: str | None = None
    fallback_project_id: str | None = None


def replay(
    journey: Journey,
    url: str,
    options: ReplayOptions | None = None,
    *,
    transport: httpx.BaseTransport | None = None,
    clock_s: Callable[[], float] = time,
    wait: Callable[[float], None] = sleep,
) -> list[ReplayedSession]:
    """Send the sessions of a journey to an API, one after the other, and return their results.

    After a refused event the remaining events are sent, as players do; after a refused start nothing more is sent.
    Raises httpx.TransportError when the API does not answer.
    """
    options = options or ReplayOptions()
    replayed = []
    with httpx.Client(
        base_url=url, headers=journey.headers, timeout=TIMEOUT_S, trust_env=trusts_proxy(url), transport=transport
    ) as http:
        for recorded in journey.sessions:
            events: Sequence[Body] = recorded
            if options.shift_to_now:
                events = shifted(events, round(clock_s() * 1000), paced=options.speed is not None)
            if options.project_id:
                events = with_project(events, options.project_id)
            replayed.append(_send(http, journey.downloaded, events, options, clock_s, wait))
    return replayed


def trusts_proxy(url: str) -> bool:
    """Return whether a proxy of the environment is used for this address: not for this machine."""
    return httpx.URL(url).host not in LOOPBACK


def shifted(events: Sequence[Body], now_ms: int, *, paced: bool) -> list[Body]:
    """Return the events with every `ts` moved by the same time, so that the first (paced) or the last event is now."""
    stamps = [ts_ms(event) for event in events]
    offset_ms = now_ms - (min(stamps) if paced else max(stamps))
    return [event | {"playerTime": event["playerTime"] | {"ts": ts_ms(event) + offset_ms}} for event in events]


def due_s(events: Sequence[Body], speed: float | None) -> list[float]:
    """Return when to send each event, in seconds after the first; an event that arrived late follows without a pause."""
    if speed is None:
        return [0.0] * len(events)
    began_ms = ts_ms(events[0])
    return [(latest_ms - began_ms) / 1000 / speed for latest_ms in accumulate(map(ts_ms, events), max)]


def with_project(events: Sequence[Body], project_id: str) -> list[Body]:
    """Return the events of a session with another project in its start."""
    start, *others = events
    return [start | {"params": start.get("params", {}) | {REPORT_SUITE: project_id}}, *others]


def ts_ms(event: Body) -> int:
    """Return the time of an event on its player's clock, in epoch milliseconds."""
    ts: int = event["playerTime"]["ts"]
    return ts


def _send(
    http: httpx.Client,
    downloaded: bool,
    events: Sequence[Body],
    options: ReplayOptions,
    clock_s: Callable[[], float],
    wait: Callable[[float], None],
) -> ReplayedSession:
    began_s = clock_s()
    start = _start(http, downloaded, events)
    unknown_project = start.status_code == httpx.codes.BAD_REQUEST and f"params.{REPORT_SUITE}" in start.text
    fallback = options.fallback_project_id if unknown_project else None
    if fallback:
        events = with_project(events, fallback)
        start = _start(http, downloaded, events)
    answers = [start]
    started = start.status_code == httpx.codes.CREATED
    if started and not downloaded:
        for event, event_due_s in list(zip(events, due_s(events, options.speed), strict=True))[1:]:
            if (wait_s := began_s + event_due_s - clock_s()) > 0:
                wait(wait_s)
            answers.append(http.post(f"{start.headers['Location']}/events", json=event))
    expected = [httpx.codes.CREATED, *[httpx.codes.NO_CONTENT] * len(events)]
    refusals = (
        Refusal(position, str(events[position].get("eventType")), answer.status_code, answer.text)
        for position, answer in enumerate(answers)
        if answer.status_code != expected[position]
    )
    return ReplayedSession(
        sid=start.headers["Location"].rpartition("/")[2] if started else None,
        events_sent=len(events) if downloaded else len(answers),
        answers=dict(Counter(answer.status_code for answer in answers)),
        refusal=next(refusals, None),
        as_fallback_project=fallback is not None,
    )


def _start(http: httpx.Client, downloaded: bool, events: Sequence[Body]) -> httpx.Response:
    return http.post(SESSIONS, json=list(events) if downloaded else events[0])
