"""Channels and their events as they are answered: what the code is checked against and what the OpenAPI document shows.

Source: NAVER's VOD Station API; keys, types and order of an event are those of its published example.
"""

from typing import Literal

from typing_extensions import TypedDict

from mediabeat.core.channels import Channel, ChannelEvent


class ChannelTold(TypedDict):
    """A channel; `createTime` in epoch milliseconds, as documented."""

    id: str
    name: str
    channelStatus: Literal["CREATING", "READY", "STARTING", "STOPPING", "STOPPED", "TERMINATING", "TERMINATED"]
    createTime: int


class EventTold(TypedDict):
    """What became of a request about a channel; `time` in epoch seconds, as documented."""

    time: int
    actionType: Literal["CREATE", "START", "STOP", "DELETE"]
    requestType: Literal["MC", "API", "MCC"]
    resultCode: Literal["SUCCESS", "FAILED"]
    messageCode: str
    message: str


class ChannelAnswer(TypedDict):
    """A channel, as it is after the request."""

    content: ChannelTold


class ChannelListAnswer(TypedDict):
    """A page of a project's channels, newest first, and how many there are on all pages."""

    content: list[ChannelTold]
    total: int


class EventListAnswer(TypedDict):
    """A page of a channel's events, newest first, and how many there are on all pages."""

    content: list[EventTold]
    total: int


class GatewayError(TypedDict):
    """Why a call was refused."""

    errorCode: str
    message: str
    details: str


class GatewayErrorAnswer(TypedDict):
    """A call that was refused."""

    error: GatewayError


def channel_told(channel: Channel) -> ChannelTold:
    """Return a channel as it is answered."""
    return {
        "id": channel.id,
        "name": channel.name,
        "channelStatus": channel.status.value,
        "createTime": channel.created_at,
    }


def event_told(event: ChannelEvent) -> EventTold:
    """Return an event as it is answered."""
    return {
        "time": event.at // 1_000,
        "actionType": event.action.value,
        "requestType": event.request_type.value,
        "resultCode": event.result.value,
        "messageCode": event.message_code,
        "message": event.message,
    }
