"""Tables like the deployed one on a real engine, and a count of what requests cost there."""

import base64
import gzip
import itertools
import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from unittest import mock

from mediabeat.core.projects import new_project
from mediabeat.runtime.settings import surroundings
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.clients.lean import LeanClient, Sending, lean_client
from mediabeat.storage.clients.wire import Answer
from mediabeat.storage.project_store import Registry
from mediabeat.storage.table import Item
from tests.benchmarks.figures import NotTaken
from tests.support.engine import NoEngine, binary, running
from tests.support.environment import usual_environment
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PROJECT: Final = "demo"
READS: Final = frozenset({"Query", "GetItem", "BatchGetItem", "Scan"})


class Spent(NamedTuple):
    """What requests have cost; writes to the indexes are in `writes`, and by index in `index_writes`."""

    reads: float
    writes: float
    index_writes: Counter[str]


class Units:
    """Count the capacity that the requests of clients consume, as the engine tells it; index writes are included."""

    def __init__(self, *clients: "DynamoDBClient") -> None:
        self._told: list[tuple[str, Any]] = []  # the closer asks from many threads: only append is safe
        for client in clients:
            if isinstance(client, LeanClient):
                client._wire = _Telling(client._wire, self._add)
                continue
            client.meta.events.register("before-parameter-build.dynamodb", self._ask)
            client.meta.events.register("after-call.dynamodb", self._note)

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "INDEXES"

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        failed = [{"CapacityUnits": 1.0}] if "Error" in parsed else []  # a failed condition costs the write all the same
        told = parsed.get("ConsumedCapacity", failed)
        self._told.extend((model.name, one) for one in (told if isinstance(told, list) else [told]))

    def _add(self, operation: str, answer: dict[str, Any]) -> None:
        told = answer.get("ConsumedCapacity", [{"CapacityUnits": 1.0}])  # as above
        self._told.extend((operation, one) for one in (told if isinstance(told, list) else [told]))

    def taken(self) -> Spent:
        """Return what was spent since this was last asked."""
        told, self._told = self._told, []
        writes = [one for name, one in told if name not in READS]
        index_writes: Counter[str] = Counter()
        for one in writes:
            for index, units in one.get("GlobalSecondaryIndexes", {}).items():
                index_writes[index] += units["CapacityUnits"]
        reads = sum(one["CapacityUnits"] for name, one in told if name in READS)
        return Spent(reads, sum(one["CapacityUnits"] for one in writes), index_writes)


class _Telling:
    """What sends for a small client, and notes the capacity that each request has used."""

    def __init__(self, wire: Sending, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._wire = wire
        self._tell = tell
        self.close = wire.close

    def send(self, operation: str, body: bytes, deadline_s: float) -> Answer:
        asked = json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "INDEXES"}).encode()
        status, _, content = self._wire.send(operation, asked, deadline_s)
        self._tell(operation, json.loads(content))
        return status, {}, content


class Database:
    """An engine; each benchmark makes its own tables in it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = itertools.count()
        self._clients: list[DynamoDBClient] = []
        self._admin = self.client()

    def client(self, connections: int = 1) -> "DynamoDBClient":
        """Return a client as the functions make it."""
        with mock.patch.dict(os.environ, AWS_ENDPOINT_URL_DYNAMODB=self.endpoint):
            self._clients.append(dynamodb_client(connections))
        return self._clients[-1]

    def lean_client(self, connections: int = 1) -> "DynamoDBClient":
        """Return a small client, as the functions on the hot path make it."""
        environment = usual_environment() | {"AWS_ENDPOINT_URL_DYNAMODB": self.endpoint}
        self._clients.append(lean_client(**surroundings() | {"environment": environment, "connections": connections}))
        return self._clients[-1]

    def close(self) -> None:
        """Hang up."""
        for client in self._clients:
            client.close()

    def new_table(self) -> str:
        """Create a table as template.yaml has it, with the project `demo` in it."""
        name = f"benchmark-{next(self._numbers)}"
        self._admin.create_table(TableName=name, **table_definition())
        Registry(name, self._admin).create_project(new_project(PROJECT, 0)[0])
        return name


Contents = Mapping[str, Iterable[Item]]
"""Tables by name, and the items in them."""


@contextmanager
def filled_database(contents: Contents) -> Iterator[Database]:
    """Run an engine that holds these items. They are imported, as writing a hundred thousand by requests takes minutes.

    Raises NotTaken.
    """
    with tempfile.TemporaryDirectory(prefix="mediabeat-benchmark-") as name:
        folder = Path(name)
        schema, exports, data = folder / "schema.json", folder / "exports", folder / "data.db"
        schema.write_text(json.dumps([{"Table": {"TableName": table, **table_definition()}} for table in contents]))
        for table, items in contents.items():
            _export(items, exports / table / "data")
        command = [str(part) for part in (binary(), "import", "--source", exports, "--schema", schema, "--output", data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotTaken(f"the engine could not import: {done.stderr.strip()}")
        with database("--db-path", str(data)) as engine:
            yield engine


def _export(items: Iterable[Item], folder: Path) -> None:
    """Write items in the form of DynamoDB's exports to S3."""
    folder.mkdir(parents=True)
    with gzip.open(folder / "items.json.gz", "wt", compresslevel=1) as lines:
        for item in items:
            lines.write(json.dumps({"Item": item}, default=_as_on_the_wire) + "\n")


def _as_on_the_wire(value: bytes) -> str:
    return base64.b64encode(value).decode()


@contextmanager
def database(*options: str) -> Iterator[Database]:
    """Run an engine for as long as the block.

    Raises NotTaken where there is none.
    """
    try:
        with running(*options) as endpoint, closing(Database(endpoint)) as database:
            yield database
    except NoEngine as error:
        raise NotTaken(f"needs a DynamoDB engine: {error}") from None
