"""GET /v1/sessionRecent and GET /v1/sessionRecent/{uuid}: a project's newest sessions, and one in detail."""

from typing import Any

from mediabeat.protocols.media_analytics.requests import credentials_in, parse_query, parse_viewer_or_session_id
from mediabeat.protocols.media_analytics.responses import detail_body, list_body
from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies
from mediabeat.runtime.settings import settings
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.authenticate import authenticate_key
from mediabeat.use_cases.list_sessions import list_sessions
from mediabeat.use_cases.show_session import show_session

deployed = settings()
client = dynamodb_client()
store = Store(deployed.table_name, client)
registry = Registry(deployed.table_name, client)


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply with the newest sessions, open and closed, or with the session that the path names."""
    now = server_clock()
    request.project_id = project_id = authenticate_key(*credentials_in(request.headers), registry, now=now)
    if name := request.path_parameters.get("uuid"):
        return reply(200, detail_body(show_session(project_id, parse_viewer_or_session_id(name), store)))
    query = parse_query(request.query, now=now)
    return reply(200, list_body(list_sessions(project_id, query, store, shards=deployed.index_shards), query))
