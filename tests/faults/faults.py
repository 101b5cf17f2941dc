"""What can go wrong with a request to the database, and how it looks to the one who made it."""

import json
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple

from botocore import exceptions
from botocore.awsrequest import AWSResponse

from tests.faults.requests import WRITES, Request, answered

Outcome = AWSResponse | BaseException


class Effect(Enum):
    """What a faulty request does in the database all the same."""

    NONE = "before"
    DONE = "after"
    LATE = "late"  # it takes effect when nobody waits for it any more


class Fault(NamedTuple):
    """One way to fail; `outcome` is what the client gets."""

    name: str
    effect: Effect
    outcome: Callable[[Request], Outcome]
    fits: Callable[[Request], bool] = lambda request: True


def _error(status: int, code: str, **more: Any) -> Callable[[Request], Outcome]:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return lambda request: answered(status, json.dumps({"__type": kind, "message": "injected"} | more).encode())


def _page(status: int) -> Callable[[Request], Outcome]:
    return lambda request: answered(status, b"<html><body>Bad gateway</body></html>")


def _raised(error: type[exceptions.BotoCoreError]) -> Callable[[Request], Outcome]:
    return lambda request: error(endpoint_url=request.http.url, error="injected")


def _cancelled(request: Request) -> Outcome:
    reasons = [{"Code": "TransactionConflict", "Message": "injected"}, *({"Code": "None"} for _ in request.writes[1:])]
    return _error(400, "TransactionCanceledException", CancellationReasons=reasons)(request)


def _unprocessed(request: Request) -> Outcome:
    return answered(200, json.dumps({"Responses": {}, "UnprocessedKeys": request.body["RequestItems"]}).encode())


def _is(*operations: str) -> Callable[[Request], bool]:
    return lambda request: request.operation in operations


_is_write: Final = _is(*WRITES)

FAULTS: Final = (
    Fault("throughput exceeded", Effect.NONE, _error(400, "ProvisionedThroughputExceededException")),
    Fault("throttled", Effect.NONE, _error(400, "ThrottlingException")),
    Fault("account limit", Effect.NONE, _error(400, "RequestLimitExceeded")),
    Fault("internal error before", Effect.NONE, _error(500, "InternalServerError")),
    Fault("internal error after", Effect.DONE, _error(500, "InternalServerError"), _is_write),
    Fault("unavailable", Effect.NONE, _error(503, "ServiceUnavailable")),
    Fault("bad gateway before", Effect.NONE, _page(502)),
    Fault("bad gateway after", Effect.DONE, _page(502), _is_write),
    Fault("conflict", Effect.NONE, _error(400, "TransactionConflictException"), _is("PutItem", "UpdateItem", "DeleteItem")),
    Fault("transaction conflict", Effect.NONE, _cancelled, _is("TransactWriteItems")),
    Fault("in progress", Effect.LATE, _error(400, "TransactionInProgressException"), _is("TransactWriteItems")),
    Fault("connect time-out", Effect.NONE, _raised(exceptions.ConnectTimeoutError)),
    Fault("connection refused", Effect.NONE, _raised(exceptions.EndpointConnectionError)),
    Fault("reset before", Effect.NONE, _raised(exceptions.ConnectionClosedError)),
    Fault("reset after", Effect.DONE, _raised(exceptions.ConnectionClosedError), _is_write),
    Fault("read time-out before", Effect.NONE, _raised(exceptions.ReadTimeoutError)),
    Fault("read time-out after", Effect.DONE, _raised(exceptions.ReadTimeoutError), _is_write),
    Fault("read time-out, late", Effect.LATE, _raised(exceptions.ReadTimeoutError), _is_write),
    Fault("unprocessed keys", Effect.NONE, _unprocessed, _is("BatchGetItem")),
)
"""Deaths of the process and a lagging index are the schedule's own: they are no answers."""
