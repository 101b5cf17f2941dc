"""The fields of XDM's `mediaCollection`, by their names on the wire, and the canonical parameters that they become.

Source: Adobe's Media Edge API documentation, and the requests of real clients. The same types validate events and make the JSON
Schemas. Unknown fields are normal in XDM and are ignored.
"""

from typing import Annotated, Any, Final, Required

from pydantic import BeforeValidator, ConfigDict, Field
from typing_extensions import TypedDict

from mediabeat.core import event

LENIENT: Final = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

MAX_NUMBER: Final = 10**12
MAX_TEXT: Final = 4_096
MAX_NAME: Final = 128
MAX_ENTRIES: Final = 250
"""The limits of the collection API."""


def _whole(value: object) -> object:
    """Read 3.0 as 3: JSON has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
SmallInteger = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER), BeforeValidator(_whole)]
StateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,64}$")]

SessionDetails = TypedDict(
    "SessionDetails",
    {
        "name": Required[Text],
        "contentType": Required[Text],
        "playerName": Required[Text],
        "channel": Required[Text],
        "length": Required[Annotated[float, Field(ge=0, le=MAX_NUMBER)]],
        "friendlyName": Text,
        "appVersion": Text,
        "streamType": Text,
        "hasResume": bool,
        "isDownloaded": bool,
        "assetID": Text,
        "mvpd": Text,
        "authorized": Text,
        "show": Text,
        "season": Text,
        "episode": Text,
        "genre": Text,
        "rating": Text,
        "originator": Text,
        "network": Text,
        "showType": Text,
        "adLoad": Text,
        "dayPart": Text,
        "feed": Text,
        "streamFormat": Text,
        "firstAirDate": Text,
        "firstDigitalDate": Text,
        "artist": Text,
        "album": Text,
        "label": Text,
        "author": Text,
        "station": Text,
        "publisher": Text,
    },
    total=False,
)
AdvertisingPodDetails = TypedDict(
    "AdvertisingPodDetails", {"index": Required[SmallInteger], "offset": Required[Number], "friendlyName": Text}, total=False
)
# Adobe documents length and playerName as required, but real pages leave them out.
AdvertisingDetails = TypedDict(
    "AdvertisingDetails",
    {
        "name": Required[Text],
        "podPosition": Required[SmallInteger],
        "length": Number,
        "playerName": Text,
        "friendlyName": Text,
        "advertiser": Text,
        "campaignID": Text,
        "creativeID": Text,
        "creativeURL": Text,
        "placementID": Text,
        "siteID": Text,
    },
    total=False,
)
ChapterDetails = TypedDict(
    "ChapterDetails",
    {"index": Required[SmallInteger], "length": Required[Number], "offset": Required[Number], "friendlyName": Text},
    total=False,
)
ErrorDetails = TypedDict("ErrorDetails", {"name": Required[Text], "source": Text}, total=False)
QoeDataDetails = TypedDict(
    "QoeDataDetails", {"bitrate": Number, "droppedFrames": Number, "framesPerSecond": Number, "timeToStart": Number}, total=False
)
PlayerState = TypedDict("PlayerState", {"name": Required[StateName]}, total=False)

_SAME: Final = (
    *("show", "season", "episode", "genre", "rating", "originator", "network", "showType", "adLoad", "dayPart", "feed"),
    *("streamFormat", "firstAirDate", "firstDigitalDate", "artist", "album", "label", "author", "station", "publisher"),
)
"""Fields of `sessionDetails` whose canonical names are `media.` and the same."""

CANONICAL: Final[dict[str, dict[str, str]]] = {
    "sessionDetails": {
        "name": "media.id",
        "contentType": event.CONTENT_TYPE,
        "playerName": event.PLAYER_NAME,
        "channel": event.CHANNEL,
        "length": event.LENGTH,
        "friendlyName": "media.name",
        "appVersion": event.SDK_VERSION,
        "streamType": "media.streamType",
        "hasResume": event.RESUME,
        "isDownloaded": event.DOWNLOADED,
        "assetID": "media.assetId",
        "mvpd": "media.pass.mvpd",
        "authorized": "media.pass.auth",
        **{name: f"media.{name}" for name in _SAME},
    },
    "advertisingPodDetails": {
        "index": event.BREAK_INDEX,
        "offset": "media.ad.podSecond",
        "friendlyName": event.BREAK_NAME,
    },
    "advertisingDetails": {
        "name": event.AD_ID,
        "podPosition": event.AD_POSITION,
        "length": event.AD_LENGTH,
        "playerName": "media.ad.playerName",
        "friendlyName": event.AD_NAME,
        "advertiser": "media.ad.advertiser",
        "campaignID": "media.ad.campaignId",
        "creativeID": "media.ad.creativeId",
        "creativeURL": "media.ad.creativeURL",
        "placementID": "media.ad.placementId",
        "siteID": "media.ad.siteId",
    },
    "chapterDetails": {
        "index": event.CHAPTER_INDEX,
        "length": event.CHAPTER_LENGTH,
        "offset": event.CHAPTER_OFFSET,
        "friendlyName": event.CHAPTER_NAME,
    },
    "errorDetails": {"name": event.ERROR_ID, "source": event.ERROR_SOURCE},
    "qoeDataDetails": {
        "bitrate": event.BITRATE,
        "droppedFrames": event.DROPPED_FRAMES,
        "framesPerSecond": "media.qoe.framesPerSecond",
        "timeToStart": event.TIME_TO_START,
    },
}
"""The canonical parameters of the fields of each object in `mediaCollection`."""

QOE: Final = "qoeDataDetails"

STATE_NAMES: Final = {"closeCaption": "closedCaptioning"}
"""States that the clients for iOS and Android name in another way."""


def without_nulls(value: Any) -> Any:
    """Return an object without its fields that are null: they mean the same as no field."""
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value
