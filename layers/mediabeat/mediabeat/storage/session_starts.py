"""New sessions in DynamoDB: those that players start, and those that an archive brings back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mediabeat.core.records import Head, Start, StoredSession
from mediabeat.storage import session_items, viewer_items
from mediabeat.storage.dynamodb import IS_NEW, Table
from mediabeat.storage.table import key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class SessionStarts:
    """Stores new sessions. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, index_shards: int, retention_s: int = 0) -> None:
        self._table = Table(table_name, client)
        self._shards = index_shards
        self._retention_s = retention_s

    def create_session(self, sid: str, head: Head, start: Start, events: Iterable[bytes] = (), *, now: int) -> None:
        """Store a new session. It exists once its start item, which is written last, is there."""
        expires_at = now // 1_000 + self._retention_s
        for page in session_items.pages(events):
            self._table.put(session_items.page_item(sid, page, expires_at=expires_at))
        # A request that timed out and was repeated may arrive after its repeat, after the first events, even after the summary.
        # The condition keeps it from overwriting them.
        self._table.put(session_items.head_item(sid, head, shards=self._shards, expires_at=expires_at), IS_NEW)
        for entry in viewer_items.viewer_items(sid, start, expires_at=expires_at):
            self._table.put(entry)
        self._table.put(session_items.start_item(sid, start, shards=self._shards, expires_at=expires_at), IS_NEW)

    def restore_session(self, stored: StoredSession) -> bool:
        """Store an exported session as it was. Returns False, with nothing changed, if the session exists.

        The call may be interrupted and repeated.
        """
        start = stored.start
        if start is None:
            raise ValueError(f"session {stored.sid} has no start")
        if self._table.get(key(stored.sid, session_items.HEAD), consistent=True) is not None:
            return False
        # Pages without a head belong to no session, so they come first. The rest is one transaction: the closer would take an
        # old head without its start for a failed creation, and delete it.
        for page in session_items.pages(sorted(stored.events - {start.event})):
            self._table.put(session_items.page_item(stored.sid, page, expires_at=stored.expires_at))
        common = {"shards": self._shards, "expires_at": stored.expires_at}
        new = (
            session_items.head_item(stored.sid, stored.head, **common),
            session_items.start_item(stored.sid, start, **common, summary=stored.summary),
        )
        entries = viewer_items.viewer_items(stored.sid, start, expires_at=stored.expires_at)
        return self._table.transact(
            [
                *({"Put": {"Item": item, "ConditionExpression": IS_NEW}} for item in new),
                *({"Put": {"Item": item}} for item in entries),
            ]
        )
