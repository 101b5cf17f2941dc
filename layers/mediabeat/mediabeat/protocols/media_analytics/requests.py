"""Queries about sessions, parsed. `PARAMETERS` has every query parameter once.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent`.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from mediabeat.core.session_id import SESSION_ID
from mediabeat.core.session_query import DEVICES, SHOWN_ID, VIDEO_TYPES, SessionQuery
from mediabeat.errors import InvalidInput, Problem, Unauthorized
from mediabeat.protocols.media_analytics.parameters import DEVICE, END_DATE, START_DATE, VIDEO_TYPE, given, whole_number
from mediabeat.runtime.http_api import Request

API_KEY: Final = "x-api-key"
PROJECT_ID: Final = "x-project-id"

MAX_LIMIT: Final = 100

PARAMETERS: Final = (
    DEVICE,
    VIDEO_TYPE,
    START_DATE,
    END_DATE,
    whole_number("limit", least=1, most=MAX_LIMIT, default=MAX_LIMIT),
)


def parse_query(parameters: Mapping[str, str], *, now: int) -> SessionQuery:
    """Return the query in a request's parameters; other parameters are ignored.

    Raises InvalidInput naming each wrong parameter.
    """
    read = given(parameters, PARAMETERS)
    since, until = read.span(now)
    read.check()
    return SessionQuery(
        devices=read.values.get("device", DEVICES),
        video_types=read.values.get("videoType", VIDEO_TYPES),
        since=since,
        until=until,
        limit=read.values.get("limit", MAX_LIMIT),
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
