"""XDM read into canonical events: times, names, identities. Whole requests are in tests/integration/test_media_edge.py."""

import base64

import pytest

from mediabeat.core.event import Event, EventType
from mediabeat.errors import InvalidInput, NotFound
from mediabeat.openapi import json_schema
from mediabeat.protocols.media_edge.events import Context, parse, timestamp_ms
from mediabeat.protocols.media_edge.identity import ecid_in_cookie, identity_cookie, identity_in, new_ecid
from mediabeat.protocols.media_edge.params import CANONICAL
from mediabeat.protocols.media_edge.schema import EVENT_TYPES
from tests.support.builders import BASE_MS
from tests.support.edge import xdm, xdm_start

VIEWER = "12345678901234567890123456789012345678"


@pytest.mark.parametrize(
    ("sent", "ms"),
    [
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T00:00:01.5Z", 1_500),
        ("1970-01-01T00:00:01.25+00:00", 1_250),
        ("1970-01-01T01:00:01.123456+01:00", 1_123),
        ("1969-12-31T23:00:00-01:00", 0),
        ("1970-01-01t00:00:00.001z", 1),
        ("1970-01-01T00:00:00", None),
        ("1969-12-31T23:59:59Z", None),
        ("1970-02-30T00:00:00Z", None),
        ("1970-01-01T00:00:00+99:00", None),
        ("yesterday", None),
        (1_000, None),
    ],
)
def test_timestamp_is_read_with_its_offset_and_fraction(sent: object, ms: int | None) -> None:
    assert timestamp_ms(sent) == ms


def test_roku_writes_milliseconds_without_leading_zeros() -> None:
    stamps = ("1970-01-01T00:00:05.7Z", "1970-01-01T00:00:05.12Z", "1970-01-01T00:00:05.700Z")
    assert [timestamp_ms(one, short_fractions=True) for one in stamps] == [5_007, 5_012, 5_700]


def test_start_becomes_the_canonical_event() -> None:
    start = xdm_start(0, 3, friendlyName="Film", hasResume=True, assetID="a", mvpd="m", show="s")
    event = parse(start, Context(0, library="alloy 2.33.1"), {"analytics.reportSuite": "demo"})
    assert event == Event(
        BASE_MS,
        EventType.SESSION_START,
        3.0,
        {
            "media.id": "movie-1",
            "media.contentType": "VOD",
            "media.playerName": "player",
            "media.channel": "channel",
            "media.length": 100.0,
            "media.name": "Film",
            "media.resume": True,
            "media.assetId": "a",
            "media.pass.mvpd": "m",
            "media.show": "s",
            "analytics.reportSuite": "demo",
            "media.libraryVersion": "alloy 2.33.1",
        },
        {},
        {},
    )


def test_event_that_waited_says_so_and_a_start_does_not() -> None:
    assert parse(xdm("ping", "s"), Context(0, queued_ms=999)).params == {}
    assert parse(xdm("ping", "s"), Context(0, queued_ms=1_000)).params == {"media.queuedMs": 1_000}
    assert "media.queuedMs" not in parse(xdm_start(), Context(0, queued_ms=5_000)).params


def test_start_without_a_timestamp_happened_when_it_was_sent() -> None:
    start = xdm_start()
    del start["timestamp"]
    assert parse(start, Context(50_000, queued_ms=200)).ts == 49_800


def test_playhead_may_be_a_second_beyond_the_rounded_length() -> None:
    assert parse(xdm_start(0, 101, length=100), Context(0)).playhead == 101
    with pytest.raises(InvalidInput, match=r"must not be beyond sessionDetails\.length"):
        parse(xdm_start(0, 101.5, length=100), Context(0))


def test_every_field_of_xdm_has_its_own_canonical_name() -> None:
    names = [name for part, fields in CANONICAL.items() for name in fields.values() if part != "sessionDetails"]
    assert len(set(names)) == len(names)


def test_identity_is_that_of_the_event_then_of_the_request_then_of_the_cookie() -> None:
    cookies = {"kndctr_5A1E_AdobeOrg_identity": identity_cookie(VIEWER)}
    mine, shared = ({"identityMap": {"ECID": [{"id": one}]}} for one in ("1", "2"))
    assert identity_in([mine, shared], cookies).ecid == "1"
    assert identity_in([shared], cookies).ecid == "2"
    assert identity_in([{}], cookies).ecid == VIEWER
    assert identity_in([{}], {}) == (None, None, False)


@pytest.mark.parametrize(
    "value", ["", "?", "AAAA", base64.b64encode(b"\x0a\xff").decode(), base64.b64encode(b"\x0a\x02ab").decode()]
)
def test_cookie_of_another_form_names_nobody(value: str) -> None:
    assert ecid_in_cookie(value) is None


def test_new_ecid_depends_on_its_name_only() -> None:
    assert new_ecid(b"a") == new_ecid(b"a") != new_ecid(b"b")
    assert len(new_ecid(b"a")) == 38


def test_schema_of_each_event_type_is_served() -> None:
    for name in EVENT_TYPES:
        assert json_schema(name)["properties"]["eventType"]["const"] == name
    assert json_schema("play")["properties"]["eventType"]["const"] == "play"
    with pytest.raises(NotFound):
        json_schema("media.stateStart")
