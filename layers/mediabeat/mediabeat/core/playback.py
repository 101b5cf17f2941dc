"""How playback went: what of the content played, how far it got, time to start, and what the player reported of the quality.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from mediabeat.core.event import (
    ERROR_ID,
    ERROR_SOURCE,
    QOE_ERROR_ID,
    QOE_ERROR_SOURCE,
    SECONDS_PER_DAY,
    TIME_TO_START,
    Event,
)
from mediabeat.core.folding.spans import PlayState
from mediabeat.core.session import Session
from mediabeat.core.stored_forms import by_position

SEGMENT_S: Final = 300


def within(session: Session, ranges: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Yield ranges of content cut to its length; of live content, what is after midnight as the next day's seconds."""
    end_s = session.length_s or (SECONDS_PER_DAY if session.is_live else float("inf"))
    days_s = (0, SECONDS_PER_DAY) if session.is_live else (0,)
    for begin_s, until_s in ranges:
        for day_s in days_s:
            begin, until = max(begin_s - day_s, 0.0), min(until_s - day_s, end_s)
            if begin < until:
                yield begin, until


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
    return max(event.playhead for event in session.events if event.ts >= begin.ts)


def segment(session: Session, ranges: Iterable[tuple[float, float]]) -> str | None:
    """Return `[a-b]`: the minutes, in steps of five, around all content played; of live content, before the first midnight."""
    end_s = session.length_s or (SECONDS_PER_DAY if session.is_live else float("inf"))
    first_s, last_s, before_s = float("inf"), float("-inf"), 0.0
    for begin_s, until_s in ranges:
        if session.is_live and begin_s < before_s - SECONDS_PER_DAY / 2:
            break
        begin, until = max(begin_s, 0.0), min(until_s, end_s)
        if begin < until:
            first_s, last_s = min(first_s, begin), max(last_s, until)
        before_s = until_s
    if first_s >= last_s:
        return None
    first = int(first_s // SEGMENT_S)
    last = max(first + 1, int(-(-last_s // SEGMENT_S)))
    return f"[{first * 5}-{last * 5}]"


def last_qoe(events: tuple[Event, ...], name: str) -> float | None:
    """Return the last QoE value of this name that the player sent; values below zero are ignored."""
    return next((qoe[name] for event in reversed(events) if (qoe := event.qoe) and qoe.get(name, -1) >= 0), None)


def time_to_start_ms(session: Session) -> int | None:
    """Return the time that the player sent, else that from `sessionStart` to the content, without the ads between."""
    sent = last_qoe(session.events, TIME_TO_START)
    if sent is not None:
        return int(sent)
    return None if session.content_start is None else waited_ms(session, session.content_start.ts)


def waited_ms(session: Session, until_ms: int) -> int:
    """Return the time from `sessionStart` to a moment on the player's clock, without the ads that played between."""
    asked = session.start.ts
    ads = (
        max(0, min(span.end_ms, until_ms) - max(span.begin_ms, asked))
        for span in session.spans
        if span.ad is not None and span.state is PlayState.PLAYING
    )
    return max(0, until_ms - asked - sum(ads))


def error_id(event: Event) -> str | None:
    """Return the id of an `error` event: a parameter in the documentation, QoE data in real players."""
    return event.params.get(ERROR_ID) or event.qoe.get(QOE_ERROR_ID)


ErrorSource = Literal["player", "external"]


def error_source(event: Event) -> ErrorSource:
    """Return the source of an error: `external`, or by default `player`."""
    source = event.params.get(ERROR_SOURCE) or event.qoe.get(QOE_ERROR_SOURCE)
    return "external" if source == "external" else "player"


class LoggedError(NamedTuple):
    """One `error` event. `at_ms` by the player's clock."""

    at_ms: int
    playhead_s: float
    error_id: str | None
    source: ErrorSource

    @classmethod
    def from_stored(cls, stored: Sequence[Any]) -> "LoggedError":
        """Read a stored error of any release (see `stored_forms`)."""
        return cls(*by_position(stored, _EMPTY_ERROR))


_EMPTY_ERROR: Final = LoggedError(at_ms=0, playhead_s=0.0, error_id=None, source="player")
