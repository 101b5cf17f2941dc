"""Sessions in DynamoDB: every request, under a named condition."""

from collections.abc import Iterable, Iterator, Sequence, Set
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from mediabeat.core import event_codec
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.records import Head, ListEntry, Phase, Start, StoredSession
from mediabeat.errors import LargeSession
from mediabeat.storage import event_pages, session_items, viewer_items
from mediabeat.storage.dynamodb import EXISTS, IS_NEW, Table, passing_errors_named, refused
from mediabeat.storage.session_items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Conditions on a head. `:now` is the server's clock.
STILL_OPEN: Final = "phase = :open AND due_at > :now AND last_at <= :now"  # calls overtake each other; `last_at` never goes back
STILL_TAKES_STRAGGLERS: Final = "phase = :ended AND due_at > :now"
HAS_ROOM: Final = "NOT taken >= :most"  # so also where the head does not tell
TAIL_HAS_ROOM: Final = "tail_bytes < :full"
SAME_TAIL: Final = "tail = :tail"
SAME_MARK: Final = "phase = :phase AND due_at = :due_at"
HAS_MARK: Final = "attribute_exists(due_at)"
SAME_AS_READ: Final = "phase = :phase AND last_at = :last_at AND taken = :taken"  # each event raises `taken`


class NotAppended(Exception):
    """The head did not meet the condition; `head` is what it was, none when there is no such session."""

    def __init__(self, head: Head | None, full_tail: Sequence[bytes] = ()) -> None:
        self.head = head
        self.full_tail = full_tail


