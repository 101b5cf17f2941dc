"""The bodies that players send: what is accepted as an event, and what is refused."""

import gzip
import json
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mediabeat.core.event import MAX_TS_MS, Event, EventType, is_live
from mediabeat.core.event_codec import pack, unpack
from mediabeat.errors import InvalidInput, NotFound
from mediabeat.protocols.media_collection import params
from mediabeat.protocols.media_collection.requests import (
    MAX_EVENTS_PER_REQUEST,
    MAX_PLAYHEAD_S,
    is_plain,
    parse,
    parse_event,
    parse_events,
    parse_session_start,
)
from mediabeat.protocols.media_collection.rules import MAX_NUMBER, Fields
from mediabeat.protocols.media_collection.schema import STRICT_OPEN, checked_params, json_schema, model_of, object_of
from mediabeat.runtime.http_api import read_json
from tests.support.builders import BASE_MS, Wire, wire, wire_start
from tests.support.journeys import COLLECTION_JOURNEYS, bodies_of

CUSTOMER: Final = {"account": {"id": "u-1", "authState": 1}}

NEEDED: Final[dict[str, dict[str, Any]]] = {
    "sessionStart": {
        "analytics.trackingServer": "metrics.example.com",
        "analytics.reportSuite": "demo",
        "visitor.marketingCloudOrgId": "org@AdobeOrg",
        "media.id": "movie-1",
        "media.contentType": "VOD",
        "media.playerName": "player",
        "media.channel": "channel",
        "media.length": 100,
    },
    "adBreakStart": {"media.ad.podIndex": 1, "media.ad.podSecond": 30.5},
    "adStart": {"media.ad.id": "ad-1", "media.ad.podPosition": 1},
    "chapterStart": {"media.chapter.index": 1, "media.chapter.offset": 0, "media.chapter.length": 30},
    "stateStart": {"media.state.name": "mute"},
    "stateEnd": {"media.state.name": "mute"},
}
"""The parameters without which an event is refused."""

STRINGS: Final = {
    "sessionStart": [
        *(name for name, value in NEEDED["sessionStart"].items() if isinstance(value, str)),
        *("media.name", "media.sdkVersion", "media.libraryVersion", "media.streamType", "appInstallationId"),
        *("analytics.visitorId", "analytics.aid", "visitor.marketingCloudUserId"),
        *("media.show", "media.season", "media.episode", "media.assetId", "media.genre", "media.firstAirDate"),
        *("media.firstDigitalDate", "media.rating", "media.originator", "media.network", "media.showType"),
        *("media.adLoad", "media.dayPart", "media.feed", "media.streamFormat", "media.pass.mvpd", "media.pass.auth"),
        *("media.artist", "media.album", "media.label", "media.author", "media.station", "media.publisher"),
    ],
    "adBreakStart": ["media.ad.podFriendlyName"],
    "adStart": [
        *("media.ad.id", "media.ad.podFriendlyName", "media.ad.playerName"),
        *("media.ad.name", "media.ad.advertiser", "media.ad.campaignId", "media.ad.creativeId", "media.ad.siteId"),
        *("media.ad.creativeURL", "media.ad.placementId"),
    ],
    "chapterStart": ["media.chapter.friendlyName"],
    "stateStart": ["media.state.name"],
    "stateEnd": ["media.state.name"],
    "error": ["media.errorId", "media.errorSource"],
}
BOOLEANS: Final = {
    "sessionStart": [
        *("analytics.enableSSL", "analytics.optOutServerSideForwarding", "analytics.optOutShare"),
        *("media.resume", "media.downloaded"),
    ]
}
INTEGERS: Final = {
    "sessionStart": ["visitor.aamLocationHint"],
    "adBreakStart": ["media.ad.podIndex"],
    "adStart": ["media.ad.podPosition"],
    "chapterStart": ["media.chapter.index"],
}
NUMBERS: Final = {
    "sessionStart": ["media.length"],
    "adBreakStart": ["media.ad.podSecond"],
    "adStart": ["media.ad.length"],
    "chapterStart": ["media.chapter.offset", "media.chapter.length"],
}
QOE_NUMBERS: Final = [
    *("media.qoe.bitrate", "media.qoe.droppedFrames", "media.qoe.framesPerSecond", "media.qoe.timeToStart"),
    "bitrate",
]

