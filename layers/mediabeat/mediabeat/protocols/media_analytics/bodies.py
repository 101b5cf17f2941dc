"""The bodies of replies about sessions. mypy checks the code against these types, and the OpenAPI document shows them.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent`; keys, types, order and formats are those of its published example.
`sessionId` and what follows it in the list, `metrics` and `interruptions` are our additions.
"""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from mediabeat.core.metrics import Metrics
from mediabeat.core.playback import ErrorSource
from mediabeat.core.records import DeviceType
from mediabeat.core.session_query import Device
from mediabeat.protocols.media_analytics.texts import InterruptionLine, SessionLogLine


class RecentSession(TypedDict):
    """One session in the list; the three times in seconds. `sessionLogTotal` is present when the log is cut.

    `asOf` is present when later events of a large open session are not counted yet. `unreadable` is present when the session is
    stored but cannot be read: only its id, start and viewer are right then. `sessionId` finds the detail of exactly this session.

    `closeReason`, `outcome` and `experienceScore` are null while the session is open; `errorIds` are the first three, cut to
    200 characters. `title` is absent in sessions that an earlier release closed, `deviceType` in those that 0.1 stored.
    """

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
    sessionId: str
    startedAt: str
    videoType: str
    closeReason: str | None
    outcome: str | None
    experienceScore: float | None
    errorIds: list[str]
    title: NotRequired[str]
    deviceType: NotRequired[DeviceType]
    sessionLogTotal: NotRequired[int]
    asOf: NotRequired[str]
    unreadable: NotRequired[Literal[True]]


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
    """Who watched, according to the headers of the request. Sessions that release 0.1 stored have no `deviceType`."""

    os: str
    browser: str
    device: Device
    lang: str
    visitedPage: str
    origin: str
    userAgent: str
    deviceType: NotRequired[DeviceType]


class Player(TypedDict):
    """The player's name and version."""

    playerName: str
    playerVersion: str


class PlayerError(TypedDict):
    """One `error` event."""

    logDate: str
    videoTime: str
    errorId: str | None
    errorSource: ErrorSource


class SessionDetail(TypedDict):
    """One session; `sessionLogTotal` and `asOf` are as in the list. With `sessionId`, nobody can add events to the session.

    `source` is the protocol that reported it: `media_collection`, `media_edge` or `cmcd`.

    `interruptions` are what the log does not have: `ad`, `stalled`, and `waiting` for content that should play. They are absent
    in sessions that an earlier release closed, and in a large open session.

    `media` has all `media.` parameters of its start, without the prefix, and `videoType`.
    """

    sessionId: str
    startedAt: str
    source: str
    uuid: str
    startTime: StartTime
    user: User
    player: Player
    error: list[PlayerError]
    sessionLog: list[SessionLogLine]
    sessionLogTotal: NotRequired[int]
    interruptions: NotRequired[list[InterruptionLine]]
    media: dict[str, Any]
    metrics: Metrics
    asOf: NotRequired[str]


class DetailAnswer(TypedDict):
    """One session in detail."""

    code: Literal[200]
    message: str
    result: SessionDetail
