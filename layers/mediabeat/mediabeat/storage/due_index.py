"""The index `due`: the sessions that may have to be closed, by the lane in which they wait."""

from collections.abc import Iterator
from typing import Final

from mediabeat.storage import due_partitions
from mediabeat.storage.checkpoints import MEASURED, session_of
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.session_items import HEAD, shard_of
from mediabeat.storage.table import DUE_INDEX, key

HAS_MARK: Final = "attribute_exists(due_at)"

PAGE_ENTRIES: Final = 250
"""Entries per request. A run pays for all entries that it reads, and may have time for a few of them only."""


class DueIndex:
    """The due sessions of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table: Table, shards: int) -> None:
        self._table = table
        self._shards = shards

    def usual(self, number: int = 0, slices: int = 1) -> dict[str, list[str]]:
        """Return the partitions of the usual lane in one of several slices, by bucket."""
        shards = range(self._shards)[number::slices]
        buckets = range(due_partitions.PROJECT_BUCKETS)
        by_project = {str(bucket): [f"{shard}.{bucket}" for shard in shards] for bucket in buckets}
        return by_project | {due_partitions.ANY: list(map(str, shards))}

    def large(self, number: int = 0, slices: int = 1) -> dict[str, list[str]]:
        """Return the partitions of the lane for large sessions in one of several slices, by bucket."""
        buckets = [*map(str, range(due_partitions.PROJECT_BUCKETS)), due_partitions.ANY]
        return {bucket: [due_partitions.large(bucket)] for bucket in buckets[number::slices]}

    def aside(self, now: int, number: int = 0) -> dict[int, str]:
        """Return the partitions of the lane for failing sessions that are read at `now`, by level; slice 0 reads them."""
        if number:
            return {}
        return {level: due_partitions.aside(level) for level in due_partitions.levels_at(now)} | {-1: due_partitions.ASIDE}

    def read(self, partition: str, now: int) -> Iterator[tuple[int, str]]:
        """Yield due mark and id of the sessions in a partition whose due mark has passed, oldest first."""
        values = {":partition": {"S": partition}, ":now": {"N": str(now)}}
        condition = "due_shard = :partition AND due_at <= :now"
        for item in self._table.query(condition, values, IndexName=DUE_INDEX, Limit=PAGE_ENTRIES):
            yield int(item["due_at"]["N"]), item["pk"]["S"]

    def move(self, sid: str, partition: str) -> bool:
        """Move a session to another partition. Its due mark stays as it is. Returns False when it has none any more."""
        # What asks for a checkpoint has a partition of its own.
        item = key(sid, MEASURED if session_of(sid) else HEAD)
        return self._table.update(item, "SET due_shard = :partition REMOVE seen", HAS_MARK, {":partition": {"S": partition}})

    def home_of(self, sid: str) -> str:
        """Return the partition for a session that comes back from aside: nothing but its shard is known."""
        return str(shard_of(sid, self._shards))
