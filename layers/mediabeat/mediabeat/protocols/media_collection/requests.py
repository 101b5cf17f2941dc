"""Requests of players, parsed into events: one event, an array of them, or a whole downloaded session."""

from collections.abc import Sequence
from typing import Any, Final

from mediabeat.core.event import (
    DOWNLOADED,
    EVENT_TYPES,
    LENGTH,
    MAX_TS_MS,
    SECONDS_PER_DAY,
    Event,
    EventType,
    event_from_body,
    identifies,
    is_live,
)
from mediabeat.core.event_codec import canonical_json
from mediabeat.core.request_limits import DOWNLOADED_BYTES, EVENT_BYTES, SESSION_ARRAY_BYTES, START_BYTES
from mediabeat.errors import MAX_PROBLEMS, InvalidInput, Problem

MAX_EVENTS_PER_REQUEST: Final = 100
"""More than a quarter of an hour of pings. A player with more events has to send more often."""

MAX_PLAYHEAD_S: Final = 10**12
"""As `rules.MAX_NUMBER`, which a ping does without."""

_PARTS: Final = ("params", "customMetadata", "qoeData")
_FIELDS: Final = frozenset({"eventType", "playerTime", *_PARTS})
_TIME: Final = frozenset({"playhead", "ts"})
_NUMBERS: Final = (int, float)

MAX_DOWNLOADED_EVENTS: Final = 20_000
"""Two days with a ping every ten seconds. A longer array is not one viewing."""


def parse(value: Any, where: str = "") -> Event:
    """Return the event in a decoded JSON value, checked against the model of its type. QoE data that names the viewer is dropped.

    `where` is put before the names of fields (`[3].` in an array). Raises InvalidInput naming every field that breaks a rule.
    """
    if not isinstance(value, dict):
        raise InvalidInput(Problem(where.rstrip(".") or "body", "must be a JSON object"))
    name = value.get("eventType")
    event_type = EVENT_TYPES.get(name) if isinstance(name, str) else None
    if event_type is None:
        given = "is missing" if "eventType" not in value else f"is {name!r:.100}"
        rule = f"{given}; must be one of: {', '.join(EVENT_TYPES)}"
        raise InvalidInput(Problem(f"{where}eventType", rule, logged=f"{where}eventType: is not an event type"))
    if not is_plain(event_type, value):
        from mediabeat.protocols.media_collection.schema import check  # loads pydantic

        check(event_type, value, where)
    event = event_from_body(value)
    if any(map(identifies, event.qoe)):  # QoE data takes names of any kind, and is not hashed
        event = event._replace(qoe={name: one for name, one in event.qoe.items() if not identifies(name)})
    return event


def is_plain(event_type: EventType, value: dict[str, Any]) -> bool:
    """Return whether an event meets all rules for certain, so that the model of its type need not be loaded."""
    time, parts = value.get("playerTime"), [value.get(name, {}) for name in _PARTS]
    if not (
        value.keys() <= _FIELDS and type(time) is dict and time.keys() == _TIME and all(type(part) is dict for part in parts)
    ):
        return False
    playhead, ts = time["playhead"], time["ts"]
    if not (type(playhead) in _NUMBERS and -MAX_PLAYHEAD_S <= playhead <= MAX_PLAYHEAD_S):
        return False
    if not (type(ts) in _NUMBERS and 0 <= ts <= MAX_TS_MS and ts == int(ts)):
        return False
    if event_type is EventType.PING and not any(parts):
        return True  # the most usual event of all
    from mediabeat.protocols.media_collection.params import fits

    return fits(event_type, *parts)


def parse_session_start(value: Any, where: str = "") -> Event:
    """Return the `sessionStart` in a decoded JSON value.

    Raises InvalidInput, also for an event of another type and for a playhead outside the content. The playhead of live content is
    a second of the day; that of recorded content of known length lies between 0 and the length.
    """
    start = parse(value, where)
    if start.type is not EventType.SESSION_START:
        raise InvalidInput(Problem(f"{where}eventType", "must be sessionStart; other events go to /api/v1/sessions/{sid}/events"))
    length_s = start.params[LENGTH]
    field = f"{where}playerTime.playhead"
    if start.playhead < 0:
        raise InvalidInput(Problem(field, "must not be negative"))
    if is_live(start):
        if start.playhead >= SECONDS_PER_DAY:
            raise InvalidInput(Problem(field, "must be a second of the day, below 86400, for live content"))
    elif 0 < length_s < start.playhead:
        raise InvalidInput(Problem(field, f"must not be beyond media.length, {length_s:g} s"))
    return start


def parse_event(value: Any, where: str = "") -> Event:
    """Return the event in a decoded JSON value, which may be of any type but `sessionStart`.

    Drops parameters that may identify the viewer: only `sessionStart` may carry them, and there they are hashed. Raises
    InvalidInput.
    """
    event = parse(value, where)
    if event.type is EventType.SESSION_START:
        raise InvalidInput(Problem(f"{where}eventType", "must not be sessionStart, which goes to /api/v1/sessions"))
    if any(map(identifies, event.params)):
        return event._replace(params={name: value for name, value in event.params.items() if not identifies(name)})
    return event


def parse_events(values: Sequence[Any]) -> list[Event | InvalidInput]:
    """Return for each value of an array its event, or the error that says which rules it breaks.

    Raises InvalidInput when the array is empty or longer than one request may be.
    """
    if not 1 <= len(values) <= MAX_EVENTS_PER_REQUEST:
        raise InvalidInput(Problem("body", f"must hold 1 to {MAX_EVENTS_PER_REQUEST} events"))
    return [_event_or_error(value, f"[{position}].") for position, value in enumerate(values)]


def _event_or_error(value: Any, where: str) -> Event | InvalidInput:
    try:
        return parse_event(value, where)
    except InvalidInput as error:
        return error


def most_bytes(*, only_arrays: bool) -> int:
    """Return how many bytes the body of an array may have: more on the route that takes nothing else."""
    return DOWNLOADED_BYTES if only_arrays else SESSION_ARRAY_BYTES


def parse_downloaded(value: Any, *, require_downloaded_flag: bool) -> list[Event]:
    """Return the events of a session that was watched offline, the `sessionStart` first.

    `require_downloaded_flag`: the `sessionStart` has to carry `media.downloaded: true`. Raises InvalidInput naming the wrong
    fields of all events.
    """
    if not isinstance(value, list) or not value:
        raise InvalidInput(Problem("body", "must be a JSON array of events, the first one a sessionStart"))
    if len(value) > MAX_DOWNLOADED_EVENTS:
        raise InvalidInput(Problem("body", f"must not hold more than {MAX_DOWNLOADED_EVENTS} events"))
    events: list[Event] = []
    problems: list[Problem] = []
    for position, one in enumerate(value):
        most = EVENT_BYTES if position else START_BYTES
        if len(canonical_json(one).encode()) > most:
            problems.append(Problem(f"[{position}]", f"must not be larger than {most} bytes"))
            continue
        parse_one = parse_event if position else parse_session_start
        try:
            events.append(parse_one(one, f"[{position}]."))
        except InvalidInput as error:
            problems.extend(error.problems)
        if len(problems) > MAX_PROBLEMS:
            break  # the reply lists no more
    if not problems and require_downloaded_flag and events[0].params.get(DOWNLOADED) is not True:
        problems.append(Problem("[0].params.media.downloaded", "must be true in a session that is sent as an array"))
    if problems:
        raise InvalidInput(*problems)
    return events
