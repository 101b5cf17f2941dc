"""Events as bytes. Stored sessions are read for months, so the bytes asserted here must not change."""

import hashlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import canonical_json, event_weight, pack, payload_of, unpack
from mediabeat.core.stored_forms import DICTIONARY, compressed, decompressed
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.protocols.media_collection.rules import MAX_NUMBER
from tests.support.builders import BASE_MS, event, ping, wire

# 217,163,200,000 ms since 2020 are 0x328fef7600; 12.5 s are 12,500 ms, 0x30D4
PACKED_PING = bytes.fromhex("04328fef7600000030d4")


def test_ping_is_its_code_its_ts_and_its_playhead_in_10_bytes() -> None:
    assert pack(ping(0, 12.5)) == PACKED_PING
    assert unpack(PACKED_PING) == ping(0, 12.5)


def test_value_too_large_for_the_short_form_has_a_long_form() -> None:
    odd = Event(1_000, EventType.PING, 3.0039000000001397, {}, {}, {})
    packed = bytes.fromhex("c40000000003e8400807fcb923a3d7")
    assert pack(odd) == packed
    assert unpack(packed) == odd


def test_payload_follows_as_compressed_json_with_its_keys_in_order() -> None:
    one = event("error", 0, 12.5, params={"media.b": [1, 2.5], "media.a": "é"}, qoe={"bitrate": 10_000})
    packed = (
        bytes.fromhex("08") + PACKED_PING[1:] + compressed('[{"media.a":"é","media.b":[1,2.5]},{},{"bitrate":10000}]'.encode())
    )
    assert pack(one) == packed
    assert unpack(packed) == one


def test_event_that_was_not_on_time_is_followed_by_its_arrival() -> None:
    late = ping(0, 12.5)._replace(arrived_at=BASE_MS + 60_000)
    packed = PACKED_PING + bytes.fromhex("83d95c1b0b00") + bytes.fromhex("328ff06060")
    assert pack(late) == packed
    assert unpack(packed) == late
    assert event_weight(packed) == event_weight(PACKED_PING) == 1
    rich = event("error", 0, 12.5, params={"media.b": 1})
    assert unpack(pack(rich._replace(arrived_at=BASE_MS))) == rich._replace(arrived_at=BASE_MS)
    assert event_weight(pack(rich._replace(arrived_at=BASE_MS))) == event_weight(pack(rich))


def test_earlier_release_reads_an_event_without_its_arrival() -> None:
    late = ping(0, 12.5)._replace(arrived_at=BASE_MS + 60_000)
    payload = zlib.decompressobj(wbits=-13, zdict=DICTIONARY).decompress(pack(late)[10:])
    assert pack(late)[:10] == PACKED_PING
    assert json.loads(payload) == [{}, {}, {}]


def test_bytes_after_the_arrival_are_of_a_later_release() -> None:
    late = ping(0, 12.5)._replace(arrived_at=BASE_MS)
    assert unpack(pack(late) + b"more") == late
    assert unpack(pack(late)[:-1]) == ping(0, 12.5)


@pytest.mark.parametrize("arrived_at", [-1, 0, 1_577_836_799_999, 1_577_836_800_000 + 2**40])
def test_arrival_outside_its_five_bytes_is_left_out(arrived_at: int) -> None:
    assert pack(ping(0, 12.5)._replace(arrived_at=arrived_at)) == PACKED_PING


def test_ping_with_qoe_data_is_little_longer() -> None:
    qoe = {"media.qoe.bitrate": 2_350_000, "media.qoe.droppedFrames": 3, "media.qoe.framesPerSecond": 24}
    assert len(pack(ping(0, 12.5, qoe=qoe))) < 30


def test_stored_bytes_can_still_be_read() -> None:
    assert hashlib.sha256(DICTIONARY).hexdigest() == "17bc59bb2e84d769d456f146ddbd851ac09b3f2bcaf2d46c4035d49b500e3360"
    assert decompressed(bytes.fromhex("83db8c6a5f6d2c00")) == b'[{},{},{"bitrate":10000}]'


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


SINCE_2020 = 1_577_836_800_000
AROUND_THE_FORMS = [SINCE_2020 - 1, SINCE_2020, SINCE_2020 + 2**40 - 1, SINCE_2020 + 2**40]


@pytest.mark.parametrize("ts", [0, 1, 0xFFFFFFFF, 0x1_0000_0000, BASE_MS, 253_402_300_799_999, *AROUND_THE_FORMS])
def test_accepted_ts_can_be_written(ts: int) -> None:
    one = Event(ts, EventType.PLAY, 0.0, {}, {}, {})
    assert unpack(pack(one)) == one


@given(st.floats(min_value=-MAX_NUMBER, max_value=MAX_NUMBER) | st.integers(0, 2**33).map(lambda ms: ms / 1_000))
def test_accepted_playhead_can_be_written(playhead: float) -> None:
    one = Event(BASE_MS, EventType.PLAY, playhead, {}, {}, {})
    assert unpack(pack(one)) == one


def test_repeated_event_packs_to_the_same_bytes_in_any_key_order() -> None:
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


def test_event_without_parameters_has_no_payload() -> None:
    empty = wire("ping", params={}, qoeData={}, customMetadata={})
    assert [payload_of(parse(given)) for given in (wire("ping"), empty)] == ["", ""]


def test_canonical_json_is_one_text_for_equal_values() -> None:
    assert canonical_json({"b": [1, None, True], "a": {"é": 0.5}}) == '{"a":{"é":0.5},"b":[1,null,true]}'
