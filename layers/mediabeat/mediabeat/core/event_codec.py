"""An event as bytes: 10 bytes for the common ping, and compressed JSON for the payload of an event that has one.

Millions of events are stored each day, and shorter events fill the tail later. Equal events give equal bytes, which is how the
store recognizes repeats.

    byte    what
    1       the code of the type, and two flags: ts and playhead are in their long forms
    5 or 6  ts: milliseconds since 2020 (up to 2054), or else since 1970
    4 or 8  playhead: a whole number of milliseconds (up to 49 days), or else the double that the player sent
    rest    params, custom metadata and QoE data as compressed JSON; empty if the event has none. Of a CMCD line, its keys
    5       its arrival in milliseconds since 2020; only of an event that was not on time. The rest is not empty then

An earlier release ignores what follows the compressed JSON, so it reads an event with its arrival as the event without it. The
same event may arrive twice, with two arrivals. The fold takes the earlier one.
"""

import json
import struct
from typing import Any, Final

from mediabeat.core.event import Event, EventType
from mediabeat.core.stored_forms import DICTIONARY, LINE_DICTIONARY, compressed, decompressed, opened

_CODES: Final = (
    # Every stored event contains its position in this list: append to it, never reorder it.
    EventType.SESSION_START,
    EventType.SESSION_COMPLETE,
    EventType.SESSION_END,
    EventType.PLAY,
    EventType.PING,
    EventType.PAUSE_START,
    EventType.BUFFER_START,
    EventType.BITRATE_CHANGE,
    EventType.ERROR,
    EventType.AD_BREAK_START,
    EventType.AD_BREAK_COMPLETE,
    EventType.AD_START,
    EventType.AD_COMPLETE,
    EventType.AD_SKIP,
    EventType.CHAPTER_START,
    EventType.CHAPTER_COMPLETE,
    EventType.CHAPTER_SKIP,
    EventType.STATE_START,
    EventType.STATE_END,
    EventType.STATES_UPDATE,
    EventType.PREV_TRACK,
    EventType.NEXT_TRACK,
)
_CODE_OF: Final = {event_type: code for code, event_type in enumerate(_CODES)}

LINE: Final = 0x3E
"""The code of a CMCD line. It becomes events when the log is folded (`core.cmcd`). A release that does not know it ignores it."""

LONG_TS: Final = 0x40
LONG_PLAYHEAD: Final = 0x80

_HEADERS: Final = {
    # By flags: code; ts, high and low; playhead.
    0: struct.Struct(">BBII"),
    LONG_TS: struct.Struct(">BHII"),
    LONG_PLAYHEAD: struct.Struct(">BBId"),
    LONG_TS | LONG_PLAYHEAD: struct.Struct(">BHId"),
}

MAX_SESSION_WEIGHT: Final = 100_000
"""A full session accepts only its `sessionEnd`. A ping each second for a day weighs 86,400."""

BYTES_PER_WEIGHT: Final = 256
"""Each full multiple of this size adds 1 to an event's weight. The QoE data of a ping take half of it."""

_EPOCH_MS: Final = 1_577_836_800_000
"""2020-01-01. No player reported before."""

_ARRIVAL_BYTES: Final = 5
_NO_PAYLOAD: Final = "[{},{},{}]"


