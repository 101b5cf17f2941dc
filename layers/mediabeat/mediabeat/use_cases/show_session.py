"""One session in detail: who watched, in what player, what was played and all that is measured of it.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent/{uuid}`; `metrics` is ours.
"""

from contextlib import suppress
from typing import Final
from uuid import UUID

from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import unpack
from mediabeat.core.metrics import error_id, error_source
from mediabeat.core.records import SESSION_ID, Caller, Start, StoredSession
from mediabeat.core.summary import UNREADABLE, Summary, session_of, summarize
from mediabeat.core.truncation import first_fitting
from mediabeat.errors import InvalidInput, NotFound, Problem
from mediabeat.protocols.media_analytics.responses import DetailAnswer, PlayerError, SessionDetail
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.list_sessions import date_text, log_lines, video_time

ERRORS_BYTES: Final = 64 * 1024
"""JSON of the `error` events that are listed, the first ones: some 500."""


def session_detail(project_id: str, name: str, store: Store) -> DetailAnswer:
    """Return the answer's body: the session of this id, or the newest one of this viewer (a UUID).

    Raises InvalidInput for what is neither, NotFound also for another project's.
    """
    stored = _find(project_id, name, store)
    if stored is None or stored.start is None or stored.start.project_id != project_id:
        raise NotFound(f"no session of {name} in this project")
    return {"code": 200, "message": "sessionRecent", "result": _told(stored, stored.start)}


def _find(project_id: str, name: str, store: Store) -> StoredSession | None:
    if SESSION_ID.fullmatch(name):
        return store.read_session(name)
    try:
        viewer = str(UUID(name))
    except ValueError:
        raise InvalidInput(Problem("uuid", "must be a viewer's UUID or a session's id of 64 hexadecimal digits")) from None
    return store.newest_of_viewer(project_id, viewer)


def _told(stored: StoredSession, start: Start) -> SessionDetail:
    summary = _summary_of(stored)
    caller = Caller.from_json(start.caller)
    params = unpack(start.event).params
    sums = summary.totals
    errors = (_error(event) for event in session_of(stored).events if event.type is EventType.ERROR)
    told: SessionDetail = {
        "sessionId": stored.sid,
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
        "player": {"playerName": params["media.playerName"], "playerVersion": params.get("media.sdkVersion", "")},
        "error": list(first_fitting(errors, ERRORS_BYTES)),
        "sessionLog": log_lines(summary.log, start.viewer),
        "media": {"videoType": start.video_type}
        | {name.removeprefix("media."): value for name, value in params.items() if name.startswith("media.")},
        "metrics": summary.metrics,
    }
    if sums.lines > len(summary.log):
        told["sessionLogTotal"] = sums.lines
    return told


def _summary_of(stored: StoredSession) -> Summary:
    """Return the stored summary, or one that is folded now when there is none yet or its bytes are damaged."""
    if stored.summary is not None:
        with suppress(*UNREADABLE):
            return Summary.from_bytes(stored.summary)
    return summarize(stored)


def _error(event: Event) -> PlayerError:
    return {
        "logDate": date_text(event.ts),
        "videoTime": video_time(event.playhead),
        "errorId": error_id(event),
        "errorSource": error_source(event),
    }
