"""Calls about channels, parsed. `PARAMETERS` has every query parameter once; parser and OpenAPI document are made from it."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from mediabeat.core.channels import ID, NAME, Page
from mediabeat.errors import NotFound
from mediabeat.protocols.vod_station import errors
from mediabeat.protocols.vod_station.errors import CallRefused, Failure
from mediabeat.protocols.vod_station.signature import SignedCall, signed_call
from mediabeat.runtime.http_api import Request

MAX_BODY_BYTES: Final = 16 * 1024
OTHER_PATHS: Final = "/api/v2/{proxy+}"
"""The routes of template.yaml that take every path without a route of its own, one for each method."""

_NUMBER: Final = re.compile(r"-?\d{1,9}", re.ASCII)


class Parameter(NamedTuple):
    """A query parameter: a whole number within bounds, and the failure of a number outside them."""

    name: str
    schema: dict[str, Any]
    rule: str
    out_of_bounds: Failure


PAGE_NUMBER: Final = Parameter("pageNo", {"type": "integer", "minimum": 1, "default": 1}, "must be 1 or more", errors.PAGE_NUMBER)
PAGE_SIZE: Final = Parameter(
    "pageSizeNo", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "must be 1 to 100", errors.INPUT_VALUE
)
PARAMETERS: Final = (PAGE_NUMBER, PAGE_SIZE)


def checked_route(request: Request) -> str:
    """Return the route of a call.

    Raises NotFound for a path without a route.
    """
    if request.route.endswith(OTHER_PATHS):
        raise NotFound("URL not found.")
    return request.route


def call_in(request: Request) -> SignedCall:
    """Return the signed call in a request. Its path is without the stage's name, as clients sign it.

    Raises Unauthorized when a header is missing.
    """
    context = request.event["requestContext"]
    path = request.path if context["stage"] == "$default" else request.path.removeprefix(f"/{context['stage']}")
    return signed_call(context["http"]["method"], path, request.event.get("rawQueryString", ""), request.headers)


def name_in(request: Request) -> str:
    """Return the name in the body of a call that creates a channel.

    Raises CallRefused, and InvalidInput for a body that is not JSON or too large.
    """
    body = request.json(limit_bytes=MAX_BODY_BYTES)
    name = body.get("name") if isinstance(body, Mapping) else None
    if not isinstance(name, str):
        raise CallRefused(errors.INPUT_VALUE, "name: must be a text in a JSON object")
    if not NAME.fullmatch(name):
        raise CallRefused(errors.NAME, "name: must be 3 to 20 letters, digits or dashes")
    return name


def id_in(request: Request) -> str:
    """Return the id of a channel in a path.

    Raises CallRefused.
    """
    channel_id = request.path_parameters.get("channelId", "")
    if not ID.fullmatch(channel_id):
        raise CallRefused(errors.INVALID_ID, "channelId: must be vs-, 14 digits, -, and 7 letters or digits")
    return channel_id


def page_in(request: Request) -> Page:
    """Return the page that a call asks for; other parameters are ignored.

    Raises CallRefused.
    """
    given = {parameter.name: _whole_number(parameter, request.query) for parameter in PARAMETERS}
    for parameter in PARAMETERS:
        number = given[parameter.name]
        if not parameter.schema["minimum"] <= number <= parameter.schema.get("maximum", number):
            raise CallRefused(parameter.out_of_bounds, f"{parameter.name}: {parameter.rule}")
    return Page(given[PAGE_NUMBER.name], given[PAGE_SIZE.name])


def _whole_number(parameter: Parameter, query: Mapping[str, str]) -> int:
    text = query.get(parameter.name, str(parameter.schema["default"]))
    if not _NUMBER.fullmatch(text):
        raise CallRefused(errors.INPUT_VALUE, f"{parameter.name}: must be a whole number")
    return int(text)
