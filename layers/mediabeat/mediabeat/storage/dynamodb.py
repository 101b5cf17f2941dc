"""DynamoDB: the client, what its errors mean, and the requests that all of mediabeat is made of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.session import Session, get_session

from mediabeat.errors import StorageUnavailable
from mediabeat.storage.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

IS_NEW: Final = "attribute_not_exists(pk)"
EXISTS: Final = "attribute_exists(pk)"

TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "InternalServiceError",  # so in Secrets Manager
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


@cache
def aws() -> Session:
    """Return the session that makes this process's clients: a second one would load all that is known of AWS's services again."""
    return get_session()


def dynamodb_client(connections: int = 1) -> "DynamoDBClient":
    """Return a client that gives up within the few seconds for which players wait; thread-safe."""
    config = Config(
        # What botocore says of itself is put together anew for each request, a quarter of what a call costs; and what
        # is sent is made in this package alone, so that checking it against the API's model finds nothing.
        user_agent="mediabeat",
        parameter_validation=False,
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
    )
    # botocore, not boto3, which would load the transfer manager of S3 as well: a tenth of a cold start.
    return cast("DynamoDBClient", aws().create_client("dynamodb", config=config))


@contextmanager
def transient_errors_as_unavailable() -> Iterator[None]:
    """Raise StorageUnavailable for what passes: throttling, time-outs, conflicts. Everything else goes on untouched."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in TRANSIENT or _is_conflict(error) or _is_of_the_server(error):
            raise StorageUnavailable(str(error)) from error
        raise
    except (HTTPClientError, ConnectionError) as error:  # botocore's connect time-outs are none of its HTTP errors
        raise StorageUnavailable(str(error)) from error


def _is_conflict(error: ClientError) -> bool:
    return bool(_reasons(error) - {"None", "ConditionalCheckFailed"})


def _is_of_the_server(error: ClientError) -> bool:
    """Say whether the server was at fault, whatever it called that: a gateway's 502 has no code of DynamoDB's."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500


def _reasons(error: ClientError) -> set[str]:
    """Return why a transaction was cancelled, a reason for each write that was not at fault too; nothing for other errors."""
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    return {reason.get("Code") for reason in reasons}


def item_that_failed_condition(error: ClientError) -> dict[str, Any] | None:
    """Return the old item of a request whose condition failed (empty when there was none); none for any other error."""
    response: dict[str, Any] = dict(error.response)
    if response["Error"]["Code"] == "ConditionalCheckFailedException":
        return dict(response.get("Item", {}))
    for reason in response.get("CancellationReasons", []):
        if reason.get("Code") == "ConditionalCheckFailed":
            return dict(reason.get("Item", {}))
    return None


class Table:
    """The table of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, name: str, client: "DynamoDBClient") -> None:
        self.name = name
        self.client = client

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        """Return an item, perhaps not the newest version of it unless `consistent`; none when there is none."""
        with transient_errors_as_unavailable():
            return self.client.get_item(TableName=self.name, Key=key, ConsistentRead=consistent).get("Item")

    def get_all(self, *keys: Item) -> list[Item | None]:
        """Return items in the order of their keys, in one request and perhaps not their newest versions."""
        with transient_errors_as_unavailable():
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": keys}})
        if answer["UnprocessedKeys"]:
            raise StorageUnavailable("the table has no capacity left for now")
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Responses"].get(self.name, [])}
        return [found.get((key["pk"]["S"], key["sk"]["S"])) for key in keys]

    def put(self, item: Item, condition: str | None = None) -> bool:
        """Write an item; False when the condition did not hold."""
        options = {"ConditionExpression": condition} if condition else {}
        return self._done(self.client.put_item, Item=item, **options)

    def update(self, key: Item, changes: str, condition: str, values: Item) -> bool:
        """Change an item; False when the condition did not hold."""
        options = {"ExpressionAttributeValues": values} if values else {}
        expressions = {"UpdateExpression": changes, "ConditionExpression": condition}
        return self._done(self.client.update_item, Key=key, **expressions, **options)

    def delete(self, key: Item) -> None:
        """Delete an item, if it is there."""
        self._done(self.client.delete_item, Key=key)

    def transact(self, writes: Sequence[dict[str, Any]]) -> bool:
        """Make all these writes (`{"Put": …}`, `{"Update": …}`) or none.

        False when a condition did not hold or another transaction was at work on an item.
        """
        named = [{kind: {"TableName": self.name, **one} for kind, one in write.items()} for write in writes]
        with transient_errors_as_unavailable():
            try:
                self.client.transact_write_items(TransactItems=named)  # type: ignore[arg-type]
            except ClientError as error:
                if _reasons(error) - {"None"} and _reasons(error) <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                    return False
                raise
        return True

    def query(self, condition: str, values: Item, **options: Any) -> Iterator[Item]:
        """Yield the items that a key condition names, asking for more only as far as it is iterated."""
        request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **options}
        return self._pages(self.client.query, request)

    def scan(self, condition: str, values: Item, **options: Any) -> Iterator[Item]:
        """Yield the items that a filter lets pass, at the cost of reading all; for the operator's command only."""
        request = {"FilterExpression": condition, "ExpressionAttributeValues": values, **options}
        return self._pages(self.client.scan, request)

    def _done(self, write: Callable[..., Any], **request: Any) -> bool:
        try:
            with transient_errors_as_unavailable():
                write(TableName=self.name, **request)
        except ClientError as error:
            if item_that_failed_condition(error) is None:
                raise
            return False
        return True

    def _pages(self, ask: Callable[..., Any], request: dict[str, Any]) -> Iterator[Item]:
        while True:
            with transient_errors_as_unavailable():
                answer = ask(TableName=self.name, **request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
