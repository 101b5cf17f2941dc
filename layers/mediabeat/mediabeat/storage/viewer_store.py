"""A viewer's sessions in DynamoDB, found and removed: for the operator's command only, as no deployed function may do that."""

from typing import TYPE_CHECKING

from mediabeat.storage import viewer_items
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.table import Item
from mediabeat.storage.viewer_items import ViewerEntry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ViewerStore:
    """What finds a viewer's sessions, and what they consist of. Every method raises StorageUnavailable."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def entries(self, project_id: str, viewer: str) -> list[ViewerEntry]:
        """Return the entries of all sessions of a viewer (a UUID), as they are right now."""
        values = {":pk": {"S": viewer_items.viewer_partition(project_id, viewer)}}
        return list(map(viewer_items.viewer_entry_of, self._table.query("pk = :pk", values, ConsistentRead=True)))

    def remove_session(self, sid: str) -> int:
        """Delete all that is stored of a session and return how many items that were.

        The head sorts first, so it goes first, and from then on the session takes no events.
        """
        keys = self._keys_of_session(sid)
        for key in keys:
            self._table.delete(key)
        return len(keys)

    def remove_entry(self, entry: ViewerEntry) -> int:
        """Delete the entries that find a session, the given one last, and return how many there were at most."""
        for key in entry.keys:
            self._table.delete(key)
        return len(entry.keys)

    def left(self, entry: ViewerEntry) -> int:
        """Return how many items there are right now of a session and of the entries that find it."""
        found = [self._table.get(key, consistent=True) for key in entry.keys]
        return len(self._keys_of_session(entry.sid)) + sum(item is not None for item in found)

    def _keys_of_session(self, sid: str) -> list[Item]:
        options = {"ConsistentRead": True, "ProjectionExpression": "pk, sk"}
        return list(self._table.query("pk = :pk", {":pk": {"S": sid}}, **options))
