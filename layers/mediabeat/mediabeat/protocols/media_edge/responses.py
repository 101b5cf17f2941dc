"""Replies to Edge clients: sessions and ids in a `handle`, refusals as `errors`, or as a problem of RFC 9457.

Clients take these apart in their own ways. Source: Adobe's Media Edge API, and clients that were run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NotRequired, Protocol, runtime_checkable

from typing_extensions import TypedDict

from mediabeat.core.projects import Project
from mediabeat.errors import (
    InvalidInput,
    MediabeatError,
    Problem,
    ProjectUnknown,
    SessionClosed,
    SessionUnknown,
    StorageUnavailable,
)
from mediabeat.protocols.media_edge.identity import COOKIE_MAX_AGE_S, cookie_name, identity_cookie
from mediabeat.protocols.media_edge.params import CANONICAL
from mediabeat.protocols.media_edge.parts import Mismatch
from mediabeat.protocols.media_edge.requests import Sent
from mediabeat.runtime.http_api import ErrorReply, Reply, Request, reply

PROBLEM: Final = "application/problem+json"
_TYPE: Final = "https://ns.adobe.com/aep/errors/"
_CONSENT_MAX_AGE_S: Final = 15_552_000

Details = str | list[dict[str, str]]


@runtime_checkable
class Stored(Protocol):
    """A session that was stored, and the organisation of its project ("": not known)."""

    @property
    def sid(self) -> str:
        """The session's id."""

    @property
    def org(self) -> str:
        """The organisation's id."""


class Handle(TypedDict):
    """One piece of information for the client."""

    type: Literal["media-analytics:new-session", "identity:result", "state:store"]
    payload: list[dict[str, Any]]
    eventIndex: NotRequired[int]


class EdgeReport(TypedDict):
    """What an error is about."""

    requestId: NotRequired[str]
    eventIndex: NotRequired[int]
    details: NotRequired[Details]


class EdgeError(TypedDict):
    """Why a request, or one event of it, was refused."""

    type: str
    status: int
    title: str
    detail: NotRequired[str]
    report: EdgeReport


class EdgeAnswer(TypedDict):
    """The answer to a request; `errors` when something was refused."""

    requestId: str
    handle: list[Handle]
    errors: NotRequired[list[EdgeError]]


class _Kind(TypedDict):
    status: int
    type: str
    title: str
    detail: str


_INVALID: Final[_Kind] = {
    "status": 400,
    "type": f"{_TYPE}va-edge-0400-400",
    "title": "Bad Request",
    "detail": "The request breaks a rule. See the details.",
}
_KINDS: Final[dict[type[Exception], _Kind]] = {
    ProjectUnknown: {
        "status": 400,
        "type": f"{_TYPE}EXEG-0003-400",
        "title": "Invalid datastream ID",
        "detail": "There is no such datastream. Use the id of a project as configId.",
    },
    SessionUnknown: {
        "status": 404,
        "type": f"{_TYPE}va-edge-0404-404",
        "title": "Not Found",
        "detail": "There is no such session.",
    },
    SessionClosed: {
        "status": 410,
        "type": f"{_TYPE}va-edge-0410-410",
        "title": "Gone",
        "detail": "The session is closed. Start a new one.",
    },
    StorageUnavailable: {
        "status": 503,
        "type": f"{_TYPE}EXEG-0000-503",
        "title": "Service Unavailable",
        "detail": "Not everything was stored. Send the request again.",
    },
}
_UNEXPECTED: Final[_Kind] = {
    "status": 500,
    "type": f"{_TYPE}EXEG-0000-500",
    "title": "Internal Server Error",
    "detail": "internal error",
}

_FIELDS: Final = {f"params.{name}": f"{part}.{field}" for part, names in CANONICAL.items() for field, name in names.items()}


def answer(
    sent: Sent,
    outcomes: Sequence[object],
    request: Request,
    on_refusal: Callable[[MediabeatError, int], None],
) -> Reply:
    """Return the reply to a request, whose parts had these outcomes: a stored session, a project, an error, or None.

    A refused part of an answer with status 207 is told to `on_refusal`. Raises the error when the whole request is refused.
    """
    results = [(position, outcome) for position, outcome in zip(sent.positions, outcomes, strict=True)]
    refused = [(position, one) for position, one in results if isinstance(one, MediabeatError)]
    for _, error in refused:
        if isinstance(error, StorageUnavailable) or (isinstance(error, ProjectUnknown) and len(refused) == len(results)):
            raise error
    if refused and sent.route == "va/v1/{event}":
        raise _most_severe(refused)
    if any(isinstance(error, Mismatch) for _, error in refused) and sent.route.startswith("va/"):
        raise _most_severe(refused)
    if not refused and sent.route in ("va/v1/{event}", "v1/collect"):
        return reply(204, cors=cors(request))
    body: EdgeAnswer = {"requestId": sent.request_id, "handle": _handle(sent, results)}
    if not refused:
        return _framed(reply(200, body, cors=cors(request)), sent)
    for _, error in refused:
        on_refusal(error, _kind_of(error)["status"])
    body["errors"] = [_error_of(position, error) for position, error in refused]
    return _framed(reply(207, body, cors=cors(request)), sent)


