"""Replies to CMCD players. No player reads a body, and each status makes it do something else, so there are only four.

204 makes it forget the lines, 503 keeps them for the next request, 410 stops a player for good, and 413 loses them. A 400 would
make hls.js lose the good lines of a body with the bad ones, and dash.js send them for ever. Source: hls.js 1.7, dash.js 5.2 and
Shaka Player 5.2 against a stub.
"""

from mediabeat.errors import BodyTooLarge, CostsTooMuch, InvalidInput, ProjectUnknown
from mediabeat.runtime.http_api import ErrorReply, Reply, Request, reply


def received_reply() -> Reply:
    """Return the reply to lines of which every usable one is durable."""
    return reply(204)


def error_reply(error: Exception, request: Request) -> ErrorReply:
    """Return the reply to an error: 503 for all that a repeat may cure, defects too."""
    match error:
        case ProjectUnknown():
            return reply(410), {}
        case BodyTooLarge() | CostsTooMuch():
            return reply(413), {}
        case InvalidInput():
            return reply(204), {}  # not even base64, so there is no line to lose
        case _:
            return reply(503), {}
