"""Channels: what sessions name in `media.channel`. Their statuses, what a request does to one, and the events that it leaves.

Source: NAVER's VOD Station API, `/api/v2/channels`: statuses, and the messages of requests that succeed. The messages of requests
that fail are ours. A reply comes when the last step is done, so the statuses in between are seen in the events only.
"""

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Final, NamedTuple

from mediabeat.core.stored_forms import StoredWord
from mediabeat.errors import MediabeatError

NAME: Final = re.compile(r"[A-Za-z0-9-]{3,20}")
ID: Final = re.compile(r"vs-\d{14}-[A-Za-z0-9]{7}", re.ASCII)
ID_SUFFIX_LENGTH: Final = 7


class Status(StoredWord):
    """The status of a channel."""

    CREATING = "CREATING"
    READY = "READY"
    STARTING = "STARTING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"


class Action(StoredWord):
    """The actions that can be requested for a channel."""

    CREATE = "CREATE"
    START = "START"
    STOP = "STOP"
    DELETE = "DELETE"


class RequestType(StoredWord):
    """Where a request came from. NAVER's API also has its console (`MC`) and its Media Connect Center (`MCC`)."""

    API = "API"


class Result(StoredWord):
    """The result of a request."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


class Refusal(Enum):
    """Why a request about a channel was refused."""

    NAME_TAKEN = "another channel has the name"
    UNKNOWN_CHANNEL = "the project has no such channel"
    CANNOT_START = "the channel cannot be started in its status"
    CANNOT_STOP = "the channel cannot be stopped in its status"
    CANNOT_DELETE = "the channel cannot be deleted in its status"


class ChannelRefused(MediabeatError):
    """A request about a channel was refused."""

    def __init__(self, refusal: Refusal, details: str) -> None:
        super().__init__(details)
        self.refusal = refusal


class Transition(NamedTuple):
    """The status in which a request is allowed, and the two statuses that it leads through."""

    start: Status
    passing: Status
    final: Status
    refusal: Refusal


TRANSITIONS: Final = {
    Action.START: Transition(Status.STOPPED, Status.STARTING, Status.READY, Refusal.CANNOT_START),
    Action.STOP: Transition(Status.READY, Status.STOPPING, Status.STOPPED, Refusal.CANNOT_STOP),
    Action.DELETE: Transition(Status.STOPPED, Status.TERMINATING, Status.TERMINATED, Refusal.CANNOT_DELETE),
}


class Channel(NamedTuple):
    """One channel of a project. `number` counts the project's channels from 1; `created_at` in epoch milliseconds."""

    id: str
    project_id: str
    name: str
    status: Status
    created_at: int
    number: int


class ChannelEvent(NamedTuple):
    """The result of one request. `number` counts the channel's events from 1; `at` in epoch milliseconds."""

    number: int
    at: int
    action: Action
    request_type: RequestType
    result: Result
    message_code: str
    message: str


class Change(NamedTuple):
    """The effect of a request: the channel after it, its events, and the refusal if it was refused."""

    channel: Channel
    events: tuple[ChannelEvent, ...]
    refusal: ChannelRefused | None = None


class Page(NamedTuple):
    """A page of a list; `number` counts from 1."""

    number: int
    size: int


def new_channel(project_id: str, name: str, suffix: str, *, number: int, now: int) -> Change:
    """Return a new channel, ready at once. Its id contains the second in which it was made."""
    made_at = datetime.fromtimestamp(now // 1_000, UTC).strftime("%Y%m%d%H%M%S")
    channel = Channel(f"vs-{made_at}-{suffix}", project_id, name, Status.READY, now, number)
    return Change(channel, _steps(channel, Action.CREATE, Status.CREATING, Status.READY, 0, now))


def name_taken(holder: Channel, event_count: int, *, now: int) -> Change:
    """Return the effect of a request to create a channel whose name another one holds: a failed event of the holder."""
    refusal = ChannelRefused(Refusal.NAME_TAKEN, f"name: {holder.name} is the name of channel {holder.id}")
    return Change(holder, (_failure(Action.CREATE, refusal, event_count, now),), refusal)


def changed(channel: Channel, event_count: int, action: Action, *, now: int) -> Change:
    """Return the effect of a request to start, stop or delete a channel."""
    transition = TRANSITIONS[action]
    if channel.status is not transition.start:
        verb = action.lower()
        reason = f"{channel.name} is {channel.status}; only a channel that is {transition.start} can be asked to {verb}"
        refusal = ChannelRefused(transition.refusal, reason)
        return Change(channel, (_failure(action, refusal, event_count, now),), refusal)
    after = channel._replace(status=transition.final)
    return Change(after, _steps(after, action, transition.passing, transition.final, event_count, now))


def _steps(channel: Channel, action: Action, passing: Status, final: Status, count: int, now: int) -> tuple[ChannelEvent, ...]:
    steps = [(f"CHANNEL_{status}", f"{channel.name} {status.lower()}") for status in (passing, final)]
    return tuple(
        ChannelEvent(number, now, action, RequestType.API, Result.SUCCESS, code, message)
        for number, (code, message) in enumerate(steps, count + 1)
    )


def _failure(action: Action, refusal: ChannelRefused, count: int, now: int) -> ChannelEvent:
    code = f"CHANNEL_{action}_FAILED"
    return ChannelEvent(count + 1, now, action, RequestType.API, Result.FAILED, code, str(refusal))


def takes_sessions(status: Status) -> bool:
    """Say whether new sessions may name a channel of this status."""
    return status is Status.READY


def numbers_on(page: Page, total: int) -> range:
    """Return the numbers on a page of a list that has the numbers 1 to `total`, newest first."""
    last = max(0, total - (page.number - 1) * page.size)
    return range(max(1, last - page.size + 1), last + 1)
