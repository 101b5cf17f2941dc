"""The newest sessions of a project, open ones measured up to now."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from mediabeat.core.records import ListEntry
from mediabeat.core.session_query import SessionQuery
from mediabeat.core.summary import UNREADABLE, ListedSession, ListedSummary, summarize
from mediabeat.errors import LargeSession
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries

MAX_LOG_LINES: Final = 25_000
"""Lines of session logs in one list, shared evenly. A line has about 170 bytes, and a function may answer 6 MB."""

MAX_FOLDED_WEIGHT: Final = 120_000
"""Weight of the open sessions that one list measures, newest first: one full session, and some more."""

PAGE_SIZE: Final = 25
"""Entries read at a time from one listing: a default list of 100 comes from at least four listings."""


def list_sessions(project_id: str, query: SessionQuery, store: SessionQueries, *, shards: int, now: int) -> list[ListedSession]:
    """Return the newest sessions of a project, with their summaries as far as they are known; `now` in epoch milliseconds.

    Leaves out expired sessions, which DynamoDB deletes only days later.
    """
    streams = [
        store.newest(listing, since=query.since, until=query.until, page_size=min(PAGE_SIZE, query.limit), now=now)
        for listing in listings(project_id, query.devices, query.video_types, shards)
    ]
    newest = heapq.merge(*streams, key=lambda entry: entry.started_at, reverse=True)
    return list(_with_summaries(islice(newest, query.limit), store, MAX_LOG_LINES // query.limit))


def _with_summaries(entries: Iterable[ListEntry], store: SessionQueries, most_lines: int) -> Iterator[ListedSession]:
    """Yield sessions with their summaries: the stored one of a closed session, or one that is measured now.

    There is no summary for a session that has just expired, nor once MAX_FOLDED_WEIGHT is used up.
    """
    left = MAX_FOLDED_WEIGHT
    for entry in entries:
        summary = _stored_summary(entry, most_lines)
        if summary is None:
            try:
                stored = store.read_session(entry.sid, up_to=left)
            except LargeSession:
                stored = None
            if stored:
                left -= stored.head.weight
                summary = summarize(stored).listed(most_lines=most_lines)
        yield ListedSession(entry, summary)


def _stored_summary(entry: ListEntry, most_lines: int) -> ListedSummary | None:
    if entry.summary is not None:
        with suppress(*UNREADABLE):
            return ListedSummary.from_bytes(entry.summary, most_lines=most_lines)
    return None
