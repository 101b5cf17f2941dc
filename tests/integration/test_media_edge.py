"""The Media Edge API, as Adobe's Edge clients use it: statuses, bodies, headers, and what is stored."""

import base64
from typing import Any, Final

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.projects import new_project
from mediabeat.storage.project_store import Registry
from tests.integration.conftest import viewer_uuid
from tests.support.api import Answer, Api
from tests.support.clock import Clock
from tests.support.edge import EdgePlayer, body_of, detail, handles, session_in, stamp, told, xdm, xdm_start

ORG: Final = "5A1E2F3C0B4D6E7F0A495C01@AdobeOrg"
VIEWER: Final = "12345678901234567890123456789012345678"
UNKNOWN: Final = "0" * 64
STREAMING: Final = {"konductorConfig": {"streaming": {"enabled": True, "recordSeparator": "\0", "lineFeed": "\n"}}}
ERRORS: Final = "https://ns.adobe.com/aep/errors/"


@pytest.fixture
def player(api: Api, api_key: str) -> EdgePlayer:
    """A player that reports to the project `demo`."""
    return EdgePlayer(api)


@pytest.fixture
def items(dynamodb: DynamoDBClient, table: str) -> Any:
    """Return the number of items in the table."""
    return lambda: dynamodb.scan(TableName=table, Select="COUNT")["Count"]


def names(answer: Answer) -> list[str]:
    """Return the fields that an answer says are wrong."""
    body = told(answer)
    reports = [one["report"] for one in body["errors"]] if "errors" in body else [body["report"]]
    return [one["name"] for report in reports for one in report["details"]]


def test_start_is_answered_with_its_session_and_the_ecid(player: EdgePlayer) -> None:
    answer = player.post("v1/interact", body_of(xdm_start(), ecid=True), request_id="r-1")
    body = told(answer)
    assert answer["statusCode"] == 200
    assert [one["type"] for one in body["handle"]] == ["media-analytics:new-session", "identity:result"]
    assert body["requestId"] == "r-1"
    assert body["handle"][0]["eventIndex"] == 0
    assert len(body["handle"][0]["payload"][0]["sessionId"]) == 64
    [identity] = handles(answer, "identity:result")
    assert identity["namespace"] == {"code": "ECID"}
    assert len(identity["id"]) == 38
    assert identity["id"].isdigit()


@pytest.mark.parametrize("path", ["va/v1/sessionStart", "irl1/va/v1/sessionStart", "v1/interact", "or2/v1/interact"])
def test_session_starts_on_each_route(path: str, player: EdgePlayer) -> None:
    sid = player.start(path=path)
    assert player.send(xdm("play", sid, 1)) == 204
    assert player.post("irl1/va/v1/ping", body_of(xdm("ping", sid, 10)))["statusCode"] == 204


def test_apps_get_a_frame_around_an_answer_and_none_around_an_error(player: EdgePlayer) -> None:
    stored = player.post("va/v1/sessionStart", body_of(xdm_start(), meta=STREAMING))
    refused = player.post("va/v1/sessionStart", body_of(xdm_start(without="name"), meta=STREAMING))
    unknown = player.post("va/v1/ping", body_of(xdm("ping", UNKNOWN), meta=STREAMING))
    assert [answer["statusCode"] for answer in (stored, refused, unknown)] == [200, 207, 404]
    for answer in (stored, refused):
        assert answer["body"][:2] == "\0{"
        assert answer["body"][-2:] == "}\n"
        assert "\n" not in answer["body"][:-1]
    assert unknown["body"].startswith("{")


def test_wrong_fields_of_a_start_are_told_all_at_once_and_nothing_is_stored(player: EdgePlayer, items: Any) -> None:
    before = items()
    start = xdm_start(without="name", length="long")
    start["mediaCollection"]["playhead"] = "0"
    answer = player.post("v1/interact", body_of(start, ecid=True))
    [error] = told(answer)["errors"]
    assert (answer["statusCode"], error["type"], error["status"]) == (207, f"{ERRORS}va-edge-0400-400", 400)
    assert error["report"]["eventIndex"] == 0
    assert {one["name"]: one["reason"] for one in error["report"]["details"]}.items() >= {
        "$.xdm.mediaCollection.sessionDetails.name": "Missing required field"
    }.items()
    assert set(names(answer)) == {
        "$.xdm.mediaCollection.playhead",
        "$.xdm.mediaCollection.sessionDetails.name",
        "$.xdm.mediaCollection.sessionDetails.length",
    }
    assert handles(answer, "media-analytics:new-session") == []
    assert items() == before


