"""The parameters that each event type takes, by their names on the wire.

Source: Adobe's Media Collection API documentation, and what real players were seen to send. `SESSION_START_PARAMS` and its
neighbours are both what validates and what `GET /api/v1/schemas/{eventType}` shows.
"""

from collections.abc import Callable
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

MAX_TEXT: Final = 4_096
"""Characters of a value: Adobe's reports show 255 of them, and a signed URL of an ad's file may have some two thousand."""

MAX_NAME: Final = 128
"""Characters of a name."""

MAX_ENTRIES: Final = 250
"""Parameters of an event, and entries of its custom metadata: as many as Adobe has custom variables (eVars)."""

MAX_DEPTH: Final = 8
"""Levels of a value that we do not know."""

MOST_UNKNOWN: Final = 2**63
"""A number that we do not know may be an id of 64 bits."""

Integer = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int)]
Number = Annotated[float, Field(ge=-MOST, le=MOST)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
SmallInteger = Annotated[Integer, Field(ge=-MOST, le=MOST)]
StateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,64}$")]

CustomerId = TypedDict(
    "CustomerId",
    {"id": Required[Text], "authState": Annotated[Integer, Field(ge=0, le=2)]},
    total=False,
)

SessionStartParams = TypedDict(
    "SessionStartParams",
    {
        "analytics.trackingServer": Required[Text],
        "analytics.reportSuite": Required[Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]],
        "visitor.marketingCloudOrgId": Required[Text],
        "media.id": Required[Text],
        "media.contentType": Required[Text],
        "media.playerName": Required[Text],
        "media.channel": Required[Text],
        "media.length": Required[Annotated[float, Field(ge=0, le=MOST)]],
        "media.name": Text,
        "media.sdkVersion": Text,
        "media.libraryVersion": Text,
        "media.streamType": Text,
        "appInstallationId": Text,
        "analytics.enableSSL": bool,
        "analytics.optOutServerSideForwarding": bool,
        "analytics.optOutShare": bool,
        "media.resume": bool,
        "media.downloaded": bool,
        "analytics.visitorId": Text,
        "analytics.aid": Text,
        "visitor.marketingCloudUserId": Text,
        "visitor.aamLocationHint": SmallInteger,
        "visitor.customerIDs": dict[str, CustomerId],
        "media.show": Text,
        "media.season": Text,
        "media.episode": Text,
        "media.assetId": Text,
        "media.genre": Text,
        "media.firstAirDate": Text,
        "media.firstDigitalDate": Text,
        "media.rating": Text,
        "media.originator": Text,
        "media.network": Text,
        "media.showType": Text,
        "media.adLoad": Text,
        "media.dayPart": Text,
        "media.feed": Text,
        "media.streamFormat": Text,
        "media.pass.mvpd": Text,
        "media.pass.auth": Text,
        "media.artist": Text,
        "media.album": Text,
        "media.label": Text,
        "media.author": Text,
        "media.station": Text,
        "media.publisher": Text,
    },
    total=False,
)

AdBreakStartParams = TypedDict(
    "AdBreakStartParams",
    {
        "media.ad.podIndex": Required[SmallInteger],
        "media.ad.podSecond": Required[Number],
        "media.ad.podFriendlyName": Text,
    },
    total=False,
)

# Documented as needed too, but left out by real players: media.ad.length, media.ad.playerName.
AdStartParams = TypedDict(
    "AdStartParams",
    {
        "media.ad.id": Required[Text],
        "media.ad.podPosition": Required[SmallInteger],
        "media.ad.length": Number,
        "media.ad.playerName": Text,
        "media.ad.podFriendlyName": Text,
        "media.ad.name": Text,
        "media.ad.advertiser": Text,
        "media.ad.campaignId": Text,
        "media.ad.creativeId": Text,
        "media.ad.siteId": Text,
        "media.ad.creativeURL": Text,
        "media.ad.placementId": Text,
    },
    total=False,
)

ChapterStartParams = TypedDict(
    "ChapterStartParams",
    {
        "media.chapter.index": Required[SmallInteger],
        "media.chapter.offset": Required[Number],
        "media.chapter.length": Required[Number],
        "media.chapter.friendlyName": Text,
    },
    total=False,
)

StateParams = TypedDict("StateParams", {"media.state.name": Required[StateName]}, total=False)

StatesUpdateParams = TypedDict(
    "StatesUpdateParams", {"statesStart": list[StateParams], "statesEnd": list[StateParams]}, total=False
)

ErrorParams = TypedDict("ErrorParams", {"media.errorId": Text, "media.errorSource": Text}, total=False)

NoParams = TypedDict("NoParams", {}, total=False)

QoeParams = TypedDict(
    "QoeParams",
    {
        "media.qoe.bitrate": Number,
        "media.qoe.droppedFrames": Number,
        "media.qoe.framesPerSecond": Number,
        "media.qoe.timeToStart": Number,
        "media.qoe.errorID": Text,
        "media.qoe.errorSource": Text,
        "bitrate": Number,
    },
    total=False,
)

CustomMetadata = Annotated[
    dict[Annotated[str, Field(pattern=rf"^[A-Za-z0-9_.]{{1,{MAX_NAME}}}$")], Text], Field(max_length=MAX_ENTRIES)
]


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
    QoeParams,
):
    _params.__pydantic_config__ = OPEN  # type: ignore[union-attr]

_FEW: Final = Field(json_schema_extra={"maxProperties": MAX_ENTRIES})


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

    return Annotated[params, AfterValidator(refuse_unknown), AfterValidator(_refusing_large(params)), _FEW]


def _refusing_large(params: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what limits the number of parameters, and the values of those that are not declared."""

    def refuse_large(given: dict[str, Any]) -> dict[str, Any]:
        if len(given) > MAX_ENTRIES:
            raise PydanticCustomError("too_many", "must not have more than {most} entries", {"most": MAX_ENTRIES})
        for name, value in given.items():
            is_checked = name in params.__annotations__ and not isinstance(value, dict | list)
            if not is_checked and (rule := _broken_by({name: value})):
                raise PydanticCustomError("too_large", "{rule}", {"rule": rule, "name": name})
        return given

    return refuse_large


def _broken_by(value: Any, level: int = 0) -> str:
    """Return the rule that a value of any kind breaks; empty text when it breaks none."""
    match value:
        case str():
            return f"must not be longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else ""
        case int() | float() if not -MOST_UNKNOWN <= value <= MOST_UNKNOWN:
            return "must be a number of at most 64 bits"
        case dict() | list() if level > MAX_DEPTH:
            return f"must not be nested deeper than {MAX_DEPTH} levels"
        case dict() if any(len(name) > MAX_NAME for name in value):
            return f"must not have a name longer than {MAX_NAME} characters"
        case dict() | list():
            inner = value.values() if isinstance(value, dict) else value
            return next(filter(None, (_broken_by(one, level + 1) for one in inner)), "")
    return ""


QoeData = Annotated[QoeParams, AfterValidator(_refusing_large(QoeParams)), _FEW]