RIGHT: Final[dict[str, list[Any]]] = {
    "string": ["text", "Тест 😀", "\0"],
    "boolean": [True, False],
    "integer": [3, 0, 3.0],
    "number": [3, 0, 2.5],
}
WRONG: Final[dict[str, list[Any]]] = {
    "string": [1, True, None, ["text"], {}],
    "boolean": [1, 0, "true", None],
    "integer": [2.5, "3", True, None, [3]],
    "number": ["2.5", True, None, [2.5]],
}


def body(event_type: str, **params: Any) -> Wire:
    """Return an event with the parameters that it needs and those given."""
    return wire(event_type, params=NEEDED.get(event_type, {}) | params)


def listed() -> list[tuple[str, str, str]]:
    """Return event type, parameter and type of all parameters that the collection API lists."""
    kinds = {"string": STRINGS, "boolean": BOOLEANS, "integer": INTEGERS, "number": NUMBERS}
    return [(event_type, name, kind) for kind, table in kinds.items() for event_type, names in table.items() for name in names]


def wrong_fields(value: Any, where: str = "") -> list[str]:
    """Return the fields for which a value is refused."""
    with pytest.raises(InvalidInput) as refused:
        parse(value, where)
    return [problem.field for problem in refused.value.problems]


# Event types


@pytest.mark.parametrize("event_type", EventType)
def test_event_with_only_its_required_parameters_is_accepted(event_type: str) -> None:
    needed = NEEDED.get(event_type, {})
    minimal = {"eventType": event_type, "playerTime": {"playhead": 12.5, "ts": BASE_MS}} | ({"params": needed} if needed else {})
    assert parse(minimal) == Event(BASE_MS, EventType(event_type), 12.5, needed, {}, {})


def test_event_types_are_those_of_the_protocol_and_two_extensions() -> None:
    protocol = (
        "sessionStart sessionComplete sessionEnd play ping pauseStart bufferStart bitrateChange error adBreakStart "
        "adBreakComplete adStart adComplete adSkip chapterStart chapterComplete chapterSkip stateStart stateEnd statesUpdate"
    )
    assert set(EventType) == {*protocol.split(), "prevTrack", "nextTrack"}


@pytest.mark.parametrize("event_type", EventType)
def test_any_event_may_carry_empty_objects(event_type: str) -> None:
    given = wire(event_type, customMetadata={}, qoeData={}, params=NEEDED.get(event_type, {}))
    assert parse(given) == parse(body(event_type))


@pytest.mark.parametrize(("event_type", "name"), [(event_type, name) for event_type, names in NEEDED.items() for name in names])
def test_event_without_a_required_parameter_is_refused(event_type: str, name: str) -> None:
    needed = {key: value for key, value in NEEDED[event_type].items() if key != name}
    assert wrong_fields(wire(event_type, params=needed)) == [f"params.{name}"]


# Parameters


@pytest.mark.parametrize(("event_type", "name", "kind"), listed())
def test_parameter_is_accepted_with_its_own_type_only(event_type: str, name: str, kind: str) -> None:
    right = ["mute"] if name == "media.state.name" else RIGHT[kind]
    assert [parse(body(event_type, **{name: value})).params[name] for value in right] == right
    assert [wrong_fields(body(event_type, **{name: value})) for value in WRONG[kind]] == [[f"params.{name}"]] * len(WRONG[kind])


