"""How well a session played: pauses, buffering, stalls, time to start, bitrate.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Iterable

from mediabeat.core.session import PlayState, Session, Span


def count_state_changes(spans: Iterable[Span], state: PlayState) -> tuple[int, int]:
    """Return how often the player entered a state, and the milliseconds that it stayed there."""
    entered = stayed_ms = 0
    before = None
    for span in spans:
        if span.state is state:
            entered += before is not state
            stayed_ms += span.duration_ms
        before = span.state
    return entered, stayed_ms


def count_stalls(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the number of stalls and the milliseconds in them; stalls at different playheads are counted separately."""
    stalls = stalled_ms = 0
    standing_s = None
    for span in spans:
        if span.state is PlayState.STALLED:
            stalls += span.event.playhead != standing_s
            stalled_ms += span.duration_ms
            standing_s = span.event.playhead
        else:
            standing_s = None
    return stalls, stalled_ms


def last_qoe(spans: tuple[Span, ...], name: str) -> float | None:
    """Return the last QoE value of this name that the player sent; values below zero are ignored."""
    return next((qoe[name] for span in reversed(spans) if (qoe := span.event.qoe) and qoe.get(name, -1) >= 0), None)


def time_to_start_ms(session: Session) -> int | None:
    """Return the time that the player sent, else that from `sessionStart` to the content, without the ads between."""
    sent = last_qoe(session.spans, "media.qoe.timeToStart")
    if sent is not None:
        return int(sent)
    if session.content_start is None:
        return None
    asked, began = session.start.ts, session.content_start.ts
    ads = (
        max(0, min(span.end_ms, began) - max(span.event.ts, asked))
        for span in session.spans
        if span.ad is not None and span.state is PlayState.PLAYING
    )
    return max(0, began - asked - sum(ads))


def average_bitrate_bps(spans: Iterable[Span]) -> int | None:
    """Return the mean of the bitrates sent, each weighted by the time for which it was played."""
    in_force: float | None = None
    bits = weight_ms = 0.0
    for span in spans:
        if qoe := span.event.qoe:
            sent = qoe.get("media.qoe.bitrate", qoe.get("bitrate", -1))
            in_force = sent if sent >= 0 else in_force
        if in_force is not None and span.state is PlayState.PLAYING:
            played_ms = span.duration_ms
            bits += in_force * played_ms
            weight_ms += played_ms
    return round(bits / weight_ms) if weight_ms else None
