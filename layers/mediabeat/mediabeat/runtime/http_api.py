"""HTTP as API Gateway's HTTP API speaks it (payload format 2.0): requests, replies, and a reply for every error."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, wraps
from math import inf
from typing import Any, Final

from mediabeat.core.session_id import SESSION_ID
from mediabeat.errors import BodyTooLarge, InvalidInput, MediabeatError, Problem
from mediabeat.runtime import telemetry

Reply = dict[str, Any]

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "OPTIONS,POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Expose-Headers": "Location",
}
"""On every reply, errors too: a browser hides a reply without them. API Gateway answers the preflights (template.yaml)."""

RETRY_AFTER_S: Final = 1


class Request:
    """A request as API Gateway sends it. A handler sets `project_id` as soon as it knows the project, for the log."""

    # Written out: every cold start makes this class, and a dataclass would compile its methods first.
    def __init__(self, event: dict[str, Any], context: Any = None, project_id: str | None = None) -> None:
        self.event = event
        self.context = context
        self.project_id = project_id

    @property
    def route(self) -> str:
        """The route of template.yaml that took the request, such as `GET /api/v2/channels/{channelId}`."""
        return str(self.event.get("routeKey", ""))

    @property
    def path(self) -> str:
        """The path, decoded."""
        return str(self.event["rawPath"])

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers, by lower-case names."""
        return {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}

    @property
    def cookies(self) -> list[str]:
        """The cookies, each as `name=value`."""
        in_header = self.headers.get("cookie", "").split(";")
        return self.event.get("cookies") or [one.strip() for one in in_header if one.strip()]

    @property
    def path_parameters(self) -> Mapping[str, str]:
        """The parts of the path that the route leaves open, by their names."""
        return self.event.get("pathParameters") or {}

    @property
    def query(self) -> Mapping[str, str]:
        """The query's parameters."""
        return self.event.get("queryStringParameters") or {}

    def body(self, *, limit_bytes: int) -> bytes:
        """Return the body, whatever its content type.

        Raises BodyTooLarge, and InvalidInput for invalid base64.
        """
        body = self.event.get("body") or ""
        try:
            raw = base64.b64decode(body) if self.event.get("isBase64Encoded") else body.encode(errors="surrogatepass")
        except ValueError as error:
            raise InvalidInput(Problem("body", f"must be base64: {error}")) from None
        if len(raw) > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        return raw

    def json(self, *, limit_bytes: int, single_limit_bytes: int | None = None) -> Any:
        """Return the JSON value in the body. A value that is not an array may have only `single_limit_bytes`, if given.

        Raises BodyTooLarge and InvalidInput.
        """
        raw = self.body(limit_bytes=limit_bytes)
        value = read_json(raw)
        if single_limit_bytes is not None and len(raw) > single_limit_bytes and not isinstance(value, list):
            raise BodyTooLarge(single_limit_bytes)
        return value

    @cached_property
    def nonce(self) -> bytes:
        """16 random bytes, the same whenever they are asked for: a name for this request."""
        import secrets

        return secrets.token_bytes(16)

    @property
    def ids(self) -> dict[str, str]:
        """The ids under which API Gateway and Lambda log this request, for the log."""
        of_gateway = self.event.get("requestContext", {}).get("requestId")
        of_lambda = getattr(self.context, "aws_request_id", None)
        return {name: value for name, value in (("request_id", of_gateway), ("function_request_id", of_lambda)) if value}

    @property
    def subject(self) -> dict[str, str]:
        """The route, the request's ids, and the project and the session as far as they are known, for the log.

        A part of the path that is not a session's id is left out: it may be a viewer's id.
        """
        from mediabeat.core.session_query import SHOWN_ID  # the usual event is not logged

        named = self.path_parameters.get("sid") or self.path_parameters.get("uuid") or ""
        session_id = named if SESSION_ID.fullmatch(named) or SHOWN_ID.fullmatch(named) else None
        fields = {"route": self.route, "project": self.project_id, "session_id": session_id}
        return {name: value for name, value in fields.items() if value} | self.ids

    def log_refusal(self, error: MediabeatError, status: int, **fields: str) -> None:
        """Log that the request was refused, and why."""
        from mediabeat.runtime.logs import log_refusal  # most processes refuse nothing

        log_refusal(error, status, self.subject | fields)

    def log_unreadable(self, failures: Sequence[tuple[str | None, Exception]]) -> None:
        """Log and count sessions that are stored in a form that cannot be read, each with its id and its error.

        The id is None for the session that the request names.
        """
        if failures:
            from mediabeat.runtime.logs import log_unreadable

            telemetry.count("SessionsUnreadable", len(failures))
            log_unreadable(failures, self.subject)


