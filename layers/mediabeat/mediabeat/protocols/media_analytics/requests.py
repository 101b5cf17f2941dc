"""Queries about sessions, parsed. `PARAMETERS` has every query parameter once; parser and OpenAPI document are made from it.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from mediabeat.core.session_id import SESSION_ID
from mediabeat.core.session_query import DEFAULT_SPAN_MS, DEVICES, SHOWN_ID, VIDEO_TYPES, SessionQuery
from mediabeat.errors import InvalidInput, Problem, Unauthorized
from mediabeat.runtime.http_api import Request

API_KEY: Final = "x-api-key"
PROJECT_ID: Final = "x-project-id"

MAX_LIMIT: Final = 100

_NUMBER: Final = re.compile("[0-9]{1,3}")
_DATE: Final = re.compile("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
MOMENT: Final = re.compile(rf"{_DATE.pattern}([ Tt]{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?([Zz]|[ +-]{_CLOCK})?)?")
"""A date, or a date and a time of day. An offset may begin with a space: a `+` that a client did not encode.

The year 0000 matches too, and a day that its month does not have."""


class Parameter(NamedTuple):
    """A query parameter: its JSON Schema, and how its text is read. `read` raises ValueError with the rule that was broken."""

    name: str
    schema: dict[str, Any]
    read: Callable[[str], Any]


class _Moment(NamedTuple):
    """A moment, and the last millisecond of the day or of the second that its text names."""

    first: int
    last: int


def _choice(name: str, allowed: tuple[str, ...]) -> Parameter:
    both = ",".join(allowed)

    def read(text: str) -> tuple[str, ...]:
        given = text.split(",")
        if not set(given) <= set(allowed):
            raise ValueError(f"must be one of: {both} (default) | {' | '.join(allowed)}")
        return tuple(one for one in allowed if one in given)

    return Parameter(name, {"enum": [both, *allowed], "default": both}, read)


def _date(name: str) -> Parameter:
    return Parameter(name, {"type": "string", "pattern": f"^{MOMENT.pattern}$"}, _read_moment)


def _read_moment(text: str) -> _Moment:
    if text[-6:-5] == " ":
        text = f"{text[:-6]}+{text[-5:]}"  # only an offset has five letters after a space
    try:
        moment = datetime.fromisoformat(text.upper()) if MOMENT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("must be a UTC date: YYYY-MM-DD, YYYY-MM-DD HH:mm:ss or RFC 3339")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    last = moment + timedelta(days=1, seconds=-1) if _DATE.fullmatch(text) else moment
    # A time without fractions names the whole of its last second.
    return _Moment(int(moment.timestamp() * 1_000), int(last.timestamp() * 1_000) + (0 if last.microsecond else 999))


def _read_limit(text: str) -> int:
    if not (_NUMBER.fullmatch(text) and 1 <= int(text) <= MAX_LIMIT):
        raise ValueError(f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


PARAMETERS: Final = (
    _choice("device", DEVICES),
    _choice("videoType", VIDEO_TYPES),
    _date("startDate"),
    _date("endDate"),
    Parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}, _read_limit),
)


def parse_query(parameters: Mapping[str, str], *, now: int) -> SessionQuery:
    """Return the query in a request's parameters; other parameters are ignored.

    Raises InvalidInput naming each wrong parameter.
    """
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for parameter in PARAMETERS:
        if parameter.name in parameters:
            try:
                given[parameter.name] = parameter.read(parameters[parameter.name])
            except ValueError as error:
                problems.append(Problem(parameter.name, str(error)))
    until = given["endDate"].last if "endDate" in given else now
    since = given["startDate"].first if "startDate" in given else until - DEFAULT_SPAN_MS
    if not problems and since > until:
        problems.append(Problem("startDate", "must not be after endDate"))
    if problems:
        raise InvalidInput(*problems)
    return SessionQuery(
        devices=given.get("device", DEVICES),
        video_types=given.get("videoType", VIDEO_TYPES),
        since=since,
        until=until,
        limit=given.get("limit", MAX_LIMIT),
    )


def named_in(request: Request) -> str:
    """Return what a path names, in the form in which it is stored: a viewer's UUID, or one of a session's two ids.

    Raises InvalidInput.
    """
    text = request.path_parameters["uuid"]
    if SESSION_ID.fullmatch(text) or SHOWN_ID.fullmatch(text):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidInput(Problem("uuid", "must be a viewer's UUID or a session's id of 48 or 64 hexadecimal digits")) from None


def credentials_in(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the project's id and the API key in a request's headers (lower-case names).

    Raises Unauthorized when one is missing.
    """
    for name in (API_KEY, PROJECT_ID):
        if not headers.get(name):
            raise Unauthorized(f"header {name} is missing")
    return headers[PROJECT_ID], headers[API_KEY]
