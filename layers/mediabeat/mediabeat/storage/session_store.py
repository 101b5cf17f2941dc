"""Sessions that exist, in DynamoDB: appending to them, closing them, reading them. Every write has a named condition."""

from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mediabeat.core import event_codec
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.records import Head, Phase, StoredSession
from mediabeat.errors import LargeSession
from mediabeat.storage import session_items
from mediabeat.storage.dynamodb import EXISTS, ConditionFailed, Table
from mediabeat.storage.table import Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from mediabeat.storage.due_index import DueIndex

# Conditions on a head. `:now` is the server's clock.
STILL_OPEN: Final = "phase = :open AND due_at > :now AND last_at <= :now"  # a later call may be faster: `last_at` never goes back
STILL_TAKES_STRAGGLERS: Final = "phase = :ended AND due_at > :now"
HAS_ROOM: Final = "NOT taken >= :most"  # also true for a head without the attribute
TAIL_HAS_ROOM: Final = "tail_bytes < :full"
SAME_TAIL: Final = "tail = :tail"
SAME_MARK: Final = "phase = :phase AND due_at = :due_at"
HAS_MARK: Final = "attribute_exists(due_at)"
SAME_TIME: Final = "last_at = :last_at"
SAME_AS_READ: Final = "phase = :phase AND last_at = :last_at AND taken = :taken"  # each event raises `taken`


class NotAppended(Exception):
    """The head did not meet the condition. `head` is the head at that time; None when there is no such session."""

    def __init__(self, head: Head | None, full_tail: Sequence[bytes] = ()) -> None:
        self.head = head
        self.full_tail = full_tail


