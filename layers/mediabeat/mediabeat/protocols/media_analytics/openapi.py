"""The routes of queries in the OpenAPI document."""

from collections.abc import Iterable
from typing import Any, Final

from mediabeat.protocols.media_analytics import chart_answers, chart_requests
from mediabeat.protocols.media_analytics.bodies import DetailAnswer, RecentAnswer
from mediabeat.protocols.media_analytics.parameters import Parameter
from mediabeat.protocols.media_analytics.requests import API_KEY, PARAMETERS, PROJECT_ID
from mediabeat.runtime.http_errors import ErrorAnswer

Json = dict[str, Any]

BODIES: Final[Json] = {
    "ErrorAnswer": ErrorAnswer,
    "RecentAnswer": RecentAnswer,
    "DetailAnswer": DetailAnswer,
    **chart_answers.BODIES,
}
"""The bodies of replies, by their names in the document."""

SECURITY_SCHEMES: Final[Json] = {
    "key": {"type": "apiKey", "in": "header", "name": API_KEY},
    "project": {"type": "apiKey", "in": "header", "name": PROJECT_ID},
}
_CHARTS: Final = {
    "/v1/charts/currentViewers": (
        "showCurrentViewers",
        "Show the viewers of each of the last 60 minutes.",
        "CurrentViewersAnswer",
    ),
    "/v1/charts/playCnt": ("showPlays", "Show the plays over time.", "PlayCountAnswer"),
    "/v1/charts/playTimeSum": ("showPlayTime", "Show the play time over time.", "PlayTimeAnswer"),
    "/v1/charts/uniqUserCnt": ("showUniqueViewers", "Show the distinct viewers over time.", "UniqueViewersAnswer"),
    "/v1/charts/quality": ("showQuality", "Show the quality over time.", "QualityAnswer"),
    "/v1/contentsSummary": ("listContents", "List a page of the contents that were played.", "ContentsAnswer"),
    "/v1/contentsSummary/playCountTop10": (
        "listMostPlayed",
        "List the contents that were played most often.",
        "PlayCountTopAnswer",
    ),
    "/v1/contentsSummary/playTimeTop10": (
        "listLongestPlayed",
        "List the contents that were played longest.",
        "PlayTimeTopAnswer",
    ),
}
"""The operation of each path of charts and contents: its id, what it does, and its answer."""

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
    uuid = {
        "type": "string",
        "description": "A viewer's UUID, or a session's id: its `sessionId`, or the one to which its player sends events.",
    }
    return {
        "/v1/sessionRecent": {"get": recent | {"parameters": _parameters(PARAMETERS)}},
        "/v1/sessionRecent/{uuid}": {
            "parameters": [{"name": "uuid", "in": "path", "required": True, "schema": uuid}],
            "get": detail,
        },
        **{
            path: {"get": _operation(*named, (400, 401, 503)) | {"parameters": _parameters(chart_requests.PARAMETERS[path])}}
            for path, named in _CHARTS.items()
        },
    }


def _parameters(known: Iterable[Parameter]) -> list[Json]:
    return [{"name": one.name, "in": "query", "schema": one.schema} for one in known]


def _operation(name: str, summary: str, good: str, bad: Iterable[int]) -> Json:
    security: list[Json] = [{scheme: [] for scheme in SECURITY_SCHEMES}]
    responses = {"200": _response("The answer.", good)}
    responses |= {str(status): _response(_MEANINGS[status], "ErrorAnswer") for status in bad}
    return {"operationId": name, "summary": summary, "security": security, "responses": responses}


def _response(meaning: str, model: str) -> Json:
    return {"description": meaning, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}
