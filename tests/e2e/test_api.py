"""The deployed template over HTTP: what a player and a support engineer see."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic, sleep, time
from typing import Any

import httpx
import pytest

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.replay import Journey, ReplayOptions, replay, shifted, with_project
from mediabeat.core.event import parse
from mediabeat.core.metrics import measure
from mediabeat.core.session import fold
from mediabeat.core.summary import Summary, fold_stored
from mediabeat.storage.session_store import Store
from tests.e2e.cloud import Cloud
from tests.support.builders import Wire, wire, wire_start
from tests.support.template import ROOT

JOURNEYS = sorted((ROOT / "events" / "journeys").glob("*.json"))
RECORDED = sorted((ROOT.parent / "shared" / "fixtures").glob("*.json"))
CLOSED_WITHIN_S = 240


@pytest.fixture
def store(cloud: Cloud) -> Iterator[Store]:
    client = clients.client("dynamodb", cloud.endpoint)
    yield Store(cloud.table, client)
    client.close()


@pytest.fixture
def http(cloud: Cloud) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cloud.url, timeout=30, trust_env=False) as client:
        yield client


def post(http: httpx.Client, location: str, event: Wire) -> int:
    """Send an event as players do: again, when the answer is that it was not stored."""
    statuses = (http.post(f"{location}/events", json=event).status_code for _ in range(5))
    return next((status for status in statuses if status < 500), 503)


def recent(cloud: Cloud, http: httpx.Client, **query: str) -> Any:
    headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}
    return http.get("/v1/sessionRecent", headers=headers, params=query).raise_for_status().json()["result"]


def summaries(store: Store, sids: list[str]) -> dict[str, Summary]:
    """Wait for the schedule to close these sessions."""
    found: dict[str, Summary] = {}
    began = monotonic()
    while len(found) < len(sids):
        assert monotonic() - began < CLOSED_WITHIN_S, f"not closed: {set(sids) - set(found)}"
        for sid in set(sids) - set(found):
            stored = store.read_session(sid)
            assert stored is not None
            if stored.summary is not None:
                found[sid] = Summary.from_bytes(stored.summary)
        sleep(1)
    return found


def test_a_browser_s_preflight_is_answered_for_every_route(http: httpx.Client) -> None:
    asked = {"Origin": "https://tv.example.com", "Access-Control-Request-Method": "POST"}
    for path in ("/api/v1/sessions", "/api/v1/downloaded", f"/api/v1/sessions/{'0' * 64}/events", "/api/v1/schemas/play"):
        answer = http.options(path, headers=asked)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_errors_carry_the_cors_headers_and_name_the_field(http: httpx.Client) -> None:
    start = http.post("/api/v1/sessions", json=wire_start())
    events = f"{start.headers['Location']}/events"
    assert http.post(events, json=wire("sessionEnd", 5)).status_code == 204
    answers = {
        400: http.post("/api/v1/sessions", content=b"{", headers={"Content-Type": "text/plain"}),
        404: http.post(f"/api/v1/sessions/{'0' * 64}/events", json=wire("ping")),
        410: http.post(events, json=wire("ping", 6)),
        413: http.post(events, json=wire("ping", 6, customMetadata={"a": "x" * 300_000})),
    }
    for status, answer in answers.items():
        assert (answer.status_code, answer.json()["code"]) == (status, status)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Expose-Headers"] == "Location"
    assert answers[400].json()["errors"][0]["field"] == "body"
    assert http.post(events, json=wire("sessionEnd", 7)).status_code == 204


def test_an_unload_beacon_of_plain_text_is_taken(http: httpx.Client) -> None:
    start = http.post("/api/v1/sessions", json=wire_start())
    beacon = json.dumps(wire("sessionEnd", 5))
    answer = http.post(f"{start.headers['Location']}/events", content=beacon, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 204


def test_every_journey_and_every_recorded_session_is_taken_listed_and_closed_by_the_schedule(
    cloud: Cloud, http: httpx.Client, store: Store
) -> None:
    sent = {}
    sid_of = {}
    for path in [*JOURNEYS, *RECORDED]:
        journey = Journey.read(path)
        options = ReplayOptions(shift_to_now=True, project_id=cloud.project_id)
        for session, events in zip(replay(journey, cloud.url, options), journey.sessions, strict=True):
            assert session.refusal is None, path.name
            assert session.sid is not None
            assert set(session.answers) <= {201, 204}
            sent[session.sid] = measure(fold(map(parse, events)))
            sid_of[path.stem] = session.sid
    assert len(recent(cloud, http)) >= len(sent)
    closed = summaries(store, list(sent))
    by_closing = {"close_reason", "drops_before_start"}
    assert {sid: one.metrics.model_dump(exclude=by_closing) for sid, one in closed.items()} == {
        sid: metrics.model_dump(exclude=by_closing) for sid, metrics in sent.items()
    }
    reasons = {name: closed[sid].metrics.close_reason for name, sid in sid_of.items() if name in ("003_abandoned", "closed_tab")}
    assert reasons == {"003_abandoned": "session_end", "closed_tab": "no_events"}
    assert post(http, f"/api/v1/sessions/{sid_of['closed_tab']}", wire("ping")) == 410


@pytest.mark.skipif(not RECORDED, reason="the recordings lie beside the project's checkout, not in it")
def test_recorded_sessions_sent_shuffled_in_parallel_and_twice_measure_the_same(
    cloud: Cloud, http: httpx.Client, store: Store
) -> None:
    dice = random.Random(3)
    for path in RECORDED:
        journey = Journey.read(path)
        if journey.downloaded:
            continue
        for recorded in journey.sessions:
            start, *events = with_project(shifted(recorded, round(time() * 1_000), paced=False), cloud.project_id)
            location = http.post("/api/v1/sessions", json=start).headers["Location"]
            twice = [*events, *events]
            dice.shuffle(twice)
            with ThreadPoolExecutor(8) as players:
                statuses = set(players.map(partial(post, http, location), twice))
            assert statuses == {204}, (path.name, statuses)
            stored = store.read_session(location.rpartition("/")[2])
            assert stored is not None
            assert measure(fold_stored(stored)) == measure(fold(map(parse, [start, *events])))
