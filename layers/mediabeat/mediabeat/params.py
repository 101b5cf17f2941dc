"""The parameters that each event type takes, by their names on the wire.

Source: Adobe's Media Collection API documentation, and what real players were seen to send. `SESSION_START_PARAMS` and its
neighbours are both what validates and what `GET /api/v1/schemas/{eventType}` shows.
"""

from typing import Annotated, Any, Final, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

KNOWN_PREFIXES: Final = ("media.", "analytics.", "visitor.")
"""A parameter that we do not know is kept if it starts so: a client newer than us must not lose its sessions."""

CLOSED: Final = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
OPEN: Final = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


def _whole(value: object) -> object:
    """Take 3.0 for 3: JSON has one kind of number, and some clients write every number with a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


MOST: Final = 10**12
"""No number that a player means is larger: a terabit a second, 30,000 years."""

Integer = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int)]
Number = Annotated[float, Field(ge=-MOST, le=MOST)]
SmallInteger = Annotated[Integer, Field(ge=-MOST, le=MOST)]
StateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,64}$")]

CustomerId = TypedDict(
    "CustomerId",
    {"id": Required[str], "authState": Annotated[Integer, Field(ge=0, le=2)]},
    total=False,
)

SessionStartParams = TypedDict(
    "SessionStartParams",
    {
        "analytics.trackingServer": Required[str],
        "analytics.reportSuite": Required[Annotated[str, Field(min_length=1)]],
        "visitor.marketingCloudOrgId": Required[str],
        "media.id": Required[str],
        "media.contentType": Required[str],
        "media.playerName": Required[str],
        "media.channel": Required[str],
        "media.length": Required[Annotated[float, Field(ge=0, le=MOST)]],
        "media.name": str,
        "media.sdkVersion": str,
        "media.libraryVersion": str,
        "media.streamType": str,
        "appInstallationId": str,
        "analytics.enableSSL": bool,
        "analytics.optOutServerSideForwarding": bool,
        "analytics.optOutShare": bool,
        "media.resume": bool,
        "media.downloaded": bool,
        "analytics.visitorId": str,
        "analytics.aid": str,
        "visitor.marketingCloudUserId": str,
        "visitor.aamLocationHint": SmallInteger,
        "visitor.customerIDs": dict[str, CustomerId],
        "media.show": str,
        "media.season": str,
        "media.episode": str,
        "media.assetId": str,
        "media.genre": str,
        "media.firstAirDate": str,
        "media.firstDigitalDate": str,
        "media.rating": str,
        "media.originator": str,
        "media.network": str,
        "media.showType": str,
        "media.adLoad": str,
        "media.dayPart": str,
        "media.feed": str,
        "media.streamFormat": str,
        "media.pass.mvpd": str,
        "media.pass.auth": str,
        "media.artist": str,
        "media.album": str,
        "media.label": str,
        "media.author": str,
        "media.station": str,
        "media.publisher": str,
    },
    total=False,
)

AdBreakStartParams = TypedDict(
    "AdBreakStartParams",
    {
        "media.ad.podIndex": Required[SmallInteger],
        "media.ad.podSecond": Required[Number],
        "media.ad.podFriendlyName": str,
    },
    total=False,
)

# Documented as needed too, but left out by real players: media.ad.length, media.ad.playerName.
AdStartParams = TypedDict(
    "AdStartParams",
    {
        "media.ad.id": Required[str],
        "media.ad.podPosition": Required[SmallInteger],
        "media.ad.length": Number,
        "media.ad.playerName": str,
        "media.ad.podFriendlyName": str,
        "media.ad.name": str,
        "media.ad.advertiser": str,
        "media.ad.campaignId": str,
        "media.ad.creativeId": str,
        "media.ad.siteId": str,
        "media.ad.creativeURL": str,
        "media.ad.placementId": str,
    },
    total=False,
)

ChapterStartParams = TypedDict(
    "ChapterStartParams",
    {
        "media.chapter.index": Required[SmallInteger],
        "media.chapter.offset": Required[Number],
        "media.chapter.length": Required[Number],
        "media.chapter.friendlyName": str,
    },
    total=False,
)

StateParams = TypedDict("StateParams", {"media.state.name": Required[StateName]}, total=False)

StatesUpdateParams = TypedDict(
    "StatesUpdateParams", {"statesStart": list[StateParams], "statesEnd": list[StateParams]}, total=False
)

ErrorParams = TypedDict("ErrorParams", {"media.errorId": str, "media.errorSource": str}, total=False)

NoParams = TypedDict("NoParams", {}, total=False)

QoeData = TypedDict(
    "QoeData",
    {
        "media.qoe.bitrate": Number,
        "media.qoe.droppedFrames": Number,
        "media.qoe.framesPerSecond": Number,
        "media.qoe.timeToStart": Number,
        "media.qoe.errorID": str,
        "media.qoe.errorSource": str,
        "bitrate": Number,
    },
    total=False,
)

CustomMetadata = dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")], str]


for _params in (
    CustomerId,
    SessionStartParams,
    AdBreakStartParams,
    AdStartParams,
    ChapterStartParams,
    StateParams,
    StatesUpdateParams,
    ErrorParams,
    NoParams,
    QoeData,
):
    _params.__pydantic_config__ = OPEN  # type: ignore[union-attr]


def known(params: Any) -> Any:
    """Return the type of an event's parameters with their names checked: without a known prefix only declared ones pass."""

    def refuse_unknown(given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if not name.startswith(KNOWN_PREFIXES) and name not in params.__annotations__:
                raise PydanticCustomError(
                    "unknown_param",
                    "not a known parameter, nor one that starts with media., analytics. or visitor.",
                    {"name": name},
                )
        return given

    return Annotated[params, AfterValidator(refuse_unknown)]
