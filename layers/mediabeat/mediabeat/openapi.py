"""The OpenAPI document of all routes, made from the models that validate and from the types of the answers."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from mediabeat.core.event import MAX_BATCH_EVENTS, EventType, model_of
from mediabeat.protocols.media_analytics.responses import DetailAnswer, ErrorAnswer, RecentAnswer
from mediabeat.protocols.vod_station.openapi import CHANNEL_ANSWERS, SIGNED_CALL, channel_paths
from mediabeat.use_cases.append_events import MAX_EVENTS_A_REQUEST

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{model}"
_LOCATION: Final = {
    "Location": {
        "description": "Where the session's events go: relative, without host or stage.",
        "required": True,
        "schema": {"type": "string", "pattern": "^/api/v1/sessions/[0-9a-f]{64}$"},
    }
}
_MEANINGS: Final = {
    200: "The answer.",
    201: "Stored; the session has begun.",
    204: "Stored.",
    400: "A rule is broken; `errors` names the fields. Nothing was stored.",
    401: "The key or the project is missing or wrong.",
    404: "There is no such thing, or not any more.",
    410: "The session is over.",
    413: "The body is too large.",
    503: "Nothing was acknowledged; send it again.",
}
_ANSWERS: Final = {"ErrorAnswer": ErrorAnswer, "RecentAnswer": RecentAnswer, "DetailAnswer": DetailAnswer, **CHANNEL_ANSWERS}


def openapi(version: str, server: str = "https://HOST") -> Json:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mediabeat",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Collects Adobe Media Collection API calls and answers who watched what, how well.",
        },
        "servers": [{"url": server}],
        "paths": _collection() | _queries() | channel_paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "project": {"type": "apiKey", "in": "header", "name": "x-project-id"},
                **SIGNED_CALL,
            },
        },
    }


def _schemas() -> Json:
    models = [(model_of(event_type), "validation") for event_type in EventType]
    _, events = models_json_schema(models, ref_template=_REFERENCE)  # type: ignore[arg-type]
    schemas: Json = dict(events["$defs"])
    for name, answer in _ANSWERS.items():
        schema = TypeAdapter(answer).json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema
    return schemas


def _collection() -> Json:
    start = _reference("SessionStart")
    later = {"oneOf": [_reference(model_of(one).__name__) for one in EventType if one is not EventType.SESSION_START]}
    whole = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH_EVENTS, "prefixItems": [start], "items": later}
    return {
        "/api/v1/sessions": {
            "post": _operation(
                "startSession",
                "Start a session, or store a downloaded one given as an array.",
                {201: None},
                (400, 413, 503),
                body={"oneOf": [start, whole]},
            )
        },
        "/api/v1/downloaded": {
            "post": _operation(
                "storeDownloaded", "Store a whole session that was watched offline.", {201: None}, (400, 413, 503), body=whole
            )
        },
        "/api/v1/sessions/{sid}/events": {
            "parameters": [_in_path("sid", {"type": "string", "pattern": "^[0-9a-f]{64}$"})],
            "post": _operation(
                "appendEvent",
                "Store one event of a session, or several given as an array, each of which is answered by itself.",
                {204: None},
                (400, 404, 410, 413, 503),
                body={
                    "oneOf": [*later["oneOf"], {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS_A_REQUEST, "items": later}]
                },
            ),
        },
        "/api/v1/schemas/{eventType}": {
            "parameters": [_in_path("eventType", {"type": "string", "enum": list(EventType)})],
            "get": _operation(
                "getSchema",
                "Return the JSON Schema of an event type's body.",
                {200: {"type": "object"}},
                (404,),
                media_type="application/schema+json",
            ),
        },
    }


def _queries() -> Json:
    date: Json = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}Z?)?$"}
    parameters = [
        _in_query("device", {"enum": ["PC,Mobile", "PC", "Mobile"], "default": "PC,Mobile"}),
        _in_query("videoType", {"enum": ["VOD,LIVE", "VOD", "LIVE"], "default": "VOD,LIVE"}),
        _in_query("startDate", date),
        _in_query("endDate", date),
        _in_query("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}),
    ]
    security: list[Json] = [{"key": [], "project": []}]
    recent = _operation(
        "listRecentSessions", "List a project's newest sessions.", {200: _reference("RecentAnswer")}, (400, 401, 503)
    )
    detail = _operation("showSession", "Show one session in detail.", {200: _reference("DetailAnswer")}, (400, 401, 404, 503))
    return {
        "/v1/sessionRecent": {"get": recent | {"parameters": parameters, "security": security}},
        "/v1/sessionRecent/{uuid}": {
            "parameters": [_in_path("uuid", {"type": "string", "description": "A viewer's UUID, or a session's id."})],
            "get": detail | {"security": security},
        },
    }


def _operation(
    name: str,
    summary: str,
    good: dict[int, Json | None],
    bad: Iterable[int],
    *,
    body: Json | None = None,
    media_type: str = "application/json",
) -> Json:
    responses: Json = {}
    for status, schema in good.items():
        responses[str(status)] = {"description": _MEANINGS[status]}
        if schema is not None:
            responses[str(status)]["content"] = {media_type: {"schema": schema}}
        if status == 201:
            responses[str(status)]["headers"] = _LOCATION
    for status in bad:
        content = {"application/json": {"schema": _reference("ErrorAnswer")}}
        responses[str(status)] = {"description": _MEANINGS[status], "content": content}
    operation = {"operationId": name, "summary": summary, "responses": responses}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _reference(model: str) -> Json:
    return {"$ref": _REFERENCE.format(model=model)}


def _in_path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}