@pytest.mark.parametrize("name", QOE_NUMBERS)
@pytest.mark.parametrize("event_type", ["sessionStart", "play", "ping", "bitrateChange", "error", "adStart"])
def test_any_event_may_carry_numbers_as_quality_data(event_type: str, name: str) -> None:
    assert [parse(body(event_type) | {"qoeData": {name: value}}).qoe for value in RIGHT["number"]] == [
        {name: value} for value in RIGHT["number"]
    ]
    refused = [wrong_fields(body(event_type) | {"qoeData": {name: value}}) for value in WRONG["number"]]
    assert refused == [[f"qoeData.{name}"]] * len(WRONG["number"])


@pytest.mark.parametrize("index", [-1, 0, 1, 2.0, -1.0])
def test_index_of_a_preroll_or_postroll_is_accepted(index: float) -> None:
    assert parse(body("adBreakStart", **{"media.ad.podIndex": index})).params["media.ad.podIndex"] == index


@pytest.mark.parametrize(("length", "refused"), [(0, False), (0.0, False), (60.3333333333333, False), (-1, True), (-0.001, True)])
def test_length_may_be_zero_but_not_negative(length: float, refused: bool) -> None:
    given = body("sessionStart", **{"media.length": length})
    if refused:
        assert wrong_fields(given) == ["params.media.length"]
    else:
        assert parse(given).params["media.length"] == length


@pytest.mark.parametrize("content_type", ["VOD", "vod", "Live", "linear", "podcast", "audiobook", ""])
def test_content_type_is_free_text(content_type: str) -> None:
    assert parse(body("sessionStart", **{"media.contentType": content_type})).params["media.contentType"] == content_type


@pytest.mark.parametrize("name", ["fullScreen", "a", "my.state_2", "x" * 64])
def test_state_name_has_letters_digits_dots_and_underscores(name: str) -> None:
    assert parse(body("stateStart", **{"media.state.name": name})).params == {"media.state.name": name}


@pytest.mark.parametrize("name", ["", "full screen", "naïve", "a-b", "x" * 65, "mute\n", "\0"])
def test_any_other_state_name_is_refused(name: str) -> None:
    assert wrong_fields(body("stateEnd", **{"media.state.name": name})) == ["params.media.state.name"]
    update = {"statesStart": [{"media.state.name": "mute"}, {"media.state.name": name}]}
    assert wrong_fields(body("statesUpdate", **update)) == ["params.statesStart.1.media.state.name"]


def test_states_update_has_two_lists_of_states() -> None:
    states = {"statesStart": [{"media.state.name": "mute"}], "statesEnd": [{"media.state.name": "inFocus"}]}
    assert parse(body("statesUpdate", **states)).params == states
    assert parse(body("statesUpdate")).params == {}
    assert wrong_fields(body("statesUpdate", statesStart={"media.state.name": "mute"})) == ["params.statesStart"]
    assert wrong_fields(body("statesUpdate", statesEnd=[{}])) == ["params.statesEnd.0.media.state.name"]


@pytest.mark.parametrize("auth_state", [0, 1, 2])
def test_customer_ids_have_an_id_and_a_state(auth_state: int) -> None:
    ids = {"account": {"id": "u-1", "authState": auth_state}, "card": {"id": "c"}}
    assert parse(body("sessionStart", **{"visitor.customerIDs": ids})).params["visitor.customerIDs"] == ids


@pytest.mark.parametrize(
    ("ids", "field"),
    [
        ({"account": {"authState": 1}}, ".account.id"),
        ({"account": {"id": 7}}, ".account.id"),
        ({"account": {"id": "u", "authState": 3}}, ".account.authState"),
        ({"account": {"id": "u", "authState": "1"}}, ".account.authState"),
        ({"account": {"id": "u", "authState": True}}, ".account.authState"),
        ({"account": {"id": "u", "authState": -1}}, ".account.authState"),
        ({"account": "u"}, ".account"),
        (["u"], ""),
    ],
)
def test_other_customer_ids_are_refused(ids: Any, field: str) -> None:
    assert wrong_fields(body("sessionStart", **{"visitor.customerIDs": ids})) == [f"params.visitor.customerIDs{field}"]


