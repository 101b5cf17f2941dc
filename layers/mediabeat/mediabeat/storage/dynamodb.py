"""DynamoDB: the meaning of its errors, and the requests that the stores make."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients.lean import NoAnswer, Refused
from mediabeat.storage.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

IS_NEW: Final = "attribute_not_exists(pk)"
EXISTS: Final = "attribute_exists(pk)"

TRANSIENT: Final = frozenset(
    {
        "InternalServerError",
        "InternalServiceError",  # Secrets Manager's name for it
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes of AWS after which the same request may succeed."""

TRANSIENT_HERE: Final = TRANSIENT | {"ResourceNotFoundException"}
"""The same for the table: one that is missing is being restored."""


@contextmanager
def own_errors() -> Iterator[None]:
    """Raise Refused and NoAnswer also in place of botocore's errors."""
    try:
        yield
    except (Refused, NoAnswer):
        raise
    except _botocores() as error:  # evaluated only now, so nobody loads botocore who does not use it
        from mediabeat.storage.clients.boto import own

        raise own(error) from error


def _botocores() -> tuple[type[Exception], ...]:
    from mediabeat.storage.clients.boto import ERRORS

    return ERRORS


@contextmanager
def transient_errors_as_unavailable(codes: frozenset[str] = TRANSIENT_HERE) -> Iterator[None]:
    """Raise StorageUnavailable for these codes, time-outs, conflicts and server errors, and Refused for other errors."""
    try:
        with own_errors():
            yield
    except Refused as error:
        if error.code in codes or _is_conflict(error) or _is_server_error(error):
            raise StorageUnavailable(str(error)) from error
        raise
    except NoAnswer as error:
        raise StorageUnavailable(str(error)) from error


def _is_conflict(error: Refused) -> bool:
    return bool(_reasons(error) - {"None", "ConditionalCheckFailed"})


def _is_server_error(error: Refused) -> bool:
    """Return whether the status is 5xx, whatever the code: a gateway's 502 has none of DynamoDB's codes."""
    return error.status >= 500


def _reasons(error: Refused) -> set[str]:
    """Return the cancellation reasons of a failed transaction, "None" for a write that did not fail. Empty for other errors."""
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    return {reason.get("Code") for reason in reasons}


def item_that_failed_condition(error: Refused) -> Item | None:
    """Return the old item of a request whose condition failed, empty when there was no item. None for any other error."""
    if error.code == "ConditionalCheckFailedException":
        return dict(error.response.get("Item", {}))
    for reason in error.response.get("CancellationReasons", []):
        if reason.get("Code") == "ConditionalCheckFailed":
            return dict(reason.get("Item", {}))
    return None


class ConditionFailed(Exception):
    """The condition of a write did not hold. `item` is the item at that time, empty when there was none."""

    def __init__(self, item: Item) -> None:
        self.item = item


