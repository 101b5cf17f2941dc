"""The errors of VOD Station as its clients know them: status, code and message. Every code stands here, and here only.

Source: NAVER's VOD Station API, and the common errors of NAVER Cloud's API Gateway.
"""

from typing import Final, NamedTuple

from mediabeat.core.channels import ChannelRefused, Refusal
from mediabeat.errors import BodyTooLarge, InvalidInput, MediabeatError, NotFound, StorageUnavailable, Unauthorized


class Failure(NamedTuple):
    """An error of the API: the status of the reply, and code and message in its body."""

    status: int
    code: str
    message: str


INPUT_VALUE: Final = Failure(400, "260002", "input value error")
INVALID_ID: Final = Failure(400, "260017", "invalid channel id")
PAGE_NUMBER: Final = Failure(400, "260025", "pageNo must be >= 1")
NAME: Final = Failure(400, "260032", "invalid channel name")

REFUSALS: Final = {
    Refusal.NAME_TAKEN: INPUT_VALUE,
    Refusal.UNKNOWN_CHANNEL: Failure(404, "260004", "not found"),
    Refusal.CANNOT_START: Failure(409, "260022", "the channel cannot be started in its status"),
    Refusal.CANNOT_STOP: Failure(409, "260023", "the channel cannot be stopped in its status"),
    Refusal.CANNOT_DELETE: Failure(409, "260024", "the channel cannot be deleted in its status"),
}

COMMON: Final[dict[type[MediabeatError], Failure]] = {
    Unauthorized: Failure(401, "200", "Authentication Failed"),
    NotFound: Failure(404, "300", "Not Found Exception"),
    BodyTooLarge: Failure(413, "430", "Request Entity Too Large"),
    InvalidInput: INPUT_VALUE,
    StorageUnavailable: Failure(503, "500", "Endpoint Error"),
}

UNEXPECTED: Final = Failure(500, "900", "Unexpected Error")


class CallRefused(MediabeatError):
    """A parameter of a call is wrong."""

    def __init__(self, failure: Failure, details: str) -> None:
        super().__init__(details)
        self.failure = failure


def failure_of(error: Exception) -> Failure:
    """Return how an error is reported to the client."""
    match error:
        case CallRefused():
            return error.failure
        case ChannelRefused():
            return REFUSALS[error.refusal]
        case MediabeatError():
            return COMMON[type(error)]
        case _:
            return UNEXPECTED
