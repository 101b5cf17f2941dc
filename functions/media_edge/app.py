"""POST /ee/…: takes the sessions and events of players that speak the Media Edge API."""

from functools import partial
from typing import Any, Final

from mediabeat.protocols.media_edge import parts, requests, responses
from mediabeat.runtime import telemetry
from mediabeat.runtime.http_api import Reply, Request, with_error_replies
from mediabeat.runtime.settings import server_clock, settings, surroundings, viewer_key_secret
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.clients.lean import lean_client
from mediabeat.storage.secrets import ViewerKey, secrets_client
from mediabeat.use_cases import receive_events as use_case

viewer_key = ViewerKey(viewer_key_secret(), secrets_client)
deployed = use_case.deployment(lean_client(**surroundings()), viewer_key, **settings()._asdict())
count_retry = partial(telemetry.count, "AppendRetries")
ITEMS: Final = {
    parts.Start: use_case.NewSession,
    parts.Later: use_case.LaterEvent,
    parts.Downloaded: use_case.DownloadedSession,
    parts.Ask: use_case.ProjectAsked,
    parts.Refused: use_case.NotParsed,
}


@with_error_replies(responses.error_reply)
def lambda_handler(request: Request, context: Any) -> Reply:
    """Store what the request brings; 200 with the new session, 204 for an event once it is durable."""
    now = server_clock()
    sent = requests.read(request, now_ms=now)
    items = [ITEMS[type(part)](*part) for part in sent.parts]
    outcomes = use_case.receive(items, partial(caller_of, request.headers), deployed, now=now, on_retry=count_retry)
    telemetry.count("EventsAccepted", outcomes.count(None))
    for started in use_case.started(outcomes):
        telemetry.count("SessionsStarted", int(not started.is_repeat))
        telemetry.publish(message=started.outcome, session_id=started.sid, project=started.project_id, **request.ids)
    return responses.answer(sent, outcomes, request, request.log_refusal)