@pytest.mark.parametrize("event_type", EventType)
@pytest.mark.parametrize("name", ["media.new", "media.ad.new", "analytics.new", "visitor.new"])
def test_unknown_parameter_with_a_known_prefix_is_kept(event_type: str, name: str) -> None:
    value = {"any": ["thing", None, 1.5]}
    assert parse(body(event_type, **{name: value})).params == NEEDED.get(event_type, {}) | {name: value}


@pytest.mark.parametrize("event_type", EventType)
@pytest.mark.parametrize("name", ["foo", "Media.x", "media", "mediaId", "ad.media.id", "", " media.x"])
def test_unknown_parameter_without_a_known_prefix_is_refused(event_type: str, name: str) -> None:
    assert wrong_fields(body(event_type, **{name: "x"})) == [f"params.{name}"]


# Custom metadata


@pytest.mark.parametrize("event_type", ["sessionStart", "adStart", "chapterStart", "adBreakStart"])
def test_custom_metadata_maps_names_to_texts(event_type: str) -> None:
    custom = {"isUserLoggedIn": "false", "media.show": "Шоу", "a_b.C9": ""}
    assert parse(body(event_type) | {"customMetadata": custom}).custom == custom


@pytest.mark.parametrize(
    ("custom", "fields"),
    [
        ({"a b": "c"}, ["customMetadata.a b"]),
        ({"": "c"}, ["customMetadata."]),
        ({"é": "c"}, ["customMetadata.é"]),
        ({"a": 1}, ["customMetadata.a"]),
        ({"a": None, "b": True}, ["customMetadata.a", "customMetadata.b"]),
        ("text", ["customMetadata"]),
        (None, ["customMetadata"]),
    ],
)
def test_other_custom_metadata_is_refused(custom: Any, fields: list[str]) -> None:
    assert wrong_fields(body("sessionStart") | {"customMetadata": custom}) == fields


# Time and place


@pytest.mark.parametrize("ts", [0, 1, BASE_MS, float(BASE_MS), 253_402_300_799_999])
def test_ts_is_whole_milliseconds(ts: float) -> None:
    event = parse(wire("ping") | {"playerTime": {"playhead": 0, "ts": ts}})
    assert (event.ts, type(event.ts)) == (ts, int)


@pytest.mark.parametrize("ts", [-1, 0.5, "1", True, None, [], 253_402_300_800_000, 1e300])
def test_any_other_ts_is_refused(ts: Any) -> None:
    assert wrong_fields(wire("ping") | {"playerTime": {"playhead": 0, "ts": ts}}) == ["playerTime.ts"]


@pytest.mark.parametrize("playhead", [0, 12, 3.0039000000001397, -0.5, 1e9])
def test_playhead_after_the_start_may_be_any_number(playhead: float) -> None:
    event = parse_event(wire("ping", playhead=playhead))
    assert (event.playhead, type(event.playhead)) == (playhead, float)


@pytest.mark.parametrize("playhead", ["1", True, None, [], float("nan"), float("inf"), 10**400])
def test_playhead_that_is_not_a_finite_number_is_refused(playhead: Any) -> None:
    assert wrong_fields(wire("ping", playhead=playhead)) == ["playerTime.playhead"]


@pytest.mark.parametrize(
    ("player_time", "fields"),
    [
        ({}, ["playerTime.playhead", "playerTime.ts"]),
        ({"playhead": 0, "ts": 0, "more": 1}, ["playerTime.more"]),
        ([0, 0], ["playerTime"]),
        (None, ["playerTime"]),
    ],
)
def test_player_time_has_only_a_playhead_and_a_ts(player_time: Any, fields: list[str]) -> None:
    assert wrong_fields({"eventType": "ping", "playerTime": player_time}) == fields


