"""Importing sessions that were exported, into a table that has lost them or never had them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from itertools import islice

from mediabeat.core.records import StoredSession
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.use_cases.export_sessions import IN_HAND, SIDE_BY_SIDE


class Outcome(Enum):
    """What became of a session; the values are for people."""

    STORED = "stored"
    THERE = "there already"
    EXPIRED = "expired"


def import_sessions(sessions: Iterable[StoredSession], store: SessionStarts, *, now: int) -> Iterator[Outcome]:
    """Store sessions, many side by side, and yield what became of each; `now` in epoch milliseconds.

    One that is there already stays as it is; one whose time is over is not stored, as the table would drop it at once. Can be
    cut off and run again. Sessions that were open then are the closer's as soon as they are stored.
    """

    def store_one(stored: StoredSession) -> Outcome:
        if stored.expires_at * 1_000 <= now:
            return Outcome.EXPIRED
        return Outcome.STORED if store.restore_session(stored) else Outcome.THERE

    waiting = iter(sessions)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        while batch := list(islice(waiting, IN_HAND)):
            yield from threads.map(store_one, batch)


def moved(stored: StoredSession, *, project_id: str | None, expires_at: int | None) -> StoredSession:
    """Return a session as another project's, or kept until another time (epoch seconds), where these are given."""
    if project_id is not None and stored.start is not None:
        stored = stored._replace(start=stored.start._replace(project_id=project_id))
    return stored if expires_at is None else stored._replace(expires_at=expires_at)
