"""The events of a player, the names of their parameters, and their canonical form in JSON.

The canonical event has the names of Adobe's Media Collection API, such as `media.ad.podIndex`. A protocol with other names has to
translate its events into these.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

SECONDS_PER_DAY: Final = 86_400
MAX_TS_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999. A later `ts` is a mistake of units, and would not print as a date."""

LIVE_CONTENT_TYPES: Final = frozenset({"live", "linear"})

# Adobe's parameter names. A misspelled one would make a metric that is always zero, so a test looks each up in the schemas.

# `sessionStart`
REPORT_SUITE: Final = "analytics.reportSuite"
OPT_OUT_SHARE: Final = "analytics.optOutShare"
OPT_OUT_FORWARDING: Final = "analytics.optOutServerSideForwarding"
CHANNEL: Final = "media.channel"
CONTENT_TYPE: Final = "media.contentType"
DOWNLOADED: Final = "media.downloaded"
LENGTH: Final = "media.length"
MEDIA_ID: Final = "media.id"
MEDIA_NAME: Final = "media.name"
PLAYER_NAME: Final = "media.playerName"
RESUME: Final = "media.resume"
SDK_VERSION: Final = "media.sdkVersion"

# `adBreakStart`, `adStart`
BREAK_INDEX: Final = "media.ad.podIndex"
BREAK_NAME: Final = "media.ad.podFriendlyName"
AD_ID: Final = "media.ad.id"
AD_LENGTH: Final = "media.ad.length"
AD_NAME: Final = "media.ad.name"
AD_POSITION: Final = "media.ad.podPosition"

# `chapterStart`
CHAPTER_INDEX: Final = "media.chapter.index"
CHAPTER_LENGTH: Final = "media.chapter.length"
CHAPTER_NAME: Final = "media.chapter.friendlyName"
CHAPTER_OFFSET: Final = "media.chapter.offset"

# `stateStart`, `stateEnd`, `statesUpdate`
STATE_NAME: Final = "media.state.name"
STATES_START: Final = "statesStart"
STATES_END: Final = "statesEnd"

# `error`
ERROR_ID: Final = "media.errorId"
ERROR_SOURCE: Final = "media.errorSource"

# QoE data of any event
BITRATE: Final = "media.qoe.bitrate"
BITRATE_SHORT: Final = "bitrate"  # so in some real players
DROPPED_FRAMES: Final = "media.qoe.droppedFrames"
QOE_ERROR_ID: Final = "media.qoe.errorID"
QOE_ERROR_SOURCE: Final = "media.qoe.errorSource"
TIME_TO_START: Final = "media.qoe.timeToStart"

CUSTOMER_IDS: Final = "visitor.customerIDs"
VIEWER_IDS: Final = ("analytics.visitorId", "visitor.marketingCloudUserId")
"""Parameters by which sessions are found; answers show the first one sent. The same id in either names the same viewer."""

NOT_IDENTIFYING: Final = frozenset(
    {
        "analytics.trackingServer",
        "analytics.enableSSL",
        "visitor.marketingCloudOrgId",
        "visitor.aamLocationHint",
        REPORT_SUITE,
        OPT_OUT_FORWARDING,
        OPT_OUT_SHARE,
    }
)
_IDENTIFYING: Final = ("analytics.", "visitor.", "appInstallationId")


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
    arrived_at: int | None = None
    """When it arrived, in epoch milliseconds by the server's clock; kept only for an event that was not on time."""


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


def title_of(params: Mapping[str, Any]) -> str:
    """Return how the content of a `sessionStart` with these parameters is called: its name, or its id."""
    return str(params.get(MEDIA_NAME) or params[MEDIA_ID])


def is_live(start: Event) -> bool:
    """Say whether a session's media is live: its content type is `live` or `linear`, in any case."""
    return str(start.params[CONTENT_TYPE]).lower() in LIVE_CONTENT_TYPES


def identifies(name: str) -> bool:
    """Return whether a parameter of this name may identify the viewer.

    True for every `analytics.` and `visitor.` parameter, except those in NOT_IDENTIFYING: a newer player may send new ones.
    """
    return name.startswith(_IDENTIFYING) and name not in NOT_IDENTIFYING
