"""How an event is written down: 10 bytes for the common ping, and its payload as compressed JSON where it has one.

An event costs what it is long, millions of times a day: what is shorter moves to a page less often. What is packed depends on
nothing but the event: the same event sent twice packs to the same bytes, which is how repeats are told.

    byte    what
    1       the code of the type, and two flags: ts and playhead are in their long forms
    5 or 6  ts: milliseconds since 2020 (up to 2054), or else since 1970
    4 or 8  playhead: a whole number of milliseconds (up to 49 days), or else the very double that the player sent
    rest    params, custom metadata and QoE data as compressed JSON; nothing if there are none
"""

import json
import struct
from typing import Any, Final

from mediabeat.core.event import Event, EventType
from mediabeat.core.stored_forms import compressed, decompressed

_CODES: Final = (
    # Written in every stored event: append to this list, never change its order.
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
"""What a session's events may count together: a ping each second for a day are 86,400. After that it takes its end only."""

BYTES_PER_WEIGHT: Final = 256
"""Twice what a ping's quality data take."""

_EPOCH_MS: Final = 1_577_836_800_000
"""2020-01-01, before which no player of ours was running."""


def canonical_json(value: Any) -> str:
    """Write a JSON value in the one form in which equal values are equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def payload_of(event: Event) -> str:
    """Return params, custom metadata and QoE data as canonical JSON; empty text for an event that has none of them."""
    if not (event.params or event.custom or event.qoe):
        return ""
    return canonical_json([event.params, event.custom, event.qoe])


def pack(event: Event) -> bytes:
    """Write an event as bytes; equal events give equal bytes."""
    flags = 0
    ts = event.ts - _EPOCH_MS
    if not 0 <= ts < 2**40:
        flags, ts = LONG_TS, event.ts
    playhead: float = round(event.playhead * 1_000) if 0 <= event.playhead < 2**32 / 1_000 else -1
    if playhead / 1_000 != event.playhead:
        flags, playhead = flags | LONG_PLAYHEAD, event.playhead
    header = _HEADERS[flags].pack(_CODE_OF[event.type] | flags, ts >> 32, ts & 0xFFFFFFFF, playhead)
    payload = payload_of(event)
    return header + compressed(payload.encode()) if payload else header


def event_weight(packed: bytes) -> int:
    """Return what an event counts of all that a session may hold: one, and one more for each quarter KB of its payload.

    What it takes in memory is meant, not in the table: so as it is before compression, and eight bytes more for each value.
    """
    payload = packed[_header_of(packed).size :]
    if not payload:
        return 1
    text = decompressed(payload)
    values = sum(text.count(sign) for sign in (b",", b"[", b"{"))
    return 1 + (len(text) + 8 * values) // BYTES_PER_WEIGHT


def is_full(count: int) -> bool:
    """Say whether a session whose events count so many takes none any more but its `sessionEnd`."""
    return count >= MAX_SESSION_WEIGHT


def _header_of(packed: bytes) -> struct.Struct:
    return _HEADERS[packed[0] & (LONG_TS | LONG_PLAYHEAD)]


def is_known(packed: bytes) -> bool:
    """Say whether this release knows the type of a packed event. A later one may know more, and shares the table."""
    return packed[0] & ~(LONG_TS | LONG_PLAYHEAD) < len(_CODES)


def type_of(packed: bytes) -> EventType:
    """Return the type of a packed event, which is read much faster than all of it."""
    return _CODES[packed[0] & ~(LONG_TS | LONG_PLAYHEAD)]


def unpack(packed: bytes) -> Event:
    """Read an event written by `pack`."""
    flags = packed[0] & (LONG_TS | LONG_PLAYHEAD)
    header = _header_of(packed)
    code, high, low, playhead = header.unpack_from(packed)
    ts = high << 32 | low
    return Event(
        ts if flags & LONG_TS else ts + _EPOCH_MS,
        _CODES[code & ~flags],
        playhead if flags & LONG_PLAYHEAD else playhead / 1_000,
        *(json.loads(decompressed(packed[header.size :])) if len(packed) > header.size else ({}, {}, {})),
    )
