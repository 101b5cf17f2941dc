"""What kept the viewer from the content: ads, stalls and waiting. NAVER's session log has no such actions, so ours has not."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple

from mediabeat.core.event import SECONDS_PER_DAY
from mediabeat.core.folding.spans import PlayState, Span
from mediabeat.core.session import Session
from mediabeat.core.stored_forms import by_position

InterruptionType = Literal["ad", "stalled", "waiting"]

_WAITING: Final = frozenset({PlayState.STARTING, PlayState.BUFFERING, PlayState.STALLED, PlayState.WAITING})
"""States in which the content should come and does not, as long as it has not played."""


class Interruption(NamedTuple):
    """One interruption: when it ended (epoch ms, player's clock), at which playhead, and how long it took."""

    at_ms: int
    playhead_s: float
    type: InterruptionType
    duration_ms: int

    @classmethod
    def from_stored(cls, stored: Sequence[Any]) -> "Interruption":
        """Read a stored interruption of any release (see `stored_forms`)."""
        return cls(*by_position(stored, _EMPTY))


_EMPTY: Final = Interruption(at_ms=0, playhead_s=0.0, type="waiting", duration_ms=0)


def interruptions(session: Session) -> Iterator[Interruption]:
    """Yield the interruptions of a session in the order of time, an ad with its own pauses and buffering as one.

    Waiting before the content is one only if the content never came; otherwise it is the log's `startup`.
    """
    for (found, _), group in groupby(session.spans, key=lambda span: (_type(session, span), span.ad)):
        spans = list(group)
        duration_ms = spans[-1].end_ms - spans[0].begin_ms
        if found is not None and duration_ms:
            playhead_s = spans[-1].end_s
            yield Interruption(
                spans[-1].end_ms, playhead_s % SECONDS_PER_DAY if session.is_live else playhead_s, found, duration_ms
            )


def _type(session: Session, span: Span) -> InterruptionType | None:
    if span.ad is not None:
        return "ad"
    if session.content_start is None:
        return "waiting" if span.state in _WAITING and span.event is not session.start else None
    if span.begin_ms < session.content_start.ts:
        return None
    match span.state:
        case PlayState.STALLED:
            return "stalled"
        case PlayState.WAITING:
            return "waiting"
        case _:
            return None
