"""How the playhead moved while content played: at which pace, where it jumped, where it stood.

**Pace.** Players offer speeds from 0.25 to 4. Pace 1 needs no proof. Another pace needs two movements in a row that have it, or
one that has a pace of the same session. A movement between two paces is a change of speed.

**Standing.** A playhead that is known less often than events come stands, then catches up: what it catches up within a minute
was played. What it does not catch up was not played, beyond the tolerances. At three or more moments in a row with one
playhead that is a stall, which ends where the playhead moved on. At fewer moments the player was waiting.

**Jumps.** A playhead that moves farther than the pace and what it had to catch up, or back, has jumped. The span counts by the
clock, from where it was. A live playhead may wobble at the live edge without a jump.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, pairwise, zip_longest
from typing import Final, NamedTuple

from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, FASTEST, SLOWEST, PlayState, Span, is_near, tolerance_of

STALL_MOMENTS: Final = 3
"""As many moments in a row with the same playhead, while playing content, are a stall."""

SAME_MOMENT_MS: Final = 500
"""Events closer together are one moment: players read the clock for each of the calls that they make together."""

CATCH_UP_MS: Final = 60_000
"""A playhead catches up within this time or not at all: the slowest players seen update it every 30 s."""

LIVE_EDGE_S: Final = 12.0
WOBBLES: Final = 3
"""A live playhead jumps if it is off by more than 12 s (two segments of a stream) and by more than three times what is usual in
its session."""

_SHORT_S: Final = 3.0
"""Shorter spans say nothing about the pace: the tolerance of 1.5 s is half of them."""

STEADY_S: Final = 0.05
STEADY_SHARE: Final = 0.1


def is_steady(moved_s: float, expected_s: float) -> bool:
    """Return whether a playhead moved so exactly as expected that its span needs no closer look."""
    return moved_s != 0 and abs(moved_s - expected_s) <= STEADY_SHARE * expected_s + STEADY_S


def settled(spans: Sequence[Span], odd: Sequence[Sequence[int]], *, is_live: bool) -> list[Span]:
    """Return the spans with playing content cut into what played, stalled and waited, and with jumps marked.

    `odd` are the positions of the spans of content that are not steady, in a list for each run: where content plays without a
    change of state between.
    """
    paces = _paces(spans, odd)
    edge_s = _live_edge_s(spans) if is_live else 0.0
    result: list[Span] = []
    done = 0
    for run in odd:
        for at, cut in _Run(spans, run, paces, edge_s).settled():
            result += spans[done:at]
            result += cut
            done = at + 1
    return [*result, *spans[done:]]


def _runs(spans: Sequence[Span]) -> Iterator[range]:
    """Yield where content plays without a change of state between."""
    begin: int | None = None
    for at, span in enumerate(spans):
        if span.is_content:
            begin = at if begin is None else begin
        elif begin is not None:
            yield range(begin, at)
            begin = None
    if begin is not None:
        yield range(begin, len(spans))


class _Move(NamedTuple):
    """A movement of the playhead: the spans up to it in which it stood, and the span in which it moved."""

    spans: range
    moved_s: float
    whole_s: float
    last_s: float

    def has_pace(self, pace: float) -> bool:
        """Return whether it is a movement at this pace: since it stood (a step), or in its last span (after a stall)."""
        return is_near(self.moved_s, pace * self.last_s) or is_near(self.moved_s, pace * self.whole_s)

    @property
    def pace(self) -> float:
        return self.moved_s / self.whole_s


def _moves(spans: Sequence[Span], runs: Iterable[range]) -> Iterator[_Move]:
    for run in runs:
        first = run.start
        for at in run:
            moved_s = spans[at].end_s - spans[at].begin_s
            if moved_s:
                whole_ms = spans[at].end_ms - spans[first].begin_ms
                yield _Move(range(first, at + 1), moved_s, whole_ms / 1_000, spans[at].duration_ms / 1_000)
                first = at + 1


def _paces(spans: Sequence[Span], odd: Sequence[Sequence[int]]) -> Mapping[int, float]:
    """Return the pace of spans of content by their positions; 1 for all others."""
    off = (spans[at] for run in odd for at in run)
    if sum(span.end_s > span.begin_s and not is_near(span.end_s - span.begin_s, span.duration_ms / 1_000) for span in off) < 2:
        return {}
    moves = list(_moves(spans, _runs(spans)))
    telling = [move for move in moves if move.whole_s >= _SHORT_S and SLOWEST <= move.pace <= FASTEST]
    known = [1.0]
    for move, following in pairwise(telling):
        if not move.has_pace(1.0) and not following.has_pace(1.0) and following.has_pace(move.pace):
            known.append((move.moved_s + following.moved_s) / (move.whole_s + following.whole_s))
    if len(known) == 1:
        return {}
    paces: dict[int, float] = {}
    pace = 1.0
    for move, following in zip_longest(moves, moves[1:]):
        # The pace goes on; else it is 1, or another one of this session; else it changed within the movement.
        fitting = next((one for one in (pace, *known) if move.has_pace(one)), None)
        if fitting is None and following is not None:
            later = next((one for one in known if following.has_pace(one)), None)
            if later is not None and min(pace, later) * move.whole_s <= move.moved_s <= max(pace, later) * move.whole_s:
                fitting = move.pace
        if fitting is not None and (move.whole_s >= _SHORT_S or fitting == pace):
            pace = fitting
        paces |= dict.fromkeys(move.spans, pace)
    return paces


def _live_edge_s(spans: Iterable[Span]) -> float:
    """Return by how much a live playhead may be off the clock without having jumped."""
    moved = [span for span in spans if span.is_content and span.end_s != span.begin_s and span.duration_ms >= 1_000]
    off_s = sorted((abs(span.end_s - span.begin_s - span.duration_ms / 1_000), span.duration_ms) for span in moved)
    half_ms = sum(took_ms for _, took_ms in off_s) / 2
    usual_s = next((off for (off, _), ms in zip(off_s, accumulate(ms for _, ms in off_s), strict=True) if ms >= half_ms), 0.0)
    return max(LIVE_EDGE_S, WOBBLES * usual_s)


class _Run:
    """The spans of a run that are not steady: what each of them lost, and whether it jumped."""

    def __init__(self, spans: Sequence[Span], run: Sequence[int], paces: Mapping[int, float], edge_s: float) -> None:
        self._spans = spans
        self._run = run
        self._paces = paces
        self._edge_s = edge_s
        self._losses: dict[int, float] = {}  # by how many seconds the playhead fell behind
        self._may_return: list[int] = []  # the losses that the playhead may still catch up
        self._was_refunded = False
        self._jumps: set[int] = set()

    def settled(self) -> Iterator[tuple[int, list[Span]]]:
        """Yield what becomes of each span."""
        for at in self._run:
            self._look_at(at)
        stalled = self._stalled()
        for at in self._run:
            span, pace = self._spans[at], self._paces.get(at, 1.0)
            lost_s = self._losses.get(at, 0.0)
            still_ms = min(round(1_000 * lost_s / pace), span.duration_ms)
            if at in stalled:
                yield at, _cut(span, span.duration_ms if at in self._jumps else still_ms, PlayState.STALLED)
            elif at in self._jumps:
                yield at, [span._replace(reach_s=span.begin_s + pace * span.duration_ms / 1_000)]
            elif lost_s > self._tolerance_s(at):
                yield at, _cut(span, still_ms, PlayState.WAITING)

    def _expected_s(self, at: int) -> float:
        return self._paces.get(at, 1.0) * self._spans[at].duration_ms / 1_000

    def _moved_s(self, at: int) -> float:
        return self._spans[at].end_s - self._spans[at].begin_s

    def _tolerance_s(self, at: int) -> float:
        return max(tolerance_of(self._expected_s(at)), self._edge_s if self._moved_s(at) else 0.0)

    def _look_at(self, at: int) -> None:
        expected_s, moved_s = self._expected_s(at), self._moved_s(at)
        if is_steady(moved_s, expected_s):
            return
        off_s, tolerance_s = moved_s - expected_s, self._tolerance_s(at)
        since_ms = self._spans[at].end_ms - CATCH_UP_MS
        self._may_return = [lost for lost in self._may_return if self._spans[lost].begin_ms >= since_ms]
        catching_up_s = sum(self._losses[lost] for lost in self._may_return)
        if off_s > tolerance_s + catching_up_s or (moved_s < -CLOCK_TOLERANCE_S and -off_s > tolerance_s):
            self._jumps.add(at)
            self._may_return.clear()
        elif off_s > 0:
            self._refund(off_s)
        elif not (self._edge_s and moved_s) or -off_s > tolerance_s:
            self._losses[at] = min(expected_s, -off_s)
            self._may_return.append(at)

    def _refund(self, gained_s: float) -> None:
        """Give back what the playhead has caught up, the latest loss first."""
        self._was_refunded = self._was_refunded or bool(self._may_return)
        for lost in reversed(self._may_return):
            given_s = min(gained_s, self._losses[lost])
            self._losses[lost] -= given_s
            gained_s -= given_s

    def _stalled(self) -> set[int]:
        """Return the spans of those moments at one playhead that are a stall, with the last span, in which it may move on."""
        stalled: set[int] = set()
        for _, numbered in groupby(enumerate(at for at in self._run if not self._moved_s(at)), key=lambda one: one[1] - one[0]):
            standing = [at for _, at in numbered]
            last = standing[-1] + 1
            if last < len(self._spans) and self._spans[last].is_content:
                standing.append(last)
            lost_s = sum(self._losses.get(at, 0.0) for at in standing)
            is_step = self._was_refunded and lost_s <= CLOCK_TOLERANCE_S and last not in self._jumps
            if not is_step and _moments(self._spans[at] for at in standing) >= STALL_MOMENTS:
                stalled.update(standing)
        return stalled


def _moments(spans: Iterable[Span]) -> int:
    count, last_ms = 0, None
    for span in spans:
        if last_ms is None or span.begin_ms - last_ms >= SAME_MOMENT_MS:
            count, last_ms = count + 1, span.begin_ms
    return count


def _cut(span: Span, still_ms: int, state: PlayState) -> list[Span]:
    """Return what stood and what played of a span. A stall comes before the rest, waiting after it."""
    if still_ms == span.duration_ms:
        return [span._replace(state=state, reach_s=span.end_s)]
    if not still_ms:
        return [span]
    if state is PlayState.STALLED:
        cut_ms = span.begin_ms + still_ms
        return [
            span._replace(state=state, end_ms=cut_ms, reach_s=span.begin_s, end_s=span.begin_s),
            span._replace(begin_ms=cut_ms),
        ]
    cut_ms = span.end_ms - still_ms
    return [
        span._replace(end_ms=cut_ms),
        span._replace(state=state, begin_ms=cut_ms, begin_s=span.end_s, reach_s=span.end_s),
    ]
