"""Channels: what sessions name in `media.channel`. Their statuses, what a request does to one, and the events that it leaves.

Source: NAVER's VOD Station API, `/api/v2/channels`: statuses, codes and the messages of requests that succeed. The messages of
those that fail are ours. A request is answered once its last step is done: the statuses in between are seen in the events only.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mediabeat.core.stored_forms import StoredWord
from mediabeat.errors import MediabeatError

NAME: Final = re.compile(r"[A-Za-z0-9-]{3,20}")
ID: Final = re.compile(r"vs-\d{14}-[A-Za-z0-9]{7}", re.ASCII)
ID_SUFFIX_LENGTH: Final = 7

DEFAULT_PAGE_SIZE: Final = 20
MAX_PAGE_SIZE: Final = 100
_NUMBER: Final = re.compile(r"-?\d{1,9}", re.ASCII)


class Status(StoredWord):
    """Where a channel is in its life."""

    CREATING = "CREATING"
    READY = "READY"
    STARTING = "STARTING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"


class Action(StoredWord):
    """What can be asked of a channel."""

    CREATE = "CREATE"
    START = "START"
    STOP = "STOP"
    DELETE = "DELETE"


class RequestType(StoredWord):
    """Where a request came from: the console, a signed call, the Media Connect Center."""

    MC = "MC"
    API = "API"
    MCC = "MCC"


class Result(StoredWord):
    """How a request went."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


class ErrorCode(StrEnum):
    """Why a request was refused."""

    INPUT_VALUE = "260002"
    NOT_FOUND = "260004"
    INVALID_ID = "260017"
    CANNOT_START = "260022"
    CANNOT_STOP = "260023"
    CANNOT_DELETE = "260024"
    PAGE_NUMBER = "260025"
    NAME = "260032"


class ChannelRefused(MediabeatError):
    """A request about a channel cannot be done."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code = code


class Transition(NamedTuple):
    """The one status that a request starts from, and the two that it leads through."""

    start: Status
    passing: Status
    final: Status
    refusal: ErrorCode


TRANSITIONS: Final = {
    Action.START: Transition(Status.STOPPED, Status.STARTING, Status.READY, ErrorCode.CANNOT_START),
    Action.STOP: Transition(Status.READY, Status.STOPPING, Status.STOPPED, ErrorCode.CANNOT_STOP),
    Action.DELETE: Transition(Status.STOPPED, Status.TERMINATING, Status.TERMINATED, ErrorCode.CANNOT_DELETE),
}


class Channel(NamedTuple):
    """One channel of a project, `number` counting a project's channels from 1. `created_at` in epoch milliseconds."""

    id: str
    project_id: str
    name: str
    status: Status
    created_at: int
    number: int


class ChannelEvent(NamedTuple):
    """What became of a request, `number` counting a channel's events from 1. `at` in epoch milliseconds."""

    number: int
    at: int
    action: Action
    request_type: RequestType
    result: Result
    message_code: str
    message: str


class Change(NamedTuple):
    """What a request does: the channel after it, the events that it leaves, and why it is refused if it is."""

    channel: Channel
    events: tuple[ChannelEvent, ...]
    refusal: ChannelRefused | None = None


class Page(NamedTuple):
    """A page of a list; `number` counts from 1."""

    number: int
    size: int


def new_channel(project_id: str, name: str, suffix: str, *, number: int, now: int) -> Change:
    """Return a new channel, ready at once; its id tells the second of its making."""
    made_at = datetime.fromtimestamp(now // 1_000, UTC).strftime("%Y%m%d%H%M%S")
    channel = Channel(f"vs-{made_at}-{suffix}", project_id, name, Status.READY, now, number)
    return Change(channel, _steps(channel, Action.CREATE, Status.CREATING, Status.READY, 0, now))


def name_taken(holder: Channel, event_count: int, *, now: int) -> Change:
    """Return what a request to create a second channel of a name leaves with the one that holds it: a failed event."""
    refusal = ChannelRefused(ErrorCode.INPUT_VALUE, f"name: {holder.name} is the name of channel {holder.id}")
    return Change(holder, (_failure(Action.CREATE, refusal, event_count, now),), refusal)


def changed(channel: Channel, event_count: int, action: Action, *, now: int) -> Change:
    """Return what a request to start, stop or delete a channel does."""
    transition = TRANSITIONS[action]
    if channel.status is not transition.start:
        verb = action.lower()
        reason = f"{channel.name} is {channel.status}; only a channel that is {transition.start} can be asked to {verb}"
        refusal = ChannelRefused(transition.refusal, reason)
        return Change(channel, (_failure(action, refusal, event_count, now),), refusal)
    after = channel._replace(status=transition.final)
    return Change(after, _steps(after, action, transition.passing, transition.final, event_count, now))


def _steps(channel: Channel, action: Action, passing: Status, final: Status, count: int, now: int) -> tuple[ChannelEvent, ...]:
    told = [(f"CHANNEL_{status}", f"{channel.name} {status.lower()}") for status in (passing, final)]
    return tuple(
        ChannelEvent(number, now, action, RequestType.API, Result.SUCCESS, code, message)
        for number, (code, message) in enumerate(told, count + 1)
    )


def _failure(action: Action, refusal: ChannelRefused, count: int, now: int) -> ChannelEvent:
    code = f"CHANNEL_{action}_FAILED"
    return ChannelEvent(count + 1, now, action, RequestType.API, Result.FAILED, code, str(refusal))


def takes_sessions(status: Status) -> bool:
    """Say whether new sessions may name a channel of this status."""
    return status is Status.READY


def name_in(body: Any) -> str:
    """Return the name in the body of a request to create a channel.

    Raises ChannelRefused.
    """
    name = body.get("name") if isinstance(body, Mapping) else None
    if not isinstance(name, str):
        raise ChannelRefused(ErrorCode.INPUT_VALUE, "name: must be a text in a JSON object")
    if not NAME.fullmatch(name):
        raise ChannelRefused(ErrorCode.NAME, "name: must be 3 to 20 letters, digits or dashes")
    return name


def checked_id(channel_id: str) -> str:
    """Return a channel's id if it has the form of one.

    Raises ChannelRefused.
    """
    if not ID.fullmatch(channel_id):
        raise ChannelRefused(ErrorCode.INVALID_ID, "channelId: must be vs-, 14 digits, -, and 7 letters or digits")
    return channel_id


def page_in(parameters: Mapping[str, str]) -> Page:
    """Return the page that a request's parameters ask for; of other parameters nothing is wanted.

    Raises ChannelRefused.
    """
    number = _whole_number(parameters, "pageNo", 1)
    size = _whole_number(parameters, "pageSizeNo", DEFAULT_PAGE_SIZE)
    if number < 1:
        raise ChannelRefused(ErrorCode.PAGE_NUMBER, "pageNo: must be 1 or more")
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise ChannelRefused(ErrorCode.INPUT_VALUE, f"pageSizeNo: must be 1 to {MAX_PAGE_SIZE}")
    return Page(number, size)


def _whole_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not _NUMBER.fullmatch(text):
        raise ChannelRefused(ErrorCode.INPUT_VALUE, f"{name}: must be a whole number")
    return int(text)


def numbers_on(page: Page, total: int) -> range:
    """Return the numbers that a page shows of a list that is numbered from 1 to `total` and shown newest first."""
    last = max(0, total - (page.number - 1) * page.size)
    return range(max(1, last - page.size + 1), last + 1)
