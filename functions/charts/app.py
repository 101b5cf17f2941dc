"""GET /v1/charts/… and GET /v1/contentsSummary…: how many watch a project's contents, for how long, and how well."""

from typing import Any, Final

from mediabeat.protocols.media_analytics import chart_answers as answers
from mediabeat.protocols.media_analytics import chart_requests as queries
from mediabeat.protocols.media_analytics.requests import credentials_in
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies
from mediabeat.runtime.settings import server_clock, settings, surroundings
from mediabeat.storage.clients.lean import lean_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.use_cases import authenticate, show_charts

table, client = settings().table_name, lean_client(**surroundings())
registry, counters = Registry(table, client), RollUpQueries(table, client, index_shards=settings().index_shards)
rollups = show_charts.RollUps(counters, LiveViewers(table, client))

ROUTES: Final[dict[str, tuple[Any, Any, Any]]] = {
    "GET /v1/charts/currentViewers": (queries.parse_viewers_query, show_charts.current_viewers, answers.current_viewers_body),
    "GET /v1/charts/playCnt": (queries.parse_chart_query, show_charts.plays, answers.play_count_body),
    "GET /v1/charts/playTimeSum": (queries.parse_chart_query, show_charts.play_time, answers.play_time_body),
    "GET /v1/charts/uniqUserCnt": (queries.parse_chart_query, show_charts.unique_viewers, answers.unique_viewers_body),
    "GET /v1/charts/quality": (queries.parse_quality_query, show_charts.quality, answers.quality_body),
    "GET /v1/contentsSummary": (queries.parse_contents_query, show_charts.most_played, answers.contents_body),
    "GET /v1/contentsSummary/playCountTop10": (queries.parse_top_query, show_charts.most_played, answers.play_count_top_body),
    "GET /v1/contentsSummary/playTimeTop10": (queries.parse_top_query, show_charts.longest_played, answers.play_time_top_body),
}


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply to a query of the project whose API key the headers carry."""
    now = server_clock()
    request.project_id = authenticate.authenticate_key(*credentials_in(request.headers), registry, now=now)
    parse, show, body = ROUTES[request.route]
    query = parse(request.query, now=now)
    return reply(200, body(query, show(request.project_id, query, rollups)))
