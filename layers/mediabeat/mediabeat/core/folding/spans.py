"""The parts of a session's time: what the player did, from when to when, and where the playhead was.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from mediabeat.core.event import Event

CLOCK_TOLERANCE_S: Final = 1.5
CLOCK_TOLERANCE_SHARE: Final = 0.1
"""A playhead may be off by 1.5 s or by 10 % of what the pace makes of the clock: players round, and send late."""

SLOWEST: Final = 0.25
FASTEST: Final = 4.0
"""Players offer speeds between these. A playhead that moves faster has jumped."""


class PlayState(StrEnum):
    """What the player does during a span."""

    STARTING = "starting"
    PLAYING = "playing"
    STALLED = "stalled"
    PAUSED = "paused"
    BUFFERING = "buffering"
    WAITING = "waiting"
    """Content should play, but nothing shows that it does: after a break, between ads, in a laptop that sleeps."""
    SEEKING = "seeking"
    """The viewer moves the playhead: only of players that report it as a state."""
    ENDED = "ended"
    """After `sessionComplete`."""


class Span(NamedTuple):
    """A part of the time between an event and the next one. The last event's span has no length.

    `ad_break`, `ad` and `chapter` are the positions in the session of the events that opened them. Playheads of live content
    count on past midnight.
    """

    event: Event
    begin_ms: int
    end_ms: int
    begin_s: float
    reach_s: float
    """The playhead up to which content was played. It differs from `end_s` if the playhead jumped."""
    end_s: float
    """The playhead of the event that ends the span."""
    state: PlayState
    ad_break: int | None
    ad: int | None
    chapter: int | None

    @property
    def duration_ms(self) -> int:
        """Length of the span in milliseconds."""
        return self.end_ms - self.begin_ms

    @property
    def is_content(self) -> bool:
        """Whether main content was playing, and moving."""
        return self.state is PlayState.PLAYING and self.ad is None

    @property
    def jumps(self) -> bool:
        """Whether the playhead ends elsewhere than playing brought it."""
        return self.reach_s != self.end_s


def time_ms(spans: Iterable[Span]) -> int:
    """Return the total length of spans in milliseconds."""
    return sum(span.duration_ms for span in spans)


def tolerance_of(expected_s: float) -> float:
    """Return by how much a movement of the playhead may differ from the expected one."""
    return max(CLOCK_TOLERANCE_S, CLOCK_TOLERANCE_SHARE * expected_s)


def is_near(moved_s: float, expected_s: float) -> bool:
    """Return whether a movement of the playhead is the expected one, within the tolerance."""
    return abs(moved_s - expected_s) <= tolerance_of(expected_s)