@pytest.mark.parametrize("origin", ["https://www.player.test", "http://127.0.0.1:8000", "null"])
@pytest.mark.parametrize("path", ["v1/interact", "va/v1/ping", "v1/collect", "v1/identity/acquire", "va/v1/nothing"])
def test_every_answer_names_the_pages_origin(path: str, origin: str, player: EdgePlayer) -> None:
    for body in (body_of(xdm("ping", UNKNOWN)), "no JSON"):
        headers = player.post(path, body, origin=origin)["headers"]
        assert headers["Access-Control-Allow-Origin"] == origin
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Vary"] == "Origin"


def test_answer_without_an_origin_has_no_cors_headers(player: EdgePlayer) -> None:
    headers = player.post("v1/interact", body_of(xdm_start()), origin="")["headers"]
    assert headers == {"Content-Type": "application/json"}


def test_event_of_an_unknown_session_gets_404_and_of_a_closed_one_410(player: EdgePlayer, api: Api, clock: Clock) -> None:
    sid = player.start()
    assert player.send(xdm("ping", UNKNOWN)) == 404
    assert player.send(xdm("sessionEnd", sid, 5)) == 204
    assert player.send(xdm("sessionEnd", sid, 6)) == 204
    clock.forward(minutes=2)
    api.close_due()
    answer = player.post("va/v1/play", body_of(xdm("play", sid, 120)))
    assert (answer["statusCode"], told(answer)["type"]) == (410, f"{ERRORS}va-edge-0410-410")
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    refused = player.post("v1/interact", body_of(xdm("play", sid, 120)))
    assert refused["statusCode"] == 207
    assert [one["status"] for one in told(refused)["errors"]] == [410]


def test_unknown_datastream_is_refused_as_adobe_does(player: EdgePlayer) -> None:
    for path in ("v1/interact", "va/v1/sessionStart"):
        answer = player.post(path, body_of(xdm_start()), query="configId=nobody")
        assert (answer["statusCode"], told(answer)["type"]) == (400, f"{ERRORS}EXEG-0003-400")
        assert told(answer)["title"] == "Invalid datastream ID"
    answer = player.post("v1/identity/acquire", body_of(), query="configId=nobody")
    assert (answer["statusCode"], told(answer)["type"]) == (400, f"{ERRORS}EXEG-0003-400")


def test_session_of_an_event_is_found_by_its_id_alone(player: EdgePlayer) -> None:
    sid = player.start()
    assert player.post("va/v1/ping", body_of(xdm("ping", sid, 1)), query="configId=another")["statusCode"] == 204


def test_suffix_of_a_datastream_is_cut_off(player: EdgePlayer, api: Api, api_key: str) -> None:
    answer = player.post("va/v1/sessionStart", body_of(xdm_start()), query="configId=demo:dev")
    assert detail(api, session_in(answer), api_key)["media"]["id"] == "movie-1"


def test_further_datastream_reports_to_its_project(player: EdgePlayer, api: Api, registry: Registry) -> None:
    project, key = new_project("shop", 0, org=ORG, datastreams=["1fb4ee53-2f0e", "older"])
    registry.create_project(project)
    answer = player.post("v1/interact", body_of(xdm_start(), ecid=True), query="configId=1fb4ee53-2f0e:prod")
    sid = session_in(answer)
    headers = {"x-api-key": key, "x-project-id": "shop"}
    assert api.call("GET", f"/v1/sessionRecent/{sid}", headers=headers)["statusCode"] == 200
    [cookie] = handles(answer, "state:store")
    assert cookie["key"] == "kndctr_5A1E2F3C0B4D6E7F0A495C01_AdobeOrg_identity"
    assert base64.urlsafe_b64decode(cookie["value"])[2:].decode() == handles(answer, "identity:result")[0]["id"]
    registry.delete_project("shop")
    assert player.post("v1/interact", body_of(xdm_start()), query="configId=older")["statusCode"] == 400


