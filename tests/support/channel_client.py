"""A client of /api/v2/channels that signs its calls."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from mediabeat.protocols.vod_station.signature import signature
from tests.support.api import Event, answer, request

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


def send(event: Event) -> Answered:
    """Let the function answer an event."""
    answered = answer(event)
    return Answered(answered["statusCode"], json.loads(answered["body"]), answered["headers"])


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
        return send(request(method, target, body, headers=self.headers(method, target, skew_ms=skew_ms)))

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
