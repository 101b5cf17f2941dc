"""Events that waited in the player before they were sent: they tell when they happened, but where the playhead was later.

Such an event has the parameter QUEUED_MS, and its playhead is that of the sending. Where the playhead was at the event's own
time follows from the events before it: it moved on while content played, but not beyond where it was at the sending.
"""

from collections.abc import Sequence
from typing import Final

from mediabeat.core.event import Event, EventType

QUEUED_MS: Final = "media.queuedMs"
"""The parameter: how long an event waited in the player, in milliseconds."""

QUEUED_FROM_MS: Final = 1_000
"""An event that waited for a shorter time needs no parameter: players round the playhead to a second."""

_HOLDS: Final = frozenset(
    {
        *(EventType.PAUSE_START, EventType.BUFFER_START, EventType.AD_BREAK_START, EventType.AD_START),
        *(EventType.SESSION_COMPLETE, EventType.SESSION_END),
    }
)


def with_own_playheads(events: Sequence[Event]) -> list[Event]:
    """Return the events of a session, given in the order of the fold, with each playhead as it was at the event's `ts`."""
    told: list[Event] = []
    playhead = next(event.playhead for event in events if event.type is EventType.SESSION_START)
    plays, at_ms = False, events[0].ts
    for event in events:
        if QUEUED_MS in event.params:
            moved_s = (event.ts - at_ms) / 1_000 if plays else 0.0
            told.append(event._replace(playhead=min(event.playhead, playhead + moved_s)))
        else:
            told.append(event)
        playhead, at_ms = told[-1].playhead, event.ts
        plays = event.type is EventType.PLAY or (plays and event.type not in _HOLDS)
    return told
