"""The log of a session as canonical events: those that were stored, and those that stored CMCD lines mean."""

from collections.abc import Iterable

from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import is_known, is_line, unpack
from mediabeat.core.records import StoredSession
from mediabeat.core.session import Session, fold


def fold_stored(stored: StoredSession) -> Session:
    """Return the fold of the stored log of a session."""
    return fold(events_in(stored.events), ts_skew=stored.start.ts_skew if stored.start else None)


def events_in(stored: Iterable[bytes]) -> list[Event]:
    """Return the events of a session's stored log. Types of a later release are left out."""
    events: list[Event] = []
    lines: list[bytes] = []
    for packed in stored:
        if is_known(packed):
            events.append(unpack(packed))
        elif is_line(packed):
            lines.append(packed)
    if not lines:
        return events
    from mediabeat.core.cmcd import line
    from mediabeat.core.cmcd.events import events_of

    starts = [event for event in events if event.type is EventType.SESSION_START]
    others = [event for event in events if event.type is not EventType.SESSION_START]
    mapped = events_of(starts[0], map(line.unpack, sorted(set(lines)))) if starts else []
    return [*others, *mapped, *starts[1:]]
