"""The items of channels, of their events and of the lists of them. Pure; `table` has the map.

Channels and events are numbered, so page N of a list is one query for a range of sort keys.
"""

from typing import Final

from mediabeat.core.channels import Action, Channel, ChannelEvent, RequestType, Result, Status
from mediabeat.storage.table import Item, key

CHANNEL: Final = "channel"
_DIGITS: Final = 12


def channel_partition(channel_id: str) -> str:
    """Return the partition of a channel and its events."""
    return f"channel#{channel_id}"


def list_partition(project_id: str) -> str:
    """Return the partition of the list of a project's channels."""
    return f"channels#{project_id}"


def channel_key(channel_id: str) -> Item:
    """Return the key of a channel."""
    return key(channel_partition(channel_id), CHANNEL)


def event_sort_key(number: int) -> str:
    """Return the sort key of a channel's event. Events sort by number, which is the order of time."""
    return f"event#{number:0{_DIGITS}}"


def entry_sort_key(number: int) -> str:
    """Return the sort key of a channel in its project's list."""
    return f"channel#{number:0{_DIGITS}}"


def entry_key(channel: Channel) -> Item:
    """Return the key of a channel in its project's list."""
    return key(list_partition(channel.project_id), entry_sort_key(channel.number))


def count_key(project_id: str) -> Item:
    """Return the key of the number of a project's channels."""
    return key(list_partition(project_id), "count")


def name_key(project_id: str, name: str) -> Item:
    """Return the key of the item that finds a channel by its name."""
    return key(f"channel-names#{project_id}", name)


def channel_item(channel: Channel, event_count: int) -> Item:
    """Return the item of a channel."""
    return channel_key(channel.id) | _fields_of(channel) | {"event_count": {"N": str(event_count)}}


def entry_item(channel: Channel) -> Item:
    """Return the item of a channel in its project's list."""
    return entry_key(channel) | _fields_of(channel)


def name_item(channel: Channel) -> Item:
    """Return the item with the status of the channel of a name."""
    fields = {"channel_id": {"S": channel.id}, "channel_status": {"S": channel.status}}
    return name_key(channel.project_id, channel.name) | fields


def event_item(channel_id: str, event: ChannelEvent) -> Item:
    """Return the item of an event."""
    return key(channel_partition(channel_id), event_sort_key(event.number)) | {
        "happened_at": {"N": str(event.at)},
        "action": {"S": event.action},
        "request_type": {"S": event.request_type},
        "result": {"S": event.result},
        "message_code": {"S": event.message_code},
        "message": {"S": event.message},
    }


def _fields_of(channel: Channel) -> Item:
    return {
        "channel_id": {"S": channel.id},
        "project_id": {"S": channel.project_id},
        "channel_name": {"S": channel.name},
        "channel_status": {"S": channel.status},
        "created_at": {"N": str(channel.created_at)},
        "number": {"N": str(channel.number)},
    }


def channel_of(item: Item) -> Channel:
    """Read a channel, from its own item or from the list."""
    return Channel(
        id=item["channel_id"]["S"],
        project_id=item["project_id"]["S"],
        name=item["channel_name"]["S"],
        status=status_of(item),
        created_at=int(item["created_at"]["N"]),
        number=int(item["number"]["N"]),
    )


def status_of(item: Item) -> Status:
    """Read the status of a channel, also from the item of its name."""
    return Status(item["channel_status"]["S"])


def event_of(item: Item) -> ChannelEvent:
    """Read an event."""
    return ChannelEvent(
        number=int(item["sk"]["S"].removeprefix("event#")),
        at=int(item["happened_at"]["N"]),
        action=Action(item["action"]["S"]),
        request_type=RequestType(item["request_type"]["S"]),
        result=Result(item["result"]["S"]),
        message_code=item["message_code"]["S"],
        message=item["message"]["S"],
    )
