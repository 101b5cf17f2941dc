"""Adobe's parameter names, for every module that reads an event's parameters.

The canonical event (`core.event.Event`) speaks Adobe's names: `params` and `qoe` have the keys of the Media Collection API. Other
protocols translate into them in their `requests.py`. Schemas declare the names again, and a test compares the two, so a
misspelled constant cannot become a metric that is always zero.
"""

from typing import Final

# `sessionStart`
REPORT_SUITE: Final = "analytics.reportSuite"
OPT_OUT_SHARE: Final = "analytics.optOutShare"
OPT_OUT_FORWARDING: Final = "analytics.optOutServerSideForwarding"
CHANNEL: Final = "media.channel"
CONTENT_TYPE: Final = "media.contentType"
DOWNLOADED: Final = "media.downloaded"
LENGTH: Final = "media.length"
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


def identifies(name: str) -> bool:
    """Return whether a parameter of this name may identify the viewer.

    True for every `analytics.` and `visitor.` parameter, except those in NOT_IDENTIFYING: a newer player may send new ones.
    """
    return name.startswith(_IDENTIFYING) and name not in NOT_IDENTIFYING
