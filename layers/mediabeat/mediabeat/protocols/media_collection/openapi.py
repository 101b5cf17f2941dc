"""The routes of players in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mediabeat.core.event import EventType
from mediabeat.core.session_id import SESSION_ID
from mediabeat.protocols.media_collection.requests import MAX_DOWNLOADED_EVENTS, MAX_EVENTS_PER_REQUEST
from mediabeat.protocols.media_collection.schema import model_of
from mediabeat.runtime.http_errors import ErrorAnswer

Json = dict[str, Any]

BODIES: Final = {"ErrorAnswer": ErrorAnswer}
"""The bodies of replies, by their names in the document."""

CMCD_LINE: Final = "cmcdLine"
"""The name under which the same route has the schema of a line of another protocol."""

_LOCATION: Final[Json] = {
    "Location": {
        "description": "Where the session's events go: relative, without host or stage.",
        "required": True,
        "schema": {"type": "string", "pattern": f"^/api/v1/sessions/{SESSION_ID.pattern}$"},
    }
}
_MEANINGS: Final = {
    200: "The schema.",
    201: "Stored; the session has begun.",
    204: "Stored.",
    400: "A rule is broken; `errors` names the fields. Nothing was stored.",
    404: "There is no such session or event type.",
    410: "The session is over or full.",
    413: "The body is too large.",
    503: "Nothing was acknowledged; send it again.",
}


def schemas(ref_template: str) -> Json:
    """Return the schemas of the events' bodies, by their names in the document."""
    models = [(model_of(event_type), "validation") for event_type in EventType]
    _, events = models_json_schema(models, ref_template=ref_template)  # type: ignore[arg-type]
    return dict(events["$defs"])


def paths() -> Json:
    """Return the paths of players."""
    start = _reference("SessionStart")
    later = [_reference(model_of(one).__name__) for one in EventType if one is not EventType.SESSION_START]
    items = {"oneOf": later}
    session = {"type": "array", "minItems": 1, "maxItems": MAX_DOWNLOADED_EVENTS, "prefixItems": [start], "items": items}
    array = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS_PER_REQUEST, "items": items}
    return {
        "/api/v1/sessions": {
            "post": _operation(
                "startSession", "Start a session, or store a downloaded one given as an array.", 201, (400, 413, 503)
            )
            | _body({"oneOf": [start, session]})
        },
        "/api/v1/downloaded": {
            "post": _operation("storeDownloaded", "Store a whole session that was watched offline.", 201, (400, 413, 503))
            | _body(session)
        },
        "/api/v1/sessions/{sid}/events": {
            "parameters": [_in_path("sid", {"type": "string", "pattern": f"^{SESSION_ID.pattern}$"})],
            "post": _operation(
                "appendEvent",
                "Store one event of a session, or several given as an array, each with a result of its own.",
                204,
                (400, 404, 410, 413, 503),
            )
            | _body({"oneOf": [*later, array]}),
        },
        "/api/v1/schemas/{eventType}": {
            "parameters": [_in_path("eventType", {"type": "string", "enum": [*EventType, CMCD_LINE]})],
            "get": _operation("getSchema", "Return the JSON Schema of an event type's body.", 200, (404,)),
        },
    }


def _operation(name: str, summary: str, good: int, bad: Iterable[int]) -> Json:
    success: Json = {"description": _MEANINGS[good]}
    if good == 200:
        success["content"] = {"application/schema+json": {"schema": {"type": "object"}}}
    if good == 201:
        success["headers"] = _LOCATION
    error = {"application/json": {"schema": _reference("ErrorAnswer")}}
    errors = {str(status): {"description": _MEANINGS[status], "content": error} for status in bad}
    return {"operationId": name, "summary": summary, "responses": {str(good): success} | errors}


def _body(schema: Json) -> Json:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _reference(model: str) -> Json:
    return {"$ref": f"#/components/schemas/{model}"}


def _in_path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}
