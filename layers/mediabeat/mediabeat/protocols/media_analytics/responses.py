"""The bodies of replies to queries. mypy checks the code against their types, and the OpenAPI document shows them.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent`; keys, types, order and formats are those of its published example.
`metrics` is our addition.
"""

import zlib
from collections.abc import Sequence
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from mediabeat.core.action_log import totals
from mediabeat.core.event import PLAYER_NAME, SDK_VERSION
from mediabeat.core.event_codec import unpack
from mediabeat.core.metrics import ErrorSource, Metrics
from mediabeat.core.records import Caller, DeviceType, ListEntry, on_server_clock
from mediabeat.core.session_query import Device, SessionQuery
from mediabeat.core.shown_ids import shown_id
from mediabeat.core.summary import ListedSession, ListedSummary, LoggedError, ShownSession, Summary
from mediabeat.core.truncation import first_fitting
from mediabeat.protocols.media_analytics.session_log import SessionLogLine, date_text, log_lines, video_time

ERRORS_BYTES: Final = 64 * 1024
"""JSON of the `error` events that one session's detail lists: the first ones, about 500."""


class RecentSession(TypedDict):
    """One session in the list; the three times in seconds. `sessionLogTotal` is present when the log is cut.

    `asOf` is present when later events of a large open session are not counted yet.
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
    sessionLogTotal: NotRequired[int]
    asOf: NotRequired[str]


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
    asOf: NotRequired[str]


class DetailAnswer(TypedDict):
    """One session in detail."""

    code: Literal[200]
    message: str
    result: SessionDetail


def list_body(sessions: Sequence[ListedSession], query: SessionQuery) -> RecentAnswer:
    """Return the body of a list of sessions."""
    interval = "1d" if query.spans_days else "5m"
    return {"code": 200, "message": f"sessionRecent ({interval})", "result": [_recent_session(one) for one in sessions]}


def _recent_session(session: ListedSession) -> RecentSession:
    entry, summary = session
    log = summary.log if summary else []
    sums = summary.totals if summary else totals([])
    skew_ms = _skew_ms(summary, entry.ts_skew)
    caller = Caller.from_json(entry.caller)
    body: RecentSession = {
        "logDate": date_text(on_server_clock(log[-1].at_ms, skew_ms) if log else entry.started_at),
        "no": number_of(entry),
        "uuid": entry.viewer,
        "origin": caller.origin,
        "os": caller.os,
        "device": caller.device,
        "totalStartTime": sums.start_ms / 1_000,
        "rebufferingTime": sums.rebuffering_ms / 1_000,
        "playingTime": sums.playing_ms / 1_000,
        "isError": summary is not None and summary.is_error,
        "sessionLog": log_lines(log, entry.viewer, skew_ms),
    }
    if sums.lines > len(log):
        body["sessionLogTotal"] = sums.lines
    if summary is not None and summary.as_of is not None:
        body["asOf"] = date_text(summary.as_of)
    return body


def _skew_ms(summary: Summary | ListedSummary | None, at_start_ms: int) -> int:
    """Return the skew of the player's clock; a summary of release 0.1 has none, so the one of the start has to do."""
    return at_start_ms if summary is None or summary.clock_skew_ms is None else summary.clock_skew_ms


def detail_body(session: ShownSession) -> DetailAnswer:
    """Return the body of one session in detail."""
    start, summary = session.start, session.summary
    skew_ms = _skew_ms(summary, start.ts_skew)
    caller = Caller.from_json(start.caller)
    params = unpack(start.event).params
    sums = summary.totals
    body: SessionDetail = {
        "sessionId": shown_id(session.sid, device=start.device, video_type=start.video_type, started_at=start.started_at),
        "uuid": start.viewer,
        "startTime": {
            "playerStartTimeSum": sums.player_start_ms / 1_000,
            "videoStartTimeSum": sums.startup_ms / 1_000,
            "totalStartTimeSum": sums.start_ms / 1_000,
        },
        "user": {
            "os": caller.os,
            "browser": caller.browser,
            "device": caller.device,
            "lang": caller.language,
            "visitedPage": caller.page,
            "origin": caller.origin,
            "userAgent": caller.user_agent,
        },
        "player": {"playerName": params[PLAYER_NAME], "playerVersion": params.get(SDK_VERSION, "")},
        "error": list(first_fitting((_player_error(error, skew_ms) for error in summary.errors or ()), ERRORS_BYTES)),
        "sessionLog": log_lines(summary.log, start.viewer, skew_ms),
        "media": {"videoType": start.video_type}
        | {name.removeprefix("media."): value for name, value in params.items() if name.startswith("media.")},
        "metrics": summary.metrics,
    }
    if caller.device_type:
        body["user"]["deviceType"] = caller.device_type
    if sums.lines > len(summary.log):
        body["sessionLogTotal"] = sums.lines
    if session.as_of is not None:
        body["asOf"] = date_text(session.as_of)
    return {"code": 200, "message": "sessionRecent", "result": body}


def _player_error(error: LoggedError, ts_skew: int) -> PlayerError:
    return {
        "logDate": date_text(on_server_clock(error.at_ms, ts_skew)),
        "videoTime": video_time(error.playhead_s),
        "errorId": error.error_id,
        "errorSource": error.source,
    }


def number_of(entry: ListEntry) -> str:
    """Return a session's number: fixed, and larger for newer sessions. A checksum of the ids orders those of one millisecond."""
    return str(entry.started_at * 1_000 + zlib.crc32(entry.sid.encode()) % 1_000)