# Starts


@pytest.mark.parametrize(
    ("content_type", "length", "playhead"),
    [
        ("VOD", 100, 0),
        ("VOD", 100, 100),
        ("VOD", 100.5, 100.25),
        ("VOD", 0, 1e6),  # of unknown length
        ("live", 0, 86_399.999),
        ("Live", 3_600, 80_000),  # a live playhead is the second of the day, whatever the length
        ("LINEAR", 86_400, 0),
    ],
)
def test_start_within_the_content_is_accepted(content_type: str, length: float, playhead: float) -> None:
    start = parse_session_start(wire_start(playhead=playhead, media_contentType=content_type, media_length=length))
    assert (start.type, start.playhead) == (EventType.SESSION_START, playhead)


@pytest.mark.parametrize(
    ("content_type", "length", "playhead"),
    [
        ("VOD", 100, -0.001),
        ("VOD", 100, 100.001),
        ("VOD", 0, -1),
        ("live", 0, -1),
        ("Live", 0, 86_400),
        ("linear", 100_000, 90_000),
    ],
)
def test_start_outside_the_content_is_refused(content_type: str, length: float, playhead: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_session_start(wire_start(playhead=playhead, media_contentType=content_type, media_length=length))
    assert [problem.field for problem in refused.value.problems] == ["playerTime.playhead"]


@pytest.mark.parametrize(
    ("content_type", "live"),
    [("live", True), ("Live", True), ("LINEAR", True), ("linear", True), ("VOD", False), ("alive", False), ("live event", False)],
)
def test_content_type_live_or_linear_means_live_in_any_case(content_type: str, live: bool) -> None:
    assert is_live(parse_session_start(wire_start(media_contentType=content_type))) is live


def test_only_session_start_starts_a_session() -> None:
    for parser, other in ((parse_session_start, wire("play")), (parse_event, wire_start())):
        with pytest.raises(InvalidInput) as refused:
            parser(other)
        assert [problem.field for problem in refused.value.problems] == ["eventType"]


# Invalid events


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, ["body"]),
        ([], ["body"]),
        ("play", ["body"]),
        ({}, ["eventType"]),
        ({"eventType": None}, ["eventType"]),
        ({"eventType": "Play"}, ["eventType"]),
        ({"eventType": ["play"]}, ["eventType"]),
        ({"eventType": "play"}, ["playerTime"]),
        (wire("play", params=None), ["params"]),
        (wire("play", params=[]), ["params"]),
        (wire("play", qoeData=None), ["qoeData"]),
        (wire("play", sid="x", extra=1), ["sid", "extra"]),
        (wire("adStart"), ["params"]),
    ],
)
def test_invalid_event_is_refused_by_field(value: Any, fields: list[str]) -> None:
    assert wrong_fields(value) == fields


def test_problem_in_an_array_names_the_position_of_the_event() -> None:
    assert wrong_fields(wire("play", params={"foo": 1}), "[3].") == ["[3].params.foo"]
    assert wrong_fields({}, "[3].") == ["[3].eventType"]
    assert wrong_fields(None, "[3].") == ["[3]"]


def test_every_broken_rule_is_named_at_once() -> None:
    given = wire("adStart", params={"media.ad.id": 1, "foo": 2}, qoeData={"bitrate": "x"}, more=1)
    assert sorted(wrong_fields(given)) == ["more", "params.media.ad.id", "params.media.ad.podPosition", "qoeData.bitrate"]