def test_repeat_of_a_start_gets_the_same_session(player: EdgePlayer, items: Any, clock: Clock) -> None:
    named = {**xdm_start(), "_id": "61D24676-4D6A-540C-80ED-E91F00B248B2"}
    first = player.post("va/v1/sessionStart", body_of(named, ecid=True), request_id="one")
    before = items()
    clock.forward(seconds=15)
    again = player.post("va/v1/sessionStart", body_of(named, ecid=True), request_id="two")
    assert told(again)["handle"] == told(first)["handle"]
    assert items() == before
    by_request = [session_in(player.post("v1/interact", body_of(xdm_start()), request_id="three")) for _ in range(2)]
    assert len(set(by_request)) == 1
    assert session_in(player.post("v1/interact", body_of(xdm_start()), request_id="four")) not in by_request


def test_viewer_is_hashed_and_found_by_the_ecid(player: EdgePlayer, api: Api, api_key: str) -> None:
    cookie = {"key": "kndctr_ORG_AdobeOrg_identity", "value": base64.b64encode(b"\n&" + VIEWER.encode()).decode()}
    in_map = {**xdm_start(), "identityMap": {"ECID": [{"id": VIEWER}]}}
    shared = body_of(xdm_start(), xdm={"identityMap": {"ECID": [{"id": VIEWER}]}})
    kept = body_of(xdm_start(), meta={"state": {"entries": [cookie]}})
    fpid = {**xdm_start(), "identityMap": {"FPID": [{"id": "device"}]}}
    for body, sent in ((body_of(in_map), VIEWER), (shared, VIEWER), (kept, VIEWER), (body_of(fpid), "device")):
        sid = session_in(player.post("va/v1/sessionStart", body))
        assert detail(api, sid, api_key)["uuid"] == viewer_uuid(sent)
    answer = player.post("v1/interact", {**kept, **body_of(xdm_start(), ecid=True)})
    assert handles(answer, "identity:result")[0]["id"] == VIEWER


def test_new_ecid_is_the_viewer_of_the_session_that_asked_for_it(player: EdgePlayer, api: Api, api_key: str) -> None:
    answer = player.post("v1/interact", body_of(xdm_start(), ecid=True))
    [identity] = handles(answer, "identity:result")
    assert detail(api, session_in(answer), api_key)["uuid"] == viewer_uuid(identity["id"])


def test_events_of_the_site_are_taken_and_not_stored(player: EdgePlayer, items: Any) -> None:
    before = items()
    page = {"eventType": "web.webpagedetails.pageViews", "timestamp": stamp(), "data": {"x": 1}}
    interact = player.post("v1/interact", {"events": [{"xdm": page}, {"data": {}}, {"xdm": {}}]}, request_id="r")
    assert (interact["statusCode"], told(interact)) == (200, {"requestId": "r", "handle": []})
    assert player.post("v1/collect", body_of(page))["statusCode"] == 204
    assert items() == before


def test_page_that_is_left_ends_its_session_by_a_beacon(player: EdgePlayer, api: Api, api_key: str, clock: Clock) -> None:
    sid = player.start(path="v1/interact")
    clock.forward(seconds=3)
    assert player.post("v1/collect", body_of(xdm("sessionEnd", sid, 3, 3)))["statusCode"] == 204
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    assert detail(api, sid, api_key)["metrics"]["close_reason"] == "session_end"


def test_consent_is_answered_with_its_cookie_where_the_organisation_is_known(player: EdgePlayer, registry: Registry) -> None:
    body = {"consent": [{"standard": "Adobe", "version": "1.0", "value": {"general": "in"}}]}
    assert told(player.post("v1/privacy/set-consent", body, request_id="r")) == {"requestId": "r", "handle": []}
    registry.create_project(new_project("shop", 0, org=ORG)[0])
    answer = player.post("v1/privacy/set-consent", body, query="configId=shop")
    [cookie] = handles(answer, "state:store")
    assert (cookie["key"], cookie["value"]) == ("kndctr_5A1E2F3C0B4D6E7F0A495C01_AdobeOrg_consent", "general=in")


def test_identity_is_acquired(player: EdgePlayer) -> None:
    answer = player.post("v1/identity/acquire", {"query": {"identity": {"fetch": ["ECID"]}}}, request_id="r")
    assert answer["statusCode"] == 200
    assert len(handles(answer, "identity:result")[0]["id"]) == 38


