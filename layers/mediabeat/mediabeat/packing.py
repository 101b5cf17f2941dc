"""How an event is written down: 15 bytes, and its payload as JSON where it has one.

An event costs what it is long, millions of times a day, so the common ping has nothing but its type, time and playhead. What is
packed depends on nothing but the event: the same event sent twice packs to the same bytes, which is how repeats are told.
"""

import json
import struct
from typing import Any, Final

from mediabeat.events import Event, EventType

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
_HEADER: Final = struct.Struct(">BHId")  # code; ts as 48 bits, high and low; playhead


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
    head = _HEADER.pack(_CODE_OF[event.type], event.ts >> 32, event.ts & 0xFFFFFFFF, event.playhead)
    return head + payload_of(event).encode()


def unpack(packed: bytes) -> Event:
    """Read an event written by `pack`."""
    code, high, low, playhead = _HEADER.unpack_from(packed)
    payload = packed[_HEADER.size :]
    params, custom, qoe = json.loads(payload) if payload else ({}, {}, {})
    return Event(high << 32 | low, _CODES[code], playhead, params, custom, qoe)
