"""A session as its events describe it: `fold` orders them and says what the player did between each event and the next.

Every figure, the action log and the time-outs come from what `fold` returns. Repeated events, and the order in which events are
read, cannot change a number. Source: Adobe's Streaming Media reporting documentation, checked against a published timeline.

**Time.** The time between two events belongs to the state after the first. Nothing is counted after the last event. A gap
longer than the quiet time counts what its playhead moved, at the pace around it, and later events move up. The server would have
closed a live session by then: the device's clock was set, or it slept. The quiet time is a constant. With the deployment's
setting, an archive or `mediabeat recompute` could give other figures for the same events. If arrivals are known,
`folding.clock` finds other steps.

**States.** The content is starting, playing, paused, buffering, waiting or ended. Inside an open break the content rests, and
the break has a state of its own: waiting, or while an ad runs playing, paused or buffering.

    event               outside a break                     inside a break, without an ad    while an ad runs
    ------------------  ----------------------------------  -------------------------------  ----------------------
    play                content plays                       content plays after the break    the ad plays
    pauseStart          content is paused                   the break is paused              the ad is paused
    bufferStart         content buffers                     the break buffers                the ad buffers
    adBreakStart        the break opens and waits           that break closes, this opens    the same
    adStart             ignored                             the ad plays                     the next ad plays
    adComplete, adSkip  ignored                             ignored                          the break waits
    adBreakComplete     ignored                             content is what it was           the same
    sessionComplete     content has ended                   content has ended                content has ended

After a break the content is paused, buffering or starting again if it was so before. If it played before, it waits. It plays
from the next `play`, or from where its playhead is seen to move. After `sessionComplete` only a `play` from farther back,
whose playhead then moves, makes it play again. All other events leave the state as it is.

**Events with one `ts`** are ordered by the table in `folding.moments`. `folding.motion` has the rules of
pace, stalls and jumps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mediabeat.core.event import LENGTH, Event, EventType, is_live
from mediabeat.core.event_codec import payload_of
from mediabeat.core.folding.clock import on_one_clock
from mediabeat.core.folding.motion import settled
from mediabeat.core.folding.queued import QUEUED_MS, with_own_playheads
from mediabeat.core.folding.spans import Span
from mediabeat.core.folding.walk import Moment, Walk

QUIET_MS: Final = 10 * 60_000
"""A longer gap between two events is a step of the device's clock or a sleep. Adobe's servers close a session after this time."""


@dataclass(frozen=True)
class Session:
    """The distinct events of a session in order, and the spans of time that they cut it into. Steady pings share a span."""

    events: tuple[Event, ...]
    spans: tuple[Span, ...]
    content_start: Moment | None
    """Where the content first played; None if the viewer never got to it."""
    moved_ts: int
    """`ts`, by the clock at the start, of the last event that found the playhead at another place than the event before it."""

    @cached_property
    def start(self) -> Event:
        """The `sessionStart`. It is not always the first event, because some players send it after a preroll."""
        return next(event for event in self.events if event.type is EventType.SESSION_START)

    @cached_property
    def is_live(self) -> bool:
        """Whether the media is a live stream, whose playhead is the second of the day."""
        return is_live(self.start)

    @cached_property
    def length_s(self) -> float:
        """Length of recorded content in seconds; 0 when it is live, unknown, or shorter than a millisecond."""
        length_s = float(self.start.params[LENGTH])
        return 0.0 if self.is_live or length_s < 0.001 else length_s

    @cached_property
    def content(self) -> list[Span]:
        """The spans in which main content was playing, and moving."""
        return [span for span in self.spans if span.is_content]

    @cached_property
    def is_complete(self) -> bool:
        """Whether the player sent `sessionComplete`."""
        return any(event.type is EventType.SESSION_COMPLETE for event in self.events)


_ORDER: Final = (
    # For events with equal `ts`: what ends comes before what starts, an ad break opens before its ad, an ad closes before its
    # break, and `play` comes before the pause or the buffering that follows it. A new order changes metrics.
    EventType.SESSION_START,
    EventType.AD_COMPLETE,
    EventType.AD_SKIP,
    EventType.AD_BREAK_COMPLETE,
    EventType.CHAPTER_COMPLETE,
    EventType.CHAPTER_SKIP,
    EventType.STATE_END,
    EventType.STATES_UPDATE,
    EventType.STATE_START,
    EventType.CHAPTER_START,
    EventType.AD_BREAK_START,
    EventType.AD_START,
    EventType.PLAY,
    EventType.PAUSE_START,
    EventType.BUFFER_START,
    EventType.BITRATE_CHANGE,
    EventType.ERROR,
    EventType.PREV_TRACK,
    EventType.NEXT_TRACK,
    EventType.PING,
    EventType.SESSION_COMPLETE,
    EventType.SESSION_END,
)
_RANK: Final = {event_type: rank for rank, event_type in enumerate(_ORDER)}


def order_of(event: Event) -> tuple[int, int, float, str]:
    """Return the sort key of an event in its session: `ts`, type, playhead, payload. Only repeated events have equal keys."""
    return (*_place_of(event), payload_of(event))


def _place_of(event: Event) -> tuple[int, int, float]:
    return event.ts, _RANK[event.type], event.playhead


def fold(events: Iterable[Event], *, quiet_ms: int = QUIET_MS, ts_skew: int | None = None) -> Session:
    """Return the session of these events, in any order and with any repeats.

    One of them must be the `sessionStart`. `ts_skew` (milliseconds) is the server's clock minus the player's at the start. With
    it, the arrivals of the events tell where the player's clock was set.
    """
    at: dict[tuple[int, int, float], list[Event]] = {}
    for event in events:
        at.setdefault(_place_of(event), []).append(event)
    # Payloads are compared only where several events share a place, because that takes longer than everything else.
    distinct = [event for place in sorted(at) for event in (at[place] if len(at[place]) == 1 else _distinct(at[place]))]
    if any(QUEUED_MS in event.params for event in distinct):
        distinct = with_own_playheads(distinct)
    ordered = on_one_clock(distinct, ts_skew, quiet_ms)
    if ordered is not distinct:
        ordered.sort(key=_place_of)
    start = next(event for event in ordered if event.type is EventType.SESSION_START)
    live = is_live(start)
    moved_ts = _moved_ts(ordered)
    walked = Walk(ordered, is_live=live, length_s=0.0 if live else float(start.params[LENGTH]), quiet_ms=quiet_ms).walked()
    spans = settled(walked.spans, walked.odd, is_live=live) if walked.odd else walked.spans
    return Session(tuple(ordered), tuple(spans), walked.content_start, moved_ts)


def _distinct(events: Iterable[Event]) -> list[Event]:
    # Of an event that arrived twice, the earlier arrival tells when it was sent. One on time has none.
    distinct = {payload_of(event): event for event in sorted(events, key=lambda event: event.arrived_at or 0, reverse=True)}
    return [distinct[payload] for payload in sorted(distinct)]


def _moved_ts(events: Sequence[Event]) -> int:
    moves = (now.ts for before, now in zip(events[-2::-1], events[:0:-1], strict=True) if now.playhead != before.playhead)
    return next(moves, events[0].ts)
