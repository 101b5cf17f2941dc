"""The routes of Edge clients in the OpenAPI document."""

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mediabeat.core.event import EventType
from mediabeat.protocols.media_edge.params import MAX_TEXT
from mediabeat.protocols.media_edge.parts import MAX_DOWNLOADED_EVENTS, MAX_STARTS_PER_REQUEST
from mediabeat.protocols.media_edge.requests import MAX_EVENTS_PER_REQUEST
from mediabeat.protocols.media_edge.responses import PROBLEM, EdgeAnswer, EdgeError
from mediabeat.protocols.media_edge.schema import DOWNLOADED, EVENT_TYPES, PREFIX, collection_of, model_of

Json = dict[str, Any]

BODIES: Final = {"EdgeAnswer": EdgeAnswer, "EdgeError": EdgeError}
"""The bodies of replies, by their names in the document."""

_MEANINGS: Final = {
    200: "Stored, or taken as if it were. `handle` has what the client asked for.",
    204: "Stored.",
    207: "Something was refused; `errors` says what and why. A start is not stored then, nor any session of a downloaded batch.",
    400: "A rule is broken, or `configId` is no project. The details name the fields. Nothing was stored.",
    404: "There is no such session.",
    410: "The session is over or full.",
    503: "Not everything was stored; send it again.",
}
_START: Final = EventType.SESSION_START
_LATER: Final = {name: one for name, one in EVENT_TYPES.items() if one is not _START}


def schemas(ref_template: str) -> Json:
    """Return the schemas of the events' XDM, by their names in the document."""
    models = [(model, "validation") for one in EVENT_TYPES.values() for model in (model_of(one), collection_of(one))]
    _, found = models_json_schema(models, ref_template=ref_template)  # type: ignore[arg-type]
    return dict(found["$defs"])


def paths() -> Json:
    """Return the paths of Edge clients, each once more with a location hint."""
    start, later = [_xdm(_START)], [_xdm(one) for one in _LATER.values()]
    event = {"name": "event", "in": "path", "required": True}
    event["schema"] = {"type": "string", "enum": [name.removeprefix(PREFIX) for name in _LATER]}
    routes = {
        "va/v1/sessionStart": ("Start a session.", (200, 207), (400, 503), _body(start), []),
        "va/v1/downloaded": ("Store whole sessions that were watched offline.", (200, 207), (400, 503), _downloaded(), []),
        "va/v1/{event}": ("Store an event of a session.", (204,), (400, 404, 410, 503), _body(later), [event]),
        "v1/interact": ("Store the media events among any events.", (200, 207), (400, 503), _body([*start, *later, {}]), []),
        "v1/collect": ("The same, for a page that is left.", (204, 207), (400, 503), _body([*start, *later, {}]), []),
        "v1/identity/acquire": ("Return the viewer's ECID.", (200,), (400, 503), _question(), []),
        "v1/privacy/set-consent": ("Take the viewer's consent; nothing is stored.", (200,), (400, 503), _question(), []),
    }
    hint = {"name": "hint", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        f"/ee/{'{hint}/' if hinted else ''}{route}": {
            "parameters": [*([hint] if hinted else []), *extra, *_query()],
            "post": _operation(f"edge{_camel(route)}{'Hinted' if hinted else ''}", summary, good, bad) | body,
        }
        for route, (summary, good, bad, body, extra) in routes.items()
        for hinted in (False, True)
    }


def _camel(route: str) -> str:
    words = route.replace("va/v1/", "").replace("v1/", "").replace("{", "").replace("}", "").replace("-", "/").split("/")
    return "".join(f"{word[0].upper()}{word[1:]}" for word in words)


def _query() -> list[Json]:
    config = {"name": "configId", "in": "query", "required": True, "schema": {"type": "string", "minLength": 1}}
    name = {"name": "requestId", "in": "query", "required": False, "schema": {"type": "string"}}
    return [config, name]


def _operation(name: str, summary: str, good: tuple[int, ...], bad: tuple[int, ...]) -> Json:
    answers: Json = {}
    for status in (*good, *bad):
        answers[str(status)] = {"description": _MEANINGS[status]}
        if status in bad:
            answers[str(status)]["content"] = {PROBLEM: {"schema": _reference("EdgeError")}}
        elif status != 204:
            answers[str(status)]["content"] = {"application/json": {"schema": _reference("EdgeAnswer")}}
    return {"operationId": name, "summary": summary, "responses": answers}


def _body(xdms: list[Json]) -> Json:
    event = {"type": "object", "properties": {"xdm": xdms[0] if len(xdms) == 1 else {"anyOf": xdms}}}
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS_PER_REQUEST, "items": event}
    schema = {"type": "object", "required": ["events"], "properties": {"events": events, **_shared()}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _question() -> Json:
    schema = {"type": "object", "properties": _shared()}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _downloaded() -> Json:
    stored = {
        "type": "object",
        "required": ["mediaEventType", "mediaEventTimestamp", "mediaCollection"],
        "properties": {
            "mediaEventType": {"type": "string", "enum": list(EVENT_TYPES)},
            "mediaEventTimestamp": {"type": "string", "format": "date-time"},
            "mediaCollection": {"anyOf": [_reference(collection_of(one).__name__) for one in EVENT_TYPES.values()]},
        },
    }
    events = {"type": "array", "minItems": 1, "maxItems": MAX_DOWNLOADED_EVENTS, "items": stored}
    xdm = {
        "type": "object",
        "required": ["eventType", "mediaDownloadedEvents"],
        "properties": {"eventType": {"const": DOWNLOADED}, "mediaDownloadedEvents": events},
    }
    event = {"type": "object", "required": ["xdm"], "properties": {"xdm": xdm}}
    sessions = {"type": "array", "minItems": 1, "maxItems": MAX_STARTS_PER_REQUEST, "items": event}
    schema = {"type": "object", "required": ["events"], "properties": {"events": sessions, **_shared()}}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _shared() -> Json:
    """Return what a request says about all of its events."""
    ids = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}}
    library = {"type": "object", "properties": {key: {"type": "string", "maxLength": MAX_TEXT} for key in ("name", "version")}}
    return {
        "xdm": {"type": "object", "properties": {"identityMap": ids, "implementationDetails": library}},
        "query": {"type": "object"},
        "meta": {"type": "object", "properties": {"queueTimeMillis": {"type": "number", "minimum": 0}}},
    }


def _xdm(event_type: EventType) -> Json:
    return _reference(model_of(event_type).__name__)


def _reference(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}
