"""One session in detail: who watched, in what player, and everything that is measured of it."""

from contextlib import suppress

from mediabeat.core.event import EventType
from mediabeat.core.records import StoredSession
from mediabeat.core.session_id import SESSION_ID, SHOWN_ID
from mediabeat.core.summary import UNREADABLE, ShownSession, Summary, fold_stored, summarize
from mediabeat.errors import NotFound
from mediabeat.storage.session_queries import SessionQueries


def show_session(project_id: str, viewer_or_session_id: str, store: SessionQueries, *, shards: int, now: int) -> ShownSession:
    """Return the session of this id (its own or the shown one), or the newest of this viewer (a UUID); `now` in epoch ms.

    Raises NotFound, also for an expired session and for a session of another project.
    """
    stored = _find(project_id, viewer_or_session_id, store, shards, now)
    if stored is None or stored.start is None or stored.start.project_id != project_id or stored.has_expired(now):
        raise NotFound(f"no session of {viewer_or_session_id} in this project")
    errors = tuple(event for event in fold_stored(stored).events if event.type is EventType.ERROR)
    return ShownSession(stored.sid, stored.start, _summary_of(stored), errors)


def _find(project_id: str, viewer_or_session_id: str, store: SessionQueries, shards: int, now: int) -> StoredSession | None:
    if SESSION_ID.fullmatch(viewer_or_session_id):
        return store.read_session(viewer_or_session_id)
    if SHOWN_ID.fullmatch(viewer_or_session_id):
        return store.session_shown_as(project_id, viewer_or_session_id, shards=shards)
    return store.newest_of_viewer(project_id, viewer_or_session_id, now=now)


def _summary_of(stored: StoredSession) -> Summary:
    """Return the stored summary, or one that is measured now when there is none yet or its bytes are damaged."""
    if stored.summary is not None:
        with suppress(*UNREADABLE):
            return Summary.from_bytes(stored.summary)
    return summarize(stored)
