"""The item beside a session with what was measured of it. Pure; `table` has the map.

Of an open session it is a checkpoint: a short summary as of some moment, which the closer leaves for queries. Of a closed one it
is the whole summary, if that is too large for the list entry. It has a partition of its own, because earlier releases take every
item in a session's partition for one with events.
"""

from typing import Final, NamedTuple

from mediabeat.storage.table import Item, key, number_in

MEASURED: Final = "measured"


class Measured(NamedTuple):
    """What was measured of a session: a stored summary, and the last arrival that is in it (epoch milliseconds).

    `summary` is None while a checkpoint is only asked for; `due_at` says since when.
    """

    summary: bytes | None
    as_of: int | None
    due_at: int | None


def measured_key(sid: str) -> Item:
    """Return the key of what was measured of a session."""
    return key(f"{MEASURED}#{sid}", MEASURED)


def session_of(pk: str) -> str | None:
    """Return the session that a partition in the index `due` asks a checkpoint for; None for the partition of a session."""
    return pk.removeprefix(f"{MEASURED}#") if pk.startswith(f"{MEASURED}#") else None


def measured_item(sid: str, summary: bytes, *, as_of: int, expires_at: int) -> Item:
    """Return the item; `expires_at` in epoch seconds."""
    times = {"as_of": {"N": str(as_of)}, "expires_at": {"N": str(expires_at)}}
    return measured_key(sid) | {"summary": {"B": summary}} | times


def measured_of(item: Item) -> Measured:
    """Read what was measured of a session."""
    summary = bytes(item["summary"]["B"]) if "summary" in item else None
    return Measured(summary, number_in(item, "as_of"), number_in(item, "due_at"))
