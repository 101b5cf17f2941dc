"""The experience score, version 1: from 0 to 100, how good a session was for its viewer. METRICS.md has the formula.

Source: the curves are those that Mux published in 2018. Their product keeps a bad half from hiding behind a good one.
`good` is a share of sessions, as in Conviva's Streaming Performance Index, with thresholds of our own.
"""

from math import exp, sqrt
from typing import Final, NamedTuple

from mediabeat.core.action_log import rebufferings
from mediabeat.core.playback import time_to_start_ms, waited_ms
from mediabeat.core.quality.outcome import Outcome
from mediabeat.core.session import Session

QOE_VERSION: Final = 1
"""Raise it, and `METRICS_VERSION`, with every change of the score's formula or of the rules of outcomes."""

HALF_START_S: Final = 8
"""After a start that took this long, `start` is 50."""

EXIT_FACTOR: Final = 0.5
"""A viewer who gave up had half of what one had who waited as long and then watched."""

GOOD_START_MS: Final = 5_000
GOOD_REBUFFERING_SHARE: Final = 0.01
"""A good session has played, after a start of at most this time, with at most this share of rebuffering."""


class Experience(NamedTuple):
    """What a session was like for its viewer. Its outcome is None while it is open.

    `start_ms` is the time to start of a session that played, and the wait of an exit before the start; None for other outcomes.
    `rebufferings` are the times of waiting after the start, stalls among them, and `rebuffering_ms` is how long they took.
    """

    outcome: str | None
    start_ms: int | None
    rebufferings: int
    rebuffering_ms: int
    playing_ms: int

    @property
    def rebuffering_share(self) -> float:
        """The share of rebuffering in the time of playing and rebuffering; 0 if there was neither."""
        total_ms = self.playing_ms + self.rebuffering_ms
        return self.rebuffering_ms / total_ms if total_ms else 0.0

    @property
    def score(self) -> float | None:
        """The experience score, to a tenth; None if the session is not judged, or open."""
        start = 0.0 if self.start_ms is None else start_score(self.start_ms / 1_000)
        match self.outcome:
            case Outcome.PLAYED:
                return round(sqrt(start * smooth_score(self.rebufferings, self.rebuffering_share)), 1)
            case Outcome.EXIT_BEFORE_START:
                return round(EXIT_FACTOR * start, 1)
            case Outcome.START_FAILURE | Outcome.PLAY_FAILURE:
                return 0.0
            case _:
                return None

    @property
    def is_good(self) -> bool:
        """Whether the session played, began soon, and had next to no rebuffering."""
        started_soon = self.start_ms is not None and self.start_ms <= GOOD_START_MS
        return self.outcome == Outcome.PLAYED and started_soon and self.rebuffering_share <= GOOD_REBUFFERING_SHARE


def start_score(start_s: float) -> float:
    """Return how good a start is that takes so many seconds: 100 at once, 50 after eight seconds."""
    return 100 * HALF_START_S / (HALF_START_S + start_s)


def smooth_score(rebufferings: int, share: float) -> float:
    """Return how smooth playing is: one half from the number of rebufferings, the other from their share of the time."""
    return 50 / sqrt(1 + (rebufferings / 2) ** 2) + 50 * exp(-10 * share)


def experience_of(session: Session, outcome: str | None, *, playing_ms: int, stalls: int, stall_ms: int) -> Experience:
    """Return what a session was like, given its outcome (None while it is open), content time and stalls, as in its metrics."""
    count, waited = rebufferings(session)
    start_ms = None
    if outcome == Outcome.PLAYED:
        start_ms = time_to_start_ms(session)
    elif outcome == Outcome.EXIT_BEFORE_START:
        start_ms = waited_ms(session, session.events[-1].ts)
    return Experience(outcome, start_ms, count + stalls, waited + stall_ms, playing_ms)
