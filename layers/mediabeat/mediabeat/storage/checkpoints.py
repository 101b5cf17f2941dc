"""What is stored beside large sessions in DynamoDB: checkpoints for queries, the requests for them, and large summaries."""

from typing import Final

from mediabeat.storage.dynamodb import EXISTS, Table
from mediabeat.storage.measured_items import measured_item, measured_key
from mediabeat.storage.session_items import START, shard_of
from mediabeat.storage.table import key

IS_ASKED_FOR: Final = "attribute_exists(due_at)"
IS_NEWER: Final = f"{IS_ASKED_FOR} AND (attribute_not_exists(as_of) OR as_of < :as_of)"


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
