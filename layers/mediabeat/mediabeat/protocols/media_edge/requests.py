"""Requests of Edge clients, parsed into what they bring: new sessions, events of sessions, downloaded sessions, questions."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from mediabeat.core.event import REPORT_SUITE, VIEWER_IDS
from mediabeat.core.request_limits import ARRAY_BYTES, DOWNLOADED_BYTES
from mediabeat.errors import InvalidInput, Problem, ProjectUnknown
from mediabeat.protocols.media_edge.events import MISSING
from mediabeat.protocols.media_edge.identity import identity_in, new_ecid
from mediabeat.protocols.media_edge.parts import MAX_NAME, QUESTIONS, Ask, Json, Part, Reader, Refused, Start, name_of
from mediabeat.runtime.http_api import Request

MAX_EVENTS_PER_REQUEST: Final = 100
MAX_QUEUED_MS: Final = 7 * 86_400_000
"""A longer time in the client's queue is a mistake of units."""

ECID: Final = VIEWER_IDS[1]


class Sent(NamedTuple):
    """A request: its parts, the position of each in `events` (None for a question), and what its answer depends on.

    `ecid` is the viewer's id to answer with, or None. `frame` is what an answer is to begin and end with. `consent` is the
    viewer's, `in` or `out`, if the request says it.
    """

    route: str
    request_id: str
    parts: list[Part]
    positions: list[int | None]
    ecid: str | None = None
    frame: tuple[str, str] = ("", "")
    consent: str = ""


def route_of(request: Request) -> str:
    """Return the route without method and location hint, such as `va/v1/{event}` or `v1/interact`."""
    return request.route.partition(" /")[2].removeprefix("ee/").removeprefix("{hint}/")


_WITHOUT_BODY: Final = ("va/v1/{event}", "v1/collect")
"""The routes whose usual answer has no body."""


def read(request: Request, *, now_ms: int) -> Sent:
    """Return what a request brings. `now_ms` is the server's clock.

    Raises InvalidInput for a body that is no request of an Edge client. What is wrong with an event is a part of the result.
    """
    route = route_of(request)
    limit = DOWNLOADED_BYTES if route == "va/v1/downloaded" else ARRAY_BYTES
    body = request.json(limit_bytes=limit)
    if not isinstance(body, dict):
        raise InvalidInput(Problem("", "must be a JSON object"))
    config_id = request.query.get("configId", "").partition(":")[0].strip()
    if not config_id:
        raise ProjectUnknown(Problem("configId", "is missing in the query", logged="configId: is missing"))
    events = _events_in(body, is_needed=route.startswith("va/"))
    xdms = [xdm for one in [*events, body] if isinstance(one, dict) and isinstance(xdm := one.get("xdm"), dict)]
    identity = identity_in(xdms, _cookies_in(body, request))
    request_id = request.query.get("requestId", "")
    if not (0 < len(request_id) <= MAX_NAME and request_id.isascii() and request_id.isprintable()):
        request_id = ""
    asks = route not in _WITHOUT_BODY and _asks_for_ecid(body)
    answers_ecid = asks or route == "v1/identity/acquire"
    ecid = identity.ecid
    if answers_ecid and ecid is None:
        name = name_of(xdms, request_id, "ecid")
        ecid = new_ecid(identity.fpid.encode(errors="replace") if identity.fpid else _seed(name, request))
    viewer = identity.ecid or identity.fpid or ecid
    start_params = {REPORT_SUITE: config_id} | ({ECID: viewer} if viewer else {})
    reader = Reader(start_params, request_id, _queued_ms(body), _library(xdms), now_ms)
    found: list[tuple[int | None, Part]] = list(reader.parts(route, events, request.path_parameters.get("event")))
    if route.startswith("va/") and (refused := [one for one in found if isinstance(one[1], Refused)]):
        found = refused  # after a 400 or a 207 the client drops the whole request, so nothing of it is stored
    brings_start = any(isinstance(part, Start) for _, part in found)
    if route in QUESTIONS or (route == "v1/interact" and asks and not (identity.has_cookie or brings_start)):
        found.append((None, Ask(config_id)))
    return Sent(
        route,
        request_id or request.nonce.hex(),
        [part for _, part in found],
        [position for position, _ in found],
        ecid if answers_ecid else None,
        _frame(body),
        _consent_in(body) if route == "v1/privacy/set-consent" else "",
    )


def _events_in(body: Json, *, is_needed: bool) -> Sequence[Any]:
    events = body.get("events")
    if events is None and not is_needed:
        return ()
    if not isinstance(events, list) or (is_needed and not events):
        raise InvalidInput(Problem("events", MISSING if events is None else "must be an array of events"))
    if len(events) > MAX_EVENTS_PER_REQUEST:
        raise InvalidInput(Problem("events", f"must not hold more than {MAX_EVENTS_PER_REQUEST} events"))
    return events


def _object(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _asks_for_ecid(body: Json) -> bool:
    wanted = _object(body, "query", "identity", "fetch")
    return isinstance(wanted, list) and "ECID" in wanted


def _cookies_in(body: Json, request: Request) -> dict[str, str]:
    """Return the cookies that the client tells about in the body, and those of the request: on a shared domain it tells none."""
    entries = _object(body, "meta", "state", "entries")
    told = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    pairs = [(one.get("key"), one.get("value")) for one in told]
    sent = [(name.strip(), value) for name, _, value in (one.partition("=") for one in request.cookies)]
    return {name: value for name, value in [*sent, *pairs] if isinstance(name, str) and isinstance(value, str)}


def _queued_ms(body: Json) -> int:
    """Return how long the request waited in the client, in milliseconds; 0 if the client does not say, or says nonsense."""
    queued = _object(body, "meta", "queueTimeMillis")
    is_time = isinstance(queued, int | float) and not isinstance(queued, bool) and 0 <= queued <= MAX_QUEUED_MS
    return round(queued) if is_time else 0


def _library(xdms: Sequence[Json]) -> str:
    """Return the client's name and version, such as `alloy 2.33.1`."""
    for xdm in xdms:
        name, version = (_object(xdm, "implementationDetails", field) for field in ("name", "version"))
        if isinstance(name, str) and name:
            known = version if isinstance(version, str) else ""
            return f"{name.rpartition('/experience/')[2]} {known}".strip()[:MAX_NAME]
    return ""


def _frame(body: Json) -> tuple[str, str]:
    """Return what an answer is to begin and end with, for clients that read a stream of records."""
    streaming = _object(body, "meta", "konductorConfig", "streaming")
    if _object(streaming, "enabled") is not True:
        return "", ""
    before, after = _object(streaming, "recordSeparator"), _object(streaming, "lineFeed")
    return _one_character(before, "\0"), _one_character(after, "\n")


def _one_character(sent: Any, usual: str) -> str:
    return sent if isinstance(sent, str) and len(sent) == 1 else usual


def _consent_in(body: Json) -> str:
    """Return the viewer's consent, in the words of Adobe's version 1 (`general`) or 2 (`collect`); "" if it is not there."""
    told = body.get("consent")
    for one in told if isinstance(told, list) else ():
        value = {"y": "in", "n": "out"}.get(_object(one, "value", "collect", "val"), _object(one, "value", "general"))
        if value in ("in", "out"):
            return str(value)
    return ""


def _seed(name: str, request: Request) -> bytes:
    return name.encode(errors="replace") if name else request.nonce
