"""GET /api/v1/schemas/{eventType}: the JSON Schema of an event's body, or of a CMCD line."""

from functools import partial
from typing import Any

from mediabeat.openapi import json_schema
from mediabeat.protocols.cmcd.schema import json_schema as cmcd_schema
from mediabeat.protocols.media_collection.openapi import CMCD_LINE
from mediabeat.runtime.http_api import Reply, Request, error_reply, reply, with_error_replies

OTHERS = {CMCD_LINE: cmcd_schema}


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply with the schema of the event type in the path."""
    name = request.path_parameters["eventType"]
    schema = OTHERS.get(name, partial(json_schema, name))
    return reply(200, schema(), Content_Type="application/schema+json")
