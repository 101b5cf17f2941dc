"""Exporting a project's sessions: found by the list of the newest, so that it costs in proportion to the project."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Final, TypeGuard

from mediabeat.core.records import StoredSession
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries

SIDE_BY_SIDE: Final = 8
"""Sessions read at once, which keeps a machine busy."""

IN_HAND: Final = 2 * SIDE_BY_SIDE
"""Sessions held at once, each of which can be megabytes."""

PAGE: Final = 500
"""Entries of a list that are read at a time: summaries come along, and DynamoDB answers 1 MB at most."""


def exported_sessions(
    project_id: str, store: SessionQueries, *, shards: int, since: int, until: int, now: int, for_sharing: bool
) -> Iterator[StoredSession]:
    """Yield the sessions of a project that started between two moments (epoch ms, both included), each as it is when it is read.

    Leaves out what has expired and perhaps is half gone, and, `for_sharing`, those whose player asked that they are not shared.
    """

    def is_wanted(stored: StoredSession | None) -> TypeGuard[StoredSession]:
        if stored is None or stored.start is None or stored.expires_at * 1_000 <= now:
            return False
        return not (for_sharing and stored.start.opt_out_share)

    lists = (
        store.newest(listing, since=since, until=until, page_size=PAGE)
        for listing in listings(project_id, DEVICES, VIDEO_TYPES, shards)
    )
    entries = chain.from_iterable(lists)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        while batch := list(islice(entries, IN_HAND)):
            yield from filter(is_wanted, threads.map(lambda entry: store.read_session(entry.sid), batch))
