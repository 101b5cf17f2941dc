"""The routes of channels in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from mediabeat.core.channels import ID, NAME
from mediabeat.protocols.vod_station.requests import PARAMETERS
from mediabeat.protocols.vod_station.responses import ChannelAnswer, ChannelListAnswer, EventListAnswer, GatewayErrorAnswer
from mediabeat.protocols.vod_station.signature import ACCESS_KEY, SIGNATURE, TIMESTAMP

Json = dict[str, Any]

BODIES: Final[Json] = {
    "ChannelAnswer": ChannelAnswer,
    "ChannelListAnswer": ChannelListAnswer,
    "EventListAnswer": EventListAnswer,
    "GatewayErrorAnswer": GatewayErrorAnswer,
}
"""The bodies of replies, by their names in the document."""

SECURITY_SCHEMES: Final[Json] = {
    name: {"type": "apiKey", "in": "header", "name": header, "description": description}
    for name, header, description in (
        ("timestamp", TIMESTAMP, "Epoch milliseconds, less than five minutes off the server's clock."),
        ("accessKey", ACCESS_KEY, "The id of the access key."),
        ("signature", SIGNATURE, "base64 of HMAC-SHA256 over `METHOD target LF timestamp LF accessKey`."),
    )
}

_TRACE: Final = {"x-ncp-trace-id": {"description": "The name of this reply.", "required": True, "schema": {"type": "string"}}}
_MEANINGS: Final = {
    400: "A rule is broken; `details` names the parameter.",
    401: "The signature is missing or wrong.",
    404: "The project has no such channel.",
    409: "The channel's status does not allow it; a failed event records it.",
    413: "The body is too large.",
    503: "The request may not have been carried out; send it again.",
}


def paths() -> Json:
    """Return the paths of channels."""
    name = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    body: Json = {"type": "object", "required": ["name"], "properties": {"name": name}}
    create = _operation("createChannel", "Create a channel.", "ChannelAnswer", (400, 401, 413, 503))
    create["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    pages = [{"name": one.name, "in": "query", "schema": one.schema} for one in PARAMETERS]
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
    security: list[Json] = [{scheme: [] for scheme in SECURITY_SCHEMES}]
    return {"operationId": name, "summary": summary, "security": security, "responses": responses}


def _response(meaning: str, model: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}
    return {"description": meaning, "headers": _TRACE, "content": content}
