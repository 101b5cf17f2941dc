"""POST /api/v1/sessions and POST /api/v1/downloaded: starts a session, or stores one that was watched offline."""

from typing import Any

from mediabeat.core.request_limits import START_BYTES
from mediabeat.protocols.media_collection import requests
from mediabeat.protocols.media_collection.responses import started_reply
from mediabeat.runtime import telemetry
from mediabeat.runtime.http_api import Reply, Request, error_reply, with_error_replies
from mediabeat.runtime.settings import server_clock, settings, viewer_key_secret
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey, secrets_client
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.use_cases.start_session import start_session, store_downloaded

deployed, client = settings(), dynamodb_client()
store = SessionStarts(deployed.table_name, client, retention_s=deployed.retention_s, index_shards=deployed.index_shards)
registry, secrets = Registry(deployed.table_name, client), secrets_client()
viewer_key = ViewerKey(viewer_key_secret(), lambda: secrets)
telemetry.load()  # as every first call needs it, and Lambda runs this module with a whole processor
caller_of({})


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Store the session; 201 and where its events go."""
    now, caller, only_arrays = server_clock(), caller_of(request.headers), request.path.endswith("/downloaded")
    value = request.json(limit_bytes=requests.most_bytes(only_arrays=only_arrays))
    if only_arrays or isinstance(value, list):
        events = requests.parse_downloaded(value, require_downloaded_flag=not only_arrays)
        started = store_downloaded(events, caller, store, registry, viewer_key, now=now)
    else:
        request.body(limit_bytes=START_BYTES)  # of a single event, less is accepted
        event = requests.parse_session_start(value)
        started = start_session(event, caller, store, registry, viewer_key, deployed.limits, now=now)
    telemetry.count("SessionsStarted", int(not started.is_repeat))
    telemetry.publish(message=started.outcome, session_id=started.sid, project=started.project_id, **request.ids)
    return started_reply(started.sid)
