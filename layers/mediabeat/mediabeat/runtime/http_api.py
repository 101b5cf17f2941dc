"""HTTP as API Gateway's HTTP API speaks it (payload format 2.0): requests in, answers out, errors to statuses."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from operator import itemgetter
from typing import Any, Final

from mediabeat.errors import (
    BodyTooLarge,
    InvalidInput,
    MediabeatError,
    NotFound,
    Problem,
    SessionClosed,
    SessionUnknown,
    StorageUnavailable,
    Unauthorized,
)
from mediabeat.runtime import telemetry
from mediabeat.runtime.logs import log_failure, log_refusal

Event = dict[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Event, Any], Answer]

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS,POST,PUT",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Expose-Headers": "Location",
}
"""On every answer, errors too: a browser hides an answer without them. API Gateway answers the preflights (template.yaml)."""

RETRY_AFTER_S: Final = 1

_STATUS: Final[dict[type[MediabeatError], int]] = {
    InvalidInput: 400,
    BodyTooLarge: 413,
    Unauthorized: 401,
    NotFound: 404,
    SessionUnknown: 404,
    SessionClosed: 410,
    StorageUnavailable: 503,
}


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """Return an answer, with a JSON body if there is one. Header names are given with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if status == 503:
        named["Retry-After"] = str(RETRY_AFTER_S)
    if body is None:
        return {"statusCode": status, "headers": CORS | named, "body": ""}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)
    text = text.encode(errors="replace").decode()  # a path may quote a lone surrogate, which no answer can hold
    return {"statusCode": status, "headers": CORS | {"Content-Type": "application/json"} | named, "body": text}


def _plain(model: Any) -> Any:
    """Return what a pydantic model in an answer's body holds."""
    return model.model_dump(mode="json")


def body_of(event: Event, *, limit_bytes: int) -> bytes:
    """Return a request's body, whatever its content type.

    Raises BodyTooLarge, and InvalidInput for base64 that is none.
    """
    body = event.get("body") or ""
    try:
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
    except ValueError as error:
        raise InvalidInput(Problem("body", f"must be base64: {error}")) from None
    if len(raw) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    return raw


def headers_of(event: Event) -> Mapping[str, str]:
    """Return a request's headers, by lower-case names."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def errors_answered(handler: Handler) -> Handler:
    """Answer every error that a handler raises: known ones as what they are, others as a 500. Log and count them."""

    @wraps(handler)
    def answering(event: Event, context: Any) -> Answer:
        try:
            answered = handler(event, context)
        except MediabeatError as error:
            answered = _error_answer(error)
            log_refusal(error, answered["statusCode"], event)
        except Exception:
            log_failure(event)
            answered = answer(500, {"code": 500, "message": "internal error"})
        count_refusal(answered)
        return answered

    return answering


def count_refusal(answered: Answer) -> None:
    """Count an answer if it is a refusal; and let all that was counted be told when it is time."""
    if answered["statusCode"] >= 400:
        telemetry.count(f"Refused{answered['statusCode']}")
    telemetry.tell_each_minute()


def answer_each(refusals: Sequence[MediabeatError | None], event: Event) -> Answer:
    """Return the answer of a request with several events, given for each why it was refused: 204 only if none was.

    Else the status is the highest of any event (503 before 410 before 404 before 400), which is logged, and the body tells them
    one by one.
    """
    bodies = [_body_of_error(refusal) if refusal else {"code": 204, "message": "stored"} for refusal in refusals]
    refused = [(_STATUS[type(refusal)], refusal) for refusal in refusals if refusal]
    if not refused:
        return answer(204)
    status, gravest = max(refused, key=itemgetter(0))
    log_refusal(gravest, status, event)
    message = f"{len(refused)} of {len(refusals)} events were refused"
    return answer(status, {"code": status, "message": message, "events": bodies})


def _error_answer(error: MediabeatError) -> Answer:
    return answer(_STATUS[type(error)], _body_of_error(error))


def _body_of_error(error: MediabeatError) -> dict[str, Any]:
    body: dict[str, Any] = {"code": _STATUS[type(error)], "message": str(error)}
    if isinstance(error, InvalidInput):
        body["errors"] = [{"field": problem.field, "rule": problem.rule} for problem in error.problems]
    if isinstance(error, StorageUnavailable):
        body["message"] = "the event was not stored; send it again"
    return body
