"""Where in the content a session has been: what of it was played, how far it got.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from mediabeat.core.session import Session
from mediabeat.core.time_units import SECONDS_PER_DAY

CLOCK_TOLERANCE_S: Final = 1.5
CLOCK_TOLERANCE_SHARE: Final = 0.1
"""A playhead that moves as the clock does, within 1.5 s or 10 %, was played; one that does not has jumped."""

SEGMENT_S: Final = 300


def played(session: Session) -> Iterator[tuple[float, float]]:
    """Yield the stretches of content that were played, in seconds of the content, cut to its length."""
    end_s = session.length_s or (SECONDS_PER_DAY if session.is_live else float("inf"))
    days_s = (0, SECONDS_PER_DAY) if session.is_live else (0,)  # a live stretch may reach past midnight
    for span in session.content:
        begin_s, moved_s, elapsed_ms = span.event.playhead, session.moved_s(span), span.duration_ms
        until_s = begin_s + (moved_s if moved_as_the_clock(moved_s, elapsed_ms) else elapsed_ms / 1_000)
        for day_s in days_s:
            begin, until = max(begin_s - day_s, 0.0), min(until_s - day_s, end_s)
            if begin < until:
                yield begin, until


def moved_as_the_clock(moved_s: float, elapsed_ms: int) -> bool:
    """Say whether a playhead that moved by so many seconds in so many milliseconds was just playing."""
    elapsed_s = elapsed_ms / 1_000
    off_s = abs(moved_s - elapsed_s)
    return off_s <= CLOCK_TOLERANCE_S or off_s <= CLOCK_TOLERANCE_SHARE * elapsed_s


def union_length_s(intervals: Iterable[tuple[float, float]]) -> float:
    """Return the length of what any of the intervals covers."""
    length = 0.0
    reached = float("-inf")
    for begin, end in sorted(intervals):
        if end > reached:
            length += end - (begin if begin > reached else reached)
            reached = end
    return length


def reached_s(session: Session) -> float | None:
    """Return the farthest playhead of an event after the content start, in seconds; none where the length is not known."""
    begin = session.content_start
    if begin is None or not session.length_s:
        return None
    return max(span.event.playhead for span in session.spans if span.event.ts >= begin.ts)


def segment(played: list[tuple[float, float]]) -> str | None:
    """Return `[a-b]`: the minutes, in steps of five, around all content played."""
    if not played:
        return None
    first = int(min(begin for begin, _ in played) // SEGMENT_S)
    last = max(first + 1, int(-(-max(end for _, end in played) // SEGMENT_S)))
    return f"[{first * 5}-{last * 5}]"
