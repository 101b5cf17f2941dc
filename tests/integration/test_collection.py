"""The collection API, as players see it."""

import json
import re
from typing import Any

import pytest

from mediabeat.core.event_codec import unpack
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import noise, wire, wire_start
from tests.support.clock import Clock

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS,POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Expose-Headers": "Location",
}

pytestmark = pytest.mark.usefixtures("api_key")


def fields(answer: dict[str, Any]) -> list[str]:
    return [error["field"] for error in json.loads(answer["body"])["errors"]]


def test_session_start_gets_201_and_a_relative_location(api: Api) -> None:
    answer = api.call("POST", "/api/v1/sessions", wire_start())
    location = answer["headers"].pop("Location")
    assert answer == {"statusCode": 201, "headers": CORS, "body": ""}
    assert re.fullmatch("/api/v1/sessions/[0-9a-f]{64}", location)


def test_event_gets_an_empty_204(api: Api) -> None:
    sid = api.start(wire_start())
    assert api.send(sid, wire("play", 1)) == {"statusCode": 204, "headers": CORS, "body": ""}


def test_base64_beacon_of_plain_text_is_parsed_as_json(api: Api) -> None:
    sid = api.start(wire_start())
    body = "eyJldmVudFR5cGUiOiJwaW5nIiwicGxheWVyVGltZSI6eyJwbGF5aGVhZCI6MSwidHMiOjE3OTUwMDAwMDEwMDB9fQ=="
    answer = api.send(sid, body, isBase64Encoded=True, headers={"content-type": "text/plain"})
    assert answer["statusCode"] == 204


def test_event_of_an_unknown_session_gets_404(api: Api) -> None:
    answers = [api.send(sid, wire("ping")) for sid in ("0" * 64, "nonsense")]
    assert [(answer["statusCode"], answer["headers"]) for answer in answers] == [
        (404, CORS | {"Content-Type": "application/json"})
    ] * 2


def test_ended_session_answers_410_and_drops_a_second_end(api: Api, store: Store) -> None:
    sid = api.start(wire_start())
    assert api.send(sid, wire("sessionEnd", 9))["statusCode"] == 204
    assert api.send(sid, wire("ping", 10))["statusCode"] == 410
    assert api.send(sid, wire("ping", 9))["statusCode"] == 410
    assert api.send(sid, wire("sessionEnd", 11))["statusCode"] == 204
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 2


def test_straggler_is_accepted_for_30_seconds_after_the_end(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("sessionEnd", 9))
    clock.forward(seconds=29)
    assert api.send(sid, wire("adComplete", 9))["statusCode"] == 204
    assert api.send(sid, wire("ping", 8))["statusCode"] == 204
    clock.forward(seconds=2)
    assert api.send(sid, wire("ping", 7))["statusCode"] == 410
    assert api.close_due() == {"session_end": 1}
    assert api.send(sid, wire("ping", 7))["statusCode"] == 410
    assert api.send(sid, wire("sessionEnd", 9))["statusCode"] == 204


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("no json", ["body"]),
        ("", ["body"]),
        ("[]", ["body"]),
        ('"text"', ["body"]),
        ({}, ["eventType"]),
        ({"eventType": "sessionSnack"}, ["eventType"]),
        ({"eventType": ["play"]}, ["eventType"]),
        (wire_start(), ["eventType"]),
        ({"eventType": "play"}, ["playerTime"]),
        (wire("play") | {"playerTime": {"playhead": "1"}}, ["playerTime.playhead", "playerTime.ts"]),
        (wire("play") | {"playerTime": {"playhead": 1, "ts": 1.5}}, ["playerTime.ts"]),
        (wire("play") | {"playerTime": {"playhead": 1, "ts": -1}}, ["playerTime.ts"]),
        (wire("play") | {"playerTime": {"playhead": 1, "ts": 10**16}}, ["playerTime.ts"]),
        (wire("play", extra=1), ["extra"]),
        (wire("play", params={"foo": 1}), ["params.foo"]),
        (wire("adStart"), ["params"]),
        (wire("adStart", params={}), ["params.media.ad.id", "params.media.ad.podPosition"]),
        (wire("stateStart", params={"media.state.name": "no spaces"}), ["params.media.state.name"]),
        (wire("ping", customMetadata={"a b": "c"}), ["customMetadata.a b"]),
        (wire("ping", customMetadata={"a": 1}), ["customMetadata.a"]),
        (wire("ping", qoeData={"media.qoe.bitrate": "much"}), ["qoeData.media.qoe.bitrate"]),
        ('{"eventType":"ping","playerTime":{"playhead":NaN,"ts":1}}', ["body"]),
    ],
)
def test_wrong_event_gets_a_400_that_names_the_field(api: Api, store: Store, body: Any, wrong: list[str]) -> None:
    sid = api.start(wire_start())
    before = store.read_session(sid)
    answer = api.send(sid, body)
    assert (answer["statusCode"], answer["headers"]) == (400, CORS | {"Content-Type": "application/json"})
    assert fields(answer) == wrong
    assert store.read_session(sid) == before


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (wire("play"), ["eventType"]),
        (wire_start(without="media.id"), ["params.media.id"]),
        (wire_start(media_length="60"), ["params.media.length"]),
        (wire_start(media_length=-1), ["params.media.length"]),
        (wire_start(playhead=101), ["playerTime.playhead"]),
        (wire_start(playhead=-1), ["playerTime.playhead"]),
        (wire_start(playhead=86_400, media_contentType="Live"), ["playerTime.playhead"]),
        (wire_start(analytics_reportSuite="nobody"), ["params.analytics.reportSuite"]),
    ],
)
def test_wrong_start_gets_a_400_that_names_the_field(api: Api, table: str, store: Store, body: Any, wrong: list[str]) -> None:
    import boto3

    answer = api.call("POST", "/api/v1/sessions", body)
    assert (answer["statusCode"], fields(answer)) == (400, wrong)
    assert boto3.client("dynamodb").scan(TableName=table)["Count"] == 1  # the project


