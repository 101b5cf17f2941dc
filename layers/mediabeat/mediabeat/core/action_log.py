"""The action log: what viewer and player did, line by line. Each line has the duration of the action that just ended.

Source: NAVER's Media Analytics session log, with its action names as spelt there (`prev_tarck`). The log comes from the same fold
as the metrics.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from mediabeat.core.event import SECONDS_PER_DAY, EventType
from mediabeat.core.playback import CLOCK_TOLERANCE_S, moved_as_the_clock
from mediabeat.core.session import PlayState, Session, Span
from mediabeat.core.stored_forms import by_position

PLAYING_CUT_MS: Final = 60_000
"""While content plays, there is a line each minute, and one when something else happens."""

MAX_CUTS: Final = 2 * 24 * 60
"""Minutes that a log has at most: no session lasts longer than two days."""

Action = Literal[
    "player_start",
    "startup",
    "playing",
    "paused",
    "seeking",
    "rebuffering",
    "prev_tarck",
    "next_track",
    "ended",
    "error",
]

_MARKS: Final[dict[EventType, Action]] = {
    EventType.ERROR: "error",
    EventType.SESSION_COMPLETE: "ended",
    EventType.PREV_TRACK: "prev_tarck",
    EventType.NEXT_TRACK: "next_track",
}


class LogLine(NamedTuple):
    """One action: when it ended (epoch ms, player's clock), at which playhead, and how long it took."""

    at_ms: int
    playhead_s: float
    action: Action
    duration_ms: int

    @classmethod
    def from_stored(cls, stored: Sequence[Any]) -> "LogLine":
        """Read a stored line of any release (see `stored_forms`)."""
        return cls(*by_position(stored, _EMPTY_LINE))


_EMPTY_LINE: Final = LogLine(at_ms=0, playhead_s=0.0, action="playing", duration_ms=0)


class Totals(NamedTuple):
    """Sums over a log in milliseconds, and its number of lines."""

    player_start_ms: int
    startup_ms: int
    rebuffering_ms: int
    playing_ms: int
    lines: int

    @property
    def start_ms(self) -> int:
        """How long the viewer waited for the player and for the content."""
        return self.player_start_ms + self.startup_ms

    @classmethod
    def from_stored(cls, stored: Sequence[Any]) -> "Totals":
        """Read stored totals of any release (see `stored_forms`)."""
        return cls(*by_position(stored, _NO_TOTALS))


_NO_TOTALS: Final = Totals(player_start_ms=0, startup_ms=0, rebuffering_ms=0, playing_ms=0, lines=0)


def action_log(session: Session) -> list[LogLine]:
    """Return the log of a session in the order of time."""
    lines = [*_beginning(session), *_stretches(session), *_marks(session)]
    return sorted(lines, key=lambda line: line.at_ms)


def totals(log: Iterable[LogLine]) -> Totals:
    """Return how long the viewer waited for the start, waited later, and watched."""
    sums = Counter[str]()
    lines = 0
    for line in log:
        sums[line.action] += line.duration_ms
        lines += 1
    return Totals(
        player_start_ms=sums["player_start"],
        startup_ms=sums["startup"],
        rebuffering_ms=sums["rebuffering"],
        playing_ms=sums["playing"],
        lines=lines,
    )


def _beginning(session: Session) -> Iterator[LogLine]:
    """Yield `player_start` and `startup`.

    `player_start` lasts from `sessionStart` to the next event. `startup` lasts from there, or from the end of the last ad, to the
    start of the content.
    """
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
    """Yield the lines with a duration (playing, paused, rebuffering) and the seeks between them."""
    cuts_left = MAX_CUTS
    for stretch, moved_s in _cut_up(session):
        cuts = range(stretch[0].event.ts + PLAYING_CUT_MS, stretch[-1].end_ms, PLAYING_CUT_MS)
        if not stretch[0].is_content or len(cuts) > cuts_left:
            cuts = range(0)  # the player's clock was changed: nobody watched that long
        cuts_left -= len(cuts)
        yield from _lines_of(session, stretch, moved_s, cuts)


def _cut_up(session: Session) -> Iterator[tuple[list[Span], float]]:
    """Yield stretches of the same action, each with the movement of its playhead; for content, that of its last span."""
    stretch: list[Span] = []
    action: Action | None = None
    moved_s = 0.0
    for span in session.spans:
        next_action = _action(session, span)
        reported_early = action == "playing" and span.event.type in _MARKS
        if stretch and (reported_early or next_action != action or _jumps(session, stretch, moved_s)):
            yield stretch, moved_s
            stretch, moved_s = [], 0.0
        stretch.append(span)
        action = next_action
        moved_s = session.moved_s(span) + (0 if span.is_content else moved_s)  # earlier spans were checked
    yield stretch, moved_s


def _action(session: Session, span: Span) -> Action | None:
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


def _jumps(session: Session, stretch: list[Span], moved_s: float) -> bool:
    """Return whether the viewer moved the playhead, so that it neither kept still nor followed the clock.

    During a pause, only the viewer moves the playhead of recorded content; that of live content follows the clock.
    """
    is_content = stretch[0].is_content
    begin_ms = stretch[-1 if is_content else 0].event.ts
    runs = is_content or session.is_live
    return abs(moved_s) > CLOCK_TOLERANCE_S and not (runs and moved_as_the_clock(moved_s, stretch[-1].end_ms - begin_ms))


def _lines_of(session: Session, stretch: list[Span], moved_s: float, cuts: range) -> Iterator[LogLine]:
    """Yield the lines of one stretch. If the viewer left it with a jump, the last line is `seeking`."""
    first, last = stretch[0], stretch[-1]
    action = _action(session, first)
    duration_ms = last.end_ms - first.event.ts
    jumped = action is not None and _jumps(session, stretch, moved_s)
    if jumped and action != "playing":
        yield LogLine(last.end_ms, last.end_playhead_s, "seeking", duration_ms)
        return
    if action == "playing":
        yield from _minutes(session, stretch, cuts)
    elif action is not None and duration_ms:
        yield LogLine(last.end_ms, last.end_playhead_s, action, duration_ms)
    if jumped:
        yield LogLine(last.end_ms, last.end_playhead_s, "seeking", 0)


def _minutes(session: Session, stretch: list[Span], cuts: range) -> Iterator[LogLine]:
    """Yield the lines of a stretch of playing: one per minute, and one for the rest."""
    begin_ms, end_ms = stretch[0].event.ts, stretch[-1].end_ms
    for at_ms in [*cuts, end_ms]:
        if at_ms > begin_ms:
            yield LogLine(at_ms, _playhead_at(session, stretch, at_ms), "playing", at_ms - begin_ms)
        begin_ms = at_ms


def _playhead_at(session: Session, stretch: list[Span], at_ms: int) -> float:
    """Return the playhead at a time in a stretch: that of the event before it, moved on with the clock."""
    span = stretch[bisect_left(stretch, at_ms, key=lambda span: span.event.ts) - 1]
    if at_ms == span.end_ms and moved_as_the_clock(session.moved_s(span), span.duration_ms):
        return span.end_playhead_s
    playhead_s = span.event.playhead + (at_ms - span.event.ts) / 1_000
    return playhead_s % SECONDS_PER_DAY if session.is_live else playhead_s