class Store:
    """The sessions of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, retention_s: int = 0, index_shards: int = 1) -> None:
        self._table = Table(table_name, client)
        self._retention_s = retention_s
        self._shards = index_shards

    # Appending

    def append(self, sid: str, events: Set[bytes], *, now: int, to: Phase = Phase.OPEN) -> None:
        """Append events, all or none, to a session before its due mark.

        Raises NotAppended.
        """
        condition = STILL_OPEN if to is Phase.OPEN else STILL_TAKES_STRAGGLERS
        self._append(sid, events, now, f"{HAS_ROOM} AND {condition}", "", {f":{to}": {"S": to}, **_most()})

    def append_last(self, sid: str, events: Set[bytes], *, ended_ts: int, due_at: int, now: int) -> None:
        """Append a `sessionEnd`, with or without other events. Until `due_at`, the session still accepts stragglers.

        A `sessionEnd` on its own is accepted even when the session is full. Raises NotAppended.
        """
        changes = ", phase = :ended, ended_at = :now, ended_ts = :ended_ts, due_at = :due_at"
        values = {":ended_ts": {"N": str(ended_ts)}, ":due_at": {"N": str(due_at)}, ":ended": {"S": Phase.ENDED}}
        room, most = ("", {}) if len(events) == 1 else (f"{HAS_ROOM} AND ", _most())
        self._append(sid, events, now, room + STILL_OPEN, changes, values | {":open": {"S": Phase.OPEN}} | most)

    def append_past_mark(self, sid: str, events: Set[bytes], *, due_at: int, seen: Head, now: int) -> None:
        """Append events to an open session after its due mark, and move the mark, unless the mark has moved since it was seen.

        Raises NotAppended.
        """
        values = {":phase": {"S": seen.phase}, ":due_at": {"N": str(seen.due_at)}, ":new": {"N": str(due_at)}}
        self._append(sid, events, now, f"{HAS_ROOM} AND {SAME_MARK}", ", due_at = :new", values | _most())

    def rearm(self, sid: str, *, due_at: int, seen: Head) -> bool:
        """Move the due mark of an open session. Returns False when another request changed the session first."""
        values = {":phase": {"S": seen.phase}, ":due_at": {"N": str(seen.due_at)}, ":new": {"N": str(due_at)}}
        return self._update_head(sid, "SET due_at = :new", SAME_MARK, values)

    def _append(self, sid: str, events: Set[bytes], now: int, condition: str, changes: str, values: Item) -> None:
        """Append under a condition: to the tail, or to a new tail after a full one has moved to a page.

        The page is written first, and the tail is replaced only if it is still the same. So no step can lose an event, whatever
        other requests do.
        """
        size = sum(map(len, events))
        expires_at = now // 1_000 + self._retention_s
        changes = f"SET last_at = :now{changes}"
        values = values | {":now": {"N": str(now)}, ":weight": {"N": str(sum(map(event_codec.event_weight, events)))}}
        if size > session_items.LARGE_BYTES:
            page = session_items.page_item(sid, events, expires_at=expires_at)
            return self._change_head(sid, f"{changes} ADD taken :weight", condition, values, page)
        values |= {":events": {"BS": list(events)}, ":size": {"N": str(size)}}
        try:
            added = f"{changes} ADD taken :weight, tail_bytes :size, tail :events"
            full = {":full": {"N": str(session_items.TAIL_BYTES)}}
            self._change_head(sid, added, f"{TAIL_HAS_ROOM} AND {condition}", values | full)
        except NotAppended as refusal:
            if not refusal.full_tail or not refusal.head or refusal.head.phase is Phase.CLOSED:
                raise
            self._table.put(session_items.page_item(sid, refusal.full_tail, expires_at=expires_at))
            replaced = f"{changes}, tail_bytes = :size, tail = :events ADD taken :weight"
            self._change_head(sid, replaced, f"{SAME_TAIL} AND {condition}", values | {":tail": {"BS": refusal.full_tail}})

    def _change_head(self, sid: str, changes: str, condition: str, values: Item, page: Item | None = None) -> None:
        """Change a head, and write a page in the same transaction if there is one.

        Raises NotAppended.
        """
        update = {
            "Key": key(sid, session_items.HEAD),
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        try:
            self._table.update_with(update, page)
        except ConditionFailed as failure:
            old = failure.item
            raise NotAppended(session_items.head_of(old) if old else None, session_items.full_tail_of(old)) from None

    # Closing

    @cached_property
    def due(self) -> "DueIndex":
        """The index of the sessions whose time may be up."""
        from mediabeat.storage.due_index import DueIndex  # not loaded on the hot path

        return DueIndex(self._table, self._shards)

    def mark_closed(self, sid: str, *, reason: CloseReason, closed_at: int, seen: Head) -> bool:
        """Close a session. Returns False when an event or another closer changed it since it was read."""
        values = {
            ":closed": {"S": Phase.CLOSED},
            ":reason": {"S": reason},
            ":closed_at": {"N": str(closed_at)},
            ":phase": {"S": seen.phase},
            ":last_at": {"N": str(seen.last_at)},
            ":taken": {"N": str(seen.weight)},
        }
        return self._update_head(sid, "SET phase = :closed, close_reason = :reason, closed_at = :closed_at", SAME_AS_READ, values)

    def write_summary(self, sid: str, summary: bytes) -> None:
        """Write the summary of a closed session into its list entry."""
        self._table.update(key(sid, session_items.START), "SET summary = :summary", EXISTS, {":summary": {"B": summary}})

    def drop_due_mark(self, sid: str) -> bool:
        """Remove a session from the index `due`. Returns False when another closer has done so."""
        return self._update_head(sid, "REMOVE due_at, due_shard", HAS_MARK, {})

    def forget_unfinished(self, sid: str, *, seen: Head) -> None:
        """Delete the head of a session whose creation failed and so was never acknowledged, unless a repeat has renewed it."""
        self._table.delete_if(key(sid, session_items.HEAD), SAME_TIME, {":last_at": {"N": str(seen.last_at)}})

    def _update_head(self, sid: str, changes: str, condition: str, values: Item) -> bool:
        return self._table.update(key(sid, session_items.HEAD), changes, condition, values)

    # Reading

    def read_session(self, sid: str, *, up_to: int | None = None) -> StoredSession | None:
        """Return all that is stored of a session; None when there is no such session.

        Raises LargeSession when its events weigh more than `up_to`.
        """
        return read_session(self._table, sid, up_to=up_to)


def read_session(table: Table, sid: str, *, up_to: int | None) -> StoredSession | None:
    """Return all that is stored of a session; None when there is no such session.

    Raises LargeSession, after reading 1 MB at most, when its events weigh more than `up_to`.
    """
    items = table.query("pk = :pk", {":pk": {"S": sid}}, ConsistentRead=True)
    return session_items.stored_session_from(sid, items if up_to is None else _not_above(up_to, items))


def _not_above(up_to: int, items: Iterable[Item]) -> Iterator[Item]:
    """Pass on the items of a session. The head comes first and carries the weight."""
    for item in items:
        if item["sk"]["S"] == session_items.HEAD and session_items.head_of(item).weight > up_to:
            raise LargeSession
        yield item


def _most() -> Item:
    return {":most": {"N": str(event_codec.MAX_SESSION_WEIGHT)}}
