"""POST /api/v1/sessions/{sid}/events: stores one event of a session, or an array of them. The hot path."""

from typing import Any

from mediabeat import counting
from mediabeat.clock import server_clock
from mediabeat.dynamodb import dynamodb_client
from mediabeat.events import MAX_EVENT_BYTES, parse_later, read_json
from mediabeat.http import Answer, Event, answer, answer_each, body_of, errors_answered
from mediabeat.ingest import ingest, ingest_each
from mediabeat.settings import settings
from mediabeat.store import Store

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
        counting.count("EventsAccepted", refusals.count(None))
        return answer_each(refusals, event)
    tries = ingest(sid, parse_later(value), store, deployed.limits, now=now)
    counting.count("EventsAccepted")
    counting.count("Retries", tries - 1)
    return answer(204)