PING: Final = '{"eventType":"ping","playerTime":{"playhead":%s,"ts":1},"params":{"media.x":%s}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "{",
        "\ufeff{}",
        b"\xff\xfe",
        PING % ("NaN", 1),
        PING % ("Infinity", 1),
        PING % ("1e400", 1),
        PING % ("1" * 400, 1),
        PING % (1, "1" * 5_000),
        PING % (1, "[" * 10_000 + "]" * 10_000),
        PING % (1, '{"a":' * 10_000 + "1" + "}" * 10_000),
        PING % (1, '"\x00"'),
        "[" * 10_000,
    ],
    ids=lambda text: repr(text[:70]),
)
def test_invalid_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        parse(read_json(text))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (PING % (1, r'"\u0000"'), "\0"),
        (PING % (1, r'"\ud83d\ude00"'), "😀"),
        (PING % (1, r'"fire \ud83d"'), "fire \ufffd"),
        (PING % (1, r'"\uDC00\ud83d\ud83d\ude00"'), "\ufffd\ufffd😀"),
        (PING % (1, r'"\\ud83d \\\ud83d \ud83d\u00e9"'), "\\ud83d \\\ufffd \ufffdé"),
        (PING % (1, r'{"a\udc00":"b"}'), {"a\ufffd": "b"}),
        ("\ufeff" + PING % (1, '"x"'), "x"),
        (b"\xef\xbb\xbf" + (PING % (1, '"x"')).encode(), "x"),
        (PING % (1, "[" * 8 + "]" * 8), [[[[[[[[]]]]]]]]),
        (PING % (1, "-9223372036854775808"), -(2**63)),
        (PING % (1, "1e-400"), 0),
        ('{"eventType":"play","eventType":"ping","playerTime":{"playhead":1,"ts":1},"params":{"media.x":1,"media.x":2}}', 2),
    ],
    ids=[
        *(
            "NUL",
            "a pair of surrogates",
            "half an emoji",
            "two halves and a pair",
            "escaped backslashes",
            "half an emoji in a name",
        ),
        *("byte order mark in text", "byte order mark in bytes", "deep"),
        "64 bits",
        "next to nothing",
        "names given twice: the last one counts",
    ],
)
def test_odd_json_makes_an_event_that_can_be_stored(text: str | bytes, kept: Any) -> None:
    event = parse(read_json(text))
    assert event == Event(1, EventType.PING, 1.0, {"media.x": kept}, {}, {})
    assert unpack(pack(event)) == event


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (gzip.compress(b"{}"), "gzip"),
        (gzip.compress(b"{}").decode(errors="replace"), "gzip"),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-be"), "UTF-16"),
        ("{}".encode("utf-16").decode(errors="replace"), "UTF-16"),
        ("{}".encode("utf-32"), "UTF-16 or UTF-32"),
    ],
    ids=["gzip", "gzip through a gateway", "UTF-16", "UTF-16 without a mark", "UTF-16 through a gateway", "UTF-32"],
)
def test_body_in_another_encoding_is_named(sent: str | bytes, found: str) -> None:
    with pytest.raises(InvalidInput, match=f"^body: must .*; it looks like {found}.* Send JSON in UTF-8$"):
        read_json(sent)


def test_other_mistakes_in_a_body_are_named_as_before() -> None:
    with pytest.raises(InvalidInput, match=r"^body: must be JSON: EOF while parsing an object at line 1 column 1$"):
        read_json("{")
    with pytest.raises(InvalidInput, match=r"^body: must be JSON: expected value at line 1 column 1$"):
        read_json("\ufeff" * 100_000)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS: Final = [
    *(("eventType",), ("playerTime",), ("playerTime", "playhead"), ("playerTime", "ts"), ("params",), ("qoeData",)),
    *(("customMetadata",), ("customMetadata", "name"), ("qoeData", "media.qoe.bitrate"), ("qoeData", "other"), ("more",)),
    *(
        ("params", name)
        for name in ("media.new", "new", "media.length", "media.ad.podIndex", "visitor.customerIDs", "statesStart")
    ),
]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(EventType), st.lists(st.tuples(st.sampled_from(FIELDS), JSON), min_size=1, max_size=3))
def test_any_value_is_a_storable_event_or_invalid_input(
    event_type: EventType, changes: list[tuple[tuple[str, ...], Any]]
) -> None:
    given: Any = body(event_type) | {"qoeData": {}, "customMetadata": {}}
    given["params"] = dict(given["params"])
    for (first, *rest), value in changes:
        if not rest:
            given[first] = value
        elif isinstance(given.get(first), dict):
            given[first] = given[first] | {rest[0]: value}
    try:
        event = parse(read_json(json.dumps(given)))
    except InvalidInput:
        return
    assert pack(unpack(pack(event))) == pack(event)


