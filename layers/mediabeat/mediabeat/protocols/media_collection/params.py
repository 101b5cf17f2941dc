"""The parameters that each event type takes, by their names on the wire, and the rule that each value has to meet.

Source: Adobe's Media Collection API documentation, and the requests of real players. `schema` makes pydantic models of these
rules; they have the last word, and the JSON Schemas that `GET /api/v1/schemas/{eventType}` shows are made from them. Loading
pydantic takes longer than all the rest of a cold start, so `fits` recognizes without it what the models would accept for certain.
"""

import re
from typing import Any, Final

from mediabeat.core.event import EventType
from mediabeat.protocols.media_collection.rules import (
    FLAG,
    MAX_ENTRIES,
    MAX_NAME,
    NUMBER,
    TEXT,
    WHOLE,
    Fields,
    ListOf,
    MapOf,
    Number,
    Text,
    Whole,
)

KNOWN_PREFIXES: Final = ("media.", "analytics.", "visitor.")
"""Unknown parameters with these prefixes are kept: a client newer than this release must not lose its sessions."""

CUSTOM_NAME: Final = rf"[A-Za-z0-9_.]{{1,{MAX_NAME}}}"
"""The pattern of a name in the custom metadata."""

STATE_NAME: Final = Text(pattern="[A-Za-z0-9_.]{1,64}")

CUSTOMER_ID = Fields(
    "CustomerId",
    required={
        "id": TEXT,
    },
    optional={
        "authState": Whole(least=0, most=2),
    },
)

SESSION_START = Fields(
    "SessionStartParams",
    required={
        "analytics.trackingServer": TEXT,
        "analytics.reportSuite": Text(least=1),
        "visitor.marketingCloudOrgId": TEXT,
        "media.id": TEXT,
        "media.contentType": TEXT,
        "media.playerName": TEXT,
        "media.channel": TEXT,
        "media.length": Number(least=0),
    },
    optional={
        "media.name": TEXT,
        "media.sdkVersion": TEXT,
        "media.libraryVersion": TEXT,
        "media.streamType": TEXT,
        "appInstallationId": TEXT,
        "analytics.enableSSL": FLAG,
        "analytics.optOutServerSideForwarding": FLAG,
        "analytics.optOutShare": FLAG,
        "media.resume": FLAG,
        "media.downloaded": FLAG,
        "analytics.visitorId": TEXT,
        "analytics.aid": TEXT,
        "visitor.marketingCloudUserId": TEXT,
        "visitor.aamLocationHint": WHOLE,
        "visitor.customerIDs": MapOf(CUSTOMER_ID),
        "media.show": TEXT,
        "media.season": TEXT,
        "media.episode": TEXT,
        "media.assetId": TEXT,
        "media.genre": TEXT,
        "media.firstAirDate": TEXT,
        "media.firstDigitalDate": TEXT,
        "media.rating": TEXT,
        "media.originator": TEXT,
        "media.network": TEXT,
        "media.showType": TEXT,
        "media.adLoad": TEXT,
        "media.dayPart": TEXT,
        "media.feed": TEXT,
        "media.streamFormat": TEXT,
        "media.pass.mvpd": TEXT,
        "media.pass.auth": TEXT,
        "media.artist": TEXT,
        "media.album": TEXT,
        "media.label": TEXT,
        "media.author": TEXT,
        "media.station": TEXT,
        "media.publisher": TEXT,
    },
)

AD_BREAK_START = Fields(
    "AdBreakStartParams",
    required={
        "media.ad.podIndex": WHOLE,
        "media.ad.podSecond": NUMBER,
    },
    optional={
        "media.ad.podFriendlyName": TEXT,
    },
)

# Adobe documents media.ad.length and media.ad.playerName as required, but real players leave them out.
AD_START = Fields(
    "AdStartParams",
    required={
        "media.ad.id": TEXT,
        "media.ad.podPosition": WHOLE,
    },
    optional={
        "media.ad.length": NUMBER,
        "media.ad.playerName": TEXT,
        "media.ad.podFriendlyName": TEXT,
        "media.ad.name": TEXT,
        "media.ad.advertiser": TEXT,
        "media.ad.campaignId": TEXT,
        "media.ad.creativeId": TEXT,
        "media.ad.siteId": TEXT,
        "media.ad.creativeURL": TEXT,
        "media.ad.placementId": TEXT,
    },
)

CHAPTER_START = Fields(
    "ChapterStartParams",
    required={
        "media.chapter.index": WHOLE,
        "media.chapter.offset": NUMBER,
        "media.chapter.length": NUMBER,
    },
    optional={
        "media.chapter.friendlyName": TEXT,
    },
)

STATE = Fields(
    "StateParams",
    required={
        "media.state.name": STATE_NAME,
    },
)

STATES_UPDATE = Fields(
    "StatesUpdateParams",
    optional={
        "statesStart": ListOf(STATE),
        "statesEnd": ListOf(STATE),
    },
)

ERROR = Fields(
    "ErrorParams",
    optional={
        "media.errorId": TEXT,
        "media.errorSource": TEXT,
    },
)

NONE = Fields(
    "NoParams",
)

QOE = Fields(
    "QoeParams",
    optional={
        "media.qoe.bitrate": NUMBER,
        "media.qoe.droppedFrames": NUMBER,
        "media.qoe.framesPerSecond": NUMBER,
        "media.qoe.timeToStart": NUMBER,
        "media.qoe.errorID": TEXT,
        "media.qoe.errorSource": TEXT,
        "bitrate": NUMBER,
    },
)


PARAMS: Final[dict[EventType, Fields]] = {
    EventType.SESSION_START: SESSION_START,
    EventType.AD_BREAK_START: AD_BREAK_START,
    EventType.AD_START: AD_START,
    EventType.CHAPTER_START: CHAPTER_START,
    EventType.STATE_START: STATE,
    EventType.STATE_END: STATE,
    EventType.STATES_UPDATE: STATES_UPDATE,
    EventType.ERROR: ERROR,
}
"""The parameters of those event types that have any."""


def fits(event_type: EventType, params: dict[str, Any], custom: dict[str, Any], qoe: dict[str, Any]) -> bool:
    """Return whether the parts of an event meet all rules for certain. If not, the model of its type decides."""
    return (
        PARAMS.get(event_type, NONE).fit(params, KNOWN_PREFIXES)
        and QOE.fit(qoe, ("",))
        and len(custom) <= MAX_ENTRIES
        and all(re.fullmatch(CUSTOM_NAME, name) and TEXT.fits(value) for name, value in custom.items())
    )
