"""POST /api/v1/sessions/{sid}/events: stores one event of a session, or an array of them. The hot path."""

from typing import Any

from mediabeat.core.event import MAX_EVENT_BYTES, parse_later, read_json
from mediabeat.runtime import telemetry
from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.http_api import Answer, Event, answer, answer_each, body_of, errors_answered
from mediabeat.runtime.settings import settings
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import ingest, ingest_each

deployed = settings()
store = Store(deployed.table_name, dynamodb_client(), retention_s=deployed.retention_s)


@errors_answered
def lambda_handler(event: Event, context: Any) -> Answer:
    """Store the event; 204 once it is durable."""
    now = server_clock()
    sid = event["pathParameters"]["sid"]
    value = read_json(body_of(event, limit_bytes=MAX_EVENT_BYTES))
    if isinstance(value, list):
        refusals = ingest_each(sid, value, store, deployed.limits, now=now)
        telemetry.count("EventsAccepted", refusals.count(None))
        return answer_each(refusals, event)
    tries = ingest(sid, parse_later(value), store, deployed.limits, now=now)
    telemetry.count("EventsAccepted")
    telemetry.count("Retries", tries - 1)
    return answer(204)
