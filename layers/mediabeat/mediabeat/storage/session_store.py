"""Sessions that exist, in DynamoDB: appending to them, closing them, reading them. Every write has a named condition."""

from collections.abc import Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mediabeat.core import event_codec
from mediabeat.core.close_rules import MINUTE_MS, CloseReason, Limits
from mediabeat.core.records import Head, Phase, StoredSession
from mediabeat.storage import session_items
from mediabeat.storage.dynamodb import ConditionFailed, Table
from mediabeat.storage.table import Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from mediabeat.core.lifecycle import Mark
    from mediabeat.storage.checkpoints import Checkpoints
    from mediabeat.storage.due_index import DueIndex
    from mediabeat.storage.rollups.list_entries import ListEntries
    from mediabeat.storage.session_queries import Opened

# Conditions on a head. `:now` is the server's clock.
# A later call may be faster: `last_at` never goes back. Heads of 0.1 lack `began_at`. `over_by_head` has the same rules.
STILL_OPEN: Final = "phase = :open AND last_at <= :now AND (due_at > :now OR (last_at >= :not_quiet AND NOT began_at < :not_old))"
STILL_TAKES_STRAGGLERS: Final = "phase = :ended AND due_at > :now"
HAS_ROOM: Final = "NOT taken >= :most"  # also true for a head without the attribute
TAIL_HAS_ROOM: Final = "tail_bytes < :full"
SAME_TAIL: Final = "tail = :tail"
SAME_MARK: Final = "phase = :phase AND due_at = :seen"
HAS_MARK: Final = "attribute_exists(due_at)"
SAME_TIME: Final = "last_at = :last_at"
SAME_AS_READ: Final = "phase = :phase AND last_at = :last_at AND taken = :taken"  # each event raises `taken`

NOT_SEEN: Final = " REMOVE seen"
"""`seen` is negative when the session sent its first event in a minute: only then does the stream count it as watching."""


class NotAppended(Exception):
    """The head did not meet the condition. `head` and `tail` are those of that time; no head when there is no such session."""

    def __init__(self, head: Head | None, tail: Sequence[bytes] = (), *, tail_is_full: bool = False) -> None:
        self.head = head
        self.tail = tail
        self.tail_is_full = tail_is_full