# Events that need no model


def is_accepted(event_type: EventType, value: Any) -> bool:
    """Return whether the model of the type accepts a value."""
    try:
        model_of(event_type).model_validate(value)
    except ValidationError:
        return False
    return True


def part(event_type: EventType, value: Any, where: tuple[str, ...]) -> Wire:
    """Return an event with a value at a place of it."""
    given: Wire = body(event_type) | {"qoeData": {}, "customMetadata": {}}
    first, *rest = where
    return given | {first: dict(given[first]) | {rest[0]: value} if rest else value}


EDGES: Final[list[Any]] = [
    *(
        None,
        True,
        False,
        "",
        "x" * 128,
        "x" * 129,
        "x" * 4_096,
        "x" * 4_097,
        "ä" * 4_096,
        "😀" * 4_096,
        "\ud800",
        "\0",
        "a b",
        "a\n",
    ),
    *(
        0,
        -1,
        1.0,
        1.5,
        -0.0,
        10**12,
        10**12 + 1,
        1e12,
        -(10**12) - 1,
        2**63,
        2**63 + 2048,
        -(2**63),
        10**400,
        MAX_TS_MS,
        MAX_TS_MS + 1,
    ),
    *(float("inf"), float("nan"), 1e300, [], {}, [{}], {"a": 1}, [[]], {"id": "x"}, {"a": {"id": "x", "authState": 1}}),
    *([{"media.state.name": "mute"}], [{"media.state.name": "mute", "media.x": 1}], [{"media.state.name": "mute!"}], [None]),
    *({str(number): number for number in range(251)}, {f"media.{number}": number for number in range(251)}, {"a" * 129: "x"}),
    *({f"a{number}": "x" for number in range(250)}, {f"a{number}": "x" for number in range(251)}, {"\ud800": "x"}, {"ä": "x"}),
    *({"media.\ud800": 1}, {"media.ä": 1}, {"foo": 1}, {"media.x": None}, {"playhead": 1}, {"playhead": 1, "ts": 1.0, "x": 1}),
]


def places(event_type: EventType) -> list[tuple[str, ...]]:
    """Return where a value is put in an event of a type: in each of its fields, and in some that it does not know."""
    unknown = [("params", name) for name in ("media.x", "foo", "media." + "x" * 123, "media.\ud800", "media.length")]
    custom = [("customMetadata", name) for name in ("a", "a b", "a" * 129)]
    qoe = [("qoeData", name) for name in ("any", "ä", "a" * 129, *params.QOE.rules)]
    times = [("playerTime", name) for name in ("ts", "playhead", "x")]
    own = [("params", name) for name in params.PARAMS.get(event_type, params.NONE).rules]
    return [("playerTime",), ("params",), ("customMetadata",), ("qoeData",), ("more",), *unknown, *custom, *qoe, *times, *own]


