"""Makes the bodies of replies about sessions from what is stored."""

import struct
from collections.abc import Callable, Sequence
from typing import Final

from mediabeat.core.action_log import totals
from mediabeat.core.event import PLAYER_NAME, SDK_VERSION
from mediabeat.core.event_codec import unpack
from mediabeat.core.playback import LoggedError
from mediabeat.core.records import Caller, ListEntry, on_server_clock
from mediabeat.core.session_query import SessionQuery, shown_id
from mediabeat.core.summary import UNREADABLE, ListedSession, ListedSummary, ShownSession, Summary
from mediabeat.core.truncation import first_fitting
from mediabeat.errors import NotFound
from mediabeat.protocols.media_analytics.bodies import DetailAnswer, PlayerError, RecentAnswer, RecentSession, SessionDetail
from mediabeat.protocols.media_analytics.texts import (
    date_text,
    interruption_lines,
    log_lines,
    number_of,
    video_time,
)
from mediabeat.runtime.http_api import Request

ERRORS_BYTES: Final = 64 * 1024
"""JSON of the `error` events that one session's detail lists: the first ones, about 500."""


DAMAGE: Final = (*UNREADABLE, ArithmeticError, StopIteration, struct.error)
"""Exceptions that damaged items of the table raise."""


def list_body(sessions: Sequence[ListedSession], query: SessionQuery, request: Request) -> RecentAnswer:
    """Return the body of a list of sessions. One that cannot be read is a row without figures, is logged and counted."""
    interval = "1d" if query.spans_days else "5m"
    rows: list[RecentSession] = []
    failures: list[tuple[str, Exception]] = []
    for one in sessions:
        try:
            if one.failure:
                raise one.failure
            rows.append(_recent_session(one))
        except DAMAGE as error:
            failures.append((one.entry.sid, error))
            rows.append(_unreadable_session(one.entry))
    request.log_unreadable(failures)
    return {"code": 200, "message": f"sessionRecent ({interval})", "result": rows}


def _unreadable_session(entry: ListEntry) -> RecentSession:
    unknown = ListedSession(entry._replace(caller="{}"), None)
    return {**_recent_session(unknown), "unreadable": True}


def _recent_session(session: ListedSession) -> RecentSession:
    entry, summary = session.entry, session.summary
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
        "sessionId": shown_id(entry.sid, device=entry.device, video_type=entry.video_type, started_at=entry.started_at),
        "startedAt": date_text(entry.started_at),
        "videoType": entry.video_type,
        "closeReason": summary.close_reason if summary else None,
        "outcome": summary.outcome if summary else None,
        "experienceScore": summary.experience_score if summary else None,
        "errorIds": summary.error_ids if summary else [],
    }
    if summary is not None and summary.title is not None:
        body["title"] = summary.title
    if caller.device_type:
        body["deviceType"] = caller.device_type
    if sums.lines > len(log):
        body["sessionLogTotal"] = sums.lines
    if summary is not None and summary.as_of is not None:
        body["asOf"] = date_text(summary.as_of)
    return body


def _skew_ms(summary: Summary | ListedSummary | None, at_start_ms: int) -> int:
    """Return the skew of the player's clock; a summary of release 0.1 has none, so the one of the start has to do."""
    return at_start_ms if summary is None or summary.clock_skew_ms is None else summary.clock_skew_ms


def detail_body(find: Callable[[], ShownSession], request: Request) -> DetailAnswer:
    """Return the body of one session in detail, as `find` finds it.

    Raises what `find` raises, and NotFound, after a line in the log, for a session that cannot be read.
    """
    try:
        return {"code": 200, "message": "sessionRecent", "result": _detail(find())}
    except DAMAGE as error:
        request.log_unreadable([(None, error)])
        raise NotFound("the session is stored, but cannot be read; the function's log says where it failed") from None


def _detail(session: ShownSession) -> SessionDetail:
    start, summary = session.start, session.summary
    skew_ms = _skew_ms(summary, start.ts_skew)
    caller = Caller.from_json(start.caller)
    params = unpack(start.event).params
    sums = summary.totals
    body: SessionDetail = {
        "sessionId": shown_id(session.sid, device=start.device, video_type=start.video_type, started_at=start.started_at),
        "startedAt": date_text(start.started_at),
        "source": start.source or "media_collection",
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
    if summary.interruptions is not None:
        body["interruptions"] = interruption_lines(summary.interruptions, skew_ms)
    if session.as_of is not None:
        body["asOf"] = date_text(session.as_of)
    return body


def _player_error(error: LoggedError, ts_skew: int) -> PlayerError:
    return {
        "logDate": date_text(on_server_clock(error.at_ms, ts_skew)),
        "videoTime": video_time(error.playhead_s),
        "errorId": error.error_id,
        "errorSource": error.source,
    }
