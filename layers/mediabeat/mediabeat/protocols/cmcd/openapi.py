"""The route of CMCD players in the OpenAPI document."""

from typing import Any, Final

from mediabeat.core.projects import PROJECT_ID
from mediabeat.protocols.cmcd.requests import QUERY
from mediabeat.protocols.cmcd.schema import json_schema

Json = dict[str, Any]

LINE: Final = "CmcdLine"
"""The name of a line's schema in the document."""

_MEANINGS: Final = {
    204: "Every line that can be used is stored.",
    410: "There is no such project; the player may stop.",
    413: "The body is too large.",
    503: "Some lines were not stored; send all of them again.",
}


def schemas() -> Json:
    """Return the schema of a line as JSON, by its name in the document."""
    return {LINE: {name: value for name, value in json_schema().items() if name != "$schema"}}


def paths() -> Json:
    """Return the path of CMCD players."""
    text = {
        "type": "string",
        "description": f"Lines, each a dictionary of Structured Fields (RFC 8941) with the keys of `{LINE}`.",
        "examples": ['cid="movie-1",e=ps,sid="b2866303-56c0-4c4d-a5f7-b3bb611983c3",sn=2,sta=s,ts=1795645820958,v=2\n'],
    }
    project = {
        "name": "projectId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{PROJECT_ID.pattern}$"},
    }
    query = [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}} for name, meaning in QUERY.items()
    ]
    responses = {str(status): {"description": meaning} for status, meaning in _MEANINGS.items()}
    return {
        "/cmcd/v2/{projectId}": {
            "parameters": [project, *query],
            "post": {
                "operationId": "receiveCmcd",
                "summary": "Store CMCD lines. A line that cannot be used is skipped.",
                "requestBody": {"required": True, "content": {"application/cmcd": {"schema": text}}},
                "responses": responses,
            },
        }
    }
