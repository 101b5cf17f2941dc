"""How a session played: which content, how far it got, and how well (pauses, buffering, stalls, time to start, bitrate).

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from mediabeat.core.event import SECONDS_PER_DAY
from mediabeat.core.session import PlayState, Session, Span
from mediabeat.core.vocabulary import BITRATE, BITRATE_SHORT, TIME_TO_START

CLOCK_TOLERANCE_S: Final = 1.5
CLOCK_TOLERANCE_SHARE: Final = 0.1
"""A playhead that follows the clock within 1.5 s or 10 % was playing; otherwise it jumped."""

SEGMENT_S: Final = 300


def played(session: Session) -> Iterator[tuple[float, float]]:
    """Yield the ranges of content that were played, in seconds, cut to the content's length."""
    end_s = session.length_s or (SECONDS_PER_DAY if session.is_live else float("inf"))
    days_s = (0, SECONDS_PER_DAY) if session.is_live else (0,)  # a live range may reach past midnight
    for span in session.content:
        begin_s, moved_s, elapsed_ms = span.event.playhead, session.moved_s(span), span.duration_ms
        until_s = begin_s + (moved_s if moved_as_the_clock(moved_s, elapsed_ms) else elapsed_ms / 1_000)
        for day_s in days_s:
            begin, until = max(begin_s - day_s, 0.0), min(until_s - day_s, end_s)
            if begin < until:
                yield begin, until


def moved_as_the_clock(moved_s: float, elapsed_ms: int) -> bool:
    """Return whether a playhead followed the clock: it moved by `moved_s` seconds in `elapsed_ms` milliseconds."""
    elapsed_s = elapsed_ms / 1_000
    off_s = abs(moved_s - elapsed_s)
    return off_s <= CLOCK_TOLERANCE_S or off_s <= CLOCK_TOLERANCE_SHARE * elapsed_s


def union_length_s(intervals: Iterable[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    length = 0.0
    reached = float("-inf")
    for begin, end in sorted(intervals):
        if end > reached:
            length += end - (begin if begin > reached else reached)
            reached = end
    return length


def reached_s(session: Session) -> float | None:
    """Return the farthest playhead after the content start, in seconds; None if the content's length is unknown."""
    begin = session.content_start
    if begin is None or not session.length_s:
        return None
    return max(span.event.playhead for span in session.spans if span.event.ts >= begin.ts)


def segment(played: list[tuple[float, float]]) -> str | None:
    """Return `[a-b]`: the range of minutes, in steps of five, that covers all content played. None if none was."""
    if not played:
        return None
    first = int(min(begin for begin, _ in played) // SEGMENT_S)
    last = max(first + 1, int(-(-max(end for _, end in played) // SEGMENT_S)))
    return f"[{first * 5}-{last * 5}]"


def count_state_changes(spans: Iterable[Span], state: PlayState) -> tuple[int, int]:
    """Return how often the player entered a state, and for how many milliseconds it was in it."""
    entered = stayed_ms = 0
    before = None
    for span in spans:
        if span.state is state:
            entered += before is not state
            stayed_ms += span.duration_ms
        before = span.state
    return entered, stayed_ms


def count_stalls(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the number of stalls and their milliseconds. Stalls at different playheads count separately."""
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
    """Return the last QoE value of this name that the player sent. Values below zero are ignored."""
    return next((qoe[name] for span in reversed(spans) if (qoe := span.event.qoe) and qoe.get(name, -1) >= 0), None)


def time_to_start_ms(session: Session) -> int | None:
    """Return the time that the player sent; else the time from `sessionStart` to the content, without the ads between."""
    sent = last_qoe(session.spans, TIME_TO_START)
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
            sent = qoe.get(BITRATE, qoe.get(BITRATE_SHORT, -1))
            in_force = sent if sent >= 0 else in_force
        if in_force is not None and span.state is PlayState.PLAYING:
            played_ms = span.duration_ms
            bits += in_force * played_ms
            weight_ms += played_ms
    return round(bits / weight_ms) if weight_ms else None