class Store:
    """The sessions of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, retention_s: int = 0, index_shards: int = 1) -> None:
        self._table = Table(table_name, client)
        self._retention_s = retention_s
        self._shards = index_shards

    @cached_property
    def entries(self) -> "ListEntries":
        """What the closer writes into the list of sessions."""
        from mediabeat.storage.rollups.list_entries import ListEntries  # no append needs it

        return ListEntries(self._table)

    @cached_property
    def checkpoints(self) -> "Checkpoints":
        """What is stored beside large sessions."""
        from mediabeat.storage.checkpoints import Checkpoints  # no usual append needs it

        return Checkpoints(self._table)

    # Appending

    def append(self, sid: str, events: Set[bytes], limits: Limits, *, now: int) -> None:
        """Append events, all or none, to an open session to which no time-out applies by its head.

        Raises NotAppended, and as all appends CostsTooMuch, with nothing stored.
        """
        self._append(sid, events, now, f"{HAS_ROOM} AND {STILL_OPEN}", "", _still_open(limits, now) | _most())

    def append_stragglers(self, sid: str, events: Set[bytes], *, now: int) -> None:
        """Append events, all or none, to an ended session before its due mark. Raises NotAppended."""
        self._append(sid, events, now, f"{HAS_ROOM} AND {STILL_TAKES_STRAGGLERS}", "", {":ended": {"S": Phase.ENDED}, **_most()})

    def append_last(self, sid: str, events: Set[bytes], limits: Limits, *, ended_ts: int, due_at: int, now: int) -> None:
        """Append a `sessionEnd`, with or without other events. Until `due_at`, the session still accepts stragglers.

        A `sessionEnd` on its own is accepted even when the session is full. Raises NotAppended.
        """
        changes = ", phase = :ended, ended_at = :now, ended_ts = :ended_ts, due_at = :due_at"
        values = {":ended_ts": {"N": str(ended_ts)}, ":due_at": {"N": str(due_at)}, ":ended": {"S": Phase.ENDED}}
        room, most = ("", {}) if len(events) == 1 else (f"{HAS_ROOM} AND ", _most())
        self._append(sid, events, now, room + STILL_OPEN, changes, values | _still_open(limits, now) | most)

    def rearm(self, sid: str, mark: "Mark", *, seen: Head, checkpoint: Item | None = None) -> bool:
        """Move the due mark of an open session. Returns False when another closer was faster.

        A checkpoint is written in the same transaction: so none comes back while the session is erased, and a newer one stays.
        """
        values = {
            ":new": {"N": str(mark.due_at)},
            ":moved_at": {"N": str(mark.moved_at)},
            ":began_at": {"N": str(mark.began_at)},
            ":playhead": session_items.playhead_value(mark.playhead),
            ":phase": {"S": seen.phase},
            ":seen": {"N": str(seen.due_at)},
        }
        changes = "SET due_at = :new, moved_at = :moved_at, playhead = :playhead, began_at = :began_at"
        if mark.noted is not None:
            changes, values = f"{changes}, noted = :noted", values | {":noted": {"N": str(mark.noted)}}
        changes += NOT_SEEN
        try:
            self._change_head_item(sid, changes, SAME_MARK, values, checkpoint)
        except ConditionFailed:
            return False
        return True

    def _append(self, sid: str, events: Set[bytes], now: int, condition: str, changes: str, values: Item) -> None:
        """Append under a condition: to the tail, or to a new tail after a full one has moved to a page.

        The page is written first, and the tail is replaced only if it is still the same. So no step can lose an event, whatever
        other requests do.
        """
        size = sum(map(len, events))
        expires_at = now // 1_000 + self._retention_s
        changes = f"SET last_at = :now, seen = last_at - :minute{changes}"
        numbers = {":now": now, ":minute": now - now % MINUTE_MS, ":weight": sum(map(event_codec.event_weight, events))}
        values = values | {name: {"N": str(number)} for name, number in numbers.items()}
        if size > session_items.LARGE_BYTES:
            from mediabeat.storage.write_units import check_append  # few requests are large

            page = session_items.page_item(sid, events, expires_at=expires_at)
            check_append(page)
            return self._change_head(sid, f"{changes} ADD taken :weight", condition, values, page)
        values |= {":events": {"BS": list(events)}, ":size": {"N": str(size)}}
        try:
            added = f"{changes} ADD taken :weight, tail_bytes :size, tail :events"
            full = {":full": {"N": str(session_items.TAIL_BYTES)}}
            self._change_head(sid, added, f"{TAIL_HAS_ROOM} AND {condition}", values | full)
        except NotAppended as refusal:
            if not refusal.tail_is_full or not refusal.head or refusal.head.phase is Phase.CLOSED:
                raise
            self._table.put(session_items.page_item(sid, refusal.tail, expires_at=expires_at))
            replaced = f"{changes}, tail_bytes = :size, tail = :events ADD taken :weight"
            self._change_head(sid, replaced, f"{SAME_TAIL} AND {condition}", values | {":tail": {"BS": refusal.tail}})

    def _change_head(self, sid: str, changes: str, condition: str, values: Item, page: Item | None = None) -> None:
        """Change a head, and write a page in the same transaction if there is one.

        Raises NotAppended.
        """
        try:
            self._change_head_item(sid, changes, condition, values, page)
        except ConditionFailed as failure:
            old = failure.item
            if not old:
                raise NotAppended(None) from None
            tail, is_full = session_items.tail_of(old), session_items.has_full_tail(old)
            raise NotAppended(session_items.head_of(old), tail, tail_is_full=is_full) from None

    def _change_head_item(self, sid: str, changes: str, condition: str, values: Item, other: Item | None = None) -> None:
        """Change a head, and write another item in the same transaction if there is one. Raises ConditionFailed."""
        update = {
            "Key": key(sid, session_items.HEAD),
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        self._table.update_with(update, other)

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
        changes = f"SET phase = :closed, close_reason = :reason, closed_at = :closed_at{NOT_SEEN}"
        return self._table.update(key(sid, session_items.HEAD), changes, SAME_AS_READ, values)

    def drop_due_mark(self, sid: str, *, reason: CloseReason, closed_at: int) -> bool:
        """Remove a closed session from the index `due`, with its reason. Returns False when another closer has done so."""
        from secrets import token_hex  # no append needs it

        caller = token_hex(8)
        changes = "SET close_reason = :reason, closed_at = :closed_at, closed_by = :caller REMOVE due_at, due_shard, seen"
        values = {":reason": {"S": reason}, ":closed_at": {"N": str(closed_at)}, ":caller": {"S": caller}}
        try:
            self._change_head_item(sid, changes, HAS_MARK, values)
        except ConditionFailed as failure:
            # A request whose answer is lost is repeated, and the repeat finds no mark: then this caller has removed it.
            return failure.item.get("closed_by") == {"S": caller}
        return True

    def forget_unfinished(self, sid: str, *, seen: Head) -> None:
        """Delete the head of a session whose creation failed and so was never acknowledged, unless a repeat has renewed it."""
        self._table.delete_if(key(sid, session_items.HEAD), SAME_TIME, {":last_at": {"N": str(seen.last_at)}})

    # Reading

    def open_session(self, sid: str) -> "Opened | None":
        """Return a session of which only the first items are read; None when there is no such session."""
        from mediabeat.storage.session_queries import open_session  # no append reads

        return open_session(self._table, sid)

    def read_session(self, sid: str, *, up_to: int | None = None) -> StoredSession | None:
        """Return all that is stored of a session; None when there is no such session.

        Raises LargeSession when its events weigh more than `up_to`.
        """
        from mediabeat.storage.session_queries import read_session

        return read_session(self._table, sid, up_to=up_to)


def _still_open(limits: Limits, now: int) -> Item:
    first = {":not_quiet": now - limits.quiet_ms + 1, ":not_old": now - limits.max_age_ms + 1}
    return {":open": {"S": Phase.OPEN}} | {name: {"N": str(moment)} for name, moment in first.items()}


def _most() -> Item:
    return {":most": {"N": str(event_codec.MAX_SESSION_WEIGHT)}}
