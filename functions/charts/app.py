"""GET /v1/charts/… and GET /v1/contentsSummary…: how many watch, what they watch, how well, over time and by content."""

from collections.abc import Callable
from typing import Any, Final

from mediabeat.protocols.media_analytics import chart_answers as answers
from mediabeat.protocols.media_analytics import chart_requests as requests
from mediabeat.protocols.media_analytics.requests import credentials_in
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies
from mediabeat.runtime.settings import server_clock, settings
from mediabeat.storage.dynamodb import aws, dynamodb_client
from mediabeat.storage.lean_requests import shorten
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.use_cases import authenticate, show_charts

table, client = settings().table_name, shorten(dynamodb_client(), aws())
registry = Registry(table, client)
rollups = show_charts.RollUps(RollUpQueries(table, client, index_shards=settings().index_shards), LiveViewers(table, client))

ROUTES: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]]] = {
    "GET /v1/charts/currentViewers": (requests.viewers, show_charts.show_current_viewers, answers.current_viewers_body),
    "GET /v1/charts/playCnt": (requests.parse_chart_query, show_charts.show_plays, answers.play_count_body),
}
