"""The OpenAPI document of all routes, joined from the protocols' parts.

The parts are made from the models that validate requests and from the types of the replies.
"""

from typing import Any, Final

from pydantic import TypeAdapter

from mediabeat.protocols.cmcd import openapi as cmcd
from mediabeat.protocols.media_analytics import openapi as media_analytics
from mediabeat.protocols.media_collection import openapi as media_collection
from mediabeat.protocols.media_collection import schema as collection_schema
from mediabeat.protocols.media_edge import openapi as media_edge
from mediabeat.protocols.media_edge import schema as edge_schema
from mediabeat.protocols.vod_station import openapi as vod_station

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{model}"


def openapi(version: str, server: str = "https://HOST") -> Json:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mediabeat",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Collects Adobe's Media Collection and Media Edge APIs and CMCD; answers who watched what, how well.",
        },
        "servers": [{"url": server}],
        "paths": media_collection.paths() | media_edge.paths() | cmcd.paths() | media_analytics.paths() | vod_station.paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": media_analytics.SECURITY_SCHEMES | vod_station.SECURITY_SCHEMES,
        },
    }


def json_schema(event_type: str) -> Json:
    """Return the JSON Schema of an event: of its body (`play`), or of its XDM (`media.play`).

    Raises NotFound for a name that is not an event type.
    """
    if event_type.startswith(edge_schema.PREFIX):
        return edge_schema.json_schema(event_type)
    return collection_schema.json_schema(event_type)


def _schemas() -> Json:
    schemas = media_collection.schemas(_REFERENCE) | media_edge.schemas(_REFERENCE) | cmcd.schemas()
    bodies: Json = {**media_collection.BODIES, **media_edge.BODIES, **media_analytics.BODIES, **vod_station.BODIES}
    for name, body in bodies.items():
        schema = TypeAdapter(body).json_schema(ref_template=_REFERENCE, mode="serialization")
        schemas |= schema.pop("$defs", {})
        schemas[name] = schema
    return schemas
