"""Finds and deletes a viewer's sessions in DynamoDB. Only the operator's command does this, never a function."""

from typing import TYPE_CHECKING

from mediabeat.storage import checkpoints, upload_items, viewer_items
from mediabeat.storage.dynamodb import EXISTS, Table
from mediabeat.storage.rollups.list_entries import ListEntries
from mediabeat.storage.rollups.rollup_items import seen_partition
from mediabeat.storage.session_items import START
from mediabeat.storage.table import Item
from mediabeat.storage.viewer_items import ViewerEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ViewerStore:
    """The sessions by their viewers. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)
        self._list = ListEntries(self._table)

    def entries(self, project_id: str, viewer: str) -> list[ViewerEntry]:
        """Return the entries of all sessions of a viewer (a UUID), by a consistent read."""
        values = {":pk": {"S": viewer_items.viewer_partition(project_id, viewer)}}
        return list(map(viewer_items.viewer_entry_of, self._table.query("pk = :pk", values, ConsistentRead=True)))

    def refuse_repeats(self, sid: str) -> None:
        """Let no repeated upload bring back a downloaded session. Sessions that were not uploaded have no mark."""
        self._table.update(upload_items.upload_key(sid), "SET erased = :true", EXISTS, {":true": {"BOOL": True}})

    def remove_session(self, sid: str) -> int:
        """Delete all items of a session, and return their number.

        The head sorts first, so it is deleted first. From then on the session accepts no events.
        """
        keys = self._keys_of_session(sid)
        for key in keys:
            if key["sk"] == {"S": START}:
                self._list.remove(sid)
            else:
                self._table.delete(key)
        return len(keys)

    def remove_entry(self, entry: ViewerEntry) -> int:
        """Delete the entries that find a session, the given one last. Returns their number; some may have been gone."""
        for key in entry.keys:
            self._table.delete(key)
        return len(entry.keys)

    def left(self, entry: ViewerEntry) -> int:
        """Return how many items of a session, and entries that find it, exist, by consistent reads."""
        found = [self._table.get(key, consistent=True) for key in entry.keys]
        return len(self._keys_of_session(entry.sid)) + sum(item is not None for item in found)

    def is_counted(self, project_id: str, viewer: str) -> bool:
        """Return whether the charts still count a viewer (a UUID) on some day, by a consistent read."""
        values = {":pk": {"S": seen_partition(project_id, viewer)}}
        options: Item = {"ConsistentRead": True, "ProjectionExpression": "pk"}
        return any(True for _ in self._table.query("pk = :pk", values, at_first=1, **options))

    def _keys_of_session(self, sid: str) -> list[Item]:
        options: Item = {"ConsistentRead": True, "ProjectionExpression": "pk, sk"}
        beside = checkpoints.measured_key(sid)
        return [
            *self._table.query("pk = :pk", {":pk": {"S": sid}}, **options),
            *([beside] if self._table.get(beside, consistent=True) else []),
        ]
