"""HTTP as clients of NAVER Cloud's API Gateway know it: which call was signed, and answers and errors in its form."""

import base64
import secrets
from collections.abc import Mapping
from functools import wraps
from typing import Any, Final, NamedTuple

from mediabeat.core.channels import ChannelRefused, ErrorCode
from mediabeat.errors import BodyTooLarge, InvalidInput, MediabeatError, NotFound, StorageUnavailable, Unauthorized
from mediabeat.protocols.vod_station.signature import SignedCall, signed_call
from mediabeat.runtime.http_api import Answer, Event, Handler, answer, count_refusal, headers_of
from mediabeat.runtime.logs import log_failure, log_refusal

JSON: Final = "application/json;charset=utf-8"


class Failure(NamedTuple):
    """An error as it is answered: the status, and code and message in the body."""

    status: int
    code: str
    message: str


_REFUSALS: Final = {
    ErrorCode.INPUT_VALUE: Failure(400, "260002", "input value error"),
    ErrorCode.NOT_FOUND: Failure(404, "260004", "not found"),
    ErrorCode.INVALID_ID: Failure(400, "260017", "invalid channel id"),
    ErrorCode.CANNOT_START: Failure(409, "260022", "the channel cannot be started in its status"),
    ErrorCode.CANNOT_STOP: Failure(409, "260023", "the channel cannot be stopped in its status"),
    ErrorCode.CANNOT_DELETE: Failure(409, "260024", "the channel cannot be deleted in its status"),
    ErrorCode.PAGE_NUMBER: Failure(400, "260025", "pageNo must be >= 1"),
    ErrorCode.NAME: Failure(400, "260032", "invalid channel name"),
}

_UNEXPECTED: Final = Failure(500, "900", "Unexpected Error")

_FAILURES: Final[dict[type[MediabeatError], Failure]] = {
    Unauthorized: Failure(401, "200", "Authentication Failed"),
    NotFound: Failure(404, "300", "Not Found Exception"),
    BodyTooLarge: Failure(413, "430", "Request Entity Too Large"),
    InvalidInput: _REFUSALS[ErrorCode.INPUT_VALUE],
    StorageUnavailable: Failure(503, "500", "Endpoint Error"),
}


def call_in(event: Event) -> SignedCall:
    """Return the signed call in a request, its path without a stage's name, as clients sign it.

    Raises Unauthorized when a header is missing.
    """
    stage = event["requestContext"]["stage"]
    path = event["rawPath"] if stage == "$default" else event["rawPath"].removeprefix(f"/{stage}")
    method = event["requestContext"]["http"]["method"]
    return signed_call(method, path, event.get("rawQueryString", ""), headers_of(event))


def parameters_of(event: Event) -> Mapping[str, str]:
    """Return a request's query parameters."""
    return event.get("queryStringParameters") or {}


def content(body: Any) -> Answer:
    """Return the answer of a request that was done."""
    return _answer(200, body, _new_trace_id())


def errors_answered(handler: Handler) -> Handler:
    """Answer every error that a handler raises: known ones as what they are, others as a 500. Log and count them."""

    @wraps(handler)
    def answering(event: Event, context: Any) -> Answer:
        trace_id = _new_trace_id()
        try:
            answered = handler(event, context)
        except MediabeatError as error:
            failure = _REFUSALS[error.code] if isinstance(error, ChannelRefused) else _FAILURES[type(error)]
            log_refusal(error, failure.status, event, code=failure.code, trace_id=trace_id)
            details = "it is not known to be done; send it again" if isinstance(error, StorageUnavailable) else str(error)
            answered = _failed(failure, details, trace_id)
        except Exception:
            log_failure(event, trace_id=trace_id)
            answered = _failed(_UNEXPECTED, "internal error", trace_id)
        count_refusal(answered)
        return answered

    return answering


def _failed(failure: Failure, details: str, trace_id: str) -> Answer:
    error = {"errorCode": failure.code, "message": failure.message, "details": details}
    return _answer(failure.status, {"error": error}, trace_id)


def _answer(status: int, body: Any, trace_id: str) -> Answer:
    return answer(status, body, Content_Type=JSON, x_ncp_trace_id=trace_id)


def _new_trace_id() -> str:
    return base64.b32hexencode(secrets.token_bytes(16)).decode().rstrip("=").lower()
