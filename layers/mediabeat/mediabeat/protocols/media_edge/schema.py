"""The models of the XDM of events, one for each event type. They validate, and the JSON Schemas are made from them.

Source of the rules: Adobe's Media Edge API, and the requests of real clients.
"""

from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, create_model, with_config
from typing_extensions import TypedDict

from mediabeat.core.event import EventType
from mediabeat.errors import NotFound
from mediabeat.protocols.media_edge.params import (
    LENIENT,
    MAX_ENTRIES,
    QOE,
    AdvertisingDetails,
    AdvertisingPodDetails,
    ChapterDetails,
    ErrorDetails,
    Number,
    PlayerState,
    QoeDataDetails,
    SessionDetails,
    Text,
    without_nulls,
)

PREFIX: Final = "media."

EVENT_TYPES: Final = {
    f"{PREFIX}{one}": one
    for one in EventType
    if one not in {EventType.STATE_START, EventType.STATE_END, EventType.PREV_TRACK, EventType.NEXT_TRACK}
}
"""The event types by their names in XDM, where states are told by `media.statesUpdate` only."""

DOWNLOADED: Final = f"{PREFIX}downloaded"

_DETAILS: Final[dict[EventType, tuple[str, Any]]] = {
    EventType.SESSION_START: ("sessionDetails", SessionDetails),
    EventType.AD_BREAK_START: ("advertisingPodDetails", AdvertisingPodDetails),
    EventType.AD_START: ("advertisingDetails", AdvertisingDetails),
    EventType.CHAPTER_START: ("chapterDetails", ChapterDetails),
    EventType.ERROR: ("errorDetails", ErrorDetails),
}
"""The object that an event of each type must have, and its type."""

CustomMetadata = TypedDict("CustomMetadata", {"name": str, "value": str | float | bool | None}, total=False)


def _lenient(fields: Any) -> Any:
    return Annotated[with_config(LENIENT)(fields), BeforeValidator(without_nulls)]


def _list_of(fields: Any) -> Any:
    return Annotated[list[_lenient(fields)], Field(max_length=MAX_ENTRIES)]  # type: ignore[misc]


def details_of(event_type: EventType) -> str | None:
    """Return the name of the object in `mediaCollection` that an event of a type must have; None if it needs none."""
    return _DETAILS[event_type][0] if event_type in _DETAILS else None


@cache
def collection_of(event_type: EventType) -> type[BaseModel]:
    """Return the pydantic model of the `mediaCollection` of an event type.

    It is made when it is first asked for: a cold start answers one event, and should not pay for eighteen models.
    """
    fields: dict[str, Any] = {
        "playhead": (Number, ...),
        "customMetadata": (_list_of(CustomMetadata), []),
        QOE: (_lenient(QoeDataDetails), {}),
    }
    if event_type is not EventType.SESSION_START:
        fields["sessionID"] = (Text, "")  # that it is needed is checked apart, as events of downloaded sessions have none
    if event_type is EventType.STATES_UPDATE:
        fields |= dict.fromkeys(("statesStart", "statesEnd"), (_list_of(PlayerState), []))
    if event_type in _DETAILS:
        name, details = _DETAILS[event_type]
        fields[name] = (_lenient(details), ...)
    return create_model(f"{event_type[0].upper()}{event_type[1:]}Collection", __config__=LENIENT, **fields)


def _as_date(schema: dict[str, Any]) -> None:
    schema["format"] = "date-time"
    schema.pop("default", None)


@cache
def model_of(event_type: EventType) -> type[BaseModel]:
    """Return the pydantic model of the XDM of an event type, for documents. Events are read in parts."""
    stamp: Any = Annotated[str, Field(json_schema_extra=_as_date)]
    fields: dict[str, Any] = {
        "eventType": (Literal[f"{PREFIX}{event_type.value}"], ...),
        "timestamp": (stamp, "") if event_type is EventType.SESSION_START else (stamp, ...),
        "mediaCollection": (collection_of(event_type), ...),
    }
    return create_model(f"Xdm{event_type[0].upper()}{event_type[1:]}", __config__=LENIENT, **fields)


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the XDM of an event type, such as `media.play`.

    Raises NotFound for a name that is not an event type.
    """
    if name not in EVENT_TYPES:
        raise NotFound(f"{name!r} is not an event type; the event types are: {', '.join(EVENT_TYPES)}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model_of(EVENT_TYPES[name]).model_json_schema()
