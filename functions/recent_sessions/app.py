"""GET /v1/sessionRecent and GET /v1/sessionRecent/{uuid}: a project's newest sessions, and one in detail."""

from typing import Any

from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.http_api import Answer, Event, answer, errors_answered, headers_of
from mediabeat.runtime.logs import PROJECT
from mediabeat.runtime.settings import settings
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.use_cases.list_sessions import authorize, parse_query, recent_sessions
from mediabeat.use_cases.show_session import session_detail

deployed = settings()
client = dynamodb_client()
store = SessionQueries(deployed.table_name, client)
registry = Registry(deployed.table_name, client)


@errors_answered
def lambda_handler(event: Event, context: Any) -> Answer:
    """Answer with the newest sessions, open and closed, or with the one that the path names."""
    headers = headers_of(event)
    now = server_clock()
    event[PROJECT] = project_id = authorize(headers.get("x-project-id"), headers.get("x-api-key"), registry, now=now)
    if name := (event.get("pathParameters") or {}).get("uuid"):
        return answer(200, session_detail(project_id, name, store))
    query = parse_query(event.get("queryStringParameters") or {}, now=now)
    return answer(200, recent_sessions(project_id, query, store, shards=deployed.index_shards))