class Table:
    """The table of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, name: str, client: "DynamoDBClient") -> None:
        self.name = name
        self.client = client

    def get(self, key: Item, *, consistent: bool = False) -> Item | None:
        """Return an item; None when there is none. Without `consistent`, the answer may miss the newest write."""
        with transient_errors_as_unavailable():
            return self.client.get_item(TableName=self.name, Key=key, ConsistentRead=consistent).get("Item")

    def get_all(self, *keys: Item, consistent: bool = False) -> list[Item | None]:
        """Return up to 100 items in the order of their keys, by one request.

        Without `consistent`, the answer may miss the newest writes.
        """
        with transient_errors_as_unavailable():
            answer = self.client.batch_get_item(RequestItems={self.name: {"Keys": keys, "ConsistentRead": consistent}})
        if answer["UnprocessedKeys"]:
            raise StorageUnavailable("the table has no capacity left for now")
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Responses"].get(self.name, [])}
        return [found.get((key["pk"]["S"], key["sk"]["S"])) for key in keys]

    def put(self, item: Item, condition: str | None = None, values: Item | None = None) -> bool:
        """Write an item. Returns False when the condition did not hold."""
        options: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        options |= {"ExpressionAttributeValues": values} if values else {}
        return self._is_done(self.client.put_item, Item=item, **options)

    def put_new(self, item: Item) -> Item | None:
        """Write an item unless one with its key exists. Returns the existing item, and None when the new one was written."""
        try:
            with transient_errors_as_unavailable():
                self.client.put_item(
                    TableName=self.name, Item=item, ConditionExpression=IS_NEW, ReturnValuesOnConditionCheckFailure="ALL_OLD"
                )
        except Refused as error:
            old = item_that_failed_condition(error)
            if old is None:
                raise
            return old
        return None

    def update(self, key: Item, changes: str, condition: str, values: Item) -> bool:
        """Change an item. Returns False when the condition did not hold."""
        options = {"ExpressionAttributeValues": values} if values else {}
        expressions = {"UpdateExpression": changes, "ConditionExpression": condition}
        return self._is_done(self.client.update_item, Key=key, **expressions, **options)

    def update_with(self, update: dict[str, Any], new: Item | None) -> None:
        """Change an item under a condition, and write another item in the same transaction if there is one.

        Raises ConditionFailed with the old item.
        """
        named = {"TableName": self.name, **update, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            with transient_errors_as_unavailable():
                if new is None:
                    self._update_beside_transactions(named)
                else:
                    writes: list[Any] = [{"Update": named}, {"Put": {"TableName": self.name, "Item": new}}]
                    self.client.transact_write_items(TransactItems=writes)
        except Refused as error:
            old = item_that_failed_condition(error)
            if old is None:
                raise
            raise ConditionFailed(old) from None

    def _update_beside_transactions(self, update: dict[str, Any]) -> None:
        """Change an item; once more if a transaction is at work on it, which takes milliseconds. The SDK does not repeat that."""
        try:
            with own_errors():
                self.client.update_item(**update)
        except Refused as error:
            if error.code != "TransactionConflictException":
                raise
            self.client.update_item(**update)

    def delete(self, key: Item) -> None:
        """Delete an item, if it is there."""
        self._is_done(self.client.delete_item, Key=key)

    def delete_if(self, key: Item, condition: str, values: Item) -> bool:
        """Delete an item. Returns False when the condition did not hold."""
        expressions = {"ConditionExpression": condition, "ExpressionAttributeValues": values}
        return self._is_done(self.client.delete_item, Key=key, **expressions)

    def transact(self, writes: Sequence[dict[str, Any]]) -> bool:
        """Make all these writes (`{"Put": …}`, `{"Update": …}`) or none.

        Returns False when a condition did not hold or another transaction was changing an item.
        """
        return self.transact_or_see(writes) is None

    def transact_or_see(self, writes: Sequence[dict[str, Any]]) -> dict[int, Item] | None:
        """Make all these writes or none. Returns None when they are made.

        Else returns the positions of the writes whose condition did not hold, with the old items of those that ask for `ALL_OLD`.
        There are none if another transaction was changing an item.
        """
        named = [{kind: {"TableName": self.name, **one} for kind, one in write.items()} for write in writes]
        with transient_errors_as_unavailable():
            try:
                with own_errors():
                    self.client.transact_write_items(TransactItems=named)  # type: ignore[arg-type]
            except Refused as error:
                if _reasons(error) - {"None"} and _reasons(error) <= {"None", "ConditionalCheckFailed", "TransactionConflict"}:
                    reasons: list[Any] = error.response.get("CancellationReasons", [])
                    failed = {at: one for at, one in enumerate(reasons) if one.get("Code") == "ConditionalCheckFailed"}
                    return {at: dict(one.get("Item", {})) for at, one in failed.items()}
                raise
        return None

    def query(self, condition: str, values: Item, *, at_first: int = 0, **options: Any) -> Iterator[Item]:
        """Yield the items that match a key condition. Reads only as far as the caller iterates.

        The first answer has `at_first` items, if that is given.
        """
        request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, **options}
        return self._pages(self.client.query, request, {"Limit": at_first} if at_first else {})

    def scan(self, condition: str, values: Item, **options: Any) -> Iterator[Item]:
        """Yield the items that match a filter. Reads all items, so only the operator's command uses it."""
        request = {"FilterExpression": condition, "ExpressionAttributeValues": values, **options}
        return self._pages(self.client.scan, request)

    def _is_done(self, write: Callable[..., Any], **request: Any) -> bool:
        try:
            with transient_errors_as_unavailable():
                write(TableName=self.name, **request)
        except Refused as error:
            if item_that_failed_condition(error) is None:
                raise
            return False
        return True

    def _pages(self, ask: Callable[..., Any], request: dict[str, Any], only_first: Item = {}) -> Iterator[Item]:  # noqa: B006
        while True:
            with transient_errors_as_unavailable():
                answer = ask(TableName=self.name, **request, **only_first)
            only_first = {}
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request = request | {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
