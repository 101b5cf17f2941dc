"""How many sessions of a project are heard from in each minute, in DynamoDB.

    pk                      sk          what
    live#{project's hash}   {minute}    sessions by kind (`c0`, `c1` …), and the batches that were counted (`batches`)

It is a gauge, for the last hour: one write for each project, minute and batch, and none for an event. A batch of the stream that
Lambda delivers again counts once, because the item has its id. If Lambda cuts the batch otherwise the second time, which it does
only after a failure of its own, sessions count twice in that minute.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups.stream_records import ID_BYTES, Sighting
from mediabeat.storage.rollups.watching import project_hash
from mediabeat.storage.table import Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S: Final = 2 * 3_600
"""Twice as long as answers reach back."""

NOT_COUNTED: Final = "NOT contains(batches, :id)"  # also true for an item that does not exist yet


class LiveViewers:
    """The viewers of one deployment's projects. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def count(self, sightings: Iterable[Sighting]) -> None:
        """Count the sightings of one batch; a second time changes nothing."""
        groups = defaultdict[tuple[str, int], list[Sighting]](list)
        for one in sightings:
            groups[one.project_hash, one.minute].append(one)
        for (project, minute), group in groups.items():
            self._add(minute_key(project, minute), group, expires_at=minute * 60 + KEPT_S)

    def _add(self, item_key: Item, group: list[Sighting], *, expires_at: int) -> None:
        batch = hashlib.sha256(" ".join(sorted(one.sequence for one in group)).encode()).digest()[:ID_BYTES]
        kinds = Counter(one.kind for one in group)
        added = ", ".join(f"c{kind} :c{kind}" for kind in kinds)
        values: Item = {f":c{kind}": {"N": str(number)} for kind, number in kinds.items()}
        values |= {":id": {"B": batch}, ":ids": {"BS": [batch]}, ":expires_at": {"N": str(expires_at)}}
        self._table.update(item_key, f"SET expires_at = :expires_at ADD {added}, batches :ids", NOT_COUNTED, values)

    def minutes(self, project_id: str, first: int, last: int) -> dict[int, Counter[int]]:
        """Return a project's sessions by kind in the minutes (epoch minutes) from first to last, both included.

        A minute in which no session was heard from is absent.
        """
        values = {":pk": minute_key(project_hash(project_id), 0)["pk"], ":first": {"S": str(first)}, ":last": {"S": str(last)}}
        found = self._table.query("pk = :pk AND sk BETWEEN :first AND :last", values)
        return {int(item["sk"]["S"]): kinds_in(item) for item in found}


def minute_key(project: str, minute: int) -> Item:
    """Return the key of the item of a project (by its hash) and an epoch minute."""
    return key(f"live#{project}", str(minute))


def kinds_in(item: Item) -> Counter[int]:
    """Return the sessions in an item by their kinds."""
    return Counter({int(name[1:]): int(value["N"]) for name, value in item.items() if name[0] == "c" and name[1:].isdigit()})
