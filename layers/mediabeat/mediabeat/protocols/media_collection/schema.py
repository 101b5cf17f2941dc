"""The models of the events' bodies, one for each event type. They validate, and the JSON Schemas are made from them.

Source of the rules: Adobe's Media Collection API, and the requests of real players.
"""

from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from mediabeat.core.event import EVENT_TYPES, MAX_TS_MS, EventType
from mediabeat.errors import NotFound
from mediabeat.protocols.media_collection.params import (
    STRICT,
    WHOLE,
    AdBreakStartParams,
    AdStartParams,
    ChapterStartParams,
    CustomerId,
    CustomMetadata,
    ErrorParams,
    NoParams,
    Number,
    QoeParams,
    SessionStartParams,
    StateParams,
    StatesUpdateParams,
    checked_params,
    checked_qoe,
)


class PlayerTime(BaseModel):
    """When the event happened: in the content (seconds) and by the player's clock (epoch milliseconds UTC)."""

    model_config = STRICT

    playhead: Number
    ts: Annotated[int, Field(ge=0, le=MAX_TS_MS), WHOLE]


_PARAMS: Final[dict[EventType, Any]] = {
    EventType.SESSION_START: SessionStartParams,
    EventType.AD_BREAK_START: AdBreakStartParams,
    EventType.AD_START: AdStartParams,
    EventType.CHAPTER_START: ChapterStartParams,
    EventType.STATE_START: StateParams,
    EventType.STATE_END: StateParams,
    EventType.STATES_UPDATE: StatesUpdateParams,
    EventType.ERROR: ErrorParams,
}


@cache
def model_of(event_type: EventType) -> type[BaseModel]:
    """Return the pydantic model of an event type's body.

    It is made when it is first asked for: a cold start answers one event, and should not pay for twenty-two models.
    """
    params = _PARAMS.get(event_type, NoParams)
    required = bool(params.__required_keys__)
    return create_model(
        event_type[0].upper() + event_type[1:],
        __config__=STRICT | ConfigDict(frozen=True),
        playerTime=PlayerTime,
        customMetadata=(CustomMetadata, {}),
        qoeData=(checked_qoe(), {}),
        eventType=(Literal[event_type.value], ...),  # type: ignore[arg-type]
        params=(checked_params(params), ... if required else {}),
    )


@cache
def _declared() -> frozenset[str]:
    """Return every name that the protocol itself gives to a field."""
    types = (*_PARAMS.values(), QoeParams, CustomerId, PlayerTime)
    names = {name for each in types for name in each.__annotations__}
    return frozenset(names | {"eventType", "playerTime", "params", "customMetadata", "qoeData"})


def is_declared(name: str) -> bool:
    """Return whether the protocol itself gives this name to a field; if not, a player chose it."""
    return name in _declared()


def json_schema(event_type: str) -> dict[str, Any]:
    """Return the JSON Schema of an event type's body.

    Raises NotFound for a name that is not an event type.
    """
    if event_type not in EVENT_TYPES:
        raise NotFound(f"{event_type!r} is not an event type; the event types are: {', '.join(EVENT_TYPES)}")
    schema = model_of(EVENT_TYPES[event_type]).model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