def test_oddities_of_real_clients_are_accepted(player: EdgePlayer, api: Api, api_key: str) -> None:
    custom = [{"name": "fine.name", "value": 12}, {"name": "not a name", "value": "x"}, {"name": "empty", "value": None}]
    start = xdm_start(length=60.5, hasResume=None)
    start["mediaCollection"] |= {"media.resumed": True, "qoeDataDetails": None, "customMetadata": custom, "unknown": {"x": []}}
    answer = player.post(
        "v1/interact", {"events": [{"xdm": start | {"device": {"a": 1}}, "query": {}, "data": None}], "meta": None}
    )
    sid = session_in(answer)
    ad = {"name": "ad-1", "podPosition": 1, "length": 15.5}
    events = [
        xdm("adBreakStart", sid, 1, advertisingPodDetails={"index": 0, "offset": 1, "friendlyName": "pre"}),
        xdm("adStart", sid, 1, advertisingDetails=ad),
        xdm("adComplete", sid, 2, 61.2),
        xdm("adBreakComplete", sid, 2, qoeDataDetails={"framesPerSecond": 23.976, "droppedFrames": 2.4}),
        xdm("statesUpdate", sid, 3, statesStart=[{"name": "closeCaption"}, {"name": "fullscreen"}]),
        xdm("error", sid, 4, errorDetails={"name": "e", "source": "external"}),
    ]
    assert [player.send(event) for event in events] == [204] * len(events)
    metrics = detail(api, sid, api_key)["metrics"]
    assert metrics["content_resumes"] == 1
    assert set(metrics["states"]) == {"closedCaptioning", "fullScreen"}
    assert metrics["external_errors"] == ["e"]


def test_queued_events_make_no_seek(player: EdgePlayer, api: Api, api_key: str, clock: Clock) -> None:
    clock.forward(seconds=12)
    start = player.post("v1/interact", body_of(xdm_start(0.03), meta={"queueTimeMillis": 11_970}))
    sid = session_in(start)
    for at, name in ((0, "play"), (3, "bitrateChange"), (6, "ping")):  # all with the playhead of the sending
        assert player.send(xdm(name, sid, at, 12), queueTimeMillis=12_000 - at * 1_000) == 204
    for at in (22, 32):
        clock.forward(seconds=10)
        assert player.send(xdm("ping", sid, at, at)) == 204
    metrics = detail(api, sid, api_key)["metrics"]
    assert (metrics["content_time_spent_ms"], metrics["unique_time_played_ms"], metrics["stall_events"]) == (32_000, 32_000, 0)
    log = detail(api, sid, api_key)["sessionLog"]
    assert not [line for line in log if line["actionType"] == "seeking"]


def test_downloaded_sessions_of_one_request_are_stored_together(player: EdgePlayer, api: Api, api_key: str) -> None:
    def stored(*xdms: Any) -> Any:
        events = [
            {
                "mediaEventType": one["eventType"],
                "mediaEventTimestamp": one["timestamp"],
                "mediaCollection": one["mediaCollection"],
            }
            for one in xdms
        ]
        return {"eventType": "media.downloaded", "mediaDownloadedEvents": events}

    one = stored(xdm_start(), xdm("play", None, 0), xdm("sessionComplete", None, 100, 100))
    two = stored(xdm_start(200), xdm("play", None, 200), xdm("ping", None, 210, 10))
    answer = player.post("va/v1/downloaded", body_of(one, two))
    sids = [one["sessionId"] for one in handles(answer, "media-analytics:new-session")]
    assert len(set(sids)) == 2
    assert [detail(api, sid, api_key)["metrics"]["content_completes"] for sid in sids] == [1, 0]
    assert told(player.post("va/v1/downloaded", body_of(one, two)))["handle"] == told(answer)["handle"]
    wrong = player.post("va/v1/downloaded", body_of(stored(xdm_start(300)), stored(xdm("play", None, 1), xdm_start(2))))
    assert wrong["statusCode"] == 207
    assert names(wrong) == [f"$.xdm.mediaDownloadedEvents[{position}].mediaEventType" for position in (0, 1)]
    assert handles(wrong, "media-analytics:new-session") == []


