"""Requests about channels: gather, decide, write; start again when another request was faster."""

import secrets
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from mediabeat.core.channels import (
    ID_SUFFIX_LENGTH,
    Action,
    Channel,
    ChannelEvent,
    ChannelRefused,
    Page,
    Refusal,
    changed,
    name_taken,
    new_channel,
    numbers_on,
)
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.channel_store import ChannelRegistry, StoredChannel

MAX_ATTEMPTS: Final = 10
"""Attempts of a request to write to a channel that other requests keep changing: about five seconds at most."""

FIRST_PAUSE_MS: Final = 20
LONGEST_PAUSE_MS: Final = 1_000

_LETTERS: Final = string.ascii_letters + string.digits


class ChannelPage(NamedTuple):
    """A page of a project's channels, newest first, and how many there are on all pages."""

    channels: Iterable[Channel]
    total: int


class EventPage(NamedTuple):
    """A page of a channel's events, newest first, and how many there are on all pages."""

    events: Iterable[ChannelEvent]
    total: int


@dataclass(frozen=True)
class ChannelCalls:
    """The requests of one project about its channels. `now_ms` is the server's clock, epoch milliseconds."""

    project_id: str
    channels: ChannelRegistry
    now_ms: int
    pause: Callable[[int], None]
    """Waits for a number of milliseconds."""

    def create(self, name: str) -> Channel:
        """Create a channel and return it.

        Raises ChannelRefused for a name that another channel of the project has.
        """
        suffix = "".join(secrets.choice(_LETTERS) for _ in range(ID_SUFFIX_LENGTH))

        def attempt() -> Channel | None:
            if holder := self.channels.live_channel_named(self.project_id, name):
                refused = name_taken(*holder, now=self.now_ms)
                if refused.refusal and self.channels.write(refused, holder):
                    raise refused.refusal
                return None
            number = self.channels.channel_count(self.project_id) + 1
            change = new_channel(self.project_id, name, suffix, number=number, now=self.now_ms)
            return change.channel if self.channels.create(change) else None

        return self._until_written(attempt)

    def change(self, channel_id: str, action: Action) -> Channel:
        """Start, stop or delete a channel and return it.

        Raises ChannelRefused, once the failure is among the channel's events.
        """

        def attempt() -> Channel | None:
            seen = self._stored(channel_id)
            change = changed(*seen, action, now=self.now_ms)
            if not self.channels.write(change, seen):
                return None
            if change.refusal:
                raise change.refusal
            return change.channel

        return self._until_written(attempt)

    def show(self, channel_id: str) -> Channel:
        """Return a channel.

        Raises ChannelRefused.
        """
        return self._stored(channel_id).channel

    def list_channels(self, page: Page) -> ChannelPage:
        """Return a page of the project's channels, terminated ones included."""
        total = self.channels.channel_count(self.project_id)
        return ChannelPage(self.channels.listed(self.project_id, numbers_on(page, total)), total)

    def list_events(self, page: Page, channel_id: str) -> EventPage:
        """Return a page of a channel's events.

        Raises ChannelRefused.
        """
        channel, total = self._stored(channel_id)
        return EventPage(self.channels.events(channel.id, numbers_on(page, total)), total)

    def _stored(self, channel_id: str) -> StoredChannel:
        """Return a channel of the project; the refusal does not reveal whether another project has the channel."""
        stored = self.channels.channel(self.project_id, channel_id)
        if stored is None:
            raise ChannelRefused(Refusal.UNKNOWN_CHANNEL, f"there is no channel {channel_id}")
        return stored

    def _until_written(self, attempt: Callable[[], Channel | None]) -> Channel:
        for number in range(MAX_ATTEMPTS):
            if (written := attempt()) is not None:
                return written
            # The wait is random, so that requests that met now do not meet again.
            self.pause(secrets.randbelow(min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << number)))
        raise StorageUnavailable("other requests keep changing the channel")
