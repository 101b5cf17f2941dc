"""The routes of channels in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from mediabeat.core.channels import DEFAULT_PAGE_SIZE, ID, MAX_PAGE_SIZE, NAME
from mediabeat.protocols.vod_station.responses import ChannelAnswer, ChannelListAnswer, EventListAnswer, GatewayErrorAnswer
from mediabeat.protocols.vod_station.signature import ACCESS_KEY, SIGNATURE, TIMESTAMP

Json = dict[str, Any]

CHANNEL_ANSWERS: Final = {
    "ChannelAnswer": ChannelAnswer,
    "ChannelListAnswer": ChannelListAnswer,
    "EventListAnswer": EventListAnswer,
    "GatewayErrorAnswer": GatewayErrorAnswer,
}

SIGNED_CALL: Final[Json] = {
    name: {"type": "apiKey", "in": "header", "name": header, "description": description}
    for name, header, description in (
        ("timestamp", TIMESTAMP, "Epoch milliseconds, less than five minutes off."),
        ("accessKey", ACCESS_KEY, "The id of the access key."),
        ("signature", SIGNATURE, "base64 of HMAC-SHA256 over `METHOD target LF timestamp LF accessKey`."),
    )
}

_TRACE: Final = {"x-ncp-trace-id": {"description": "Names this answer.", "required": True, "schema": {"type": "string"}}}
_MEANINGS: Final = {
    400: "A rule is broken; `details` names the parameter.",
    401: "The call is not signed, or not rightly.",
    404: "The project has no such channel.",
    409: "The channel's status does not allow it; a failed event says so.",
    413: "The body is too large.",
    503: "Nothing was changed; send it again.",
}


def channel_paths() -> Json:
    """Return the paths of channels."""
    name = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    body: Json = {"type": "object", "required": ["name"], "properties": {"name": name}}
    create = _operation("createChannel", "Create a channel.", "ChannelAnswer", (400, 401, 413, 503))
    create["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    pages = [
        _in_query("pageNo", {"type": "integer", "minimum": 1, "default": 1}),
        _in_query("pageSizeNo", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}),
    ]
    channels = _operation("listChannels", "List a project's channels, newest first.", "ChannelListAnswer", (400, 401, 503))
    events = _operation("listChannelEvents", "List a channel's events, newest first.", "EventListAnswer", (400, 401, 404, 503))
    schema = {"type": "string", "pattern": f"^{ID.pattern}$"}
    channel: Json = {"parameters": [{"name": "channelId", "in": "path", "required": True, "schema": schema}]}
    one = "/api/v2/channels/{channelId}"
    return {
        "/api/v2/channels": {"post": create, "get": channels | {"parameters": pages}},
        one: channel
        | {
            "get": _operation("showChannel", "Show a channel.", "ChannelAnswer", (400, 401, 404, 503)),
            "delete": _change("deleteChannel", "Delete a channel that is stopped."),
        },
        f"{one}/start": channel | {"put": _change("startChannel", "Start a channel that is stopped.")},
        f"{one}/stop": channel | {"put": _change("stopChannel", "Stop a channel that is ready.")},
        f"{one}/events": channel | {"get": events | {"parameters": pages}},
    }


def _change(name: str, summary: str) -> Json:
    return _operation(name, summary, "ChannelAnswer", (400, 401, 404, 409, 503))


def _operation(name: str, summary: str, good: str, bad: Iterable[int]) -> Json:
    responses: Json = {"200": _response("The answer.", good)}
    responses |= {str(status): _response(_MEANINGS[status], "GatewayErrorAnswer") for status in bad}
    security: list[Json] = [{scheme: [] for scheme in SIGNED_CALL}]
    return {"operationId": name, "summary": summary, "security": security, "responses": responses}


def _response(meaning: str, model: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    return {"description": meaning, "headers": _TRACE, "content": content}


def _in_query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}
