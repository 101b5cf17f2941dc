"""The pace at which content played, learnt from the session itself.

Players offer speeds from 0.25 to 4. Pace 1 needs no proof. Another pace needs two movements in a row that have it; then single
movements of the session may have it too. A movement between two paces is a change of speed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, zip_longest
from typing import Final, NamedTuple

from mediabeat.core.folding.spans import FASTEST, SLOWEST, Span, is_near

_SHORT_S: Final = 3.0
"""Shorter movements say nothing about the pace by themselves: the tolerance of 1.5 s is half of them."""

_SAME_SHARE: Final = 0.05
"""Paces that differ by less are one."""


class Move(NamedTuple):
    """A movement of the playhead: the spans up to it in which it stood, and the span in which it moved."""

    spans: range
    moved_s: float
    whole_s: float
    last_s: float

    def has_pace(self, pace: float) -> bool:
        """Return whether it is a movement at this pace: since it stood (a step), or in its last span (after a stall)."""
        if is_near(self.moved_s, pace * self.last_s):
            return True
        return self.whole_s != self.last_s and is_near(self.moved_s, pace * self.whole_s)

    @property
    def pace(self) -> float:
        """The pace at which it is a step."""
        return self.moved_s / self.whole_s


def paces_of(spans: Sequence[Span]) -> Mapping[int, float]:
    """Return the paces of the spans of content by their positions; nothing if all of them have pace 1."""
    moves = list(_moves(spans))
    known = _known_paces(moves)
    if len(known) == 1:
        return {}
    paces: dict[int, float] = {}
    pace = 1.0
    for move, following in zip_longest(moves, moves[1:]):
        if move.has_pace(pace):  # it goes on
            for at in move.spans:
                paces[at] = pace
            continue
        # It is 1, or another one of this session, or it changed within the movement.
        fitting = next((one for one in known if move.has_pace(one)), None)
        if fitting is None and following is not None:
            later = next((one for one in known if following.has_pace(one)), None)
            if later is not None and min(pace, later) * move.whole_s <= move.moved_s <= max(pace, later) * move.whole_s:
                fitting = move.pace
        pace = fitting or pace
        paces |= dict.fromkeys(move.spans, pace)
    return paces


def _known_paces(moves: Iterable[Move]) -> list[float]:
    """Return the paces that two movements in a row have, after pace 1."""
    known = [1.0]
    telling = (move for move in _not_short(moves) if SLOWEST <= move.pace <= FASTEST)
    for move, following in pairwise(telling):
        if not move.has_pace(1.0) and not following.has_pace(1.0) and following.has_pace(move.pace):
            pace = (move.moved_s + following.moved_s) / (move.whole_s + following.whole_s)
            if all(abs(pace - one) > _SAME_SHARE * one for one in known):
                known.append(pace)
    return known


def _moves(spans: Sequence[Span]) -> Iterator[Move]:
    first: int | None = None
    for at, span in enumerate(spans):
        if not span.is_content:
            first = None
            continue
        first = at if first is None else first
        moved_s = span.end_s - span.begin_s
        if moved_s:
            yield Move(range(first, at + 1), moved_s, (span.end_ms - spans[first].begin_ms) / 1_000, span.duration_ms / 1_000)
            first = None


def _not_short(moves: Iterable[Move]) -> Iterator[Move]:
    """Yield the movements; short ones that follow each other are one."""
    together: Move | None = None
    for move in moves:
        if together is not None and together.spans.stop == move.spans.start:
            whole_s = together.whole_s + move.whole_s
            together = Move(range(together.spans.start, move.spans.stop), together.moved_s + move.moved_s, whole_s, whole_s)
        else:
            together = move
        if together.whole_s >= _SHORT_S:
            yield together
            together = None
