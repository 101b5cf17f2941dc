"""The events of a player, and their canonical form in JSON.

The canonical event has the names of Adobe's Media Collection API (`core.vocabulary`), such as `media.ad.podIndex`. A protocol
with other names has to translate its events into these.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from mediabeat.core.vocabulary import CONTENT_TYPE

SECONDS_PER_DAY: Final = 86_400
MAX_TS_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999. A later `ts` is a mistake of units, and would not print as a date."""

LIVE_CONTENT_TYPES: Final = frozenset({"live", "linear"})


class EventType(StrEnum):
    """What happened in the player. `core.session` decides the order of events with equal `ts`."""

    SESSION_START = "sessionStart"
    AD_COMPLETE = "adComplete"
    AD_SKIP = "adSkip"
    AD_BREAK_COMPLETE = "adBreakComplete"
    CHAPTER_COMPLETE = "chapterComplete"
    CHAPTER_SKIP = "chapterSkip"
    STATE_END = "stateEnd"
    STATES_UPDATE = "statesUpdate"
    STATE_START = "stateStart"
    CHAPTER_START = "chapterStart"
    AD_BREAK_START = "adBreakStart"
    AD_START = "adStart"
    PLAY = "play"
    PAUSE_START = "pauseStart"
    BUFFER_START = "bufferStart"
    BITRATE_CHANGE = "bitrateChange"
    ERROR = "error"
    PREV_TRACK = "prevTrack"
    NEXT_TRACK = "nextTrack"
    PING = "ping"
    SESSION_COMPLETE = "sessionComplete"
    SESSION_END = "sessionEnd"


EVENT_TYPES: Final = {str(event_type): event_type for event_type in EventType}
"""The event types by their canonical names."""


class Event(NamedTuple):
    """One event of a player, checked: `ts` in epoch milliseconds UTC by the player's clock, `playhead` in seconds of content."""

    ts: int
    type: EventType
    playhead: float
    params: dict[str, Any]
    custom: dict[str, str]
    qoe: dict[str, Any]


def event_from_body(body: dict[str, Any]) -> Event:
    """Return the event that a valid body in the canonical form holds."""
    time = body["playerTime"]
    return Event(
        int(time["ts"]),
        EVENT_TYPES[body["eventType"]],
        float(time["playhead"]),
        body.get("params", {}),
        body.get("customMetadata", {}),
        body.get("qoeData", {}),
    )


def event_to_body(event: Event) -> dict[str, Any]:
    """Return an event's body in the canonical form, in which a player sends it."""
    body = {"eventType": str(event.type), "playerTime": {"playhead": event.playhead, "ts": event.ts}}
    rest = {"params": event.params, "customMetadata": event.custom, "qoeData": event.qoe}
    return body | {name: value for name, value in rest.items() if value}


def is_live(start: Event) -> bool:
    """Say whether a session's media is live: its content type is `live` or `linear`, in any case."""
    return str(start.params[CONTENT_TYPE]).lower() in LIVE_CONTENT_TYPES
