"""What can be asked of channels over the API: gather, decide, write; again from the start when another client was faster."""

import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from mediabeat.core.channels import (
    ID_SUFFIX_LENGTH,
    Action,
    Channel,
    ChannelRefused,
    ErrorCode,
    changed,
    checked_id,
    name_in,
    name_taken,
    new_channel,
    numbers_on,
    page_in,
)
from mediabeat.errors import StorageUnavailable
from mediabeat.protocols.vod_station.responses import ChannelAnswer, ChannelListAnswer, EventListAnswer, channel_told, event_told
from mediabeat.runtime.clock import pause
from mediabeat.storage.channel_store import ChannelRegistry, StoredChannel

ATTEMPTS: Final = 10
"""Writes of a request before it gives up on a channel that others keep changing: some five seconds at most."""

FIRST_PAUSE_MS: Final = 20
LONGEST_PAUSE_MS: Final = 1_000

_LETTERS: Final = string.ascii_letters + string.digits

Written = TypeVar("Written")


def create_channel(project_id: str, body: Any, channels: ChannelRegistry, *, now: int) -> ChannelAnswer:
    """Create a channel and return it.

    Raises ChannelRefused, also for a name that another channel of the project has.
    """
    name = name_in(body)
    suffix = "".join(secrets.choice(_LETTERS) for _ in range(ID_SUFFIX_LENGTH))

    def attempt() -> Channel | None:
        if holder := channels.live_channel_named(project_id, name):
            refused = name_taken(*holder, now=now)
            if refused.refusal and channels.write(refused, holder):
                raise refused.refusal
            return None
        change = new_channel(project_id, name, suffix, number=channels.channel_count(project_id) + 1, now=now)
        return change.channel if channels.create(change) else None

    return {"content": channel_told(_until_written(attempt))}


def change_channel(project_id: str, channel_id: str, action: Action, channels: ChannelRegistry, *, now: int) -> ChannelAnswer:
    """Start, stop or delete a channel and return it.

    Raises ChannelRefused, once the failure is among the channel's events.
    """

    def attempt() -> Channel | None:
        seen = _channel(project_id, channel_id, channels)
        change = changed(*seen, action, now=now)
        if not channels.write(change, seen):
            return None
        if change.refusal:
            raise change.refusal
        return change.channel

    return {"content": channel_told(_until_written(attempt))}


def show_channel(project_id: str, channel_id: str, channels: ChannelRegistry) -> ChannelAnswer:
    """Return a channel.

    Raises ChannelRefused.
    """
    return {"content": channel_told(_channel(project_id, channel_id, channels).channel)}


def list_channels(project_id: str, parameters: Mapping[str, str], channels: ChannelRegistry) -> ChannelListAnswer:
    """Return a page of a project's channels, newest first, terminated ones too.

    Raises ChannelRefused.
    """
    page = page_in(parameters)
    total = channels.channel_count(project_id)
    return {"content": [channel_told(one) for one in channels.listed(project_id, numbers_on(page, total))], "total": total}


def list_events(project_id: str, channel_id: str, parameters: Mapping[str, str], channels: ChannelRegistry) -> EventListAnswer:
    """Return a page of a channel's events, newest first.

    Raises ChannelRefused.
    """
    page = page_in(parameters)
    channel, total = _channel(project_id, channel_id, channels)
    return {"content": [event_told(one) for one in channels.events(channel.id, numbers_on(page, total))], "total": total}


def _channel(project_id: str, channel_id: str, channels: ChannelRegistry) -> StoredChannel:
    """Return a channel of a project; that it is another project's is said in the same words as that there is none."""
    kept = channels.channel(project_id, checked_id(channel_id))
    if kept is None:
        raise ChannelRefused(ErrorCode.NOT_FOUND, f"channelId: there is no channel {channel_id}")
    return kept


def _until_written(attempt: Callable[[], Written | None]) -> Written:
    for number in range(ATTEMPTS):
        if (written := attempt()) is not None:
            return written
        # Up to so long, by chance, so that those who met now do not meet again.
        pause(secrets.randbelow(min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << number)))
    raise StorageUnavailable("the channel is being changed by others all the time")
