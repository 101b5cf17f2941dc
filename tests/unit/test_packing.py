"""How events are written down. Stored sessions are read for months: what is asserted here byte by byte must not change."""

import pytest

from mediabeat.events import Event, EventType, parse
from mediabeat.packing import canonical_json, pack, payload_of, unpack
from tests.builders import BASE_MS, event, ping, wire

# ts 1,795,000,000,000 is 0x01A1EE565E00; the playhead 12.5 is 1.5625 * 2**3: sign 0, exponent 1023 + 3, fraction .5625
PACKED_PING = bytes.fromhex("0401a1ee565e004029000000000000")


def test_a_ping_is_its_code_its_ts_and_its_playhead_in_15_bytes() -> None:
    assert pack(ping(0, 12.5)) == PACKED_PING
    assert unpack(PACKED_PING) == ping(0, 12.5)


def test_a_payload_follows_as_json_in_utf_8_with_its_keys_in_order() -> None:
    one = event("error", 0, 12.5, params={"media.b": [1, 2.5], "media.a": "é"}, qoe={"bitrate": 10_000})
    packed = bytes.fromhex("08") + PACKED_PING[1:] + '[{"media.a":"é","media.b":[1,2.5]},{},{"bitrate":10000}]'.encode()
    assert pack(one) == packed
    assert unpack(packed) == one


def test_every_event_type_has_kept_its_code() -> None:
    codes = [pack(event(event_type))[0] for event_type in EventType]
    assert dict(zip(EventType, codes, strict=True)) == {
        "sessionStart": 0,
        "sessionComplete": 1,
        "sessionEnd": 2,
        "play": 3,
        "ping": 4,
        "pauseStart": 5,
        "bufferStart": 6,
        "bitrateChange": 7,
        "error": 8,
        "adBreakStart": 9,
        "adBreakComplete": 10,
        "adStart": 11,
        "adComplete": 12,
        "adSkip": 13,
        "chapterStart": 14,
        "chapterComplete": 15,
        "chapterSkip": 16,
        "stateStart": 17,
        "stateEnd": 18,
        "statesUpdate": 19,
        "prevTrack": 20,
        "nextTrack": 21,
    }


@pytest.mark.parametrize("ts", [0, 1, 0xFFFFFFFF, 0x1_0000_0000, BASE_MS, 253_402_300_799_999])
def test_any_ts_that_is_taken_can_be_written(ts: int) -> None:
    one = Event(ts, EventType.PLAY, 0.0, {}, {}, {})
    assert unpack(pack(one)) == one


def test_a_retry_packs_to_the_same_bytes_whatever_the_order_of_its_keys() -> None:
    params = {"media.ad.id": "ad", "media.ad.podPosition": 1, "media.x": {"b": 1, "a": [{"d": 1, "c": 2}]}}
    turned = {"media.x": {"a": [{"c": 2, "d": 1}], "b": 1}, "media.ad.podPosition": 1, "media.ad.id": "ad"}
    assert pack(parse(wire("adStart", 1, params=params))) == pack(parse(wire("adStart", 1, params=turned)))


def test_events_that_differ_anywhere_pack_differently() -> None:
    others = [
        ping(0, 12.5),
        ping(0.001, 12.5),
        ping(0, 12.5000001),
        event("play", 0, 12.5),
        event("ping", 0, 12.5, params={"media.x": 1}),
        event("ping", 0, 12.5, qoe={"media.x": 1}),
        event("ping", 0, 12.5, custom={"media.x": "1"}),
    ]
    assert len({pack(one) for one in others}) == len(others)


def test_an_event_with_nothing_to_say_has_no_payload() -> None:
    empty = wire("ping", params={}, qoeData={}, customMetadata={})
    assert [payload_of(parse(given)) for given in (wire("ping"), empty)] == ["", ""]


def test_canonical_json_is_one_text_for_equal_values() -> None:
    assert canonical_json({"b": [1, None, True], "a": {"é": 0.5}}) == '{"a":{"é":0.5},"b":[1,null,true]}'
