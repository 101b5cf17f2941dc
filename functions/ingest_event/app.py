"""POST /api/v1/sessions/{sid}/events: stores one event of a session, or an array of them. The hot path."""

from functools import partial
from typing import Any

from mediabeat.core.request_limits import ARRAY_BYTES, EVENT_BYTES
from mediabeat.protocols.media_collection.requests import parse_event, parse_events
from mediabeat.runtime import telemetry
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies
from mediabeat.runtime.settings import server_clock, settings, surroundings
from mediabeat.storage.clients.lean import lean_client
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import append_event, append_events

deployed = settings()
store = Store(
    deployed.table_name, lean_client(**surroundings()), retention_s=deployed.retention_s, index_shards=deployed.index_shards
)
count_retry = partial(telemetry.count, "AppendRetries")


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Store the event; 204 once it is durable."""
    now = server_clock()
    sid = request.path_parameters["sid"]
    value = request.json(limit_bytes=ARRAY_BYTES, single_limit_bytes=EVENT_BYTES)
    if isinstance(value, list):
        from mediabeat.protocols.media_collection.responses import batch_reply  # few players send arrays

        refusals = append_events(sid, parse_events(value), store, deployed.limits, now=now, on_retry=count_retry)
        telemetry.count("EventsAccepted", refusals.count(None))
        return batch_reply(refusals, request.log_refusal)
    append_event(sid, parse_event(value), store, deployed.limits, now=now, on_retry=count_retry)
    telemetry.count("EventsAccepted")
    return reply(204)