def _most_severe(refused: Sequence[tuple[int | None, MediabeatError]]) -> MediabeatError:
    """Return the error with the highest status; wrong fields of all events are one error, with the events' positions."""
    worst = max((error for _, error in refused), key=lambda error: _kind_of(error)["status"])
    if not isinstance(worst, InvalidInput):
        return worst
    if (mismatch := next((error for _, error in refused if isinstance(error, Mismatch)), None)) is not None:
        return mismatch
    wrong = [(position, error.problems) for position, error in refused if isinstance(error, InvalidInput)]
    return InvalidInput(
        *(one._replace(field=f"events[{position}].{one.field}") for position, problems in wrong for one in problems)
    )


def _handle(sent: Sent, results: Sequence[tuple[int | None, object]]) -> list[Handle]:
    handle: list[Handle] = [
        {"type": "media-analytics:new-session", "eventIndex": position, "payload": [{"sessionId": one.sid}]}
        for position, one in results
        if position is not None and isinstance(one, Stored)
    ]
    if sent.ecid is not None:
        handle.append({"type": "identity:result", "payload": [{"id": sent.ecid, "namespace": {"code": "ECID"}}]})
    org = next((one.org for _, one in results if isinstance(one, Project | Stored)), "")
    if org and (stored := _cookies(sent, org)):
        handle.append({"type": "state:store", "payload": stored})
    return handle


def _cookies(sent: Sent, org: str) -> list[dict[str, Any]]:
    """Return the cookies that the client is to keep: without the first, alloy sends one request at a time."""
    cookies = []
    if sent.ecid is not None and sent.ecid.isascii():
        cookies.append((cookie_name(org, "identity"), identity_cookie(sent.ecid), COOKIE_MAX_AGE_S))
    if sent.consent:
        cookies.append((cookie_name(org, "consent"), f"general={sent.consent}", _CONSENT_MAX_AGE_S))
    return [{"key": key, "value": value, "maxAge": age, "attrs": {"SameSite": "None"}} for key, value, age in cookies]


def _framed(replied: Reply, sent: Sent) -> Reply:
    # iOS and Android ask for records in a stream. Android cuts the first character off, whatever it is.
    before, after = sent.frame
    return replied | {"body": f"{before}{replied['body']}{after}"}


def _kind_of(error: Exception) -> _Kind:
    return _KINDS.get(type(error), _INVALID if isinstance(error, MediabeatError) else _UNEXPECTED)


def _details(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"name": _name(one.field), "reason": one.rule} for one in problems]


def _name(field: str) -> str:
    """Return a field's path as JSONPath. A field that a use case names is one of the canonical event."""
    if field in _FIELDS:
        field = f"xdm.mediaCollection.{_FIELDS[field]}"
    return f"$.{field}" if field and field != "body" else "$"


def _error_of(position: int | None, error: MediabeatError) -> EdgeError:
    kind = _kind_of(error)
    report: EdgeReport = {} if position is None else {"eventIndex": position}
    if isinstance(error, InvalidInput):
        report["details"] = _details(error.problems)
        return {"type": kind["type"], "status": kind["status"], "title": "Invalid request", "report": report}
    return {"type": kind["type"], "status": kind["status"], "title": kind["title"], "detail": kind["detail"], "report": report}


def error_reply(error: Exception, request: Request) -> ErrorReply:
    """Return the reply to an error that refuses the whole request, never framed: clients read it as it is.

    All that is wrong with a request is a 400, a body that is too large as well: after another status, apps keep the session's
    events for ever.
    """
    kind = _kind_of(error)
    report: EdgeReport = {"requestId": request.query.get("requestId", "")[:128] or request.nonce.hex()}
    if isinstance(error, Mismatch):
        report["details"] = error.text
    elif isinstance(error, InvalidInput) and not isinstance(error, ProjectUnknown):
        report["details"] = _details(error.problems)
    body: EdgeError = {
        "type": kind["type"],
        "status": kind["status"],
        "title": kind["title"],
        "detail": kind["detail"],
        "report": report,
    }
    return reply(kind["status"], body, cors=cors(request), Content_Type=PROBLEM), {}


def cors(request: Request) -> Mapping[str, str]:
    """Return the CORS headers of a reply: alloy sends cookies, so the page's origin is named. None if a page did not ask."""
    origin = request.headers.get("origin")
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }
