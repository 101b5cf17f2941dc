"""POST /cmcd/v2/{projectId}: stores the CMCD lines of a player, and begins the sessions that they name."""

from functools import partial
from typing import Any

from mediabeat.core.request_limits import LINES_BYTES
from mediabeat.protocols.cmcd.requests import parse_body, start_of
from mediabeat.protocols.cmcd.responses import error_reply, received_reply
from mediabeat.runtime import telemetry
from mediabeat.runtime.http_api import Reply, Request, with_error_replies
from mediabeat.runtime.logs import log_skipped
from mediabeat.runtime.settings import server_clock, settings, surroundings
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.clients.lean import lean_client
from mediabeat.storage.cmcd.sessions import LineSessions
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.receive_lines import Lines

deployed, client = settings(), lean_client(**surroundings())
store = Store(deployed.table_name, client, retention_s=deployed.retention_s, index_shards=deployed.index_shards)
sessions = LineSessions(deployed.table_name, client, retention_s=deployed.retention_s, index_shards=deployed.index_shards)
lines = Lines(store, sessions, Registry(deployed.table_name, client), deployed.limits)
count_retry = partial(telemetry.count, "AppendRetries")


@with_error_replies(error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Store the lines; 204 once every usable one is durable."""
    project_id, caller = request.path_parameters["projectId"], partial(caller_of, request.headers)
    body = parse_body(request.body(limit_bytes=LINES_BYTES))
    begin = partial(start_of, project_id=project_id, query=request.query)
    received = lines.receive(project_id, body.lines, begin, caller, now=server_clock(), on_retry=count_retry)
    request.project_id = project_id
    telemetry.count("EventsAccepted", received.stored)
    telemetry.count("SessionsStarted", received.started)
    telemetry.count("LinesSkipped", body.skipped_lines)
    log_skipped(body.skipped, request.subject)
    return received_reply()
