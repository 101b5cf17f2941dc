"""A client of /api/v2/channels that signs its calls, with events as API Gateway makes them."""

import json
import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from mediabeat.protocols.vod_station.signature import signature
from tests.support.template import source

CONTEXT = SimpleNamespace()
CHANNELS = "/api/v2/channels"


class Answered(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code and details of an error."""
        return self.status, self.body["error"]["errorCode"], self.body["error"]["details"]


@cache
def routes() -> list[tuple[str, str, re.Pattern[str]]]:
    """Route key, method and path of each route that the template sends to the function, the one for all others last."""
    events = source()["Resources"]["ChannelsFunction"]["Properties"]["Events"].values()
    found = []
    for event in events:
        method, path = event["Properties"]["Method"], event["Properties"]["Path"]
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace("{proxy+}", "(?P<proxy>.+)"))
        found.append((f"{method} {path}", method, re.compile(pattern)))
    return sorted(found, key=lambda route: route[1] == "ANY")


def event_of(method: str, target: str, headers: dict[str, str], body: Any = None) -> dict[str, Any]:
    """Return the event that API Gateway makes of a request."""
    path, _, query = target.partition("?")
    path = unquote(path)
    key, found = next(
        (key, found) for key, verb, pattern in routes() if verb in (method, "ANY") and (found := pattern.fullmatch(path))
    )
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters.setdefault(name, []).append(value)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": "application/json", **headers},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "isBase64Encoded": False,
    }
    if found.groupdict():
        event["pathParameters"] = found.groupdict()
    if parameters:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parameters.items()}
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def send(event: dict[str, Any]) -> Answered:
    """Let the function answer an event."""
    from functions.channels.app import lambda_handler

    answer = lambda_handler(event, CONTEXT)
    return Answered(answer["statusCode"], json.loads(answer["body"]), answer["headers"])


class ChannelClient:
    """Signs with an access key, on the test's clock."""

    def __init__(self, access_key_id: str, secret: str, clock: Callable[[], int]) -> None:
        self.access_key_id = access_key_id
        self.secret = secret
        self.clock = clock

    def headers(self, method: str, signed_target: str, *, skew_ms: int = 0) -> dict[str, str]:
        """Return the headers of a call that says it is made `skew_ms` after the server's time."""
        timestamp = str(self.clock() + skew_ms)
        return {
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": self.access_key_id,
            "x-ncp-apigw-signature-v2": signature(self.secret, method, signed_target, timestamp, self.access_key_id),
        }

    def call(self, method: str, target: str, body: Any = None, *, skew_ms: int = 0) -> Answered:
        """Make a call; `target` is path and query."""
        return send(event_of(method, target, self.headers(method, target, skew_ms=skew_ms), body))

    def create(self, name: str) -> str:
        """Create a channel and return its id."""
        answered = self.call("POST", CHANNELS, {"name": name})
        assert answered.status == 200, answered.body
        return str(answered.body["content"]["id"])

    def change(self, channel_id: str, verb: str) -> Answered:
        """Start, stop or delete a channel."""
        if verb == "delete":
            return self.call("DELETE", f"{CHANNELS}/{channel_id}")
        return self.call("PUT", f"{CHANNELS}/{channel_id}/{verb}")

    def events(self, channel_id: str, query: str = "") -> Answered:
        """Ask for a page of a channel's events."""
        return self.call("GET", f"{CHANNELS}/{channel_id}/events{query}")