def mismatch(path: str) -> str:
    return f"The payload eventType 'media.play' is different from the path eventType '{path}'"


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("va/v1/ping", body_of(xdm("play", UNKNOWN)), mismatch("ping")),
        ("va/v1/ping", body_of(xdm("ping")), ["$.events[0].xdm.mediaCollection.sessionID"]),
        ("va/v1/ping", body_of({"eventType": "media.ping"}), None),
        ("va/v1/stateStart", body_of(xdm("stateStart", UNKNOWN)), ["$.events[0].xdm.eventType"]),
        ("va/v1/nothing", body_of(xdm("nothing", UNKNOWN)), ["$.events[0].xdm.eventType"]),
        ("va/v1/ping", {"events": []}, ["$.events"]),
        ("va/v1/ping", {}, ["$.events"]),
        ("va/v1/ping", {"events": [None]}, ["$.events[0].xdm"]),
        ("va/v1/ping", [], ["$"]),
        ("va/v1/ping", body_of(xdm("ping", UNKNOWN, playhead="far")), ["$.events[0].xdm.mediaCollection.playhead"]),  # type: ignore[arg-type]
        (
            "va/v1/chapterStart",
            body_of(xdm("chapterStart", UNKNOWN, chapterDetails={"index": 1.5})),
            [f"$.events[0].xdm.mediaCollection.chapterDetails.{name}" for name in ("index", "length", "offset")],
        ),
        ("va/v1/sessionStart", body_of(xdm("play", UNKNOWN)), mismatch("sessionStart")),
    ],
)  # fmt: skip
def test_wrong_event_gets_a_400_that_names_the_field(path: str, body: Any, wrong: Any, player: EdgePlayer, items: Any) -> None:
    before = items()
    answer = player.post(path, body, request_id="r")
    report = told(answer)["report"]
    assert (answer["statusCode"], told(answer)["type"]) == (400, f"{ERRORS}va-edge-0400-400")
    assert report["requestId"] == "r"
    assert wrong is None or report["details"] == wrong or names(answer) == wrong
    assert items() == before


ROUTES: Final = (
    *("va/v1/sessionStart", "va/v1/downloaded", "va/v1/ping", "v1/interact", "v1/collect"),
    *("v1/identity/acquire", "v1/privacy/set-consent"),
)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("body", "query"),
    [
        ("no JSON", None),
        (body_of(xdm_start()), ""),
        (body_of(xdm_start()), "configId=&requestId=x"),
        ({"events": [{"xdm": xdm("ping", UNKNOWN)}] * 200}, None),
        ({"events": "no array"}, None),
        (body_of(xdm_start(genre="x" * 1_100_000)), None),
    ],
    ids=["no JSON", "no configId", "empty configId", "200 events", "no array", "1 MB"],
)
def test_bad_request_gets_a_400_and_stores_nothing(
    path: str, body: Any, query: str | None, player: EdgePlayer, items: Any
) -> None:
    before = items()
    answer = player.post(path, body, query=query)
    assert answer["statusCode"] == 400
    assert told(answer)["type"].startswith(ERRORS)
    assert items() == before


def test_request_with_one_wrong_event_stores_nothing_on_the_routes_of_media_events(player: EdgePlayer, items: Any) -> None:
    before = items()
    mixed = body_of(xdm_start(), xdm("play", UNKNOWN))
    assert player.post("va/v1/sessionStart", mixed)["statusCode"] == 400
    assert items() == before


def test_event_before_the_start_counts(player: EdgePlayer, api: Api, api_key: str) -> None:
    sid = player.start(at=0.04)
    for event in (xdm("play", sid, 0), xdm("ping", sid, 10, 10), xdm("sessionComplete", sid, 20, 20)):
        assert player.send(event) == 204
    assert detail(api, sid, api_key)["metrics"]["content_time_spent_ms"] == 20_000


def test_several_events_of_a_request_are_stored_by_their_sessions(player: EdgePlayer, api: Api, api_key: str) -> None:
    one, two = player.start(), player.start()
    wrong = xdm("ping", two)
    wrong["mediaCollection"]["playhead"] = ""
    events = [xdm("play", one, 1), xdm("play", two, 1), xdm("ping", one, 11, 10), xdm("ping", UNKNOWN, 1), wrong]
    answer = player.post("v1/interact", body_of(*events))
    assert answer["statusCode"] == 207
    assert [(one["report"]["eventIndex"], one["status"]) for one in told(answer)["errors"]] == [(3, 404), (4, 400)]
    assert detail(api, one, api_key)["metrics"]["content_time_spent_ms"] == 10_000
    assert detail(api, two, api_key)["metrics"]["content_starts"] == 1
