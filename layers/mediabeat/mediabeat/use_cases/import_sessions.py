"""Importing exported sessions into a table that has lost them or never had them."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from itertools import islice

from mediabeat.core.records import StoredSession
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.use_cases.export_sessions import BATCH_SIZE, WORKERS


class Outcome(Enum):
    """The result for one session; the values are shown to people."""

    STORED = "stored"
    THERE = "there already"
    EXPIRED = "expired"


def import_sessions(sessions: Iterable[StoredSession], store: SessionStarts, *, now: int) -> Iterator[Outcome]:
    """Store sessions in parallel, and yield the result for each; `now` in epoch milliseconds.

    An existing session stays as it is. An expired one is not stored, because the table would delete it at once. An interrupted
    import can be repeated. The closer handles sessions that were open as soon as they are stored.
    """

    def store_one(stored: StoredSession) -> Outcome:
        if stored.has_expired(now):
            return Outcome.EXPIRED
        return Outcome.STORED if store.restore_session(stored) else Outcome.THERE

    waiting = iter(sessions)
    with ThreadPoolExecutor(WORKERS) as threads:
        while batch := list(islice(waiting, BATCH_SIZE)):
            yield from threads.map(store_one, batch)


def moved(stored: StoredSession, *, project_id: str | None, expires_at: int | None) -> StoredSession:
    """Return a session with another project or another time of expiry (epoch seconds), where these are given."""
    if project_id is not None and stored.start is not None:
        stored = stored._replace(start=stored.start._replace(project_id=project_id))
    return stored if expires_at is None else stored._replace(expires_at=expires_at)
