"""The bodies of the answers, as they are on the wire: what the code is checked against and what the OpenAPI document shows."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from mediabeat.core.action_log import Action
from mediabeat.core.metrics import ErrorSource, Metrics
from mediabeat.core.session_query import Device


class WrongField(TypedDict):
    """One rule that the request broke."""

    field: str
    rule: str


class EventAnswer(TypedDict):
    """What became of one event of several; `errors` when fields were wrong."""

    code: int
    message: str
    errors: NotRequired[list[WrongField]]


class ErrorAnswer(EventAnswer):
    """What was wrong; `errors` when fields or parameters were, `events` with an answer for each when several were sent."""

    events: NotRequired[list[EventAnswer]]


class SessionLogLine(TypedDict):
    """One action; `actionDuration` in milliseconds, dates in UTC, the viewer masked."""

    logDate: str
    videoTime: str
    actionType: Action
    actionDuration: int
    uuid: str


class RecentSession(TypedDict):
    """One session in the list; the three times in seconds. `sessionLogTotal` is there when lines of the log are left out."""

    logDate: str
    no: str
    uuid: str
    origin: str
    os: str
    device: Device
    totalStartTime: float
    rebufferingTime: float
    playingTime: float
    isError: bool
    sessionLog: list[SessionLogLine]
    sessionLogTotal: NotRequired[int]


class RecentAnswer(TypedDict):
    """The newest sessions of a project."""

    code: Literal[200]
    message: str
    result: list[RecentSession]


class StartTime(TypedDict):
    """How long the viewer waited for the player and for the first frame, in seconds."""

    playerStartTimeSum: float
    videoStartTimeSum: float
    totalStartTimeSum: float


class User(TypedDict):
    """Who watched, as far as the request told."""

    os: str
    browser: str
    device: Device
    lang: str
    visitedPage: str
    origin: str
    userAgent: str


class Player(TypedDict):
    """In which player."""

    playerName: str
    playerVersion: str


class PlayerError(TypedDict):
    """One `error` event."""

    logDate: str
    videoTime: str
    errorId: str | None
    errorSource: ErrorSource


class SessionDetail(TypedDict):
    """One session; `sessionLogTotal` is as in the list.

    `media` has all `media.` parameters of its start, without the prefix, and `videoType`.
    """

    sessionId: str
    uuid: str
    startTime: StartTime
    user: User
    player: Player
    error: list[PlayerError]
    sessionLog: list[SessionLogLine]
    sessionLogTotal: NotRequired[int]
    media: dict[str, Any]
    metrics: Metrics


class DetailAnswer(TypedDict):
    """One session in detail."""

    code: Literal[200]
    message: str
    result: SessionDetail