class Store:
    """The sessions of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, retention_s: int = 0, index_shards: int = 1) -> None:
        self._table = Table(table_name, client)
        self._retention_s = retention_s
        self._shards = index_shards

    # Starting

    def create_session(self, sid: str, head: Head, start: Start, events: Iterable[bytes] = (), *, now: int) -> None:
        """Store a new session; it exists once its start item, written last, is there.

        Head and start are written only where there is none: a request that was given up and sent again may still arrive after
        its repeat, and after the first events or even the summary, which it must not overwrite.
        """
        expires_at = self._expiry(now)
        for page in event_pages.pages(events):
            self._table.put(event_pages.page_item(sid, page, expires_at=expires_at))
        self._table.put(session_items.head_item(sid, head, shards=self._shards, expires_at=expires_at), IS_NEW)
        for entry in viewer_items.viewer_items(sid, start, expires_at=expires_at):
            self._table.put(entry)
        self._table.put(session_items.start_item(sid, start, shards=self._shards, expires_at=expires_at), IS_NEW)

    def restore_session(self, stored: StoredSession) -> bool:
        """Store a session that was exported, as it was; False, and nothing is changed, when it is there already.

        Pages without a head are nobody's, so they come first; the rest is there at once or not at all: a closer that saw an
        old head alone would take it for a creation that failed. Can be cut off and run again.
        """
        start = stored.start
        if start is None:
            raise ValueError(f"session {stored.sid} has no start")
        if self._table.get(session_items.key(stored.sid, session_items.HEAD), consistent=True) is not None:
            return False
        for page in event_pages.pages(sorted(stored.events - {start.event})):
            self._table.put(event_pages.page_item(stored.sid, page, expires_at=stored.expires_at))
        kept = {"shards": self._shards, "expires_at": stored.expires_at}
        head = session_items.head_item(stored.sid, stored.head, **kept)
        begun = session_items.start_item(stored.sid, start, **kept, summary=stored.summary)
        viewer = viewer_items.viewer_items(stored.sid, start, expires_at=stored.expires_at)
        new = [{"Put": {"Item": item, "ConditionExpression": IS_NEW}} for item in (head, begun)]
        return self._table.transact([*new, *({"Put": {"Item": item}} for item in viewer)])

    # Appending

    def append(self, sid: str, events: Set[bytes], *, now: int, to: Phase = Phase.OPEN) -> None:
        """Append events, all or none, to a session whose due mark lies ahead.

        Raises NotAppended.
        """
        condition = STILL_OPEN if to is Phase.OPEN else STILL_TAKES_STRAGGLERS
        self._append(sid, events, now, f"{HAS_ROOM} AND {condition}", "", {f":{to}": {"S": to}, **_most()})

    def append_last(self, sid: str, events: Set[bytes], *, ended_ts: int, due_at: int, now: int) -> None:
        """Append a `sessionEnd`, alone even without room, or with others; from now to `due_at` the session takes only stragglers.

        Raises NotAppended.
        """
        changes = ", phase = :ended, ended_at = :now, ended_ts = :ended_ts, due_at = :due_at"
        values = {":ended_ts": {"N": str(ended_ts)}, ":due_at": {"N": str(due_at)}, ":ended": {"S": Phase.ENDED}}
        room, most = ("", {}) if len(events) == 1 else (f"{HAS_ROOM} AND ", _most())
        self._append(sid, events, now, room + STILL_OPEN, changes, values | {":open": {"S": Phase.OPEN}} | most)

    def append_past_mark(self, sid: str, events: Set[bytes], *, due_at: int, seen: Head, now: int) -> None:
        """Append events to an open session whose due mark has passed, and move the mark, if it is still where it was seen.

        Raises NotAppended.
        """
        values = {":phase": {"S": seen.phase}, ":due_at": {"N": str(seen.due_at)}, ":new": {"N": str(due_at)}}
        self._append(sid, events, now, f"{HAS_ROOM} AND {SAME_MARK}", ", due_at = :new", values | _most())

    def rearm(self, sid: str, *, due_at: int, seen: Head) -> bool:
        """Move the due mark of an open session; False when somebody else did something to it first."""
        values = {":phase": {"S": seen.phase}, ":due_at": {"N": str(seen.due_at)}, ":new": {"N": str(due_at)}}
        return self._update_head(sid, "SET due_at = :new", SAME_MARK, values)

    def _append(self, sid: str, events: Set[bytes], now: int, condition: str, changes: str, values: Item) -> None:
        """Append under a condition: to the tail, or to a new one once the tail is full and has moved to a page.

        The page comes first, and the tail goes only if it is still the same: no step can lose an event, whoever else is at work.
        """
        size = sum(map(len, events))
        changes = f"SET last_at = :now{changes}"
        values = values | {":now": {"N": str(now)}, ":count": {"N": str(sum(map(event_codec.count_of, events)))}}
        if size > session_items.LARGE_BYTES:
            page = event_pages.page_item(sid, events, expires_at=self._expiry(now))
            return self._change_head(sid, f"{changes} ADD taken :count", condition, values, page)
        values |= {":events": {"BS": list(events)}, ":size": {"N": str(size)}}
        try:
            added = f"{changes} ADD taken :count, tail_bytes :size, tail :events"
            self._change_head(
                sid, added, f"{TAIL_HAS_ROOM} AND {condition}", values | {":full": {"N": str(session_items.TAIL_BYTES)}}
            )
        except NotAppended as refusal:
            if not refusal.full_tail or not refusal.head or refusal.head.phase is Phase.CLOSED:
                raise
            self._table.put(event_pages.page_item(sid, refusal.full_tail, expires_at=self._expiry(now)))
            begun = f"{changes}, tail_bytes = :size, tail = :events ADD taken :count"
            self._change_head(sid, begun, f"{SAME_TAIL} AND {condition}", values | {":tail": {"BS": refusal.full_tail}})

    def _change_head(self, sid: str, changes: str, condition: str, values: Item, page: Item | None = None) -> None:
        """Change a head, and write a page with it if there is one.

        Raises NotAppended.
        """
        update: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": session_items.key(sid, session_items.HEAD),
            "UpdateExpression": changes,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            with passing_errors_named():
                if page is None:
                    self._table.client.update_item(**update)
                else:
                    writes: list[Any] = [{"Update": update}, {"Put": {"TableName": self._table.name, "Item": page}}]
                    self._table.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            old = refused(error)
            if old is None:
                raise
            raise NotAppended(session_items.head_of(old) if old else None, session_items.full_tail_of(old)) from None

    # Closing

    def due_sessions(self, now: int, part: int = 0, parts: int = 1) -> Iterator[str]:
        """Yield the ids of the sessions whose due mark has passed, oldest mark first; those put aside come last.

        Of several parts of all shards, only one is looked at; the first has those put aside.
        """
        due = merge(*(self._due(shard, now) for shard in session_items.due_shards(self._shards)[part::parts]))
        for _, sid in chain(due, () if part else self._due(session_items.ASIDE, now)):
            yield sid

    def _due(self, shard: str, now: int) -> Iterator[tuple[int, str]]:
        values = {":shard": {"S": shard}, ":now": {"N": str(now)}}
        for item in self._table.query("due_shard = :shard AND due_at <= :now", values, IndexName=session_items.DUE_INDEX):
            yield int(item["due_at"]["N"]), item["pk"]["S"]

    def put_aside(self, sid: str) -> None:
        """Let the closer look at a session after all others from now on; its mark stays what it promises."""
        self._update_head(sid, "SET due_shard = :aside", HAS_MARK, {":aside": {"S": session_items.ASIDE}})

    def mark_closed(self, sid: str, *, reason: CloseReason, closed_at: int, seen: Head) -> bool:
        """Close a session for good, unless something came in since it was read; False then."""
        values = {
            ":closed": {"S": Phase.CLOSED},
            ":reason": {"S": reason},
            ":closed_at": {"N": str(closed_at)},
            ":phase": {"S": seen.phase},
            ":last_at": {"N": str(seen.last_at)},
            ":taken": {"N": str(seen.taken)},
        }
        return self._update_head(sid, "SET phase = :closed, close_reason = :reason, closed_at = :closed_at", SAME_AS_READ, values)

    def write_summary(self, sid: str, summary: bytes) -> None:
        """Put the summary of a closed session into its list entry."""
        self._table.update(
            session_items.key(sid, session_items.START), "SET summary = :summary", EXISTS, {":summary": {"B": summary}}
        )

    def drop_due_mark(self, sid: str) -> bool:
        """Take a session off the closer's list; False when somebody else has done that."""
        return self._update_head(sid, "REMOVE due_at, due_shard", HAS_MARK, {})

    def forget_unfinished(self, sid: str) -> None:
        """Delete the head of a session whose creation was never finished, and so never acknowledged."""
        self._table.delete(session_items.key(sid, session_items.HEAD))

    # Reading

    def read_session(self, sid: str, *, up_to: int | None = None) -> StoredSession | None:
        """Return all that is stored of a session; none when there is no such session.

        Raises LargeSession, having read 1 MB at most, when its events count more than `up_to`.
        """
        items = self._table.query("pk = :pk", {":pk": {"S": sid}}, ConsistentRead=True)
        return session_items.session_of(sid, items if up_to is None else _none_larger(items, up_to))

    def newest(self, listing: str, *, since: int, until: int, page: int) -> Iterator[ListEntry]:
        """Yield one listing's sessions that started between two moments (epoch ms, both included), newest first.

        Reads `page` entries at a time, and only as far as it is iterated.
        """
        condition = "listing = :listing AND started_at BETWEEN :since AND :until"
        values = {":listing": {"S": listing}, ":since": {"N": str(since)}, ":until": {"N": str(until)}}
        options = {"IndexName": session_items.NEWEST_INDEX, "ScanIndexForward": False, "Limit": page}
        return map(session_items.entry_of, self._table.query(condition, values, **options))

    def all_entries(self, *, since: int) -> Iterator[ListEntry]:
        """Yield the list entries of all projects' sessions that started at or after a moment (epoch ms).

        Reads the whole index `newest`, so it is for the operator's command only; no deployed function may scan.
        """
        values = {":since": {"N": str(since)}}
        return map(session_items.entry_of, self._table.scan("started_at >= :since", values, IndexName=session_items.NEWEST_INDEX))

    def newest_of_viewer(self, project_id: str, viewer: str) -> StoredSession | None:
        """Return the newest session of a viewer in a project; none when there is none."""
        values = {":pk": {"S": viewer_items.viewer_partition(project_id, viewer)}}
        entries = self._table.query("pk = :pk", values, ScanIndexForward=False, Limit=1)
        found = (self.read_session(viewer_items.viewer_entry_of(entry).sid) for entry in entries)
        return next((stored for stored in found if stored is not None and stored.start is not None), None)

    # What the above is made of

    def _expiry(self, now: int) -> int:
        return now // 1_000 + self._retention_s

    def _update_head(self, sid: str, changes: str, condition: str, values: Item) -> bool:
        return self._table.update(session_items.key(sid, session_items.HEAD), changes, condition, values)


def _most() -> Item:
    return {":most": {"N": str(event_codec.MAX_COUNT)}}


def _none_larger(items: Iterable[Item], up_to: int) -> Iterator[Item]:
    """Pass the items of a session on; the head comes first and tells its size."""
    for item in items:
        if item["sk"]["S"] == session_items.HEAD and session_items.head_of(item).taken > up_to:
            raise LargeSession
        yield item
