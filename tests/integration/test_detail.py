"""`GET /v1/sessionRecent/{uuid}`: one session in detail."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mediabeat.core.projects import new_project
from mediabeat.core.session_query import shown_id, stands_for
from mediabeat.storage.project_store import Registry
from tests.integration.conftest import viewer_uuid
from tests.support.api import Api
from tests.support.builders import BASE_MS, wire, wire_start
from tests.support.clock import Clock

VISITOR = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
VIEWER = viewer_uuid(VISITOR)
HEADERS = {
    "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "referer": "https://tv.example.com/watch/movie-1?user=jane#t=5",
    "accept-language": "ko-KR,ko;q=0.9",
}


def ask(api: Api, api_key: str, name: str, project: str = "demo") -> tuple[int, dict[str, Any]]:
    headers = {"x-api-key": api_key, "x-project-id": project}
    answer = api.call("GET", f"/v1/sessionRecent/{name}", headers=headers)
    return answer["statusCode"], json.loads(answer["body"])


def test_session_is_shown_by_its_viewer_or_by_its_id(api: Api, api_key: str, clock: Clock) -> None:
    start = wire_start(analytics_visitorId=VISITOR, media_sdkVersion="5.0", media_name="Movie")
    sid = api.start(start, headers=HEADERS)
    error = wire("error", 4, 2, params={"media.errorId": "drm.403", "media.errorSource": "external"})
    for body in [wire("play", 2), error, wire("sessionEnd", 12, 10)]:
        api.send(sid, body)
    status, told = ask(api, api_key, sid)
    assert status == 200
    result = told["result"]
    assert {name: result[name] for name in ("sessionId", "uuid", "startTime", "user", "player", "error", "media")} == {
        "sessionId": shown_id(sid, device="PC", video_type="VOD", started_at=clock.now),
        "uuid": VIEWER,
        "startTime": {"playerStartTimeSum": 2.0, "videoStartTimeSum": 0.0, "totalStartTimeSum": 2.0},
        "user": {
            "os": "Windows / 10",
            "browser": "Chrome",
            "device": "PC",
            "deviceType": "desktop",
            "lang": "ko-KR",
            "visitedPage": "https://tv.example.com/watch/movie-1",
            "origin": "https://tv.example.com",
            "userAgent": HEADERS["user-agent"],
        },
        "player": {"playerName": "player", "playerVersion": "5.0"},
        "error": [{"logDate": "2026-11-18 11:06:44", "videoTime": "00:00:02", "errorId": "drm.403", "errorSource": "external"}],
        "media": {
            "videoType": "VOD",
            "id": "movie-1",
            "contentType": "VOD",
            "playerName": "player",
            "channel": "channel",
            "length": 100,
            "sdkVersion": "5.0",
            "name": "Movie",
        },
    }
    assert [line["actionType"] for line in result["sessionLog"]] == ["player_start", "startup", "playing", "error", "playing"]
    measured = {name: result["metrics"][name] for name in ("close_reason", "content_time_spent_ms", "external_errors")}
    assert measured == {"close_reason": "session_end", "content_time_spent_ms": 10_000, "external_errors": ["drm.403"]}
    assert ask(api, api_key, VIEWER) == (200, told)

    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    assert ask(api, api_key, VIEWER.upper()) == (200, told)


TELEVISION = "Dalvik/2.1.0 (Linux; U; Android 10; EXAMPLE 4K TV Build/QTM1.210101.001) CTV"
PHONE = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(("agent", "device", "kind"), [(TELEVISION, "PC", "tv"), (PHONE, "Mobile", "phone")])
def test_detail_has_the_device_type(api: Api, api_key: str, agent: str, device: str, kind: str) -> None:
    sid = api.start(wire_start(), headers={"user-agent": agent})
    user = ask(api, api_key, sid)[1]["result"]["user"]
    assert (user["device"], user["deviceType"]) == (device, kind)
    assert [session["device"] for session in api.recent(api_key)["result"]] == [device]


def test_viewers_newest_session_is_shown(api: Api, api_key: str, clock: Clock) -> None:
    sids = []
    for _ in range(3):
        clock.forward(minutes=1)
        sids.append(api.start(wire_start(analytics_visitorId=VISITOR)))
    assert stands_for(ask(api, api_key, VIEWER)[1]["result"]["sessionId"], sids[-1])


def test_session_of_another_project_is_not_found(api: Api, api_key: str, registry: Registry) -> None:
    other, other_key = new_project("other", 0)
    registry.create_project(other)
    sid = api.start(wire_start(analytics_visitorId=VISITOR))
    answers = [ask(api, other_key, name, "other") for name in (sid, VIEWER)] + [ask(api, api_key, "0" * 64)]
    assert [(status, told["code"]) for status, told in answers] == [(404, 404)] * 3
    assert ask(api, "wrong", sid)[0] == 401


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_shown_id_finds_the_session_and_adds_no_event(api: Api, api_key: str, clock: Clock, is_closed: bool) -> None:
    sid = api.start(wire_start(analytics_visitorId=VISITOR))
    if is_closed:
        clock.forward(minutes=60)
        api.close_due()
    told = ask(api, api_key, sid)
    shown = told[1]["result"]["sessionId"]
    assert sid not in json.dumps(told[1])
    assert ask(api, api_key, shown) == told
    sent = api.send(shown, wire("sessionEnd", 1, 1))
    assert sent["statusCode"] == 404
    assert api.send(sid, wire("ping", 2, 2))["statusCode"] == (410 if is_closed else 204)


def test_shown_id_finds_nothing_in_another_project(api: Api, api_key: str, registry: Registry) -> None:
    other, other_key = new_project("other", 0)
    registry.create_project(other)
    shown = ask(api, api_key, api.start(wire_start()))[1]["result"]["sessionId"]
    changed = [shown[:12] + "f" + shown[13:], "f" * 48, "0" * 48, shown[:-1]]
    assert [ask(api, other_key, shown, "other")[0], *(ask(api, api_key, one)[0] for one in changed)] == [404, 404, 404, 404, 400]


def test_shown_id_finds_its_session_among_others_of_the_moment(api: Api, api_key: str, clock: Clock) -> None:
    sids = [api.start(wire_start(media_name=str(number))) for number in range(8)]
    shown = [ask(api, api_key, sid)[1]["result"]["sessionId"] for sid in sids]
    assert len(set(shown)) == 8
    assert [ask(api, api_key, one)[1]["result"]["media"]["name"] for one in shown] == [str(number) for number in range(8)]


def test_name_that_is_no_viewer_and_no_session_gets_400(api: Api, api_key: str) -> None:
    status, told = ask(api, api_key, "jane")
    assert (status, told["errors"][0]["field"]) == (400, "uuid")


@pytest.mark.parametrize("clock_off_ms", [0, -3 * 3_600_000, 3 * 3_600_000, 50 * 365 * 86_400_000])
@pytest.mark.parametrize("late_ms", [0, 180_000])
def test_dates_are_on_the_server_clock_and_a_late_session_is_not_dated_ahead(
    api: Api, api_key: str, clock: Clock, clock_off_ms: int, late_ms: int
) -> None:
    def player_s(server_ms: int) -> float:
        return (server_ms - clock_off_ms - BASE_MS) / 1_000

    ended_at = clock.now
    sid = api.start(wire_start(player_s(clock.now - late_ms), media_length=300))
    if not late_ms:
        clock.forward(seconds=180)
        ended_at = clock.now
    assert api.send(sid, wire("play", player_s(ended_at - 170_000)))["statusCode"] == 204
    assert api.send(sid, wire("sessionEnd", player_s(ended_at), 170))["statusCode"] == 204
    for closed in (False, True):
        if closed:
            clock.forward(minutes=2)
            api.close_due()
        (listed,) = api.recent(api_key)["result"]
        expected = datetime.fromtimestamp(ended_at // 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert listed["logDate"] == expected
        assert listed["sessionLog"][-1]["logDate"] == expected


# Outcome and experience score


def judged(api: Api, api_key: str, sid: str) -> tuple[Any, ...]:
    metrics = ask(api, api_key, sid)[1]["result"]["metrics"]
    return metrics["outcome"], metrics["experience_score"], metrics["qoe_version"]


def test_detail_has_outcome_and_score_once_the_session_is_over(api: Api, api_key: str, clock: Clock) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("play", 2))
    assert judged(api, api_key, sid) == (None, None, None)
    api.send(sid, wire("sessionEnd", 12, 10))
    assert judged(api, api_key, sid) == ("played", 89.4, 1)
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    assert judged(api, api_key, sid) == ("played", 89.4, 1)


def test_detail_knows_the_business_errors_before_the_summary_is_written(api: Api, registry: Registry) -> None:
    project, key = new_project("demo", 0, business_errors=["drm"])
    registry.create_project(project)
    outcomes = []
    for error_id in ("drm.403", "net.timeout"):
        sid = api.start(wire_start())
        for body in [wire("error", 4, params={"media.errorId": error_id}), wire("sessionEnd", 5)]:
            api.send(sid, body)
        outcomes.append(judged(api, key, sid))
    assert outcomes == [("business_error", None, 1), ("start_failure", 0.0, 1)]


@pytest.mark.parametrize(("minutes", "reason"), [(11, "no_events"), (60 * 25, "max_age")])
def test_session_that_timed_out_has_an_outcome(api: Api, api_key: str, clock: Clock, minutes: int, reason: str) -> None:
    sid = api.start(wire_start())
    sent = range(0, minutes - 11, 9)
    for minute in sent:
        clock.forward(minutes=9)
        api.send(sid, wire("play" if minute == 0 else "ping", (minute + 9) * 60, minute * 60))
    clock.forward(minutes=11)
    api.close_due()
    metrics = ask(api, api_key, sid)[1]["result"]["metrics"]
    assert (metrics["close_reason"], metrics["outcome"]) == (reason, "played" if sent else "early_exit")


def test_downloaded_session_has_an_outcome(api: Api, api_key: str, clock: Clock) -> None:
    bodies = [wire_start(media_downloaded=True), wire("play", 1), wire("error", 5, 4), wire("sessionEnd", 5.5, 4.5)]
    sid = api.start(bodies)
    expected = ("play_failure", 0.0, 1)
    assert judged(api, api_key, sid) == expected
    clock.forward(minutes=1)
    api.close_due()
    assert judged(api, api_key, sid) == expected
