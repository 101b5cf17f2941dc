"""/api/v2/channels: signed calls that create, show, start, stop and delete channels, and list their events."""

from collections.abc import Callable
from typing import Any, Final

from mediabeat.core.channels import Action
from mediabeat.protocols.vod_station.requests import call_in, checked_route, id_in, name_in, page_in
from mediabeat.protocols.vod_station.responses import channel_answer, channel_list, content_reply, error_reply, event_list
from mediabeat.runtime.http_api import Reply, Request, with_error_replies
from mediabeat.runtime.settings import channel_settings, pause, server_clock
from mediabeat.storage.channel_store import ChannelRegistry
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore, secrets_client
from mediabeat.use_cases.authenticate import authenticate_call
from mediabeat.use_cases.manage_channels import ChannelCalls

deployed, client = channel_settings(), dynamodb_client()
registry, channels = Registry(deployed.table_name, client), ChannelRegistry(deployed.table_name, client)
secrets = SecretStore(deployed.access_key_secrets, secrets_client())

ROUTES: Final[dict[str, Callable[[ChannelCalls, Request], Any]]] = {
    "POST /api/v2/channels": lambda calls, sent: channel_answer(calls.create(name_in(sent))),
    "GET /api/v2/channels": lambda calls, sent: channel_list(*calls.list_channels(page_in(sent))),
    "GET /api/v2/channels/{channelId}": lambda calls, sent: channel_answer(calls.show(id_in(sent))),
    "GET /api/v2/channels/{channelId}/events": lambda calls, sent: event_list(*calls.list_events(page_in(sent), id_in(sent))),
    "PUT /api/v2/channels/{channelId}/start": lambda calls, sent: channel_answer(calls.change(id_in(sent), Action.START)),
    "PUT /api/v2/channels/{channelId}/stop": lambda calls, sent: channel_answer(calls.change(id_in(sent), Action.STOP)),
    "DELETE /api/v2/channels/{channelId}": lambda calls, sent: channel_answer(calls.change(id_in(sent), Action.DELETE)),
}


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Reply to a call for the project whose access key signed it."""
    route, now = checked_route(request), server_clock()
    request.project_id = authenticate_call(call_in(request), registry, secrets, now=now)
    calls = ChannelCalls(request.project_id, channels, now_ms=now, pause=pause)
    return content_reply(ROUTES[route](calls, request), request)
