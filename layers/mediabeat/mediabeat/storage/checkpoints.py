"""What is stored beside large sessions: checkpoints for queries, and large summaries.

Of an open session it is a checkpoint: a short summary as of some moment, which the closer leaves for queries. Of a closed one it
is the whole summary, if that is too large for the list entry. It has a partition of its own, because earlier releases take every
item in a session's partition for one with events.
"""

from typing import Final, NamedTuple

from mediabeat.storage.dynamodb import Table
from mediabeat.storage.table import Item, key, number_in

IS_ASKED_FOR: Final = "attribute_exists(due_at)"

MEASURED: Final = "measured"


class Measured(NamedTuple):
    """What was measured of a session: a stored summary, and the last arrival that is in it (epoch milliseconds).

    Both are None in an item by which an earlier release asked for a checkpoint.
    """

    summary: bytes | None
    as_of: int | None


def measured_key(sid: str) -> Item:
    """Return the key of what was measured of a session."""
    return key(f"{MEASURED}#{sid}", MEASURED)


def session_of(pk: str) -> str | None:
    """Return the session for which an earlier release asked for a checkpoint, by a partition in the index `due`, else None."""
    return pk.removeprefix(f"{MEASURED}#") if pk.startswith(f"{MEASURED}#") else None


def measured_item(sid: str, summary: bytes, *, as_of: int, expires_at: int) -> Item:
    """Return the item; `expires_at` in epoch seconds."""
    times = {"as_of": {"N": str(as_of)}, "expires_at": {"N": str(expires_at)}}
    return measured_key(sid) | {"summary": {"B": summary}} | times


def measured_of(item: Item) -> Measured:
    """Read what was measured of a session."""
    summary = bytes(item["summary"]["B"]) if "summary" in item else None
    return Measured(summary, number_in(item, "as_of"))


class Checkpoints:
    """The items beside the sessions of one deployment. Its methods raise StorageUnavailable when the database refuses for now."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def drop_request(self, sid: str) -> None:
        """Remove an earlier release's request for a checkpoint from the index `due`."""
        self._table.update(measured_key(sid), "REMOVE due_at, due_shard", IS_ASKED_FOR, {})

    def forget(self, sid: str) -> None:
        """Delete the checkpoint of a session."""
        self._table.delete(measured_key(sid))
