"""The bodies of replies about channels. mypy checks the code against their types, and the OpenAPI document shows them.

Source: NAVER's VOD Station API; keys, types and order of an event are those of its published example.
"""

import base64
from collections.abc import Iterable
from typing import Any, Final, Literal

from typing_extensions import TypedDict

from mediabeat.core.channels import Channel, ChannelEvent
from mediabeat.errors import MediabeatError, StorageUnavailable
from mediabeat.protocols.vod_station.errors import failure_of
from mediabeat.runtime.http_api import ErrorReply, Reply, Request, reply

JSON: Final = "application/json;charset=utf-8"


class ChannelBody(TypedDict):
    """A channel; `createTime` in epoch milliseconds, as documented."""

    id: str
    name: str
    channelStatus: Literal["CREATING", "READY", "STARTING", "STOPPING", "STOPPED", "TERMINATING", "TERMINATED"]
    createTime: int


class ChannelEventBody(TypedDict):
    """The result of a request about a channel; `time` in epoch seconds, as documented."""

    time: int
    actionType: Literal["CREATE", "START", "STOP", "DELETE"]
    requestType: Literal["MC", "API", "MCC"]
    resultCode: Literal["SUCCESS", "FAILED"]
    messageCode: str
    message: str


class ChannelAnswer(TypedDict):
    """A channel, as it is after the request."""

    content: ChannelBody


class ChannelListAnswer(TypedDict):
    """A page of a project's channels, newest first, and how many there are on all pages."""

    content: list[ChannelBody]
    total: int


class EventListAnswer(TypedDict):
    """A page of a channel's events, newest first, and how many there are on all pages."""

    content: list[ChannelEventBody]
    total: int


class GatewayError(TypedDict):
    """Why a call was refused."""

    errorCode: str
    message: str
    details: str


class GatewayErrorAnswer(TypedDict):
    """A call that was refused."""

    error: GatewayError


def channel_answer(channel: Channel) -> ChannelAnswer:
    """Return the body of a reply with one channel."""
    return {"content": channel_body(channel)}


def channel_list(channels: Iterable[Channel], total: int) -> ChannelListAnswer:
    """Return the body of a reply with a page of channels."""
    return {"content": [channel_body(one) for one in channels], "total": total}


def event_list(events: Iterable[ChannelEvent], total: int) -> EventListAnswer:
    """Return the body of a reply with a page of a channel's events."""
    return {"content": [event_body(one) for one in events], "total": total}


def channel_body(channel: Channel) -> ChannelBody:
    """Return a channel's fields on the wire."""
    return {
        "id": channel.id,
        "name": channel.name,
        "channelStatus": channel.status.value,
        "createTime": channel.created_at,
    }


def event_body(event: ChannelEvent) -> ChannelEventBody:
    """Return the fields of a channel's event on the wire."""
    return {
        "time": event.at // 1_000,
        "actionType": event.action.value,
        "requestType": event.request_type.value,
        "resultCode": event.result.value,
        "messageCode": event.message_code,
        "message": event.message,
    }


def content_reply(body: Any, request: Request) -> Reply:
    """Return the reply to a call that was carried out."""
    return reply(200, body, Content_Type=JSON, x_ncp_trace_id=trace_id(request))


def error_reply(error: Exception, request: Request) -> ErrorReply:
    """Return the reply to an error in the form of NAVER Cloud's API Gateway."""
    failure = failure_of(error)
    details = str(error) if isinstance(error, MediabeatError) else "internal error"
    if isinstance(error, StorageUnavailable):
        details = "The request may not have been carried out. Send it again."
    body: GatewayErrorAnswer = {"error": {"errorCode": failure.code, "message": failure.message, "details": details}}
    trace = trace_id(request)
    return reply(failure.status, body, Content_Type=JSON, x_ncp_trace_id=trace), {"code": failure.code, "trace_id": trace}


def trace_id(request: Request) -> str:
    """Return the name of the reply to a request: 26 letters and digits."""
    return base64.b32hexencode(request.nonce).decode().rstrip("=").lower()
