"""What the spans of a session add up to, counted in one walk.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from mediabeat.core.event import BITRATE, BITRATE_SHORT, EventType
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, FASTEST, SLOWEST, PlayState, Span
from mediabeat.core.session import Session

ROUNDING_SHARE: Final = 0.02
"""Where content played at a stretch, 1.5 s or 2 % off the clock are how players round, and not another speed."""


@dataclass
class Section:
    """The time that counts for an ad or a chapter, and what ended it. The position of the event that opened it names it."""

    time_ms: int = 0
    ended_by: EventType | None = None


@dataclass
class Tally:
    """Times in milliseconds, and what is counted along with them."""

    content_ms: int = 0
    ad_ms: int = 0
    pauses: int = 0
    pause_ms: int = 0
    buffers: int = 0
    buffer_ms: int = 0
    stalls: int = 0
    stall_ms: int = 0
    playback_rate: float | None = None
    average_bitrate_bps: int | None = None
    played_s: list[tuple[float, float]] = field(default_factory=list)
    """The ranges of content that were played. Those of a live stream count on past midnight."""
    ads: dict[int, Section] = field(default_factory=dict)
    chapters: dict[int, Section] = field(default_factory=dict)


def tally(session: Session) -> Tally:
    """Return what the spans of a session add up to.

    A pause or buffering that goes on after an ad is the same one. Stalls at different playheads are counted separately.
    """
    ads, chapters, bitrate, pace, ranges = _Sections(), _Sections(), _Bitrate(), _Pace(), _Ranges()
    entered, times_ms = Counter[PlayState](), Counter[PlayState]()
    sums = Tally(ads=ads.of, chapters=chapters.of)
    before: Span | None = None
    for span in session.spans:
        event, state, took_ms = span.event, span.state, span.end_ms - span.begin_ms
        ads.enter(span.ad, event.type)
        chapters.enter(span.chapter, event.type)
        bitrate.hear(event.qoe)
        goes_on = before is not None and before.state is state
        if state is not PlayState.PLAYING:
            times_ms[state] += took_ms
            entered[state] += not goes_on and event.type is _ENTRANCES.get(state)
            if state is PlayState.STALLED:
                sums.stalls += not goes_on or before is None or before.begin_s != span.begin_s
        elif span.ad is not None:
            sums.ad_ms += took_ms
            ads.of[span.ad].time_ms += took_ms
            bitrate.weigh(took_ms)
        else:
            sums.content_ms += took_ms
            if span.chapter is not None:
                chapters.of[span.chapter].time_ms += took_ms
            bitrate.weigh(took_ms)
            ranges.add(span.begin_s, span.reach_s)
            pace.add(span, goes_on=goes_on)
        before = span
    sums.pauses, sums.pause_ms = entered[PlayState.PAUSED], times_ms[PlayState.PAUSED]
    sums.buffers, sums.buffer_ms = entered[PlayState.BUFFERING], times_ms[PlayState.BUFFERING]
    sums.stall_ms = times_ms[PlayState.STALLED]
    sums.average_bitrate_bps, sums.playback_rate, sums.played_s = bitrate.mean(), pace.mean(), ranges.all()
    return sums


_ENTRANCES: Final = {PlayState.PAUSED: EventType.PAUSE_START, PlayState.BUFFERING: EventType.BUFFER_START}


class _Sections:
    """The ads or the chapters."""

    def __init__(self) -> None:
        self.of: dict[int, Section] = {}
        self._open: int | None = None

    def enter(self, part: int | None, by: EventType) -> None:
        """Note which part a span belongs to; an event that leaves the part before ends it."""
        if part != self._open:
            if self._open is not None:
                self.of[self._open].ended_by = by
            if part is not None:
                self.of[part] = Section()
            self._open = part


class _Bitrate:
    """The mean of the bitrates sent, each weighted by the time for which it played."""

    def __init__(self) -> None:
        self._in_force: float | None = None
        self._bits = self._weight_ms = 0.0

    def hear(self, qoe: dict[str, Any]) -> None:
        """Take a bitrate from the QoE data of an event; values below zero are ignored."""
        sent = qoe.get(BITRATE, qoe.get(BITRATE_SHORT, -1)) if qoe else -1
        self._in_force = sent if sent >= 0 else self._in_force

    def weigh(self, took_ms: int) -> None:
        """Count a time for which content or an ad played."""
        if self._in_force is not None:
            self._bits += self._in_force * took_ms
            self._weight_ms += took_ms

    def mean(self) -> int | None:
        """Return the mean in bits per second."""
        return round(self._bits / self._weight_ms) if self._weight_ms else None


class _Ranges:
    """The ranges of content that were played; those that follow each other are one."""

    def __init__(self) -> None:
        self._closed: list[tuple[float, float]] = []
        self._from_s = self._to_s = 0.0

    def add(self, begin_s: float, reach_s: float) -> None:
        """Add what a span played."""
        if begin_s != self._to_s or reach_s < begin_s:
            self._close()
            self._from_s = begin_s
        self._to_s = reach_s

    def _close(self) -> None:
        if self._from_s < self._to_s:
            self._closed.append((self._from_s, self._to_s))

    def all(self) -> list[tuple[float, float]]:
        """Return the ranges."""
        self._close()
        return self._closed


class _Pace:
    """The mean of the paces at which content played, each weighted by its time."""

    def __init__(self) -> None:
        self._moved_s = self._weighed_s = 0.0
        self._passed_ms = self._total_ms = 0

    def add(self, span: Span, *, goes_on: bool) -> None:
        """Add a span of content; `goes_on` if content played before it without a break."""
        if span.jumps or not goes_on:
            self._weigh()
        if not span.jumps:
            self._moved_s += span.end_s - span.begin_s
            self._passed_ms += span.end_ms - span.begin_ms

    def _weigh(self) -> None:
        passed_s = self._passed_ms / 1_000
        is_clock = abs(self._moved_s - passed_s) <= max(CLOCK_TOLERANCE_S, ROUNDING_SHARE * passed_s)
        self._weighed_s += passed_s if is_clock else self._moved_s
        self._total_ms += self._passed_ms
        self._moved_s, self._passed_ms = 0.0, 0

    def mean(self) -> float | None:
        """Return the mean; None if nothing played or if no player offers such a speed."""
        self._weigh()
        rate = round(1_000 * self._weighed_s / self._total_ms, 2) if self._total_ms else 0.0
        return rate if SLOWEST <= rate <= FASTEST else None