def canonical_json(value: Any) -> str:
    """Return a JSON value as text. Equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def payload_of(event: Event) -> str:
    """Return params, custom metadata and QoE data as canonical JSON; empty text if the event has none."""
    if not (event.params or event.custom or event.qoe):
        return ""
    return canonical_json([event.params, event.custom, event.qoe])


def pack(event: Event) -> bytes:
    """Return an event as bytes. Equal events give equal bytes."""
    header = _header(_CODE_OF[event.type], event.ts, event.playhead)
    payload = payload_of(event)
    if event.arrived_at is not None and 0 <= event.arrived_at - _EPOCH_MS < 2**40:
        arrival = (event.arrived_at - _EPOCH_MS).to_bytes(_ARRIVAL_BYTES, "big")
        return header + compressed((payload or _NO_PAYLOAD).encode()) + arrival
    return header + compressed(payload.encode()) if payload else header


def pack_line(ts: int, playhead: float, keys: str) -> bytes:
    """Return a CMCD line as bytes: its `ts`, a playhead that tells only whether content moved, and its keys as JSON."""
    return _header(LINE, ts, playhead) + compressed(keys.encode(), LINE_DICTIONARY)


def _header(code: int, at_ms: int, playhead: float) -> bytes:
    flags = 0
    ts = at_ms - _EPOCH_MS
    if not 0 <= ts < 2**40:
        flags, ts = LONG_TS, at_ms
    place: float = round(playhead * 1_000) if 0 <= playhead < 2**32 / 1_000 else -1
    if place / 1_000 != playhead:
        flags, place = flags | LONG_PLAYHEAD, playhead
    return _HEADERS[flags].pack(code | flags, ts >> 32, ts & 0xFFFFFFFF, place)


def event_weight(packed: bytes) -> int:
    """Return an event's weight: 1, and 1 more for each 256 bytes of its payload.

    The weight stands for memory, not storage. So the payload counts uncompressed, with eight bytes more for each value.
    """
    payload = packed[_header_of(packed).size :]
    if not payload:
        return 1
    text = decompressed(payload, LINE_DICTIONARY if is_line(packed) else DICTIONARY)
    values = sum(text.count(sign) for sign in (b",", b"[", b"{"))
    return 1 + (len(text) + 8 * values) // BYTES_PER_WEIGHT


def is_full(weight: int) -> bool:
    """Return whether a session of this weight accepts only its `sessionEnd`."""
    return weight >= MAX_SESSION_WEIGHT


def _header_of(packed: bytes) -> struct.Struct:
    return _HEADERS[packed[0] & (LONG_TS | LONG_PLAYHEAD)]


def is_known(packed: bytes) -> bool:
    """Return whether this release knows the type of a packed event. A later release may share the table and know more."""
    return packed[0] & ~(LONG_TS | LONG_PLAYHEAD) < len(_CODES)


def is_line(packed: bytes) -> bool:
    """Return whether this is a CMCD line, and not an event."""
    return packed[0] & ~(LONG_TS | LONG_PLAYHEAD) == LINE


def has_place(packed: bytes) -> bool:
    """Return whether `place_of` knows this event or line."""
    return is_known(packed) or is_line(packed)


def type_of(packed: bytes) -> EventType:
    """Return the type of a packed event, much faster than unpacking it."""
    return _CODES[packed[0] & ~(LONG_TS | LONG_PLAYHEAD)]


def place_of(packed: bytes) -> tuple[int, float]:
    """Return `ts` and playhead of a packed event, without reading its payload."""
    flags = packed[0] & (LONG_TS | LONG_PLAYHEAD)
    _, high, low, playhead = _header_of(packed).unpack_from(packed)
    ts = high << 32 | low
    return ts if flags & LONG_TS else ts + _EPOCH_MS, playhead if flags & LONG_PLAYHEAD else playhead / 1_000


def keys_of(packed: bytes) -> str:
    """Return the keys of a CMCD line, as JSON."""
    return decompressed(packed[_header_of(packed).size :], LINE_DICTIONARY).decode()


def unpack(packed: bytes) -> Event:
    """Return the event that `pack` turned into bytes."""
    flags = packed[0] & (LONG_TS | LONG_PLAYHEAD)
    header = _header_of(packed)
    code, high, low, playhead = header.unpack_from(packed)
    ts = high << 32 | low
    ts, kind = ts if flags & LONG_TS else ts + _EPOCH_MS, _CODES[code & ~flags]
    playhead = playhead if flags & LONG_PLAYHEAD else playhead / 1_000
    if len(packed) == header.size:
        return Event(ts, kind, playhead, {}, {}, {})
    payload, rest = opened(packed[header.size :])
    arrived_at = int.from_bytes(rest[:_ARRIVAL_BYTES], "big") + _EPOCH_MS if len(rest) >= _ARRIVAL_BYTES else None
    params, custom, qoe = json.loads(payload)
    return Event(ts, kind, playhead, params, custom, qoe, arrived_at)
