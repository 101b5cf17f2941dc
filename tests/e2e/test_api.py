"""The deployed template over HTTP: what a player and a support engineer see."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import time
from typing import Any

import httpx
import pytest

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.replay import Journey, shifted, with_project
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.metrics import measure
from mediabeat.core.session import fold
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.storage.session_store import Store
from tests.e2e.cloud import Cloud
from tests.e2e.schedule import RECORDED, SentSessions
from tests.support.builders import Wire, wire, wire_start


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


def test_every_route_answers_a_browsers_preflight(http: httpx.Client) -> None:
    asked = {"Origin": "https://tv.example.com", "Access-Control-Request-Method": "POST"}
    for path in ("/api/v1/sessions", "/api/v1/downloaded", f"/api/v1/sessions/{'0' * 64}/events", "/api/v2/channels/x/start"):
        answer = http.options(path, headers=asked)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_errors_have_cors_headers_and_name_the_field(http: httpx.Client) -> None:
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


def test_plain_text_unload_beacon_is_accepted(http: httpx.Client) -> None:
    start = http.post("/api/v1/sessions", json=wire_start())
    beacon = json.dumps(wire("sessionEnd", 5))
    answer = http.post(f"{start.headers['Location']}/events", content=beacon, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 204


def test_every_journey_and_recorded_session_is_listed_at_once(cloud: Cloud, http: httpx.Client, sent: SentSessions) -> None:
    assert len(recent(cloud, http)) >= len(sent.expected)


@pytest.mark.skipif(not RECORDED, reason="the recordings lie beside the project's checkout, not in it")
def test_metrics_are_equal_when_events_come_shuffled_and_twice(cloud: Cloud, http: httpx.Client, store: Store) -> None:
    dice = random.Random(3)
    for path in RECORDED:
        recording = Journey.read(path)
        if recording.downloaded:
            continue
        for recorded in recording.sessions:
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
