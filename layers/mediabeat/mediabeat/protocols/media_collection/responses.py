"""Replies to players: where a new session's events go, and the result of each event of an array."""

from collections.abc import Callable, Sequence

from mediabeat.errors import MediabeatError
from mediabeat.runtime.http_api import Reply, reply
from mediabeat.runtime.http_errors import ErrorAnswer, EventAnswer, error_body


def started_reply(sid: str) -> Reply:
    """Return the reply to a session that was stored; `Location` says where its events go."""
    # Exactly this text, whatever path the request came by: clients take it apart by position.
    return reply(201, Location=f"/api/v1/sessions/{sid}")


def batch_reply(refusals: Sequence[MediabeatError | None], on_refusal: Callable[[MediabeatError, int], None]) -> Reply:
    """Return the reply to an array of events; `refusals` has for each why it was refused, or None if it was stored.

    The status is 204 if all were stored, else the highest status of any event: 503, 410, 404 or 400. Then the body lists the
    result of each event, and `on_refusal` is called with the refusal of the highest status.
    """
    bodies: list[EventAnswer] = [error_body(refusal) if refusal else {"code": 204, "message": "stored"} for refusal in refusals]
    refused = [(body["code"], refusal) for body, refusal in zip(bodies, refusals, strict=True) if refusal]
    if not refused:
        return reply(204)
    status, highest = max(refused, key=lambda one: one[0])
    on_refusal(highest, status)
    message = f"{len(refused)} of {len(refusals)} events were refused"
    body: ErrorAnswer = {"code": status, "message": message, "events": bodies}
    return reply(status, body)
