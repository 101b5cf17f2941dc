"""/api/v2/channels: signed calls that create, show, start, stop and delete channels, and list their events."""

from typing import Any, Final

from mediabeat import channel_calls as calls
from mediabeat.channel_registry import ChannelRegistry
from mediabeat.channels import Action
from mediabeat.clock import server_clock
from mediabeat.dynamodb import dynamodb_client
from mediabeat.errors import NotFound
from mediabeat.events import read_json
from mediabeat.gateway import call_in, content, errors_answered, parameters_of
from mediabeat.http import Answer, Event, body_of
from mediabeat.registry import Registry
from mediabeat.request_log import PROJECT
from mediabeat.secret_store import SecretStore, secrets_client
from mediabeat.settings import channel_settings
from mediabeat.signed_calls import authenticate

MAX_BODY_BYTES: Final = 16 * 1024
ANY_OTHER: Final = "ANY /api/v2/{proxy+}"

deployed = channel_settings()
client = dynamodb_client()
registry = Registry(deployed.table_name, client)
channels = ChannelRegistry(deployed.table_name, client)
secrets = SecretStore(deployed.access_key_secrets, secrets_client())


def call(project_id: str, event: Event, now: int) -> Any:
    """Do what the route asks for and return the answer's body."""
    channel_id = (event.get("pathParameters") or {}).get("channelId", "")
    match event["routeKey"]:
        case "POST /api/v2/channels":
            body = read_json(body_of(event, limit_bytes=MAX_BODY_BYTES))
            return calls.create_channel(project_id, body, channels, now=now)
        case "GET /api/v2/channels":
            return calls.list_channels(project_id, parameters_of(event), channels)
        case "GET /api/v2/channels/{channelId}":
            return calls.show_channel(project_id, channel_id, channels)
        case "GET /api/v2/channels/{channelId}/events":
            return calls.list_events(project_id, channel_id, parameters_of(event), channels)
        case "PUT /api/v2/channels/{channelId}/start":
            return calls.change_channel(project_id, channel_id, Action.START, channels, now=now)
        case "PUT /api/v2/channels/{channelId}/stop":
            return calls.change_channel(project_id, channel_id, Action.STOP, channels, now=now)
        case "DELETE /api/v2/channels/{channelId}":
            return calls.change_channel(project_id, channel_id, Action.DELETE, channels, now=now)
        case route:
            raise LookupError(f"template.yaml sends {route} here, which nothing answers")


@errors_answered
def lambda_handler(event: Event, context: Any) -> Answer:
    """Answer a call for the project whose access key signed it."""
    now = server_clock()
    if event["routeKey"] == ANY_OTHER:
        raise NotFound("URL not found.")
    event[PROJECT] = project_id = authenticate(call_in(event), registry, secrets, now=now)
    return content(call(project_id, event, now))
