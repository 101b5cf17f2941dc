"""`GET /v1/sessionRecent` over sessions that came in by the collection API."""

import json
from typing import Any

import pytest

from mediabeat.core.projects import new_project, rotated
from mediabeat.core.session_query import stands_for
from mediabeat.storage.project_store import Registry
from tests.integration.conftest import viewer_uuid
from tests.integration.contents import client, items
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock

VISITOR = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
CHROME_ON_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def test_session_has_the_documented_keys_in_order(api: Api, api_key: str) -> None:
    headers = {"user-agent": CHROME_ON_MAC, "origin": "https://mediaplus-demo.web.app"}
    sid = api.start(wire_start(analytics_visitorId=VISITOR), headers=headers)
    for body in [wire("play", 2), wire("ping", 12, 10), wire("pauseStart", 17, 15), wire("sessionComplete", 19, 15)]:
        api.send(sid, body)
    viewer = viewer_uuid(VISITOR)
    masked = f"{viewer[:8]}-****-****-****-{viewer[-12:]}"

    def line(second: int, video_time: str, action: str, duration_ms: int) -> dict[str, Any]:
        return {
            "logDate": f"2026-11-18 11:06:{40 + second:02}",
            "videoTime": video_time,
            "actionType": action,
            "actionDuration": duration_ms,
            "uuid": masked,
        }

    answer = api.recent(api_key)
    number, session_id = answer["result"][0].pop("no"), answer["result"][0].pop("sessionId")
    assert number.isdigit()
    assert api.query(f"/v1/sessionRecent/{session_id}", api_key)["result"]["sessionId"] == session_id
    expected = {
        "logDate": "2026-11-18 11:06:59",
        "uuid": viewer,
        "origin": "https://mediaplus-demo.web.app",
        "os": "Mac OS / 10.15.7",
        "device": "PC",
        "totalStartTime": 2.0,
        "rebufferingTime": 0.0,
        "playingTime": 15.0,
        "isError": False,
        "sessionLog": [
            line(2, "00:00:00", "player_start", 2_000),
            line(2, "00:00:00", "startup", 0),
            line(17, "00:00:15", "playing", 15_000),
            line(19, "00:00:15", "paused", 2_000),
            line(19, "00:00:15", "ended", 0),
        ],
        "startedAt": "2026-11-18 11:06:40",
        "videoType": "VOD",
        "closeReason": None,
        "outcome": None,
        "experienceScore": None,
        "errorIds": [],
        "title": "movie-1",
        "deviceType": "desktop",
    }
    assert answer == {"code": 200, "message": "sessionRecent (1d)", "result": [expected]}
    assert list(answer["result"][0]) == list(expected)


def test_open_and_closed_sessions_have_the_same_form(api: Api, api_key: str, clock: Clock) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("play", 1))
    api.send(sid, wire("sessionEnd", 9, 8))
    open_answer = api.recent(api_key)
    assert [(one["closeReason"], one["outcome"]) for one in open_answer["result"]] == [("session_end", "played")]
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    assert api.recent(api_key) == open_answer


def test_list_has_the_newest_sessions_first_up_to_the_limit(api: Api, api_key: str, clock: Clock) -> None:
    visitors = [f"00000000-0000-4000-8000-{number:012}" for number in range(9)]
    for visitor in visitors:
        api.start(wire_start(analytics_visitorId=visitor))
        clock.forward(seconds=1)
    result = api.recent(api_key, limit="5")["result"]
    assert [one["uuid"] for one in result] == [viewer_uuid(visitor) for visitor in visitors[:3:-1]]
    assert sorted((one["no"] for one in result), key=int, reverse=True) == [one["no"] for one in result]


