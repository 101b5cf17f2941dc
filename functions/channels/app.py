"""/api/v2/channels: signed calls that create, show, start, stop and delete channels, and list their events."""

from typing import Any, Final

from mediabeat.core.channels import Action
from mediabeat.core.event import read_json
from mediabeat.errors import NotFound
from mediabeat.protocols.vod_station.gateway import call_in, content, errors_answered, parameters_of
from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.http_api import Answer, Event, body_of
from mediabeat.runtime.logs import PROJECT
from mediabeat.runtime.settings import channel_settings
from mediabeat.storage.channel_store import ChannelRegistry
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore, secrets_client
from mediabeat.use_cases import manage_channels as calls
from mediabeat.use_cases.authenticate import authenticate

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
