"""GET /v1/sessionRecent and GET /v1/sessionRecent/{uuid}: a project's newest sessions, and one in detail."""

from typing import Any, Final

from mediabeat.protocols.media_analytics.bodies import DetailAnswer, RecentAnswer
from mediabeat.protocols.media_analytics.requests import credentials_in, named_in, parse_query
from mediabeat.protocols.media_analytics.responses import detail_body, list_body
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies
from mediabeat.runtime.settings import processor_s, server_clock, settings, surroundings
from mediabeat.storage.clients.lean import lean_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.use_cases.authenticate import authenticate_key
from mediabeat.use_cases.list_sessions import list_sessions
from mediabeat.use_cases.show_session import show_session

table, shards, client = settings().table_name, settings().index_shards, lean_client(**surroundings())
store, registry = SessionQueries(table, client), Registry(table, client)


def newest(project_id: str, request: Request, now: int) -> RecentAnswer:
    """Return the body with the newest sessions, open and closed."""
    query = parse_query(request.query, now=now)
    return list_body(list_sessions(project_id, query, store, shards=shards, now=now, spent_s=processor_s), query, request)


def detail(project_id: str, request: Request, now: int) -> DetailAnswer:
    """Return the body with the session that the path names."""
    return detail_body(lambda: show_session(project_id, named_in(request), store, registry, shards=shards, now=now), request)


ROUTES: Final = {"GET /v1/sessionRecent": newest, "GET /v1/sessionRecent/{uuid}": detail}


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply to a query of the project whose API key the headers carry."""
    now = server_clock()
    request.project_id = authenticate_key(*credentials_in(request.headers), registry, now=now)
    return reply(200, ROUTES[request.route](request.project_id, request, now))
