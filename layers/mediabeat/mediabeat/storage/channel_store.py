"""The channels of a deployment, in DynamoDB."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mediabeat.core.channels import Change, Channel, ChannelEvent, Status
from mediabeat.storage import channel_items as items
from mediabeat.storage.dynamodb import IS_NEW, Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Conditions on values that were read before a transaction.
SAME_CHANNEL: Final = "channel_status = :seen_status AND event_count = :seen_count"
SAME_COUNT: Final = "channel_count = :seen"
NAME_IS_FREE: Final = "attribute_not_exists(pk) OR channel_status = :terminated"
NAME_IS_ITS_OWN: Final = "channel_id = :id"


class StoredChannel(NamedTuple):
    """A channel as it was read, and how many events it had then."""

    channel: Channel
    event_count: int


class ChannelRegistry:
    """The channels. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(self, table_name: str, client: "DynamoDBClient") -> None:
        self._table = Table(table_name, client)

    def channel(self, project_id: str, channel_id: str) -> StoredChannel | None:
        """Return a channel; None when the project has no channel with this id."""
        item = self._table.get(items.channel_key(channel_id), consistent=True)
        if item is None or (channel := items.channel_of(item)).project_id != project_id:
            return None
        return StoredChannel(channel, int(item["event_count"]["N"]))

    def live_channel_named(self, project_id: str, name: str) -> StoredChannel | None:
        """Return the channel with a name; None when there is none or it is terminated."""
        item = self._table.get(items.name_key(project_id, name), consistent=True)
        stored = self.channel(project_id, item["channel_id"]["S"]) if item else None
        return stored if stored and stored.channel.status is not Status.TERMINATED else None

    def channel_count(self, project_id: str) -> int:
        """Return how many channels a project has, including terminated ones."""
        item = self._table.get(items.count_key(project_id), consistent=True)
        return int(item["channel_count"]["N"]) if item else 0

    def listed(self, project_id: str, numbers: range) -> Iterator[Channel]:
        """Yield a project's channels with these numbers, newest first."""
        partition = items.list_partition(project_id)
        return map(items.channel_of, self._range(partition, items.entry_sort_key, numbers))

    def events(self, channel_id: str, numbers: range) -> Iterator[ChannelEvent]:
        """Yield a channel's events with these numbers, newest first."""
        partition = items.channel_partition(channel_id)
        return map(items.event_of, self._range(partition, items.event_sort_key, numbers))

    def create(self, change: Change) -> bool:
        """Store a new channel. Returns False when another request has just taken its name or its number."""
        channel = change.channel
        seen = channel.number - 1
        count: dict[str, Any] = {
            "Key": items.count_key(channel.project_id),
            "UpdateExpression": "SET channel_count = :new",
            "ConditionExpression": SAME_COUNT if seen else IS_NEW,
            "ExpressionAttributeValues": {":new": _number(channel.number)} | ({":seen": _number(seen)} if seen else {}),
        }
        name = {
            "Item": items.name_item(channel),
            "ConditionExpression": NAME_IS_FREE,
            "ExpressionAttributeValues": {":terminated": {"S": Status.TERMINATED}},
        }
        own = {"Item": items.channel_item(channel, len(change.events)), "ConditionExpression": IS_NEW}
        entry = {"Item": items.entry_item(channel), "ConditionExpression": IS_NEW}
        return self._table.transact(
            [{"Update": count}, {"Put": name}, {"Put": own}, {"Put": entry}, *self._event_writes(change)],
        )

    def write(self, change: Change, seen: StoredChannel) -> bool:
        """Store a change of a channel. Returns False when another request changed the channel since it was read."""
        channel = change.channel
        own = {
            "Item": items.channel_item(channel, seen.event_count + len(change.events)),
            "ConditionExpression": SAME_CHANNEL,
            "ExpressionAttributeValues": {
                ":seen_status": {"S": seen.channel.status},
                ":seen_count": _number(seen.event_count),
            },
        }
        copies: list[dict[str, Any]] = []
        if channel.status is not seen.channel.status:
            name = {
                "Item": items.name_item(channel),
                "ConditionExpression": NAME_IS_ITS_OWN,
                "ExpressionAttributeValues": {":id": {"S": channel.id}},
            }
            copies = [{"Put": name}, {"Put": {"Item": items.entry_item(channel)}}]
        return self._table.transact([{"Put": own}, *copies, *self._event_writes(change)])

    def _event_writes(self, change: Change) -> list[dict[str, Any]]:
        new = [items.event_item(change.channel.id, event) for event in change.events]
        return [{"Put": {"Item": item, "ConditionExpression": IS_NEW}} for item in new]

    def _range(self, partition: str, sort_key: Any, numbers: range) -> Iterator[dict[str, Any]]:
        if not numbers:
            return iter(())
        values = {
            ":pk": {"S": partition},
            ":first": {"S": sort_key(numbers[0])},
            ":last": {"S": sort_key(numbers[-1])},
        }
        condition = "pk = :pk AND sk BETWEEN :first AND :last"
        return self._table.query(condition, values, ScanIndexForward=False, ConsistentRead=True)


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
