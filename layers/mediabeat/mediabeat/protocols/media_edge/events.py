"""One event in XDM, checked and translated into the canonical event of the core."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from mediabeat.core.event import (
    LENGTH,
    MAX_TS_MS,
    RESUME,
    SECONDS_PER_DAY,
    STATE_NAME,
    STATES_END,
    STATES_START,
    Event,
    EventType,
    is_live,
)
from mediabeat.core.folding.queued import QUEUED_FROM_MS, QUEUED_MS
from mediabeat.errors import InvalidInput, Problem
from mediabeat.protocols.media_edge.params import (
    CANONICAL,
    MAX_NAME,
    MAX_TEXT,
    QOE,
    STATE_NAMES,
    without_nulls,
)
from mediabeat.protocols.media_edge.schema import EVENT_TYPES, collection_of, details_of

MISSING: Final = "Missing required field"
ROUNDED_S: Final = 1.0
"""Clients round the playhead and the length to a second, so a playhead may be this far beyond the length."""

COLLECTION: Final = "xdm.mediaCollection"

_TIMESTAMP: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,12}))?(?:[Zz]|([+-])(\d\d):?(\d\d))", re.ASCII
)
_CUSTOM_NAME: Final = re.compile(rf"[A-Za-z0-9_.]{{1,{MAX_NAME}}}")


class Context(NamedTuple):
    """What the request says about all of its events.

    `now_ms` is the server's clock; `queued_ms` is how long the request waited in the client; `library` names the client.
    """

    now_ms: int
    queued_ms: int = 0
    library: str = ""


def event_type_of(name: Any) -> EventType:
    """Return the event type with a name in XDM.

    Raises InvalidInput.
    """
    found = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if found is None:
        given = "Missing required field" if name is None else f"{name!r:.100} is not an event type"
        rule = f"{given}; must be one of: {', '.join(EVENT_TYPES)}"
        raise InvalidInput(Problem("xdm.eventType", rule, logged="xdm.eventType: is not an event type"))
    return found


def parse(
    xdm: Mapping[str, Any], context: Context, start_params: Mapping[str, str] | None = None, where: str = COLLECTION
) -> Event:
    """Return the canonical event of an event's XDM. `start_params` are added to a `sessionStart`; `where` names the collection.

    Raises InvalidInput naming every field that breaks a rule, by its path below the event.
    """
    event_type = event_type_of(xdm.get("eventType"))
    problems: list[Problem] = []
    ts = _ts(xdm.get("timestamp"), event_type, context, problems, where)
    collection = without_nulls(xdm.get("mediaCollection"))
    read: dict[str, Any] = {}
    if not isinstance(collection, dict):
        problems.append(Problem(where, MISSING if collection is None else "must be an object"))
    else:
        try:
            read = collection_of(event_type).model_validate(collection).model_dump(exclude_unset=True)
        except ValidationError as error:
            problems += (_problem(one, where) for one in error.errors(include_url=False))
    if problems:
        raise InvalidInput(*problems)
    params = _params(event_type, read, collection)
    if event_type is EventType.SESSION_START:
        params |= start_params or {}
        params |= {"media.libraryVersion": context.library} if context.library else {}
    if context.queued_ms >= QUEUED_FROM_MS and event_type is not EventType.SESSION_START:
        params[QUEUED_MS] = context.queued_ms
    qoe = _named(read.get(QOE, {}), CANONICAL[QOE])
    event = Event(ts, event_type, float(read["playhead"]), params, _custom(read, where), qoe)
    _check_place(event, where)
    return event


def _params(event_type: EventType, read: Mapping[str, Any], collection: Mapping[str, Any]) -> dict[str, Any]:
    details = details_of(event_type)
    params = _named(read[details], CANONICAL[details]) if details else {}
    if event_type is EventType.SESSION_START and isinstance(resumed := collection.get("media.resumed"), bool):
        params.setdefault(RESUME, resumed)
    if event_type is EventType.STATES_UPDATE:
        states = {STATES_START: read.get("statesStart", ()), STATES_END: read.get("statesEnd", ())}
        for name, ones in states.items():
            if ones:
                params[name] = [{STATE_NAME: STATE_NAMES.get(one["name"], one["name"])} for one in ones]
    return params


def _named(fields: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[field]: value for field, value in fields.items()}


def _custom(read: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return the custom metadata. A name that the field's rule forbids is left out: the clients check no name."""
    custom: dict[str, str] = {}
    for position, one in enumerate(read.get("customMetadata", ())):
        name, value = one.get("name"), one.get("value")
        if value is None or name is None or not _CUSTOM_NAME.fullmatch(name):
            continue
        text = value if isinstance(value, str) else _as_text(value)
        if len(text) > MAX_TEXT:
            field = f"{where}.customMetadata[{position}].value"
            raise InvalidInput(Problem(field, f"must not be longer than {MAX_TEXT} characters"))
        custom[name] = text
    return custom


def _as_text(value: float | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if value.is_integer() else str(value)


def _check_place(event: Event, where: str) -> None:
    """Refuse a start outside the content. A later event outside it only clamps in the figures."""
    if event.type is not EventType.SESSION_START:
        return
    field, length_s = f"{where}.playhead", event.params[LENGTH]
    if event.playhead < 0:
        raise InvalidInput(Problem(field, "must not be negative"))
    if is_live(event):
        if event.playhead >= SECONDS_PER_DAY:
            raise InvalidInput(Problem(field, "must be a second of the day, below 86400, for live content"))
    elif 0 < length_s < event.playhead - ROUNDED_S:
        raise InvalidInput(Problem(field, f"must not be beyond sessionDetails.length, {length_s:g} s"))


def _ts(sent: Any, event_type: EventType, context: Context, problems: list[Problem], where: str) -> int:
    """Return a timestamp in epoch milliseconds, and note what is wrong with it. A start without one happened when it arrived."""
    field = "xdm.timestamp" if where == COLLECTION else where.replace("mediaCollection", "mediaEventTimestamp")
    if sent is None and event_type is EventType.SESSION_START and where == COLLECTION:
        return context.now_ms - context.queued_ms
    if sent is None:
        problems.append(Problem(field, MISSING))
        return 0
    ts = timestamp_ms(sent, short_fractions=context.library.startswith("mobilesdk/roku"))
    if ts is None:
        problems.append(Problem(field, "must be a date and time of ISO 8601 with Z or an offset, of 1970 to 9999"))
    return ts or 0


def timestamp_ms(sent: Any, *, short_fractions: bool = False) -> int | None:
    """Return a timestamp of ISO 8601 in epoch milliseconds; None for what is none, or lies outside 1970 to 9999.

    `short_fractions`: a fraction of one or two digits is a number of milliseconds, as Roku's client writes it.
    """
    found = _TIMESTAMP.fullmatch(sent) if isinstance(sent, str) else None
    if found is None:
        return None
    date, time, fraction, sign, hours, minutes = found.groups(default="")
    zone = UTC if not sign else _offset(sign, int(hours), int(minutes))
    if zone is None:
        return None
    try:
        seconds = datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=zone)
    except ValueError:
        return None
    ms = int(fraction) if short_fractions and 0 < len(fraction) < 3 else int(fraction[:3].ljust(3, "0"))
    whole = (seconds - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    ts = whole * 1_000 + ms
    return ts if 0 <= ts <= MAX_TS_MS else None


def _offset(sign: str, hours: int, minutes: int) -> timezone | None:
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset) if offset < timedelta(days=1) else None


def _problem(details: Any, where: str) -> Problem:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"])
    rule = MISSING if details["type"] == "missing" else details["msg"]
    return Problem(where + path, rule)
