"""DynamoDB's client, and what its errors mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from mediabeat.errors import StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PASSING: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Errors that pass: the caller is told to come again."""


def dynamodb_client(connections: int = 1) -> "DynamoDBClient":
    """Return a client that gives up within the few seconds for which players wait; thread-safe."""
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
    )
    return boto3.client("dynamodb", config=config)


@contextmanager
def passing_errors_named() -> Iterator[None]:
    """Raise StorageUnavailable for what passes: throttling, time-outs, conflicts. Everything else goes on untouched."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in PASSING or _is_conflict(error):
            raise StorageUnavailable(str(error)) from error
        raise
    except HTTPClientError as error:
        raise StorageUnavailable(str(error)) from error


def _is_conflict(error: ClientError) -> bool:
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") not in ("None", "ConditionalCheckFailed") for reason in reasons)


def refused(error: ClientError) -> dict[str, Any] | None:
    """Return the old item of a request whose condition failed (empty when there was none); none for any other error."""
    response: dict[str, Any] = dict(error.response)
    if response["Error"]["Code"] == "ConditionalCheckFailedException":
        return dict(response.get("Item", {}))
    for reason in response.get("CancellationReasons", []):
        if reason.get("Code") == "ConditionalCheckFailed":
            return dict(reason.get("Item", {}))
    return None
