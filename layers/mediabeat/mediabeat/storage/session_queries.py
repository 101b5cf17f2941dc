"""Queries about sessions in DynamoDB. Nothing here writes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from mediabeat.core.records import Head, ListEntry, Start, StoredSession
from mediabeat.core.session_query import place_of, stands_for
from mediabeat.core.summary import UNREADABLE
from mediabeat.errors import LargeSession
from mediabeat.storage import checkpoints, session_items, viewer_items
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.table import NEWEST_INDEX, Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Read = TypeVar("Read")

FIRST_ITEMS: Final = 8
"""Items of the first answer about a session: all of a usual one, and not much of a large one."""

MOST_KEYS: Final = 100
"""Items that DynamoDB returns by one request."""

SAME_START: Final = 25
"""Sessions of one shard and one millisecond among which an id is looked for. Uploads choose their start, so there is a bound."""


class Opened(NamedTuple):
    """A session of which the head has been read; `read` reads the rest."""

    head: Head
    tail: Sequence[bytes]
    read: Callable[[], StoredSession]


class ShownItems(NamedTuple):
    """The items of a session that do not grow with it. `summary` is the whole one of a closed session."""

    head: Head
    start: Start
    summary: bytes | None
    checkpoint: bytes | None  # a summary of an open session, as of a moment
    as_of: int | None
    expires_at: int

    def has_expired(self, now: int) -> bool:
        """Return whether the session's time is over (`now` in epoch ms). DynamoDB deletes it some days later."""
        return self.expires_at * 1_000 <= now


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

    def heads(self, sids: Sequence[str]) -> tuple[dict[str, Head], dict[str, Exception]]:
        """Return the heads of these sessions, as far as they exist, and why others could not be read.

        The answer may miss the newest writes.
        """
        return _readable(session_items.head_of, sids, self._get_all([key(sid, session_items.HEAD) for sid in sids]))

    def checkpoints(self, sids: Sequence[str]) -> dict[str, checkpoints.Measured]:
        """Return what was measured of these open sessions, as far as something was."""
        found = self._get_all([checkpoints.measured_key(sid) for sid in sids])
        return _readable(checkpoints.measured_of, sids, found)[0]

    def _get_all(self, keys: Sequence[Item]) -> list[Item | None]:
        parts = (keys[first : first + MOST_KEYS] for first in range(0, len(keys), MOST_KEYS))
        return [item for part in parts for item in self._table.get_all(*part)]

    def shown(self, sid: str) -> ShownItems | None:
        """Return the items of a session that do not grow with it; None when it has no head or no start."""
        keys = key(sid, session_items.HEAD), key(sid, session_items.START), checkpoints.measured_key(sid)
        head, start, beside = self._table.get_all(*keys, consistent=True)
        if head is None or start is None:
            return None
        measured = checkpoints.measured_of(beside) if beside else checkpoints.Measured(None, None)
        whole = session_items.summary_in(start)
        if whole is not None and "is_short" in start and measured.summary is not None:
            whole = measured.summary
        expires_at = int(head["expires_at"]["N"])
        parts = session_items.head_of(head), session_items.start_of(start)
        return ShownItems(*parts, whole, measured.summary, measured.as_of, expires_at)

    def newest_of_viewer(self, project_id: str, viewer: str, *, now: int) -> Iterator[str]:
        """Yield the ids of a viewer's sessions in a project, the newest first, without expired ones."""
        values = {":pk": {"S": viewer_items.viewer_partition(project_id, viewer)}}
        items = self._table.query("pk = :pk", values, ScanIndexForward=False, Limit=1)
        return (viewer_items.viewer_entry_of(item).sid for item in items if not session_items.has_expired(item, now))

    def session_shown_as(self, project_id: str, shown: str, *, shards: int) -> str | None:
        """Return the id of the session that answers show under this id (see `session_query`); None when there is none.

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
                    return str(item["pk"]["S"])
        return None

    def all_entries(self, *, since: int) -> Iterator[ListEntry]:
        """Yield the list entries of all projects' sessions that started at or after a time (epoch ms).

        Scans the whole index `newest`, so only the operator's command uses it; no deployed function may scan.
        """
        values = {":since": {"N": str(since)}}
        return map(session_items.entry_of, self._table.scan("started_at >= :since", values, IndexName=NEWEST_INDEX))


def open_session(table: Table, sid: str) -> Opened | None:
    """Return a session of which only the first items are read; None when there is no such session."""
    items = table.query("pk = :pk", {":pk": {"S": sid}}, at_first=FIRST_ITEMS, ConsistentRead=True)
    first = next(items, None)
    if first is None or first["sk"]["S"] != session_items.HEAD:
        return None

    def read() -> StoredSession:
        stored = session_items.stored_session_from(sid, chain([first], items))
        assert stored is not None  # it has a head
        return stored

    return Opened(session_items.head_of(first), session_items.tail_of(first), read)


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


def _readable(
    read: Callable[[Item], Read], sids: Sequence[str], items: Sequence[Item | None]
) -> tuple[dict[str, Read], dict[str, Exception]]:
    found: dict[str, Read] = {}
    failures: dict[str, Exception] = {}
    for sid, item in zip(sids, items, strict=True):
        try:
            if item:
                found[sid] = read(item)
        except UNREADABLE as error:
            failures[sid] = error
    return found, failures
