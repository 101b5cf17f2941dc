"""New sessions in DynamoDB: those that players start, and those that an archive brings back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mediabeat.core.records import Head, Phase, Start, StoredSession
from mediabeat.core.request_limits import DOWNLOADED_UNITS, START_UNITS
from mediabeat.storage import checkpoints, session_items, upload_items, viewer_items
from mediabeat.storage.due_partitions import partition_of
from mediabeat.storage.dynamodb import IS_NEW, Table
from mediabeat.storage.rollups.watching import watching_value
from mediabeat.storage.table import Item, key
from mediabeat.storage.upload_items import FirstTry, Upload
from mediabeat.storage.write_units import check_units

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

IS_NEW_OR_UNTOUCHED: Final = "attribute_not_exists(pk) OR (phase = :open AND taken = :none AND last_at <= :now)"
IS_NEW_OR_NOT_SUMMARIZED: Final = "attribute_not_exists(pk) OR attribute_exists(due_at)"


class SessionStarts:
    """Stores new sessions. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient", *, index_shards: int, retention_s: int = 0) -> None:
        self._table = Table(table_name, client)
        self._shards = index_shards
        self._retention_s = retention_s

    def create_session(self, sid: str, head: Head, start: Start, *, now: int, is_repeat: bool = False) -> None:
        """Store a new session. It exists once its start item, which is written last, is there.

        `is_repeat`: an earlier try may have stored it, or parts of it. Raises CostsTooMuch, with nothing stored.
        """
        expires_at = now // 1_000 + self._retention_s
        head_item, *entries, start_item = self._items(sid, head, start, expires_at)
        check_units([head_item, *entries, start_item], most=START_UNITS, what="a sessionStart")
        # A request that timed out and was repeated may arrive after its repeat, after the first events, even after the summary.
        # The condition keeps it from overwriting them.
        if is_repeat:  # the session's time-outs run from the arrival of the last try, if no event has come yet
            self._table.put(
                head_item, IS_NEW_OR_UNTOUCHED, {":open": {"S": Phase.OPEN}, ":none": {"N": "0"}, ":now": head_item["last_at"]}
            )
        else:
            self._table.put(head_item, IS_NEW)
        for entry in entries:
            self._table.put(entry)
        self._table.put(start_item, IS_NEW)

    def first_try(self, project_id: str, name: str, new: FirstTry) -> tuple[FirstTry, bool]:
        """Return the mark of a start with a name, and whether it was there already. `new` is stored if there is none."""
        there = self._table.put_new(upload_items.first_try_item(project_id, name, new))
        return (new, False) if there is None else (upload_items.first_try_of(there), True)

    def upload_session(self, sid: str, head: Head, start: Start, events: Iterable[bytes], *, now: int) -> bool:
        """Store a downloaded session. Returns False if it is stored, erased or expired already: then this upload is a repeat.

        The call may be interrupted and repeated, also by two requests at once: it writes the same items each time. Raises
        CostsTooMuch, with nothing stored.
        """
        kept_until = now // 1_000 + self._retention_s
        mark = upload_items.upload_item(sid, Upload(kept_until), expires_at=kept_until + self._retention_s)
        # Pages are cut from sorted events, so a repeat makes the same pages.
        pages = list(session_items.pages(sorted(events)))
        page_items = (session_items.page_item(sid, page, expires_at=kept_until) for page in pages)
        others = self._items(sid, head, start, kept_until)
        check_units([mark, *page_items, *others], most=DOWNLOADED_UNITS, what="a downloaded session")
        # The mark comes first, because it decides. Two uploads get one time of expiry from it.
        if (earlier := self._table.put_new(mark)) is not None:
            upload = upload_items.upload_of(earlier)
            if upload.erased or upload.session_expires_at * 1_000 <= now:
                return False
            kept_until = upload.session_expires_at
        # A player's clock dates the session. The year 9999 would make it the newest one for ever, so no session is newer than
        # its upload, to the second; a repeat gets the same date from the mark.
        uploaded_at = (kept_until - self._retention_s) * 1_000 + 999
        start = start._replace(started_at=min(start.started_at, uploaded_at))
        for page in pages:
            self._table.put(session_items.page_item(sid, page, expires_at=kept_until), IS_NEW)
        head_item, *entries, start_item = self._items(sid, head, start, kept_until)
        # The closer deletes an old head without a start. A repeat renews the head, and the closer deletes only the one it read.
        self._table.put(head_item, IS_NEW_OR_NOT_SUMMARIZED)
        for entry in entries:
            self._table.put(entry, IS_NEW)
        return self._table.put(start_item, IS_NEW)

    def _items(self, sid: str, head: Head, start: Start, expires_at: int) -> list[Item]:
        """Return the items of a new session without its pages, in the order in which they are written."""
        return [
            self._head_item(sid, head, start, expires_at),
            *viewer_items.viewer_items(sid, start, expires_at=expires_at),
            session_items.start_item(sid, start, shards=self._shards, expires_at=expires_at),
        ]

    def restore_session(self, stored: StoredSession) -> bool:
        """Store an exported session as it was. Returns False, with nothing changed, if the session exists.

        The call may be interrupted and repeated.
        """
        from mediabeat.core.summary import short_form  # no start of a player needs it

        start = stored.start
        if start is None:
            raise ValueError(f"session {stored.sid} has no start")
        if self._table.get(key(stored.sid, session_items.HEAD), consistent=True) is not None:
            return False
        # Pages without a head belong to no session, so they come first. The rest is one transaction: the closer would take an
        # old head without its start for a failed creation, and delete it.
        for page in session_items.pages(sorted(stored.events - {start.event})):
            self._table.put(session_items.page_item(stored.sid, page, expires_at=stored.expires_at))
        expires_at, summary = stored.expires_at, stored.summary
        short = short_form(summary) if summary else None
        listed: Item = {"summary": short or summary, "is_short": short is not None, "figures": stored.figures}
        new = [
            self._head_item(stored.sid, stored.head, start, expires_at),
            session_items.start_item(stored.sid, start, shards=self._shards, expires_at=expires_at, **listed),
        ]
        if short and summary:
            new.append(checkpoints.measured_item(stored.sid, summary, as_of=stored.head.last_at, expires_at=expires_at))
        entries = viewer_items.viewer_items(stored.sid, start, expires_at=expires_at)
        return self._table.transact(
            [
                *({"Put": {"Item": item, "ConditionExpression": IS_NEW}} for item in new),
                *({"Put": {"Item": item}} for item in entries),
            ]
        )

    def _head_item(self, sid: str, head: Head, start: Start, expires_at: int) -> Item:
        due_shard = partition_of(sid, start.project_id, weight=head.weight, shards=self._shards)
        of = watching_value(start)
        return session_items.head_item(sid, head, due_shard=due_shard, expires_at=expires_at, of=of)
