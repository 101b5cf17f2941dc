"""What a session's line must hold before its session may be stored.

An archive can come from anybody, and its hashes show only that it is whole. So a line has to meet the bounds that the requests of
players meet.
"""

import re
from typing import Any, Final

from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.event import MAX_TS_MS, SECONDS_PER_DAY, identifies
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT, unpack
from mediabeat.core.projects import PROJECT_ID, Project, checked_business_errors
from mediabeat.core.pseudonyms import AUTH_STATES, is_uuid
from mediabeat.core.records import Caller, Head, Phase, Start, StoredSession
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.errors import InvalidInput

MAX_LINE_BYTES: Final = 1024 * 1024
"""A line has less: earlier releases took events of 64 KB before their ids were hashed, and the lists of a summary are bounded."""

MAX_EVENTS: Final = MAX_SESSION_WEIGHT + 1_000
"""Events of a session: each has a weight, and the request that fills a session may go beyond."""

MAX_SESSION_BYTES: Final = 128 * 1024 * 1024
"""Text of a session's events, all of which are in memory at once. A full session has half of it."""

MAX_CALLER_TEXT: Final = 1_024
"""Characters of a field of a caller: twice what headers are cut to."""

_HASH: Final = re.compile("[0-9a-f]{64}")

MAX_KEPT_S: Final = 3_650 * SECONDS_PER_DAY
"""The largest `RetentionDays` of template.yaml."""


def checked_arrival(value: object) -> int:
    """Return when an archived event arrived, in epoch milliseconds.

    Raises ValueError.
    """
    if type(value) is not int or not 0 <= value <= MAX_TS_MS:
        raise ValueError(f"arrived_at: must be a whole number from 0 to {MAX_TS_MS}")
    return value


def check_session(session: StoredSession, project_id: str) -> None:
    """Raise ValueError with the first rule that an archived session breaks. It has to be of the project."""
    start = session.start
    if start is None or start.project_id != project_id:
        raise ValueError(f"start.project_id: not a session of {project_id!r}, the project of the manifest")
    _check_start(start)
    _check_caller(Caller.from_json(start.caller))
    _check_head(session.head)
    if not 0 <= session.expires_at <= MAX_TS_MS // 1_000:
        raise ValueError("expires_at: not a time in epoch seconds")


def _check_start(start: Start) -> None:
    if start.device not in DEVICES or start.video_type not in VIDEO_TYPES:
        raise ValueError(f"start: {start.device!r:.40} or {start.video_type!r:.40} is not a device or video type of this release")
    if not is_uuid(start.viewer):
        raise ValueError("start.viewer: not a UUID")
    if not 0 <= start.started_at <= MAX_TS_MS or abs(start.ts_skew) > MAX_TS_MS:
        raise ValueError("start.started_at, start.ts_skew: not times up to the year 9999")
    for name, value in unpack(start.event).params.items():
        if identifies(name) and not _is_hidden(value):
            raise ValueError(f"{name}: not a pseudonym; the plain id of a viewer is never stored")


def _is_hidden(value: Any) -> bool:
    """Return whether a value is as `Pseudonyms.hide` leaves it, in this release or an earlier one."""
    match value:
        case str():
            return not value or is_uuid(value)
        case dict():
            return all(map(_is_hidden, value.values()))
        case list():
            return all(map(_is_hidden, value))
        case _:
            return value is None or value in AUTH_STATES


def _check_caller(caller: Caller) -> None:
    if caller.device not in DEVICES:
        raise ValueError(f"start.caller.device: {caller.device!r:.40} is not a device of this release")
    for name, value in caller._asdict().items():
        if not (value is None and name == "device_type") and not (isinstance(value, str) and len(value) <= MAX_CALLER_TEXT):
            raise ValueError(f"start.caller.{name}: not a text of at most {MAX_CALLER_TEXT} characters")


def _check_head(head: Head) -> None:
    times = head.last_at, head.due_at, head.ended_at, head.ended_ts, head.closed_at
    if not all(time is None or 0 <= time <= MAX_TS_MS for time in times):
        raise ValueError("head: not times up to the year 9999")
    if not 0 <= head.weight <= 2 * MAX_SESSION_WEIGHT:
        raise ValueError(f"head.taken: not a number up to {2 * MAX_SESSION_WEIGHT}")
    if head.close_reason is not None and len(head.close_reason) > MAX_CALLER_TEXT:
        raise ValueError("head.close_reason: too long")
    if head.due_at is None and head.phase is not Phase.CLOSED:
        raise ValueError("head.due_at: missing, so the session would never be closed")
    if head.ended_ts is None and head.phase is Phase.ENDED:
        raise ValueError("head.ended_ts: missing in a session that has ended")


def check_project(project: Project | None, project_id: str) -> None:
    """Raise ValueError with the first rule that the project of a manifest breaks. There is none in an archive for sharing."""
    if not PROJECT_ID.fullmatch(project_id):
        raise ValueError("project_id: not the id of a project")
    if project is None:
        return
    if project.id != project_id:
        raise ValueError("project.id: another project than project_id")
    if not _HASH.fullmatch(project.key_hash) or not _HASH.fullmatch(project.old_key_hash or project.key_hash):
        raise ValueError("project: a key's hash is not one")
    times = project.created_at, project.old_key_until or 0
    if not all(0 <= time <= MAX_TS_MS for time in times):
        raise ValueError("project: not times up to the year 9999")
    try:
        checked_business_errors(project.business_errors)
    except InvalidInput as error:
        raise ValueError(f"project.{error}") from None


def not_after(session: StoredSession, now: int) -> StoredSession:
    """Return a session without times of a future that it cannot have seen; `now` in epoch milliseconds.

    The clock of another server may be ahead by some time. A date of the year 9999 would keep a session open, or newest, for ever.
    """
    latest = now + DAY_MS
    head, start = session.head, session.start
    head = head._replace(
        last_at=min(head.last_at, latest),
        due_at=None if head.due_at is None else min(head.due_at, latest),
        ended_at=None if head.ended_at is None else min(head.ended_at, latest),
        closed_at=None if head.closed_at is None else min(head.closed_at, latest),
    )
    if start is not None:
        start = start._replace(started_at=min(start.started_at, latest))
    return session._replace(head=head, start=start, expires_at=min(session.expires_at, now // 1_000 + MAX_KEPT_S))
