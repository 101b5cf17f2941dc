"""Exporting a project's sessions. They are found by the list of the newest, so the cost is in proportion to the project."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Final, TypeGuard

from mediabeat.core.records import StoredSession
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries

WORKERS: Final = 8
"""Sessions read in parallel, which keeps a machine busy."""

BATCH_SIZE: Final = 2 * WORKERS
"""Sessions held in memory at once; each can have megabytes."""

PAGE_SIZE: Final = 500
"""Entries of a list that are read at a time. They include summaries, and DynamoDB answers 1 MB at most."""


def exported_sessions(
    project_id: str, store: SessionQueries, *, shards: int, since: int, until: int, now: int, for_sharing: bool
) -> Iterator[StoredSession]:
    """Yield the sessions of a project that started between two moments (epoch ms, both included), each as it is when it is read.

    Leaves out expired sessions, which may be half deleted. `for_sharing` also leaves out sessions whose player opted out of
    sharing.
    """

    def is_wanted(stored: StoredSession | None) -> TypeGuard[StoredSession]:
        if stored is None or stored.start is None or stored.has_expired(now):
            return False
        return not (for_sharing and stored.start.opt_out_share)

    lists = (
        store.newest(listing, since=since, until=until, page_size=PAGE_SIZE, now=now)
        for listing in listings(project_id, DEVICES, VIDEO_TYPES, shards)
    )
    entries = chain.from_iterable(lists)
    with ThreadPoolExecutor(WORKERS) as threads:
        while batch := list(islice(entries, BATCH_SIZE)):
            yield from filter(is_wanted, threads.map(lambda entry: store.read_session(entry.sid), batch))
