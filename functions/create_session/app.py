"""POST /api/v1/sessions and POST /api/v1/downloaded: starts a session, or takes in one that was watched offline."""

from typing import Any, Final

from mediabeat.core.event import MAX_EVENT_BYTES, read_json
from mediabeat.runtime import telemetry
from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.http_api import Answer, Event, answer, body_of, errors_answered, headers_of
from mediabeat.runtime.settings import settings, viewer_key_secret
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.use_cases.start_session import start_session, store_downloaded

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Lambda takes 6 MB of request, in which a body may stand as base64."""

deployed = settings()
client = dynamodb_client()
store = SessionStarts(deployed.table_name, client, retention_s=deployed.retention_s, index_shards=deployed.index_shards)
registry = Registry(deployed.table_name, client)
viewer_key = ViewerKey(viewer_key_secret())


@errors_answered
def lambda_handler(event: Event, context: Any) -> Answer:
    """Store the session; 201 and where its events go."""
    now = server_clock()
    caller = caller_of(headers_of(event))
    only_batches = event["rawPath"].endswith("/downloaded")
    value = read_json(body_of(event, limit_bytes=MAX_BATCH_BYTES))
    if only_batches or isinstance(value, list):
        started = store_downloaded(value, caller, store, registry, viewer_key, now=now, must_say_so=not only_batches)
    else:
        body_of(event, limit_bytes=MAX_EVENT_BYTES)
        started = start_session(value, caller, store, registry, viewer_key, deployed.limits, now=now)
    telemetry.count("SessionsStarted")
    telemetry.tell(message="session started", session_id=started.sid, project=started.project_id)
    # Exactly so, whatever path the request came by: clients take it apart by position.
    return answer(201, Location=f"/api/v1/sessions/{started.sid}")
