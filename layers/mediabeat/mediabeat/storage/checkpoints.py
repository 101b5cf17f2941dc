"""What is stored beside large sessions: checkpoints for queries, the requests for them, and large summaries.

Of an open session it is a checkpoint: a short summary as of some moment, which the closer leaves for queries. Of a closed one it
is the whole summary, if that is too large for the list entry. It has a partition of its own, because earlier releases take every
item in a session's partition for one with events.
"""

from typing import Final, NamedTuple

from mediabeat.storage.dynamodb import EXISTS, Table
from mediabeat.storage.session_items import START, shard_of
from mediabeat.storage.table import Item, key, number_in

IS_ASKED_FOR: Final = "attribute_exists(due_at)"
IS_NEWER: Final = f"{IS_ASKED_FOR} AND (attribute_not_exists(as_of) OR as_of < :as_of)"


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


class Checkpoints:
    """The items beside the sessions of one deployment. Its methods raise StorageUnavailable when the database refuses for now."""

    def __init__(self, table: Table, *, retention_s: int, shards: int) -> None:
        self._table = table
        self._retention_s = retention_s
        self._shards = shards

    def ask_for(self, sid: str, *, now: int) -> None:
        """Let the closer measure an open session for queries. The request stands in the index `due` as a session does."""
        values = {
            ":now": {"N": str(now)},
            ":shard": {"S": str(shard_of(sid, self._shards))},
            ":expires_at": {"N": str(now // 1_000 + self._retention_s)},
            ":none": {"BS": [b"-"]},  # a closer of 0.1 takes the item for an event page without a session, and goes on
        }
        changes = "SET due_at = :now, due_shard = :shard, events = :none, expires_at = if_not_exists(expires_at, :expires_at)"
        self._table.update(measured_key(sid), changes, "attribute_not_exists(due_at)", values)

    def write(self, sid: str, summary: bytes, *, as_of: int) -> None:
        """Answer a request for a checkpoint, unless a newer one, or the summary of the closed session, is there."""
        values = {":summary": {"B": summary}, ":as_of": {"N": str(as_of)}}
        changes = "SET summary = :summary, as_of = :as_of REMOVE due_at, due_shard"
        if not self._table.update(measured_key(sid), changes, IS_NEWER, values):
            self.drop_request(sid)

    def drop_request(self, sid: str) -> None:
        """Remove a request for a checkpoint from the index `due`."""
        self._table.update(measured_key(sid), "REMOVE due_at, due_shard", IS_ASKED_FOR, {})

    def forget(self, sid: str) -> None:
        """Delete the checkpoint of a session, or the request for it."""
        self._table.delete(measured_key(sid))

    def write_whole_summary(self, sid: str, summary: bytes, *, short: bytes, as_of: int, expires_at: int) -> None:
        """Write the summary of a closed session that is too large for a list, and a short one into its list entry."""
        item = measured_item(sid, summary, as_of=as_of, expires_at=expires_at)
        values = {f":{name}": value for name, value in item.items() if name not in ("pk", "sk")}
        changes = ", ".join(f"{name[1:]} = {name}" for name in values)
        entry = {
            "Key": key(sid, START),
            "UpdateExpression": "SET summary = :summary, is_short = :true",
            "ConditionExpression": EXISTS,
            "ExpressionAttributeValues": {":summary": {"B": short}, ":true": {"BOOL": True}},
        }
        beside = {
            "Key": measured_key(sid),
            "UpdateExpression": f"SET {changes} REMOVE due_at, due_shard",
            "ExpressionAttributeValues": values,
        }
        # One transaction: nothing of a session that is being erased comes back.
        self._table.transact([{"Update": entry}, {"Update": beside}])
