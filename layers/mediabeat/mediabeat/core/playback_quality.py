"""How well a session played: time to start, and what the player reported of the quality.

Source: Adobe's Streaming Media reporting documentation.
"""

from mediabeat.core.event import Event
from mediabeat.core.session import Session
from mediabeat.core.spans import PlayState


def last_qoe(events: tuple[Event, ...], name: str) -> float | None:
    """Return the last QoE value of this name that the player sent; values below zero are ignored."""
    return next((qoe[name] for event in reversed(events) if (qoe := event.qoe) and qoe.get(name, -1) >= 0), None)


def time_to_start_ms(session: Session) -> int | None:
    """Return the time that the player sent, else that from `sessionStart` to the content, without the ads between."""
    sent = last_qoe(session.events, "media.qoe.timeToStart")
    if sent is not None:
        return int(sent)
    if session.content_start is None:
        return None
    asked, began = session.start.ts, session.content_start.ts
    ads = (
        max(0, min(span.end_ms, began) - max(span.begin_ms, asked))
        for span in session.spans
        if span.ad is not None and span.state is PlayState.PLAYING
    )
    return max(0, began - asked - sum(ads))
