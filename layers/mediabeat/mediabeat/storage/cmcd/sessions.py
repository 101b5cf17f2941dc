"""Sessions of CMCD players in DynamoDB: their beginning, and what only they need. `session_store` appends to them.

Nobody tells when such a session begins: any line may be the first to arrive, and several arrive at once. So its id is known
before it exists, and one transaction creates all of it: of two that are made at once, one fails and appends.
"""

from collections.abc import Set
from typing import TYPE_CHECKING, Any, Final

from mediabeat.core import event_codec
from mediabeat.core.event import CONTENT_TYPE
from mediabeat.core.records import Head, Start
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING
from mediabeat.storage import session_items, viewer_items
from mediabeat.storage.cmcd import items
from mediabeat.storage.due_partitions import partition_of
from mediabeat.storage.dynamodb import EXISTS, IS_NEW, Table
from mediabeat.storage.rollups.list_entries import SAME_VERSION
from mediabeat.storage.rollups.watching import watching_value
from mediabeat.storage.table import Item, key, number_in
from mediabeat.storage.write_units import units_to_put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_WAITING: Final = 100
"""Lines that wait for a session to begin. Shaka Player sends fewer before its first frame."""

HAS_ROOM_TO_WAIT: Final = "attribute_not_exists(events) OR size(events) < :most"
MOST_REMEMBERED: Final = 10_000


class NewSession:
    """The writes that create a session with its first lines."""

    def __init__(self, writes: list[dict[str, Any]]) -> None:
        self.writes = writes

    @property
    def units(self) -> int:
        """The write units of the transaction: twice those of its writes."""
        put = [write["Put"]["Item"] if "Put" in write else write["Update"]["Key"] for write in self.writes]
        return 2 * sum(map(units_to_put, put))


class LineSessions:
    """The beginnings of CMCD sessions. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, index_shards: int, retention_s: int = 0) -> None:
        self._table = Table(table_name, client)
        self._shards = index_shards
        self._retention_s = retention_s
        self._listed_live: set[str] = set()

    def new_session(
        self, sid: str, head: Head, start: Start, lines: Set[bytes], *, now: int, first_part: tuple[str, int] | None = None
    ) -> NewSession:
        """Return the writes that create a session. `first_part`: the id of its sid's first part, and the number of this one."""
        expires_at = now // 1_000 + self._retention_s
        due_shard = partition_of(sid, start.project_id, weight=0, shards=self._shards)
        head = head._replace(weight=sum(map(event_codec.event_weight, lines)))
        head_item = session_items.head_item(sid, head, due_shard=due_shard, expires_at=expires_at, of=watching_value(start))
        new: list[Item] = []
        if sum(map(len, lines)) > session_items.LARGE_BYTES:
            new.append(session_items.page_item(sid, lines, expires_at=expires_at))
        elif lines:
            head_item = items.with_tail(head_item, lines)
        entries = viewer_items.viewer_items(sid, start, expires_at=expires_at)
        start_item = session_items.start_item(sid, start, shards=self._shards, expires_at=expires_at)
        writes: list[dict[str, Any]] = [{"Put": {"Item": head_item, "ConditionExpression": IS_NEW}}]
        writes += [{"Put": {"Item": item}} for item in (*new, *entries)]
        writes.append({"Put": {"Item": start_item, "ConditionExpression": IS_NEW}})
        if first_part:
            first, number = first_part
            writes.append(
                {
                    "Update": {
                        "Key": key(first, session_items.HEAD),
                        "UpdateExpression": "SET parts = :number",
                        "ConditionExpression": EXISTS,
                        "ExpressionAttributeValues": {":number": {"N": str(number)}},
                    }
                }
            )
        return NewSession(writes)

    def create(self, session: NewSession) -> bool:
        """Create a session. Returns False when another request has created it, or is doing so."""
        return self._table.transact(session.writes)

    def keep_waiting(self, sid: str, lines: Set[bytes], *, now: int) -> bool:
        """Keep lines until their session begins; they then belong to it. Returns False when as many are waiting as may."""
        values = {
            ":lines": {"BS": sorted(lines)},
            ":most": {"N": str(MOST_WAITING)},
            ":expires_at": {"N": str(now // 1_000 + self._retention_s)},
        }
        changes = "SET expires_at = :expires_at ADD events :lines"
        return self._table.update(items.waiting_key(sid), changes, HAS_ROOM_TO_WAIT, values)

    def waiting(self, sid: str) -> list[bytes]:
        """Return the lines that wait for their session."""
        item = self._table.get(items.waiting_key(sid), consistent=True)
        return list(map(bytes, item["events"]["BS"])) if item else []

    def list_as_live(self, sid: str) -> None:
        """Move an open session to the list of live sessions, unless it is there: a player says late what its stream is."""
        if sid in self._listed_live:
            return
        item = self._table.get(key(sid, session_items.START), consistent=True)
        if item and (start := session_items.start_of(item)).video_type != "LIVE" and not self._relist(sid, item, start):
            return  # the closer has just changed the start; the next line tries again
        if len(self._listed_live) >= MOST_REMEMBERED:
            self._listed_live.clear()
        self._listed_live.add(sid)

    def _relist(self, sid: str, item: Item, start: Start) -> bool:
        """Move a start to the live list. The roll-ups count it off as recorded, and then count it as live."""
        event = event_codec.unpack(start.event)
        event = event._replace(params=event.params | {CONTENT_TYPE: "live"})
        listing = session_items.listing_key(start.project_id, start.device, "LIVE", session_items.shard_of(sid, self._shards))
        counted, nothing = item.get("figures", {"B": ATTEMPT.to_bytes()}), {"B": NOTHING.to_bytes()}
        version = number_in(item, "version") or 0
        off = {":before": counted, ":figures": nothing, ":one": {"N": "1"}, ":version": {"N": str(version)}}
        on = off | {":before": nothing, ":figures": counted, ":version": {"N": str(version + 1)}}
        on |= {":listing": {"S": listing}, ":event": {"B": event_codec.pack(event)}}
        changes = "SET was = :before, figures = :figures{} ADD version :one"
        start_key = key(sid, session_items.START)
        return self._table.update(start_key, changes.format(""), SAME_VERSION, off) and self._table.update(
            start_key, changes.format(", listing = :listing, event = :event"), SAME_VERSION, on
        )
