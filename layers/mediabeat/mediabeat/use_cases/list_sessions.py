"""The newest sessions of a project, open ones measured up to now as far as the time of a request permits."""

import heapq
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from math import ceil
from typing import Final

from mediabeat.core.records import Head, ListEntry
from mediabeat.core.session_query import SessionQuery
from mediabeat.core.summary import UNREADABLE, ListedSession, ListedSummary, summarize
from mediabeat.errors import LargeSession
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries

MAX_LOG_LINES: Final = 25_000
"""Lines of session logs in one list, shared evenly. A line has about 170 bytes, and a function may answer 6 MB."""

MEASURED_WEIGHT: Final = 1_000
"""A list measures open sessions up to this weight: one takes a tenth of a second at most, and less than MEASURED_BYTES."""

MEASURING_S: Final = 0.5
"""Processor time after which a list measures no further session."""

MEASURED_BYTES: Final = 256 * 1024
"""Bytes of events after which a list measures no further session: 64 read units, and 64 for a last session at most."""


def list_sessions(
    project_id: str,
    query: SessionQuery,
    store: SessionQueries,
    *,
    shards: int,
    now: int,
    spent_s: Callable[[], float] = lambda: 0.0,
) -> list[ListedSession]:
    """Return the newest sessions of a project, with their summaries as far as they are known; `now` in epoch milliseconds.

    Leaves out expired sessions, which DynamoDB deletes only days later. `spent_s` tells the processor time of this process.
    """
    among = listings(project_id, query.devices, query.video_types, shards)
    # A listing seldom has much more than its share. What is read and not shown costs as much as what is.
    page_size = min(query.limit, 1 + ceil(1.5 * query.limit / len(among)))
    streams = [store.newest(listing, since=query.since, until=query.until, page_size=page_size, now=now) for listing in among]
    newest = heapq.merge(*streams, key=lambda entry: entry.started_at, reverse=True)
    entries = list(islice(newest, query.limit))
    most_lines = MAX_LOG_LINES // query.limit
    stored = [_stored_summary(entry, most_lines) for entry in entries]
    missing = [entry.sid for entry, summary in zip(entries, stored, strict=True) if summary is None]
    measured, failures = _measured(missing, store, most_lines, spent_s) if missing else ({}, {})
    return [
        ListedSession(entry, summary or measured.get(entry.sid), failures.get(entry.sid))
        for entry, summary in zip(entries, stored, strict=True)
    ]


def _stored_summary(entry: ListEntry, most_lines: int) -> ListedSummary | None:
    if entry.summary is not None:
        with suppress(*UNREADABLE):
            return ListedSummary.from_bytes(entry.summary, most_lines=most_lines)
    return None


def _measured(
    sids: list[str], store: SessionQueries, most_lines: int, spent_s: Callable[[], float]
) -> tuple[dict[str, ListedSummary], dict[str, Exception]]:
    """Return summaries of open sessions: the smallest ones are measured now, the others show their checkpoint if they have one.

    The cost has a bound that does not depend on the sessions. Also returns why a session could not be measured.
    """
    heads, failures = store.heads(sids)
    found: dict[str, ListedSummary] = {}
    until_s, bytes_left = spent_s() + MEASURING_S, MEASURED_BYTES
    for sid, head in sorted(heads.items(), key=lambda one: one[1].weight):
        if head.weight > MEASURED_WEIGHT or bytes_left <= 0 or spent_s() > until_s:
            continue
        try:
            if stored := store.read_session(sid, up_to=MEASURED_WEIGHT):
                bytes_left -= sum(map(len, stored.events))
                found[sid] = summarize(stored).listed(most_lines=most_lines)
        except LargeSession:
            continue  # it has just grown
        except UNREADABLE as error:
            failures[sid] = error
    if left := [sid for sid, head in heads.items() if sid not in found and _may_have_checkpoint(head)]:
        for sid, checkpoint in store.checkpoints(left).items():
            if checkpoint.summary is not None:
                with suppress(*UNREADABLE):
                    listed = ListedSummary.from_bytes(checkpoint.summary, most_lines=most_lines)
                    found[sid] = listed._replace(as_of=checkpoint.as_of)
    return found, failures


def _may_have_checkpoint(head: Head) -> bool:
    return head.noted is not None