def test_list_is_filtered_by_device_video_type_and_day(api: Api, api_key: str, clock: Clock) -> None:
    api.start(wire_start(media_name="live", media_contentType="LINEAR"), headers={"user-agent": CHROME_ON_MAC})
    api.start(wire_start(), headers={"user-agent": IPHONE})

    def kinds(**query: str) -> list[str]:
        return [one["device"] for one in api.recent(api_key, **query)["result"]]

    assert kinds() in (["PC", "Mobile"], ["Mobile", "PC"])
    assert kinds(device="PC") == kinds(videoType="LIVE") == ["PC"]
    assert kinds(device="Mobile") == kinds(videoType="VOD") == ["Mobile"]
    assert kinds(device="PC", videoType="VOD") == []
    assert kinds(startDate="2026-11-18", endDate="2026-11-18") == kinds()
    assert kinds(startDate="2026-11-17", endDate="2026-11-17") == []
    assert kinds(endDate="2026-11-18 11:06:40") == kinds()
    assert kinds(endDate="2026-11-18T11:06:39Z") == []
    clock.forward(minutes=60 * 24 * 8)
    assert kinds() == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"device": "Fridge"}, ["device"]),
        ({"videoType": "VOD,"}, ["videoType"]),
        ({"startDate": "yesterday", "endDate": "2026-13-01"}, ["startDate", "endDate"]),
        ({"startDate": "2026-11-02", "endDate": "2026-11-01"}, ["startDate"]),
        ({"limit": "0"}, ["limit"]),
        ({"limit": "101"}, ["limit"]),
        ({"limit": "ten"}, ["limit"]),
    ],
)
def test_wrong_parameter_is_named(api: Api, api_key: str, query: dict[str, str], wrong: list[str]) -> None:
    answer = api.recent(api_key, **query)
    assert (answer["code"], [error["field"] for error in answer["errors"]]) == (400, wrong)


def test_only_a_projects_own_key_opens_its_sessions(api: Api, api_key: str, registry: Registry) -> None:
    other, other_key = new_project("other", 0)
    registry.create_project(other)
    api.start(wire_start())
    assert api.recent(other_key, project="other")["result"] == []
    refused = [
        api.call("GET", "/v1/sessionRecent", headers=headers)
        for headers in (
            {},
            {"x-api-key": api_key},
            {"x-project-id": "demo"},
            {"x-api-key": other_key, "x-project-id": "demo"},
            {"x-api-key": api_key, "x-project-id": "nobody"},
        )
    ]
    assert [(answer["statusCode"], json.loads(answer["body"])["code"]) for answer in refused] == [(401, 401)] * 5


def test_rotated_key_stops_at_once_or_after_its_grace(api: Api, api_key: str, registry: Registry, clock: Clock) -> None:
    project = registry.project("demo")
    assert project is not None
    in_grace, second = rotated(project, clock.now, grace_ms=60_000)
    registry.replace_project(in_grace)

    def codes(*keys: str) -> list[int]:
        return [api.recent(key)["code"] for key in keys]

    assert codes(api_key, second) == [200, 200]
    clock.forward(minutes=1)
    assert codes(api_key, second) == [401, 200]
    at_once, third = rotated(in_grace, clock.now)
    registry.replace_project(at_once)
    assert codes(api_key, second, third) == [401, 401, 200]


def expire(sid: str, table: str, at_s: int) -> None:
    """Set the time of expiry of a session and of what finds it. DynamoDB deletes it some days later."""
    for item in items(table):
        if item["pk"]["S"] == sid or item["sk"]["S"].endswith(sid):
            client().put_item(TableName=table, Item=item | {"expires_at": {"N": str(at_s)}})


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_expired_session_is_in_no_answer(api: Api, api_key: str, clock: Clock, table: str, is_closed: bool) -> None:
    kept, expired = (api.start(wire_start(analytics_visitorId=VISITOR, media_name=name)) for name in ("kept", "expired"))
    if is_closed:
        clock.forward(minutes=60)
        api.close_due()
    expire(expired, table, clock.now // 1_000)
    expire(kept, table, clock.now // 1_000 + 1)
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    shown = {
        name: api.call("GET", f"/v1/sessionRecent/{name}", headers=headers) for name in (kept, expired, viewer_uuid(VISITOR))
    }
    assert [answer["statusCode"] for answer in shown.values()] == [200, 404, 200]
    assert stands_for(json.loads(shown[viewer_uuid(VISITOR)]["body"])["result"]["sessionId"], kept)
    assert len(api.recent(api_key)["result"]) == 1
    clock.forward(seconds=1)
    assert api.recent(api_key)["result"] == []
    assert api.call("GET", f"/v1/sessionRecent/{viewer_uuid(VISITOR)}", headers=headers)["statusCode"] == 404
