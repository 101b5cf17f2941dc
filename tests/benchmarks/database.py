"""Tables like the deployed one on a real engine, and a count of what requests cost there."""

import itertools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest import mock

from mediabeat.dynamodb import dynamodb_client
from mediabeat.projects import new_project
from mediabeat.registry import Registry
from mediabeat.table import Item
from tests.benchmarks.figures import NotTaken
from tests.engine import NoEngine, running
from tests.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT: Final = "demo"
READS: Final = frozenset({"Query", "GetItem", "BatchGetItem", "Scan"})
BATCH: Final = 25
"""Most items that one request may write."""


class Spent(NamedTuple):
    """What requests have cost."""

    reads: float
    writes: float


class Units:
    """Count the capacity that a client's requests consume, as the engine tells it; index writes are included."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._spent: list[tuple[str, float]] = []  # the closer asks from many threads: only append is safe
        client.meta.events.register("before-parameter-build.dynamodb", self._ask)
        client.meta.events.register("after-call.dynamodb", self._note)

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        told = parsed.get("ConsumedCapacity", [])
        for each in told if isinstance(told, list) else [told]:
            self._spent.append((model.name, each["CapacityUnits"]))
        if "Error" in parsed:
            self._spent.append((model.name, 1.0))  # a failed condition costs the write all the same

    def taken(self) -> Spent:
        """Return what was spent since this was last asked."""
        spent, self._spent = self._spent, []
        reads = sum(units for name, units in spent if name in READS)
        return Spent(reads, sum(units for _, units in spent) - reads)


class Database:
    """An engine; each benchmark makes its own tables in it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = itertools.count()
        self._admin = self.client()

    def client(self, connections: int = 1) -> "DynamoDBClient":
        """Return a client as the functions make it."""
        with mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=self.endpoint):
            return dynamodb_client(connections)

    def new_table(self) -> str:
        """Create a table as template.yaml has it, with the project `demo` in it."""
        name = f"benchmark-{next(self._numbers)}"
        self._admin.create_table(TableName=name, **table_definition())
        Registry(name, self._admin).create_project(new_project(PROJECT, 0)[0])
        return name

    def load(self, table: str, items: Iterable[Item]) -> None:
        """Write items, many at a time."""
        waiting = iter(items)
        while batch := list(itertools.islice(waiting, BATCH)):
            puts: Any = [{"PutRequest": {"Item": item}} for item in batch]
            left = self._admin.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
            if left:
                raise NotTaken("the engine did not take all items of a batch")


@contextmanager
def database(*options: str) -> Iterator[Database]:
    """Run an engine for as long as the block.

    Raises NotTaken where there is none.
    """
    try:
        with running(*options) as endpoint:
            yield Database(endpoint)
    except NoEngine as error:
        raise NotTaken(f"needs a DynamoDB engine: {error}") from None
