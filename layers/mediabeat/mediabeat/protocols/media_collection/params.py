"""The parameters that each event type takes, by their names on the wire.

Source: Adobe's Media Collection API documentation, and the requests of real players. The same types validate events and make the
JSON Schemas that `GET /api/v1/schemas/{eventType}` shows. `checked_params` and `checked_qoe` make a type strict; an event's
schema takes no other.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Required

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, with_config
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

KNOWN_PREFIXES: Final = ("media.", "analytics.", "visitor.")
"""Unknown parameters with these prefixes are kept: a client newer than this release must not lose its sessions."""

STRICT: Final = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
STRICT_OPEN: Final = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


def _whole(value: object) -> object:
    """Read 3.0 as 3: JSON has one kind of number, and some clients write every number with a fraction."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


MAX_NUMBER: Final = 10**12
"""No player means a larger number: it is a terabit per second, or 30,000 years in seconds."""

MAX_TEXT: Final = 4_096
"""Characters of a value. Adobe's reports show 255, and the signed URL of an ad's file may have about two thousand."""

MAX_NAME: Final = 128
"""Characters of a name."""

MAX_ENTRIES: Final = 250
"""Parameters of an event, and entries of its custom metadata. Adobe has 250 custom variables (eVars)."""

MAX_DEPTH: Final = 8
"""Levels of nesting in the value of an unknown parameter."""

MAX_UNKNOWN_NUMBER: Final = 2**63
"""The number of an unknown parameter may be an id of 64 bits."""

WHOLE = BeforeValidator(_whole)  # after the bounds, as pydantic shows bounds after it under names that JSON Schema does not have
Number = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
SmallInteger = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER), WHOLE]
StateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,64}$")]

CustomerId = TypedDict(
    "CustomerId",
    {"id": Required[Text], "authState": Annotated[int, Field(ge=0, le=2), WHOLE]},
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
        "media.length": Required[Annotated[float, Field(ge=0, le=MAX_NUMBER)]],
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

# Adobe documents media.ad.length and media.ad.playerName as required, but real players leave them out.
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


_MAX_PROPERTIES: Final = Field(json_schema_extra={"maxProperties": MAX_ENTRIES})


def checked_params(params: Any) -> Any:
    """Return the strict type of an event's parameters. A name without a known prefix passes only if the type declares it."""

    def refuse_unknown(given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if not name.startswith(KNOWN_PREFIXES) and name not in params.__annotations__:
                raise PydanticCustomError(
                    "unknown_param",
                    "not a known parameter, and does not start with media., analytics. or visitor.",
                    {"name": name},
                )
        return given

    return Annotated[
        with_config(STRICT_OPEN)(params), AfterValidator(refuse_unknown), AfterValidator(_refuse_large(params)), _MAX_PROPERTIES
    ]


def checked_qoe() -> Any:
    """Return the strict type of an event's QoE data, which takes unknown names too."""
    return Annotated[with_config(STRICT_OPEN)(QoeParams), AfterValidator(_refuse_large(QoeParams)), _MAX_PROPERTIES]


def _refuse_large(params: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a check of the number of entries, and of the values that the type does not declare."""

    def refuse_large(given: dict[str, Any]) -> dict[str, Any]:
        if len(given) > MAX_ENTRIES:
            raise PydanticCustomError("too_many", "must not have more than {most} entries", {"most": MAX_ENTRIES})
        for name, value in given.items():
            is_checked = name in params.__annotations__ and not isinstance(value, dict | list)
            if not is_checked and (rule := _broken_rule({name: value})):
                raise PydanticCustomError("too_large", "{rule}", {"rule": rule, "name": name})
        return given

    return refuse_large


def _broken_rule(value: Any, level: int = 0) -> str:
    """Return the rule that a JSON value breaks, or an empty text."""
    match value:
        case str():
            return f"must not be longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else ""
        case int() | float() if not -MAX_UNKNOWN_NUMBER <= value <= MAX_UNKNOWN_NUMBER:
            return "must be a number of at most 64 bits"
        case dict() | list() if level > MAX_DEPTH:
            return f"must not be nested deeper than {MAX_DEPTH} levels"
        case dict() if any(len(name) > MAX_NAME for name in value):
            return f"must not have a name longer than {MAX_NAME} characters"
        case dict() | list():
            inner = value.values() if isinstance(value, dict) else value
            return next(filter(None, (_broken_rule(one, level + 1) for one in inner)), "")
    return ""
