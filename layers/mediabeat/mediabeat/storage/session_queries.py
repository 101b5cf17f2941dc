"""Queries about sessions in DynamoDB. Nothing here writes."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from mediabeat.core.records import ListEntry, StoredSession
from mediabeat.core.session_query import place_of, stands_for
from mediabeat.storage import session_items, viewer_items
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.session_reads import read_session
from mediabeat.storage.table import NEWEST_INDEX, Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


SAME_START: Final = 25
"""Sessions of one shard and one millisecond among which an id is looked for. Uploads choose their start, so there is a bound."""


class SessionQueries:
    """Reads the sessions of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def read_session(self, sid: str, *, up_to: int | None = None) -> StoredSession | None:
        """Return all that is stored of a session; None when there is no such session.

        Raises LargeSession when its events weigh more than `up_to`.
        """
        return read_session(self._table, sid, up_to=up_to)

    def newest(self, listing: str, *, since: int, until: int, page_size: int, now: int) -> Iterator[ListEntry]:
        """Yield the sessions of a listing that started between two times (epoch ms, both included), newest first.

        Leaves out expired sessions (`now` in epoch ms). Reads `page_size` entries per request, and only as far as the caller
        iterates.
        """
        condition = "listing = :listing AND started_at BETWEEN :since AND :until"
        values = {":listing": {"S": listing}, ":since": {"N": str(since)}, ":until": {"N": str(until)}}
        options: Item = {"IndexName": NEWEST_INDEX, "ScanIndexForward": False, "Limit": page_size}
        items = self._table.query(condition, values, **options)
        return (session_items.entry_of(item) for item in items if not session_items.has_expired(item, now))

    def newest_of_viewer(self, project_id: str, viewer: str, *, now: int) -> StoredSession | None:
        """Return the newest session of a viewer in a project that has not expired; None when there is none."""
        values = {":pk": {"S": viewer_items.viewer_partition(project_id, viewer)}}
        items = self._table.query("pk = :pk", values, ScanIndexForward=False, Limit=1)
        entries = (item for item in items if not session_items.has_expired(item, now))
        found = (self.read_session(viewer_items.viewer_entry_of(entry).sid) for entry in entries)
        return next((stored for stored in found if stored and stored.start and not stored.has_expired(now)), None)

    def session_shown_as(self, project_id: str, shown: str, *, shards: int) -> StoredSession | None:
        """Return the session of a project that answers show under this id (see `session_query`); None when there is none.

        Reads the list, which can miss a session for about a second after its start.
        """
        place = place_of(shown)
        if place is None:
            return None
        # A session that was stored under fewer shards is in another one.
        for shard in dict.fromkeys(place.checksum % count for count in range(shards, 0, -1)):
            listing = session_items.listing_key(project_id, place.device, place.video_type, shard)
            values = {":listing": {"S": listing}, ":at": {"N": str(place.started_at)}}
            items = self._table.query("listing = :listing AND started_at = :at", values, IndexName=NEWEST_INDEX, Limit=SAME_START)
            for item in islice(items, SAME_START):
                if stands_for(shown, item["pk"]["S"]):
                    return self.read_session(item["pk"]["S"])
        return None

    def all_entries(self, *, since: int) -> Iterator[ListEntry]:
        """Yield the list entries of all projects' sessions that started at or after a time (epoch ms).

        Scans the whole index `newest`, so only the operator's command uses it; no deployed function may scan.
        """
        values = {":since": {"N": str(since)}}
        return map(session_items.entry_of, self._table.scan("started_at >= :since", values, IndexName=NEWEST_INDEX))
