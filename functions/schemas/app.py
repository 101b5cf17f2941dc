"""GET /api/v1/schemas/{eventType}: the JSON Schema of an event's body."""

from typing import Any

from mediabeat.core.event import json_schema
from mediabeat.runtime.http_api import Answer, Event, answer, errors_answered


@errors_answered
def lambda_handler(event: Event, context: Any) -> Answer:
    """Answer with the schema of the event type in the path."""
    return answer(200, json_schema(event["pathParameters"]["eventType"]), Content_Type="application/schema+json")