@pytest.mark.parametrize("event_type", [EventType.PING, EventType.PLAY, *params.PARAMS])
def test_event_that_needs_no_model_is_one_that_the_model_accepts(event_type: EventType) -> None:
    plain = [
        (value, where, given)
        for value in EDGES
        for where in places(event_type)
        if is_plain(event_type, given := part(event_type, value, where))
    ]
    assert [(where, value) for value, where, given in plain if not is_accepted(event_type, given)] == []
    assert len(plain) > 100


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.data(), st.sampled_from(EventType))
def test_random_event_that_needs_no_model_is_accepted(data: st.DataObject, event_type: EventType) -> None:
    given: Wire = body(event_type)
    for where, value in data.draw(st.dictionaries(st.sampled_from(places(event_type)), JSON, max_size=3)).items():
        changed = part(event_type, value, where)
        given[where[0]] = (given.get(where[0]) or {}) | changed[where[0]] if len(where) > 1 else value
    if is_plain(event_type, given):
        model_of(event_type).model_validate(given)


def test_playhead_has_the_bounds_of_the_other_numbers() -> None:
    assert MAX_PLAYHEAD_S == MAX_NUMBER


def test_events_of_real_players_need_no_model() -> None:
    bodies = [body for name in COLLECTION_JOURNEYS for body in bodies_of(name) if body["eventType"] != "sessionStart"]
    assert len(bodies) > 100
    assert [body for body in bodies if not is_plain(EventType(body["eventType"]), body)] == []


# Schemas


@pytest.mark.parametrize("event_type", EventType)
def test_schema_names_the_required_parameters(event_type: str) -> None:
    schema = json_schema(event_type)
    assert schema["properties"]["eventType"]["const"] == event_type
    assert schema["required"] == ["playerTime", "eventType", *(["params"] if event_type in NEEDED else [])]
    params = schema["properties"]["params"]
    reference = params.get("$ref", "") or next(one["$ref"] for one in params.get("allOf", [params]))
    assert schema["$defs"][reference.rpartition("/")[2]].get("required", []) == list(NEEDED.get(event_type, {}))


def test_unknown_event_type_has_no_schema() -> None:
    with pytest.raises(NotFound):
        json_schema("sessionSnack")


ALL_FIELDS: Final = {one.name: one for one in vars(params).values() if isinstance(one, Fields)}


@pytest.mark.parametrize("name", ALL_FIELDS)
def test_checked_type_is_strict_and_keeps_unknown_parameters(name: str) -> None:
    fields = ALL_FIELDS[name]
    adapter: TypeAdapter[Any] = TypeAdapter(checked_params(fields))
    unknown = {"media.unknown": [1, "x", None]}
    assert vars(object_of(fields))["__pydantic_config__"] == STRICT_OPEN
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(dict.fromkeys(fields.rules, b"1") | {"foo": 1})
    wrong = {part for error in refused.value.errors() for part in error["loc"][:1]}
    assert wrong == set(fields.rules)
    if not fields.required:
        assert adapter.validate_python(unknown) == unknown


def test_type_inside_another_is_as_strict() -> None:
    state = {"media.state.name": "mute", "media.unknown": 1}
    assert parse(body("statesUpdate", statesStart=[state])).params == {"statesStart": [state]}
    assert wrong_fields(body("statesUpdate", statesStart=[state | {"media.state.name": 1}])) == [
        "params.statesStart.0.media.state.name"
    ]
    identity = {"id": "u-1", "authState": True}
    assert wrong_fields(body("sessionStart", **{"visitor.customerIDs": {"account": identity}})) == [
        "params.visitor.customerIDs.account.authState"
    ]


def test_array_of_events_has_an_event_or_an_error_for_each_value() -> None:
    ping, broken, start = parse_events([wire("ping", 1), {"eventType": "ping"}, wire_start()])
    assert ping == parse_event(wire("ping", 1))
    assert isinstance(broken, InvalidInput)
    assert isinstance(start, InvalidInput)
    assert [error.problems[0].field for error in (broken, start)] == ["[1].playerTime", "[2].eventType"]
    for values in ([], [wire("ping", 1)] * (MAX_EVENTS_PER_REQUEST + 1)):
        with pytest.raises(InvalidInput, match="must hold 1 to 100 events"):
            parse_events(values)
