"""A client of DynamoDB with the interface of boto3's, for functions in which boto3 costs more than all the rest.

It knows the requests that the stores make, and one kind of environment; `lean_client` leaves all others to boto3. Attempts,
pauses and retry quota are those of botocore's mode `standard`. A deadline ends the whole call.
"""

import json
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from functools import partial
from random import random
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from zlib import crc32

from mediabeat.storage.clients.wire import FAILURES, Answer, Headers, Unusual, Wire, place_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SWITCH: Final = "DYNAMODB_CLIENT"
"""The variable that brings boto3 back: `boto3` is its one value."""

DEADLINE_S: Final = 5
ATTEMPTS: Final = 3

TRANSIENT: Final = frozenset(
    {"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "ReplicatedWriteConflictException"}
)
THROTTLED: Final = frozenset(
    {
        *("BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete"),
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException"),
        *("SlowDown", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException"),
        "TransactionInProgressException",
    }
)
"""Error codes after which botocore sends the same request again. A test compares its decisions with ours."""

TRANSIENT_STATUSES: Final = frozenset({500, 502, 503, 504})
TOO_MANY: Final = 429

QUOTA: Final = 500
COST: Final = {False: 14, True: 5}
"""What a repeat costs, by whether the request was throttled."""

PAUSE_S: Final = {False: 0.025, True: 1.0}
MAX_ADDED_PAUSE_S: Final = 5


class Refused(Exception):
    """AWS refused a request. `response` has the form of botocore's `ClientError.response`."""

    def __init__(self, response: Mapping[str, Any], message: str) -> None:
        super().__init__(message)
        self.response = response
        self.code: str = response["Error"]["Code"]
        self.status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)

    @property
    def is_throttling(self) -> bool:
        """Whether there were too many requests."""
        return self.code in THROTTLED or self.status == TOO_MANY

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed, so that it is sent again."""
        return self.is_throttling or self.code in TRANSIENT or self.status in TRANSIENT_STATUSES


class NoAnswer(Exception):
    """No whole answer came: not connected, closed, damaged or too late. The request may have been carried out."""

    is_throttling = False
    is_transient = True


class Sending(Protocol):
    """What sends the requests of a client; see Wire."""

    def send(self, operation: str, body: bytes, deadline_s: float) -> Answer: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


class LeanClient:
    """The client. Threads may share it. Each request raises Refused and NoAnswer; `pause` waits for milliseconds."""

    def __init__(self, wire: Sending, *, timer_s: Callable[[], float], pause: Callable[[int], None]) -> None:
        self._wire = wire
        self._timer_s = timer_s
        self._pause = pause
        self._quota = QUOTA  # threads may lose each other's counts, which does no harm
        self.close = wire.close
        self.get_item = partial(self._call, "GetItem")
        self.batch_get_item = partial(self._call, "BatchGetItem")
        self.query = partial(self._call, "Query")
        self.put_item = partial(self._call, "PutItem")
        self.update_item = partial(self._call, "UpdateItem")
        self.delete_item = partial(self._call, "DeleteItem")

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Send a TransactWriteItems; its token makes a repeat harmless."""
        from uuid import uuid4  # few requests need one

        return self._call("TransactWriteItems", **request, ClientRequestToken=str(uuid4()))

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        body, deadline_s, paid = encoded(request), self._timer_s() + DEADLINE_S, 0
        for attempt in range(ATTEMPTS):
            headers: Headers = {}
            failure: Refused | NoAnswer
            try:
                status, headers, content = self._wire.send(operation, body, deadline_s)
                if int(headers.get("x-amz-crc32") or crc32(content)) != crc32(content):
                    raise ValueError("its checksum is wrong")
                if status == 200:
                    answer = decoded(content)
                    self._quota = min(QUOTA, self._quota + (paid or 1))
                    return answer
                failure = refusal(operation, status, content)
            except (*FAILURES, ValueError) as error:
                failure = NoAnswer(f"no answer to {operation}: {error or type(error).__name__}")
            paid = COST[failure.is_throttling]
            if attempt + 1 == ATTEMPTS or not failure.is_transient or paid > self._quota:
                raise failure
            self._quota -= paid
            pause_s = pause_before_repeat(attempt, headers, is_throttled=failure.is_throttling)
            if self._timer_s() + pause_s >= deadline_s:
                raise failure
            self._pause(round(1_000 * pause_s))
        raise AssertionError("the last attempt returns or raises")


def pause_before_repeat(attempt: int, headers: Headers, *, is_throttled: bool) -> float:
    """Return how many seconds to wait after an attempt; the first one is 0."""
    pause_s: float = random() * PAUSE_S[is_throttled] * 2**attempt  # noqa: S311 - no secret
    asked = headers.get("x-amz-retry-after") or ""
    return max(pause_s, min(int(asked) / 1_000, pause_s + MAX_ADDED_PAUSE_S)) if asked.isdecimal() else pause_s


def refusal(operation: str, status: int, content: bytes) -> Refused:
    """Return the error in an answer. A gateway's page has no code of DynamoDB's, and gets its status as the code."""
    try:
        told = decoded(content)
    except ValueError:
        told = {}
    code = str(told.get("__type") or status).partition(":")[0].rpartition("#")[2]
    message = told.get("message") or told.get("Message") or ""
    response: dict[str, Any] = {name: told[name] for name in ("Item", "CancellationReasons") if name in told}
    response |= {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return Refused(response, f"An error occurred ({code}) when calling the {operation} operation: {message}")


def _base64(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode()


_encode: Final = json.JSONEncoder(default=_base64).encode


def encoded(request: Mapping[str, Any]) -> bytes:
    """Return a request as DynamoDB reads it, byte for byte as botocore writes it."""
    return _encode(request).encode()


def _with_bytes(read: dict[str, Any]) -> dict[str, Any]:
    """Return a part of an answer with its bytes. Only a typed value has a text under `B`, or texts under `BS`."""
    if len(read) == 1:
        if isinstance(text := read.get("B"), str):
            return {"B": a2b_base64(text)}
        if isinstance(texts := read.get("BS"), list) and all(isinstance(text, str) for text in texts):
            return {"BS": [a2b_base64(text) for text in texts]}
    return read


_decode: Final = json.JSONDecoder(object_hook=_with_bytes).decode


def decoded(content: bytes) -> dict[str, Any]:
    """Return the body of an answer.

    Raises ValueError for what is not a JSON object.
    """
    answer = _decode(content.decode())
    if not isinstance(answer, dict):
        raise ValueError("it is not a JSON object")
    return answer


def aws() -> Any:
    """Return botocore's session, for the few processes of these functions that need another service."""
    from mediabeat.storage.clients import boto

    return boto.aws()


def lean_client(
    environment: Mapping[str, str],
    *,
    clock: Callable[[], int],
    timer_s: Callable[[], float],
    pause: Callable[[int], None],
    on_boto3: Callable[[str], None],
    connections: int = 1,
) -> "DynamoDBClient":
    """Return the client for the hot path; boto3's where SWITCH or something unusual in the environment asks for it.

    `clock` is epoch milliseconds, `timer_s` never goes back, `pause` waits for milliseconds. `on_boto3` gets the unusual thing.
    """
    try:
        if environment.get(SWITCH) != "boto3":
            wire = Wire(place_in(environment), clock=clock, timer_s=timer_s)
            return cast("DynamoDBClient", LeanClient(wire, timer_s=timer_s, pause=pause))
    except Unusual as reason:
        on_boto3(str(reason))
    from mediabeat.storage.clients.boto import dynamodb_client

    return dynamodb_client(connections)
