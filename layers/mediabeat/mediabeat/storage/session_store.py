"""Sessions that exist, in DynamoDB: appending to them, closing them, reading them. Every write has a named condition."""

from collections.abc import Sequence, Set
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mediabeat.core import event_codec
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.records import Head, Phase, StoredSession
from mediabeat.storage import session_items
from mediabeat.storage.dynamodb import EXISTS, ConditionFailed, Table
from mediabeat.storage.table import Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from mediabeat.core.lifecycle import Mark
    from mediabeat.storage.checkpoints import Checkpoints
    from mediabeat.storage.due_index import DueIndex
    from mediabeat.storage.session_queries import Opened

# Conditions on a head. `:now` is the server's clock.
STILL_OPEN: Final = "phase = :open AND due_at > :now AND last_at <= :now"  # a later call may be faster: `last_at` never goes back
STILL_TAKES_STRAGGLERS: Final = "phase = :ended AND due_at > :now"
HAS_ROOM: Final = "NOT taken >= :most"  # also true for a head without the attribute
TAIL_HAS_ROOM: Final = "tail_bytes < :full"
SAME_TAIL: Final = "tail = :tail"
SAME_MARK: Final = "phase = :phase AND due_at = :seen"
SAME_PAST_MARK: Final = f"{SAME_MARK} AND last_at <= :now"  # several events may be stored under one mark
HAS_MARK: Final = "attribute_exists(due_at)"
SAME_TIME: Final = "last_at = :last_at"
SAME_AS_READ: Final = "phase = :phase AND last_at = :last_at AND taken = :taken"  # each event raises `taken`


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
    def checkpoints(self) -> "Checkpoints":
        """What is stored beside large sessions."""
        from mediabeat.storage.checkpoints import Checkpoints  # no usual append needs it

        return Checkpoints(self._table, retention_s=self._retention_s, shards=self._shards)

    # Appending

    def append(self, sid: str, events: Set[bytes], *, now: int, to: Phase = Phase.OPEN) -> None:
        """Append events, all or none, to a session before its due mark.

        Raises NotAppended, and as all appends CostsTooMuch, with nothing stored.
        """
        condition = STILL_OPEN if to is Phase.OPEN else STILL_TAKES_STRAGGLERS
        self._append(sid, events, now, f"{HAS_ROOM} AND {condition}", "", {f":{to}": {"S": to}, **_most()})

    def append_last(
        self, sid: str, events: Set[bytes], *, ended_ts: int, due_at: int, now: int, past_mark_of: Head | None = None
    ) -> None:
        """Append a `sessionEnd`, with or without other events. Until `due_at`, the session still accepts stragglers.

        A `sessionEnd` on its own is accepted even when the session is full. After the due mark, `past_mark_of` is the head that
        was seen. Raises NotAppended.
        """
        changes = ", phase = :ended, ended_at = :now, ended_ts = :ended_ts, due_at = :due_at"
        values = {":ended_ts": {"N": str(ended_ts)}, ":due_at": {"N": str(due_at)}, ":ended": {"S": Phase.ENDED}}
        room, most = ("", {}) if len(events) == 1 else (f"{HAS_ROOM} AND ", _most())
        if past_mark_of is None:
            condition, known = STILL_OPEN, {":open": {"S": Phase.OPEN}}
        else:
            condition, known = SAME_PAST_MARK, _as_seen(past_mark_of)
        self._append(sid, events, now, room + condition, changes, values | known | most)

    def append_past_mark(self, sid: str, events: Set[bytes], *, mark: "Mark | None", head: Head, now: int) -> None:
        """Append events to an open session after its due mark, unless the mark has moved since the head was seen.

        Moves the mark; without a new one, it stays for the closer. Raises NotAppended.
        """
        changes, values = _moving(mark) if mark else ("", {})
        self._append(sid, events, now, f"{HAS_ROOM} AND {SAME_PAST_MARK}", changes, values | _as_seen(head) | _most())

    def rearm(self, sid: str, mark: "Mark", *, seen: Head) -> bool:
        """Move the due mark of an open session. Returns False when another request changed the session first."""
        changes, values = _moving(mark)
        return self._update_head(sid, f"SET {changes.removeprefix(', ')}", SAME_MARK, values | _as_seen(seen))

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

    def _change_head_item(self, sid: str, changes: str, condition: str, values: Item, page: Item | None = None) -> None:
        """Change a head as `_change_head` does. Raises ConditionFailed."""
        update = {
            "Key": key(sid, session_items.HEAD),
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        self._table.update_with(update, page)

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

    def write_summary(self, sid: str, summary: bytes, *, short: bytes | None = None, as_of: int = 0, expires_at: int = 0) -> None:
        """Write the summary of a closed session into its list entry, or there a `short` one and the whole beside the session."""
        start = key(sid, session_items.START)
        if short is None:
            self._table.update(start, "SET summary = :summary REMOVE is_short", EXISTS, {":summary": {"B": summary}})
            return
        self.checkpoints.write_whole_summary(sid, summary, short=short, as_of=as_of, expires_at=expires_at)

    def drop_due_mark(self, sid: str, *, reason: CloseReason, closed_at: int) -> bool:
        """Remove a closed session from the index `due`, with its reason. Returns False when another closer has done so."""
        from secrets import token_hex  # no append needs it

        caller = token_hex(8)
        changes = "SET close_reason = :reason, closed_at = :closed_at, closed_by = :caller REMOVE due_at, due_shard"
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

    def _update_head(self, sid: str, changes: str, condition: str, values: Item) -> bool:
        return self._table.update(key(sid, session_items.HEAD), changes, condition, values)

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


def _as_seen(head: Head) -> Item:
    return {":phase": {"S": head.phase}, ":seen": {"N": str(head.due_at)}}


def _moving(mark: "Mark") -> tuple[str, Item]:
    values = {":new": {"N": str(mark.due_at)}, ":moved_at": {"N": str(mark.moved_at)}, ":began_at": {"N": str(mark.began_at)}}
    changes = ", due_at = :new, moved_at = :moved_at, playhead = :playhead, began_at = :began_at"
    values |= {":playhead": session_items.playhead_value(mark.playhead)}
    return (
        (changes, values) if mark.noted is None else (f"{changes}, noted = :noted", values | {":noted": {"N": str(mark.noted)}})
    )


def _most() -> Item:
    return {":most": {"N": str(event_codec.MAX_SESSION_WEIGHT)}}
