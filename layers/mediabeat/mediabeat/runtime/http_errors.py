"""Errors in mediabeat's own form: the status of each error of the domain, and the body of its reply."""

from typing import Final, NotRequired

from typing_extensions import TypedDict

from mediabeat.errors import (
    BodyTooLarge,
    CostsTooMuch,
    InvalidInput,
    MediabeatError,
    NotFound,
    ProjectUnknown,
    SessionClosed,
    SessionUnknown,
    StorageUnavailable,
    Unauthorized,
)

STATUSES: Final[dict[type[MediabeatError], int]] = {
    InvalidInput: 400,
    ProjectUnknown: 400,
    BodyTooLarge: 413,
    CostsTooMuch: 413,
    Unauthorized: 401,
    NotFound: 404,
    SessionUnknown: 404,
    SessionClosed: 410,
    StorageUnavailable: 503,
}


class WrongField(TypedDict):
    """One rule that the request broke."""

    field: str
    rule: str


class EventAnswer(TypedDict):
    """The result of one event of several; `errors` when fields were wrong."""

    code: int
    message: str
    errors: NotRequired[list[WrongField]]


class ErrorAnswer(EventAnswer):
    """The body of an error: `errors` when fields or parameters were wrong, `events` with a result for each event of an array."""

    events: NotRequired[list[EventAnswer]]


def error_body(error: Exception) -> EventAnswer:
    """Return the body of an error; one of a 500 for an error that nobody expected."""
    if not isinstance(error, MediabeatError):
        return {"code": 500, "message": "internal error"}
    body: EventAnswer = {"code": STATUSES[type(error)], "message": str(error)}
    if isinstance(error, InvalidInput):
        body["errors"] = [{"field": problem.field, "rule": problem.rule} for problem in error.problems]
    if isinstance(error, StorageUnavailable):
        body["message"] = "the event was not stored; send it again"
    return body
