"""The player events: one model each for what may come over the wire, and the one light form that all else works with.

Source of the rules: Adobe's Media Collection API, and the traffic of real players. `parse` is the only way in.
"""

from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import from_json

from mediabeat.core.params import (
    CLOSED,
    AdBreakStartParams,
    AdStartParams,
    ChapterStartParams,
    CustomMetadata,
    ErrorParams,
    Integer,
    NoParams,
    Number,
    QoeData,
    SessionStartParams,
    StateParams,
    StatesUpdateParams,
    known,
)
from mediabeat.core.vocabulary import CONTENT_TYPE, LENGTH, identifies
from mediabeat.errors import InvalidInput, NotFound, Problem

SECONDS_A_DAY: Final = 86_400
MAX_TS_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999: a later `ts` is a mistake of units, and would not print as a date."""

MAX_EVENT_BYTES: Final = 64 * 1024
"""Ten times what real players send; and an item, with a session's start and summary in it, has to stay below 400 KB."""

MAX_BATCH_EVENTS: Final = 20_000
"""Two days of a ping each ten seconds: more is no view of downloaded content."""

LIVE_CONTENT_TYPES: Final = frozenset({"live", "linear"})


class EventType(StrEnum):
    """What happened in the player, in the order that a reader of one moment would tell it.

    For events of the same `ts` this order decides: what ends comes before what starts, a break opens before its ad and an ad
    closes before its break, `play` comes before the pause or the buffering that follows at once.
    """

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


class Event(NamedTuple):
    """One event of a player, checked: `ts` in epoch milliseconds UTC by the player's clock, `playhead` in seconds of content."""

    ts: int
    type: EventType
    playhead: float
    params: dict[str, Any]
    custom: dict[str, str]
    qoe: dict[str, Any]


class PlayerTime(BaseModel):
    """When the event happened: in the content (seconds) and by the player's clock (epoch milliseconds UTC)."""

    model_config = CLOSED

    playhead: Number
    ts: Annotated[Integer, Field(ge=0, le=MAX_TS_MS)]


class _WireEvent(BaseModel):
    model_config = CLOSED | ConfigDict(frozen=True)

    playerTime: PlayerTime  # noqa: N815 - wire names, at the edge only
    customMetadata: CustomMetadata = {}  # noqa: N815
    qoeData: QoeData = {}  # noqa: N815


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
    """Return the pydantic model of an event type, the one source of validation and of the JSON Schemas.

    Made when it is first asked for: a cold start answers one event, and would pay for twenty-two.
    """
    params = _PARAMS.get(event_type, NoParams)
    required = bool(params.__required_keys__)
    return create_model(
        event_type[0].upper() + event_type[1:],
        __base__=_WireEvent,
        eventType=(Literal[event_type.value], ...),  # type: ignore[arg-type]
        params=(known(params), ... if required else {}),
    )


EVENT_TYPES: Final = {str(event_type): event_type for event_type in EventType}
"""The event types by their names on the wire."""


def json_schema(event_type: str) -> dict[str, Any]:
    """Return the JSON Schema of an event type's body.

    Raises NotFound for a name that is no event type.
    """
    if event_type not in EVENT_TYPES:
        raise NotFound(f"no event type is called {event_type!r}; there are: {', '.join(EVENT_TYPES)}")
    schema = model_of(EVENT_TYPES[event_type]).model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def read_json(body: bytes | str) -> Any:
    """Return the JSON value in a request's body, whatever its content type said.

    Raises InvalidInput for what is not JSON (NaN and lone surrogates are not).
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(Problem("body", f"must be JSON: {error}")) from None


def parse(value: Any, where: str = "") -> Event:
    """Return the event that a decoded JSON value holds, checked against the model of its type.

    `where` is put before the fields' names (`[3].` in a batch). Raises InvalidInput naming every field that breaks a rule.
    """
    if not isinstance(value, dict):
        raise InvalidInput(Problem(where.rstrip(".") or "body", "must be a JSON object"))
    name = value.get("eventType")
    event_type = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if event_type is None:
        given = "is missing" if "eventType" not in value else f"is {name!r:.100}"
        raise InvalidInput(Problem(f"{where}eventType", f"{given}; must be one of: {', '.join(EVENT_TYPES)}"))
    try:
        model_of(event_type).model_validate(value)
    except ValidationError as error:
        raise InvalidInput(*(_problem(details, where) for details in error.errors(include_url=False))) from None
    return taken_in(value)


def taken_in(body: dict[str, Any]) -> Event:
    """Return the event in a body that is known to be right."""
    time = body["playerTime"]
    return Event(
        int(time["ts"]),
        EVENT_TYPES[body["eventType"]],
        float(time["playhead"]),
        body.get("params", {}),
        body.get("customMetadata", {}),
        body.get("qoeData", {}),
    )


def as_sent(event: Event) -> dict[str, Any]:
    """Return the body in which a player sends an event."""
    body = {"eventType": str(event.type), "playerTime": {"playhead": event.playhead, "ts": event.ts}}
    rest = {"params": event.params, "customMetadata": event.custom, "qoeData": event.qoe}
    return body | {name: value for name, value in rest.items() if value}


def _problem(details: Any, where: str) -> Problem:
    path = [str(part) for part in details["loc"] if part != "[key]"]
    if (name := details.get("ctx", {}).get("name")) is not None:
        path.append(name)
    return Problem(where + ".".join(path), details["msg"])


def parse_start(value: Any, where: str = "") -> Event:
    """Return the `sessionStart` in a decoded JSON value.

    Raises InvalidInput, also for an event of another type and for a playhead outside the content: 0 to the length for recorded
    content of known length, the second of the day for live.
    """
    start = parse(value, where)
    if start.type is not EventType.SESSION_START:
        raise InvalidInput(Problem(f"{where}eventType", "must be sessionStart; other events go to /api/v1/sessions/{sid}/events"))
    length_s = start.params[LENGTH]
    field = f"{where}playerTime.playhead"
    if start.playhead < 0:
        raise InvalidInput(Problem(field, "must not be negative"))
    if is_live(start):
        if start.playhead >= SECONDS_A_DAY:
            raise InvalidInput(Problem(field, "must be a second of the day, below 86400, for live content"))
    elif 0 < length_s < start.playhead:
        raise InvalidInput(Problem(field, f"must not be beyond media.length, {length_s:g} s"))
    return start


def is_live(start: Event) -> bool:
    """Say whether a session's media is live: its content type is `live` or `linear`, in any case."""
    return str(start.params[CONTENT_TYPE]).lower() in LIVE_CONTENT_TYPES


def parse_later(value: Any, where: str = "") -> Event:
    """Return the event in a decoded JSON value, which may be of any type but `sessionStart`.

    What may identify its viewer is left out: that belongs into the start, where it is hashed. Raises InvalidInput.
    """
    event = parse(value, where)
    if event.type is EventType.SESSION_START:
        raise InvalidInput(Problem(f"{where}eventType", "must not be sessionStart, which goes to /api/v1/sessions"))
    if any(map(identifies, event.params)):
        return event._replace(params={name: value for name, value in event.params.items() if not identifies(name)})
    return event
