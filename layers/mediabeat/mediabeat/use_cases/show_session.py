"""One session in detail: who watched, in what player, and everything that is measured of it."""

from contextlib import suppress
from itertools import islice
from typing import Final

from mediabeat.core.records import Phase, StoredSession
from mediabeat.core.session_id import SESSION_ID
from mediabeat.core.session_query import SHOWN_ID
from mediabeat.core.summary import UNREADABLE, ShownSession, Summary, summarize
from mediabeat.errors import LargeSession, NotFound
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries, ShownItems

MOST_UNFINISHED: Final = 25
"""Entries of a viewer that are looked at: creations that were never finished leave some without a session."""

SHOWN_WEIGHT: Final = 8_000
"""An open session up to this weight is measured for its detail, which takes less than a second on one core."""


def show_session(
    project_id: str, viewer_or_session_id: str, store: SessionQueries, registry: Registry, *, shards: int, now: int
) -> ShownSession:
    """Return the session of this id (its own or the shown one), or the newest of this viewer (a UUID); `now` in epoch ms.

    Raises NotFound, also for an expired session and for a session of another project.
    """
    found = _find(project_id, viewer_or_session_id, store, shards, now)
    if found is None or found[1].start.project_id != project_id or found[1].has_expired(now):
        raise NotFound(f"no session of {viewer_or_session_id} in this project")
    sid, items = found
    return ShownSession(sid, items.start, *_summary_of(sid, items, store, registry))


def _find(
    project_id: str, viewer_or_session_id: str, store: SessionQueries, shards: int, now: int
) -> tuple[str, ShownItems] | None:
    sid: str | None = viewer_or_session_id
    if SHOWN_ID.fullmatch(viewer_or_session_id):
        sid = store.session_shown_as(project_id, viewer_or_session_id, shards=shards)
    elif not SESSION_ID.fullmatch(viewer_or_session_id):
        for one in islice(store.newest_of_viewer(project_id, viewer_or_session_id, now=now), MOST_UNFINISHED):
            if (items := store.shown(one)) and not items.has_expired(now):
                return one, items
        return None
    items = store.shown(sid) if sid else None
    return (sid, items) if sid and items else None


def _summary_of(sid: str, items: ShownItems, store: SessionQueries, registry: Registry) -> tuple[Summary, int | None]:
    """Return the summary, and as of when if later events are not in it.

    That is the stored summary of a closed session, else one that is measured now. A large open session has its checkpoint, or
    what its start says. So the cost does not depend on the session.
    """
    if items.summary is not None:
        with suppress(*UNREADABLE):
            summary = Summary.from_bytes(items.summary)
            if summary.errors is None:  # earlier releases kept none
                with suppress(*UNREADABLE):
                    summary = summary._replace(errors=getattr(_measured(sid, items, store), "errors", None))
            return summary, None
    # Only of a session that is over, in the minute before its summary is there.
    business_errors = () if items.head.phase is Phase.OPEN else registry.business_errors(items.start.project_id)
    if measured := _measured(sid, items, store, business_errors):
        return measured, None
    if items.checkpoint is not None:
        with suppress(*UNREADABLE):
            return Summary.from_bytes(items.checkpoint), items.as_of
    as_it_was = items.head._replace(phase=Phase.OPEN, close_reason=None)  # one event does not tell how the session ended
    only_start = StoredSession(sid, as_it_was, items.start, frozenset({items.start.event}), None)
    return summarize(only_start), items.start.started_at


def _measured(sid: str, items: ShownItems, store: SessionQueries, business_errors: tuple[str, ...] = ()) -> Summary | None:
    """Return the summary by all stored events; None if they are too many. Raises one of UNREADABLE if they cannot be read."""
    if items.head.weight > SHOWN_WEIGHT:
        return None
    with suppress(LargeSession):
        stored = store.read_session(sid, up_to=SHOWN_WEIGHT)
        return summarize(stored, business_errors=business_errors) if stored else None
    return None
