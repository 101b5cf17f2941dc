"""The action log: what viewer and player did, line by line. Each line has the duration of the action that just ended.

Source: NAVER's Media Analytics session log, with its action names as spelt there (`prev_tarck`). The log comes from the same fold
as the metrics.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from mediabeat.core.event import SECONDS_PER_DAY, EventType
from mediabeat.core.folding.motion import LIVE_EDGE_S
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, PlayState, Span, is_near
from mediabeat.core.session import Session
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
        if len(stored) == len(_EMPTY_LINE):
            return cls._make(stored)  # a list reads thousands of lines
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


def rebufferings(session: Session) -> tuple[int, int]:
    """Return how often the viewer waited after the start, and for how long in milliseconds: the log's `rebuffering`.

    One that goes on after an ad is the same one.
    """
    count = total_ms = 0
    if all(span.state is not PlayState.BUFFERING for span in session.spans):
        return count, total_ms
    is_counted = False
    for action, stretch in _cut_up(session):
        if action != "rebuffering" or _jumps(session, action, stretch):
            continue
        is_counted = is_counted and stretch[0].event.type is not EventType.BUFFER_START
        if took_ms := stretch[-1].end_ms - stretch[0].begin_ms:
            total_ms += took_ms
            count += not is_counted
            is_counted = True
    return count, total_ms


def _beginning(session: Session) -> Iterator[LogLine]:
    """Yield `player_start` and `startup`.

    `player_start` lasts from `sessionStart` to the next event. `startup` lasts from there, or from the end of the last ad, to the
    start of the content.
    """
    opened_ms = next(span.end_ms for span in session.spans if span.event is session.start)
    yield LogLine(opened_ms, session.start.playhead, "player_start", opened_ms - session.start.ts)
    content = session.content_start
    if content is None:
        return
    ad_ends = [span.end_ms for span in session.spans if span.ad is not None and span.end_ms <= content.ts]
    waiting_since = max([opened_ms, *ad_ends[-1:]])
    yield LogLine(content.ts, content.playhead, "startup", max(0, content.ts - waiting_since))


def _marks(session: Session) -> Iterator[LogLine]:
    for event in session.events:
        if event.type in _MARKS and not (event.type is EventType.SESSION_COMPLETE and session.is_live):
            yield LogLine(event.ts, event.playhead, _MARKS[event.type], 0)


def _stretches(session: Session) -> Iterator[LogLine]:
    """Yield the lines of what lasts: playing, pauses, rebuffering, and the seeks between them."""
    cuts_left = MAX_CUTS
    for action, stretch in _cut_up(session):
        cuts = range(stretch[0].begin_ms + PLAYING_CUT_MS, stretch[-1].end_ms, PLAYING_CUT_MS)
        if action != "playing" or len(cuts) > cuts_left:
            cuts = range(0)  # a playhead that no player means: nobody has watched that long
        cuts_left -= len(cuts)
        yield from _lines_of(session, action, stretch, cuts)


def _cut_up(session: Session) -> Iterator[tuple[Action, list[Span]]]:
    """Yield the stretches of the same action. A jump of the playhead ends a stretch; so does what is logged while playing."""
    stretch: list[Span] = []
    action: Action | None = None
    began = session.content_start.ts if session.content_start else None
    for span in session.spans:
        next_action = _action(span, began)
        reported_early = action == "playing" and span.event.type in _MARKS
        if stretch and (reported_early or next_action != action or _jumps(session, action, stretch)):
            if action is not None:
                yield action, stretch
            stretch = []
        stretch.append(span)
        action = next_action
    if action is not None:
        yield action, stretch


def _action(span: Span, began_ms: int | None) -> Action | None:
    match span.state:
        case PlayState.PLAYING if span.ad is None:
            return "playing"
        case PlayState.PAUSED:
            return "paused"
        case PlayState.SEEKING:
            return "seeking"
        case PlayState.BUFFERING if began_ms is not None and span.begin_ms >= began_ms:
            return "rebuffering"
        case _:
            return None


def _jumps(session: Session, action: Action | None, stretch: list[Span]) -> bool:
    """Return whether the viewer moved the playhead during a stretch: in a span of content, or since a pause or buffering began.

    The playhead of a live stream may go on with the clock, and wobbles at the live edge.
    """
    first, last = stretch[0], stretch[-1]
    if action == "playing":
        return last.jumps and abs(last.end_s - last.begin_s) > CLOCK_TOLERANCE_S
    moved_s = last.end_s - first.begin_s
    if not session.is_live:
        return abs(moved_s) > CLOCK_TOLERANCE_S
    passed_s = (last.end_ms - first.begin_ms) / 1_000
    return abs(moved_s) > LIVE_EDGE_S and not (is_near(moved_s, passed_s) or abs(moved_s - passed_s) <= LIVE_EDGE_S)


def _lines_of(session: Session, action: Action, stretch: list[Span], cuts: range) -> Iterator[LogLine]:
    """Yield the lines of one stretch; a stretch that the viewer left by a jump ends in `seeking`."""
    first, last = stretch[0], stretch[-1]
    duration_ms = last.end_ms - first.begin_ms
    jumped = _jumps(session, action, stretch)
    if action == "playing":
        yield from _minutes(session, stretch, cuts)
        if jumped:
            yield LogLine(last.end_ms, _of_day(session, last.end_s), "seeking", 0)
    elif jumped:
        yield LogLine(last.end_ms, _of_day(session, last.end_s), "seeking", duration_ms)
    elif duration_ms:
        yield LogLine(last.end_ms, _of_day(session, last.end_s), action, duration_ms)


def _minutes(session: Session, stretch: list[Span], cuts: range) -> Iterator[LogLine]:
    """Yield a stretch of playing minute by minute, and its rest."""
    begin_ms, end_ms = stretch[0].begin_ms, stretch[-1].end_ms
    for at_ms in [*cuts, end_ms]:
        if at_ms > begin_ms:
            yield LogLine(at_ms, _playhead_at(session, stretch, at_ms), "playing", at_ms - begin_ms)
        begin_ms = at_ms


def _playhead_at(session: Session, stretch: list[Span], at_ms: int) -> float:
    """Return the playhead at a moment of a stretch, as playing had brought it there."""
    span = stretch[bisect_left(stretch, at_ms, key=lambda span: span.begin_ms) - 1]
    if at_ms == span.end_ms:
        return _of_day(session, span.reach_s)
    share = (at_ms - span.begin_ms) / span.duration_ms if span.duration_ms else 0.0
    return _of_day(session, span.begin_s + share * (span.reach_s - span.begin_s))


def _of_day(session: Session, playhead_s: float) -> float:
    return playhead_s % SECONDS_PER_DAY if session.is_live else playhead_s