def test_body_of_300_kb_gets_413(api: Api, store: Store) -> None:
    sid = api.start(wire_start())
    answers = [
        api.send(sid, wire("ping", customMetadata={"a": "x" * 300_000})),
        api.call("POST", "/api/v1/sessions", wire_start(media_name="x" * 300_000)),
    ]
    assert [(answer["statusCode"], fields(answer)) for answer in answers] == [(413, ["body"])] * 2


def test_large_event_is_stored_whole(api: Api, store: Store) -> None:
    sid = api.start(wire_start())
    large = wire("chapterStart", 5, params=CHAPTER, customMetadata={f"a{part}": noise(4_000, part) for part in range(3)})
    assert api.send(sid, large)["statusCode"] == 204
    stored = store.read_session(sid)
    assert stored is not None
    assert parse(large) in map(unpack, stored.events)


CHAPTER = {"media.chapter.index": 1, "media.chapter.offset": 0, "media.chapter.length": 30}


def test_repeats_are_stored_once_when_the_tail_has_moved_to_pages(api: Api, store: Store) -> None:
    sid = api.start(wire_start())
    for at in range(200):
        for _ in range(2):
            assert api.send(sid, wire("ping", at, at))["statusCode"] == 204
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 201


def test_served_schema_equals_the_validating_one(api: Api) -> None:
    answer = api.call("GET", "/api/v1/schemas/adBreakStart")
    schema = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert schema["$defs"]["AdBreakStartParams"]["required"] == ["media.ad.podIndex", "media.ad.podSecond"]
    assert api.call("GET", "/api/v1/schemas/adSnack")["statusCode"] == 404


def test_several_report_suites_in_one_setting_are_refused_with_the_rule(api: Api, api_key: str) -> None:
    answer = api.call("POST", "/api/v1/sessions", wire_start(analytics_reportSuite="demo,other"))
    assert (answer["statusCode"], json.loads(answer["body"])["errors"]) == (
        400,
        [
            {
                "field": "params.analytics.reportSuite",
                "rule": "'demo,other' names several report suites; send one, because a session belongs to one project",
            }
        ],
    )


def test_title_cut_within_an_emoji_keeps_the_session(api: Api, api_key: str, store: Store) -> None:
    body = json.dumps(wire_start(media_name="fire TITLE")).replace("TITLE", r"\ud83d")
    answer = api.call("POST", "/api/v1/sessions", body)
    assert answer["statusCode"] == 201
    stored = store.read_session(answer["headers"]["Location"].rpartition("/")[2])
    assert stored is not None
    assert stored.start is not None
    assert unpack(stored.start.event).params["media.name"] == "fire \ufffd"
