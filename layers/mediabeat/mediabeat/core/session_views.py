"""What queries return: sessions with as much of them as a list or a detail shows."""

from typing import NamedTuple

from mediabeat.core.event import Event
from mediabeat.core.records import ListEntry, Start
from mediabeat.core.summary import ListedSummary, Summary


class ListedSession(NamedTuple):
    """A session in a list. `summary` is None for a session that has just expired, or is too large to measure now."""

    entry: ListEntry
    summary: ListedSummary | None


class ShownSession(NamedTuple):
    """A session in detail: its `sessionStart`, its summary and its `error` events in order of time."""

    sid: str
    start: Start
    summary: Summary
    errors: tuple[Event, ...]