_MAY_BE_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of half of a character."""

_MANY_LEVELS: Final = 150
"""Fewer levels of nesting than pydantic reads."""


def _finite(text: str) -> float:
    value = float(text)
    if value in (inf, -inf):
        raise ValueError("it is beyond all numbers")
    return value


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


_decode: Final = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse).decode


def read_json(body: bytes | str) -> Any:
    """Return the JSON value in a body. An escaped half of an emoji becomes U+FFFD, and a byte order mark of UTF-8 is ignored.

    Raises InvalidInput for invalid JSON, NaN included.
    """
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    if _MAY_BE_HALF.search(raw) is None and raw.count(b"{") + raw.count(b"[") < _MANY_LEVELS:
        with suppress(ValueError):
            return _decode(raw.decode())
    from mediabeat.runtime.odd_bodies import read_odd_body  # loads pydantic, which has the last word

    return read_odd_body(raw)


def reply(status: int, body: Any = None, *, cors: Mapping[str, str] = CORS, **headers: str) -> Reply:
    """Return a reply, with a JSON body if there is one. Header names are given with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if status == 503:
        named["Retry-After"] = str(RETRY_AFTER_S)
    if body is None:
        return {"statusCode": status, "headers": {**cors, **named}, "body": ""}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain)
    text = text.encode(errors="replace").decode()  # a path may quote a lone surrogate, which no reply can hold
    return {"statusCode": status, "headers": {**cors, "Content-Type": "application/json", **named}, "body": text}


def _plain(model: Any) -> Any:
    """Return the fields of a pydantic model in a reply's body."""
    return model.model_dump(mode="json")


ErrorReply = tuple[Reply, Mapping[str, str]]
"""A reply to an error, and the fields that its log line gets from the protocol."""


def error_reply(error: Exception, request: Request) -> ErrorReply:
    """Return the reply to an error in mediabeat's own form; a 500 for an error that nobody expected."""
    from mediabeat.runtime.http_errors import error_body  # most processes refuse nothing

    body = error_body(error)
    return reply(body["code"], body), {}


Handler = Callable[[Request, Any], Reply]
LambdaHandler = Callable[[dict[str, Any], Any], Reply]
RenderError = Callable[[Exception, Request], ErrorReply]


def with_error_replies(render: RenderError) -> Callable[[Handler], LambdaHandler]:
    """Return a decorator that makes a handler of requests one that Lambda calls.

    It replies to every error in the form that `render` gives it, logs it, and counts refused requests.
    """

    def decorate(handler: Handler) -> LambdaHandler:
        @wraps(handler)
        def handle(event: dict[str, Any], context: Any) -> Reply:
            request = Request(event, context)
            try:
                replied = handler(request, context)
            except MediabeatError as error:
                replied, fields = render(error, request)
                request.log_refusal(error, replied["statusCode"], **fields)
            except Exception as error:
                from mediabeat.runtime.logs import log_failure

                replied, fields = render(error, request)
                log_failure({**request.subject, **fields})
            if replied["statusCode"] >= 400:
                telemetry.count(telemetry.refused_metric(replied["statusCode"]))
            telemetry.process.publish_each_minute()
            return replied

        return handle

    return decorate
