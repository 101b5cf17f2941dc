"""A session as a log of what the viewer and the player did, each line with the duration of what has just ended.

Source: NAVER's Media Analytics session log, whose action names are used as they are spelt there (`prev_tarck`). It comes out
of the same fold as the metrics.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from mediabeat.events import Event, EventType
from mediabeat.playheads import CLOCK_TOLERANCE_S, moved_as_the_clock
from mediabeat.session import PlayState, Session, Span

PLAYING_CUT_MS: Final = 60_000
"""A stretch of playing is reported each minute, or earlier when something else happens."""

_MARKS: Final = {
    EventType.ERROR: "error",
    EventType.SESSION_COMPLETE: "ended",
    EventType.PREV_TRACK: "prev_tarck",
    EventType.NEXT_TRACK: "next_track",
}


class LogLine(NamedTuple):
    """One action: when it was over (epoch ms, player's clock), at which playhead, and how long it took."""

    at_ms: int
    playhead_s: float
    action: str
    duration_ms: int


class Totals(NamedTuple):
    """Sums over a log, in milliseconds."""

    start_ms: int
    rebuffering_ms: int
    playing_ms: int


def action_log(session: Session) -> list[LogLine]:
    """Return the log of a session in the order in which its lines were due."""
    lines = [*_beginning(session), *_stretches(session), *_marks(session)]
    return sorted(lines, key=lambda line: line.at_ms)


def totals(log: Iterable[LogLine]) -> Totals:
    """Return how long the viewer waited for the start, waited again later, and watched."""
    sums = dict.fromkeys(("player_start", "startup", "rebuffering", "playing"), 0)
    for line in log:
        if line.action in sums:
            sums[line.action] += line.duration_ms
    return Totals(sums["player_start"] + sums["startup"], sums["rebuffering"], sums["playing"])


def _beginning(session: Session) -> Iterator[LogLine]:
    """`player_start` lasts to the event after the session's start; `startup` from there, or the last ad's end, to the content."""
    opening = next(span for span in session.spans if span.event is session.start)
    yield LogLine(opening.end_ms, opening.event.playhead, "player_start", opening.duration_ms)
    content = session.content_start
    if content is None:
        return
    ad_ends = [span.end_ms for span in session.spans if span.ad is not None and span.end_ms <= content.ts]
    waiting_since = max([opening.end_ms, *ad_ends[-1:]])
    yield LogLine(content.ts, content.playhead, "startup", max(0, content.ts - waiting_since))


def _marks(session: Session) -> Iterator[LogLine]:
    for span in session.spans:
        event = span.event
        if event.type in _MARKS and not (event.type is EventType.SESSION_COMPLETE and session.is_live):
            yield LogLine(event.ts, event.playhead, _MARKS[event.type], 0)


def _stretches(session: Session) -> Iterator[LogLine]:
    """Yield the lines of what lasts: playing, pauses, rebuffering, and the seeks between them."""
    stretch: list[Span] = []
    for span in session.spans:
        if stretch and _ends_stretch(session, stretch, span):
            yield from _told(session, stretch)
            stretch = []
        stretch.append(span)
    yield from _told(session, stretch)


def _ends_stretch(session: Session, stretch: list[Span], span: Span) -> bool:
    action = _action(session, stretch[0])
    reported_early = action == "playing" and span.event.type in _MARKS
    return reported_early or action != _action(session, span) or _jumps(session, stretch[-1])


def _action(session: Session, span: Span) -> str | None:
    started = session.content_start is not None and span.event.ts >= session.content_start.ts
    match span.state:
        case PlayState.PLAYING if span.is_content:
            return "playing"
        case PlayState.PAUSED:
            return "paused"
        case PlayState.BUFFERING if started:
            return "rebuffering"
        case _:
            return None


def _jumps(session: Session, span: Span) -> bool:
    """Say whether the playhead was moved by the viewer: neither as the clock does, nor left standing."""
    moved_s = session.moved_s(span)
    return abs(moved_s) > CLOCK_TOLERANCE_S and not (span.is_content and moved_as_the_clock(moved_s, span.duration_ms))


def _told(session: Session, stretch: list[Span]) -> Iterator[LogLine]:
    """Tell one stretch of the same state; a stretch that the viewer left by a jump ends in `seeking`."""
    first, last = stretch[0], stretch[-1]
    action = _action(session, first)
    duration_ms = last.end_ms - first.event.ts
    jumped = action is not None and _jumps(session, last)
    if jumped and action != "playing":
        yield LogLine(last.end_ms, last.end_playhead_s, "seeking", duration_ms)
        return
    if action == "playing":
        yield from _minutes(stretch)
    elif action is not None and duration_ms:
        yield LogLine(last.end_ms, last.end_playhead_s, action, duration_ms)
    if jumped:
        yield LogLine(last.end_ms, last.end_playhead_s, "seeking", 0)


def _minutes(stretch: list[Span]) -> Iterator[LogLine]:
    begin_ms, end_ms = stretch[0].event.ts, stretch[-1].end_ms
    for cut_ms in range(begin_ms + PLAYING_CUT_MS, end_ms, PLAYING_CUT_MS):
        before = _last_at(stretch, cut_ms)
        yield LogLine(cut_ms, before.playhead + (cut_ms - before.ts) / 1_000, "playing", PLAYING_CUT_MS)
    rest_ms = (end_ms - begin_ms) % PLAYING_CUT_MS or min(end_ms - begin_ms, PLAYING_CUT_MS)
    if rest_ms:
        before = stretch[-1].event
        jumped = not moved_as_the_clock(stretch[-1].end_playhead_s - before.playhead, stretch[-1].duration_ms)
        playhead_s = before.playhead + stretch[-1].duration_ms / 1_000 if jumped else stretch[-1].end_playhead_s
        yield LogLine(end_ms, playhead_s, "playing", rest_ms)


def _last_at(stretch: list[Span], at_ms: int) -> Event:
    found: Event = next(span.event for span in reversed(stretch) if span.event.ts <= at_ms)
    return found
