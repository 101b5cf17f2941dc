"""Reading the items of one session: all of them, or the head first and the rest only if it is needed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from mediabeat.core.records import Head, StoredSession
from mediabeat.errors import LargeSession
from mediabeat.storage import session_items
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.table import Item

FIRST_ITEMS: Final = 8
"""Items of the first answer about a session: all of a usual one, and not much of a large one."""


class Opened(NamedTuple):
    """A session of which the head has been read; `read` reads the rest."""

    head: Head
    tail: Sequence[bytes]
    read: Callable[[], StoredSession]


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
