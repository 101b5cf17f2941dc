"""GET /api/v1/schemas/{eventType}: the JSON Schema of an event's body."""

from typing import Any

from mediabeat.openapi import json_schema
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply with the schema of the event type in the path."""
    return reply(200, json_schema(request.path_parameters["eventType"]), Content_Type="application/schema+json")
