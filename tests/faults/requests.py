"""Requests to the database as they leave a handler: parked until the schedule lets them through, one attempt at a time.

The hook sits at botocore's `before-send`, below its retries, so that each attempt of them is a request of its own.
"""

import base64
import json
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import botocore
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.retries.quota import RetryQuota

from mediabeat.storage.dynamodb import dynamodb_client
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

    def refill_retries(self) -> None:
        """Give all clients the retries that they had when they were new."""
        for quota in self._quotas:
            quota.release(RetryQuota.INITIAL_CAPACITY)
