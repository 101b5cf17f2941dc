"""How the playhead moved while content played: where it kept the pace, where it jumped, where it stood. See also `pace`.

**Standing.** A playhead that is known less often than events come stands, then catches up: what it catches up within a minute
was played. What it does not catch up was not played, beyond the tolerances. At three or more moments in a row with one
playhead that is a stall, which ends where the playhead moved on. At fewer moments the player was waiting.

**Jumps.** A playhead that moves farther than the pace and what it had to catch up, or back, has jumped. The span counts by the
clock, from where it was. A live playhead may wobble at the live edge without a jump.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, islice
from typing import Final

from mediabeat.core.folding.pace import paces_of
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, PlayState, Span, tolerance_of

STALL_MOMENTS: Final = 3
"""As many moments in a row with the same playhead, while playing content, are a stall."""

SAME_MOMENT_MS: Final = 500
"""Events closer together are one moment: players read the clock for each of the calls that they make together."""

CATCH_UP_MS: Final = 60_000
"""A playhead catches up within this time or not at all: the slowest players seen update it every 30 s."""

MOST_REFUNDED: Final = 1_000
"""Losses that one step can make good, so that many events in one minute take no more time than elsewhere."""

LIVE_EDGE_S: Final = 12.0
WOBBLES: Final = 3
MOST_WOBBLE_S: Final = 60.0
"""A live playhead jumps if it is off by more than 12 s (two segments of a stream) and by more than three times what is usual in
its session, or by more than a minute."""

PING_MS: Final = 10_000
"""Players send a ping this often."""

_STEP_SHARE: Final = 0.1
"""A playhead that is ahead of the pace by more has made a step: it is known less often than events come."""

STEADY_S: Final = 0.1
STEADY_SHARE: Final = 0.02
"""A playhead that is off by less needs no closer look."""


def is_steady(moved_s: float, expected_s: float) -> bool:
    """Return whether a playhead moved so exactly as expected that its span needs no closer look."""
    return moved_s != 0 and abs(moved_s - expected_s) <= STEADY_SHARE * expected_s + STEADY_S


def settled(spans: Sequence[Span], odd: Sequence[Sequence[int]], *, is_live: bool) -> list[Span]:
    """Return the spans with playing content cut into what played, stalled and waited, and with jumps marked.

    `odd` are the positions of the spans of content that are not steady, in a list for each run: where content plays without a
    change of state between.
    """
    edge_s = _live_edge_s(spans) if is_live else 0.0
    runs = [_Run(spans, run, {}, edge_s) for run in odd]
    if sum(run.disturbances for run in runs) > 1 and (paces := paces_of(spans)):
        # A playhead that is known only now and then may look like another pace. What leaves less unexplained is believed.
        others = [_Run(spans, run, paces, edge_s) for run in odd]
        if sum(run.disturbances for run in others) < sum(run.disturbances for run in runs):
            runs = others
    result: list[Span] = []
    done = 0
    for run in runs:
        for at, cut in run.settled():
            result += spans[done:at]
            result += cut
            done = at + 1
    return [*result, *spans[done:]]


def _live_edge_s(spans: Iterable[Span]) -> float:
    """Return by how much a live playhead may be off the clock without having jumped.

    That is a multiple of the usual, by time. A span that is off weighs like one ping: a sleep or a seek is not usual.
    """
    offs: list[tuple[float, int]] = []
    for span in spans:
        if span.is_content and span.end_s != span.begin_s and span.duration_ms >= 1_000:
            off_s = abs(span.end_s - span.begin_s - span.duration_ms / 1_000)
            offs.append((off_s, span.duration_ms if off_s < CLOCK_TOLERANCE_S else min(span.duration_ms, PING_MS)))
    offs.sort()
    half_ms = sum(weight_ms for _, weight_ms in offs) / 2
    sums_ms = accumulate(weight_ms for _, weight_ms in offs)
    usual_s = next((off_s for (off_s, _), sum_ms in zip(offs, sums_ms, strict=True) if sum_ms >= half_ms), 0.0)
    return min(max(LIVE_EDGE_S, WOBBLES * usual_s), MOST_WOBBLE_S)


class _Run:
    """The spans of a run that are not steady: what each of them lost, and whether it jumped."""

    def __init__(self, spans: Sequence[Span], run: Sequence[int], paces: Mapping[int, float], edge_s: float) -> None:
        self._spans = spans
        self._run = run
        self._paces = paces
        self._edge_s = edge_s
        self._losses: dict[int, float] = {}  # by how many seconds the playhead fell behind
        self._may_return: deque[int] = deque()  # the losses that the playhead may still catch up
        self._returning_s = 0.0  # their sum
        self._was_refunded = False
        self._jumps: set[int] = set()
        for at in run:
            self._look_at(at)

    @property
    def disturbances(self) -> int:
        """How many spans the pace does not explain."""
        lost = (at for at, lost_s in self._losses.items() if lost_s > self._tolerance_s(at) and self._moved_s(at))
        return len(self._jumps) + sum(1 for _ in lost)

    def settled(self) -> Iterator[tuple[int, list[Span]]]:
        """Yield what becomes of each span."""
        stalled = self._stalled()
        for at in sorted(stalled | self._jumps | self._losses.keys()):
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
        span = self._spans[at]
        expected_s, moved_s = self._paces.get(at, 1.0) * (span.end_ms - span.begin_ms) / 1_000, span.end_s - span.begin_s
        off_s = moved_s - expected_s
        if -(limit_s := STEADY_SHARE * expected_s + STEADY_S) <= off_s <= limit_s and moved_s:
            return
        tolerance_s, may_return = self._tolerance_s(at), self._may_return
        while may_return and self._spans[may_return[0]].begin_ms < span.end_ms - CATCH_UP_MS:
            self._returning_s -= self._losses[may_return.popleft()]
        if off_s > tolerance_s + self._returning_s or (moved_s < -CLOCK_TOLERANCE_S and -off_s > tolerance_s):
            self._jumps.add(at)
            may_return.clear()
            self._returning_s = 0.0
        elif off_s > 0:
            self._refund(off_s, is_step=off_s > _STEP_SHARE * expected_s)
        elif not (self._edge_s and moved_s) or -off_s > tolerance_s:
            self._losses[at] = min(expected_s, -off_s)
            self._returning_s += self._losses[at]
            may_return.append(at)

    def _refund(self, gained_s: float, *, is_step: bool) -> None:
        """Give back what the playhead has caught up, the latest loss first; where it stood, only by a step."""
        for lost in islice(reversed(self._may_return), MOST_REFUNDED):
            if is_step or self._moved_s(lost):
                given_s = min(gained_s, self._losses[lost])
                self._losses[lost] -= given_s
                self._returning_s -= given_s
                gained_s -= given_s
                self._was_refunded = True

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
