"""Sessions whose player's clock is set while they live, sent through the handlers. Each request moves the server's clock."""

import json
from typing import Any

import pytest

from mediabeat.archive import lines
from mediabeat.core.records import StoredSession
from mediabeat.core.summary import summarize
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import BASE_MS, wire, wire_start
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("api_key")


def shown(api: Api, api_key: str, sid: str) -> dict[str, Any]:
    """Return the metrics of a session."""
    answer = api.call("GET", f"/v1/sessionRecent/{sid}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    metrics: dict[str, Any] = json.loads(answer["body"])["result"]["metrics"]
    return metrics


def stored(store: Store, sid: str) -> StoredSession:
    """Return what is stored of a session."""
    found = store.read_session(sid)
    assert found is not None
    return found


@pytest.mark.parametrize("by_s", [-3_600, -310, 310, 3_600, 9 * 365 * 86_400])
@pytest.mark.parametrize("takes_s", [10, 0.02])
def test_session_has_its_figures_when_the_clock_is_set(api: Api, api_key: str, clock: Clock, by_s: int, takes_s: float) -> None:
    began = clock.now
    sid = api.start(wire_start(media_length=10_000))
    api.send(sid, wire("play", 0, 0))
    for number in range(1, 60):
        clock.now = began + round(number * takes_s * 1_000)
        at = 10 * number + by_s * (number > 6)
        assert api.send(sid, wire("ping", at, 10 * number))["statusCode"] == 204
    assert api.send(sid, wire("sessionEnd", 600 + by_s, 600))["statusCode"] == 204
    metrics = shown(api, api_key, sid)
    assert (metrics["content_time_spent_ms"], metrics["unique_time_played_ms"]) == (600_000, 600_000)


def test_session_goes_on_for_hours_after_its_clock_was_set_back(api: Api, api_key: str, clock: Clock) -> None:
    began = clock.now
    sid = api.start(wire_start(media_length=100_000))
    api.send(sid, wire("play", 0, 0))
    for number in range(1, 200):
        clock.now = began + number * 30_000
        assert api.send(sid, wire("ping", 30 * number - 3_600 * (number > 2), 30 * number))["statusCode"] == 204
    assert shown(api, api_key, sid)["content_time_spent_ms"] == 199 * 30_000


def test_session_is_closed_when_its_playhead_stands_after_a_step_forward(api: Api, clock: Clock) -> None:
    began = clock.now
    sid = api.start(wire_start(media_length=100_000))
    api.send(sid, wire("play", 0, 0))
    answers = []
    for number in range(1, 80):
        clock.now = began + number * 30_000
        at, playhead = 30 * number + 3_600 * (number > 4), min(30 * number, 300)
        api.close_due()
        answers.append(api.send(sid, wire("ping", at, playhead))["statusCode"])
    closed_at = (300 + 30 * 60) // 30
    assert answers == [204] * (closed_at - 1) + [410] * (80 - closed_at)


def test_only_events_that_are_not_on_time_are_stored_with_their_arrival(api: Api, clock: Clock, store: Store) -> None:
    clock.now = BASE_MS + 5_000_000  # the player's clock is behind all along
    sid = api.start(wire_start())
    for at, late_s in ((10, 0), (20, 9), (30, -9), (40, 11), (50, -11)):
        clock.now = BASE_MS + 5_000_000 + round((at + late_s) * 1_000)
        api.send(sid, wire("ping", at, at))
    found = stored(store, sid)
    assert found.start is not None
    assert sorted(len(one) for one in found.events - {found.start.event}) == [10, 10, 10, 21, 21]


def test_archive_keeps_what_arrivals_told(api: Api, clock: Clock, store: Store) -> None:
    began = clock.now
    sid = api.start(wire_start(media_length=10_000))
    for number in range(1, 20):
        clock.now = began + number * 10_000
        api.send(sid, wire("ping" if number > 1 else "play", 10 * number - 310 * (number > 6), 10 * (number - 1)))
    found = stored(store, sid)
    events = [lines.read_event(one, sid) for one in lines.event_lines(found)]
    again = lines.read_session(lines.session_line(found), events, "demo")
    assert again.events == found.events
    assert summarize(again) == summarize(found)
    assert summarize(again).metrics.content_time_spent_ms == 180_000
