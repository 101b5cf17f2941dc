"""The routes of queries in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from mediabeat.protocols.media_analytics.requests import API_KEY, PARAMETERS, PROJECT_ID
from mediabeat.protocols.media_analytics.responses import DetailAnswer, RecentAnswer
from mediabeat.runtime.http_errors import ErrorAnswer

Json = dict[str, Any]

BODIES: Final[Json] = {"ErrorAnswer": ErrorAnswer, "RecentAnswer": RecentAnswer, "DetailAnswer": DetailAnswer}
"""The bodies of replies, by their names in the document."""

SECURITY_SCHEMES: Final[Json] = {
    "key": {"type": "apiKey", "in": "header", "name": API_KEY},
    "project": {"type": "apiKey", "in": "header", "name": PROJECT_ID},
}
_MEANINGS: Final = {
    400: "A rule is broken; `errors` names the parameters.",
    401: "The key or the project is missing or wrong.",
    404: "The project has no such session.",
    503: "The table refused for the moment; send it again.",
}


def paths() -> Json:
    """Return the paths of queries."""
    recent = _operation("listRecentSessions", "List a project's newest sessions.", "RecentAnswer", (400, 401, 503))
    detail = _operation("showSession", "Show one session in detail.", "DetailAnswer", (400, 401, 404, 503))
    query = [{"name": one.name, "in": "query", "schema": one.schema} for one in PARAMETERS]
    uuid = {
        "type": "string",
        "description": "A viewer's UUID, or a session's id: its `sessionId`, or the one to which its player sends events.",
    }
    return {
        "/v1/sessionRecent": {"get": recent | {"parameters": query}},
        "/v1/sessionRecent/{uuid}": {
            "parameters": [{"name": "uuid", "in": "path", "required": True, "schema": uuid}],
            "get": detail,
        },
    }


def _operation(name: str, summary: str, good: str, bad: Iterable[int]) -> Json:
    security: list[Json] = [{scheme: [] for scheme in SECURITY_SCHEMES}]
    responses = {"200": _response("The answer.", good)}
    responses |= {str(status): _response(_MEANINGS[status], "ErrorAnswer") for status in bad}
    return {"operationId": name, "summary": summary, "security": security, "responses": responses}


def _response(meaning: str, model: str) -> Json:
    return {"description": meaning, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}
