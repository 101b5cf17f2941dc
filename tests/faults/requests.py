"""Requests to the database as they leave a handler: parked until the schedule lets them through, one attempt at a time.

The hook is below the repeats of either client: at botocore's `before-send`, and in place of the small client's wire. So each
attempt is a request of its own.
"""

import base64
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast
from unittest import mock

import botocore
from botocore import exceptions
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.retries.quota import RetryQuota

from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.clients.lean import QUOTA, LeanClient
from mediabeat.storage.clients.wire import Answer
from tests.support.engine_connection import JSON, EngineConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


@dataclass(frozen=True, eq=False)
class Request:
    """One attempt of a request; `http` is what goes to the engine."""

    operation: str
    http: AWSPreparedRequest

    @cached_property
    def body(self) -> dict[str, Any]:
        """What is asked for, in the wire's own form: bytes stand as base64."""
        asked: dict[str, Any] = json.loads(self.raw)
        return asked

    @property
    def raw(self) -> bytes:
        """The body as it is sent."""
        assert isinstance(self.http.body, bytes)
        return self.http.body

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The single writes that it consists of."""
        if self.operation == "TransactWriteItems":
            return [next(iter(write.values())) for write in self.body["TransactItems"]]
        return [self.body] if self.operation in WRITES else []

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key of the first item that it is about; empty where it names none."""
        about = self.writes[0] if self.writes else self.body
        key = about.get("Key") or about.get("Item") or {}
        return key.get("pk", {}).get("S", ""), key.get("sk", {}).get("S", "")

    def appends(self, packed: bytes) -> bool:
        """Say whether it adds this event to a session (moving it from the head to a page is not adding it)."""
        sets = [write.get("ExpressionAttributeValues", {}).get(":events", {}).get("BS", []) for write in self.writes]
        if self.operation == "TransactWriteItems":
            sets += [write["Item"]["events"]["BS"] for write in self.writes if "Item" in write]
        return base64.b64encode(packed).decode() in [text for texts in sets for text in texts]

    def __str__(self) -> str:
        pk, sk = self.key
        change = str((self.writes[0] if self.writes else {}).get("UpdateExpression", ""))
        index = self.body.get("IndexName", "")
        return " ".join(word for word in (self.operation, index, pk[:6], sk[:12], change) if word)


class ClientKind(StrEnum):
    """The client of the functions that may have either."""

    LEAN = "lean"
    BOTO3 = "boto3"


class _Raw(BytesIO):
    def stream(self) -> list[bytes]:
        return [self.read()]


def answered(status: int, body: bytes) -> AWSResponse:
    """Return an answer as the engine would give it."""
    return AWSResponse("http://engine/", status, JSON, _Raw(body))  # type: ignore[arg-type]


class Wire:
    """The way to the engine, for all clients of a process: `gate` decides what becomes of each request."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.gate: Callable[[Request], AWSResponse] = self.send
        self._connection = EngineConnection(endpoint)
        self._quotas: list[RetryQuota] = []
        self._lean: list[LeanClient] = []

    def send(self, request: Request) -> AWSResponse:
        """Send a request and return its answer."""
        return answered(*self._connection.send(request.operation, request.raw))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def client(self) -> "DynamoDBClient":
        """Return a client as the functions make it, on this wire."""
        quotas = self._quotas

        class KnownQuota(RetryQuota):
            def __init__(self) -> None:
                super().__init__()
                quotas.append(self)

        with (
            mock.patch("botocore.retries.quota.RetryQuota", KnownQuota),
            mock.patch.dict("os.environ", AWS_ENDPOINT_URL_DYNAMODB=self.endpoint),
        ):
            client = dynamodb_client()
        client.meta.events.register_first("before-send.dynamodb", self._before_send)  # type: ignore[arg-type]
        client.meta.events.register("choose-signer.dynamodb", lambda **_: botocore.UNSIGNED)
        return client

    def _before_send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        return self.gate(Request(event_name.rpartition(".")[2], request))

    def lean_client(self) -> "DynamoDBClient":
        """Return a small client on this wire, which waits for nothing."""
        client = LeanClient(_Gated(self), timer_s=lambda: 0.0, pause=lambda ms: None)
        self._lean.append(client)
        return cast("DynamoDBClient", client)

    def refill_retries(self) -> None:
        """Give all clients the retries that they had when they were new."""
        for quota in self._quotas:
            quota.release(RetryQuota.INITIAL_CAPACITY)
        for client in self._lean:
            client._quota = QUOTA


AS_SEEN: Final[dict[type[Exception], type[OSError]]] = {
    exceptions.ConnectTimeoutError: TimeoutError,
    exceptions.EndpointConnectionError: ConnectionRefusedError,
    exceptions.ConnectionClosedError: ConnectionResetError,
    exceptions.ReadTimeoutError: TimeoutError,
}
"""What a socket raises, by the error that botocore makes of it."""


class _Gated:
    """What sends for a small client: the gate, whose errors of botocore it takes back into those of a socket."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def send(self, operation: str, body: bytes, deadline_s: float) -> Answer:
        http = AWSPreparedRequest("POST", self._wire.endpoint, HTTPHeaders(), body, stream_output=False)
        try:
            answer = self._wire.gate(Request(operation, http))
        except tuple(AS_SEEN) as error:
            raise AS_SEEN[type(error)]("injected") from None
        return answer.status_code, {}, answer.content

    def close(self) -> None:
        """There is nothing to hang up."""
