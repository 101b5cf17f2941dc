"""The fold: it sorts a session's events and derives what the player did between each event and the next.

Metrics, action log and time-outs are all computed from the result of `fold`. So neither the order of arrival nor repeated events
can change a number. Source: Adobe's Streaming Media reporting documentation, checked against a published timeline.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple, assert_never

from mediabeat.core.event import SECONDS_PER_DAY, Event, EventType, is_live
from mediabeat.core.event_codec import payload_of
from mediabeat.core.vocabulary import LENGTH

STALL_MOMENTS: Final = 3
"""This many moments in a row with the same playhead, while content plays, are a stall."""

SAME_MOMENT_MS: Final = 500
"""Events that are closer together are one moment: players read the clock again for each of several calls at once."""


class PlayState(StrEnum):
    """What the player does from one event to the next."""

    STARTING = "starting"
    PLAYING = "playing"
    STALLED = "stalled"
    PAUSED = "paused"
    BUFFERING = "buffering"


class Context(NamedTuple):
    """The state of the player after an event. Ad, break and chapter are the positions of the events that opened them."""

    state: PlayState = PlayState.STARTING
    ad_break: int | None = None
    ad: int | None = None
    chapter: int | None = None


class Span(NamedTuple):
    """The time from an event to the next one. The span of the last event has no length."""

    event: Event
    end_ms: int
    end_playhead_s: float
    state: PlayState
    ad_break: int | None
    ad: int | None
    chapter: int | None

    @property
    def duration_ms(self) -> int:
        """Length of the span in milliseconds."""
        return self.end_ms - self.event.ts

    @property
    def is_content(self) -> bool:
        """Whether main content was playing without a stall."""
        return self.state is PlayState.PLAYING and self.ad is None


def time_ms(spans: Iterable[Span]) -> int:
    """Return the total length of spans in milliseconds."""
    return sum(span.duration_ms for span in spans)


@dataclass(frozen=True)
class Session:
    """The distinct events of a session in order, each with the span that it opens."""

    spans: tuple[Span, ...]

    @cached_property
    def start(self) -> Event:
        """The `sessionStart`. It is not always the first event, because some players send it after a preroll."""
        return next(span.event for span in self.spans if span.event.type is EventType.SESSION_START)

    @cached_property
    def is_live(self) -> bool:
        """Whether the media is a live stream, whose playhead is the second of the day."""
        return is_live(self.start)

    @cached_property
    def length_s(self) -> float:
        """Content length in seconds. 0 for live content and when the length is unknown or below 1 ms."""
        length_s = float(self.start.params[LENGTH])
        return 0.0 if self.is_live or length_s < 0.001 else length_s

    @cached_property
    def content_start(self) -> Event | None:
        """The first `play` outside an ad; None when the content never started."""
        return next((s.event for s in self.spans if s.event.type is EventType.PLAY and s.ad is None), None)

    @cached_property
    def content(self) -> list[Span]:
        """The spans in which main content was playing without a stall."""
        return [span for span in self.spans if span.is_content]

    @cached_property
    def is_complete(self) -> bool:
        """Whether the player sent `sessionComplete`."""
        return any(span.event.type is EventType.SESSION_COMPLETE for span in self.spans)

    def moved_s(self, span: Span) -> float:
        """Return by how many seconds the playhead moved in a span. A live playhead wraps at midnight."""
        moved_s = span.end_playhead_s - span.event.playhead
        return moved_s + SECONDS_PER_DAY if self.is_live and moved_s < -SECONDS_PER_DAY / 2 else moved_s

    @cached_property
    def moved_ts(self) -> int:
        """`ts` of the last event whose playhead differs from that of the event before it."""
        events = [span.event for span in self.spans]
        moves = (now.ts for before, now in zip(events[-2::-1], events[:0:-1], strict=True) if now.playhead != before.playhead)
        return next(moves, events[0].ts)


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


def fold(events: Iterable[Event]) -> Session:
    """Return the session of these events, in any order and with any repeats.

    One of them must be the `sessionStart`.
    """
    at: dict[tuple[int, int, float], list[Event]] = {}
    for event in events:
        at.setdefault(_place_of(event), []).append(event)
    # Payloads are compared only where several events share a place, because that takes longer than everything else.
    ordered = [event for place in sorted(at) for event in (at[place] if len(at[place]) == 1 else _distinct(at[place]))]
    return Session(tuple(_with_stalls(_spans(ordered))))


def _distinct(events: Iterable[Event]) -> list[Event]:
    distinct = {payload_of(event): event for event in events}
    return [distinct[payload] for payload in sorted(distinct)]


def _spans(events: list[Event]) -> Iterator[Span]:
    context = Context()
    for position, (event, following) in enumerate(zip(events, [*events[1:], events[-1]], strict=True)):
        context = apply(context, event, position)
        yield Span(event, following.ts, following.playhead, *context)


def apply(context: Context, event: Event, position: int) -> Context:
    """Return the context after an event, given the context before it. `position` is the event's index in its session."""
    in_break = context.ad_break is not None
    match event.type:
        case (
            EventType.PING  # first, as nearly all events are pings
            | EventType.SESSION_START
            | EventType.SESSION_COMPLETE
            | EventType.SESSION_END
            | EventType.BITRATE_CHANGE
            | EventType.ERROR
            | EventType.STATE_START
            | EventType.STATE_END
            | EventType.STATES_UPDATE
            | EventType.PREV_TRACK
            | EventType.NEXT_TRACK
        ):
            return context
        case EventType.PLAY:
            return context._replace(state=PlayState.PLAYING)
        case EventType.PAUSE_START:
            return context._replace(state=PlayState.PAUSED)
        case EventType.BUFFER_START:
            return context._replace(state=PlayState.BUFFERING)
        case EventType.AD_BREAK_START:
            return context._replace(ad_break=position, ad=None)
        case EventType.AD_BREAK_COMPLETE:
            return context._replace(ad_break=None, ad=None)
        case EventType.AD_START if in_break:
            # Players may omit `play` in a preroll: an ad that starts is playing.
            return context._replace(ad=position, state=PlayState.PLAYING)
        case EventType.AD_COMPLETE | EventType.AD_SKIP if in_break:
            return context._replace(ad=None)
        case EventType.AD_START | EventType.AD_COMPLETE | EventType.AD_SKIP:
            return context  # outside any break: ignored, so its time counts as content
        case EventType.CHAPTER_START:
            return context._replace(chapter=position)
        case EventType.CHAPTER_COMPLETE | EventType.CHAPTER_SKIP:
            return context._replace(chapter=None)
        case _ as never:
            assert_never(never)


def _with_stalls(spans: Iterable[Span]) -> Iterator[Span]:
    """Turn `playing` into `stalled` where the playhead is the same at three or more moments in a row.

    The end of an ad, the end of its break and the next `play` come in one moment in every session, so they are no stall. A stall
    lasts from its first moment to the next movement or change of state. Content never moves in an ad break, so there is no stall
    in one.
    """
    for (may_stall, _), group in groupby(
        spans, key=lambda s: (s.state is PlayState.PLAYING and s.ad_break is None, s.event.playhead)
    ):
        still = list(group)
        is_stall = may_stall and len(still) >= STALL_MOMENTS and _moments(still) >= STALL_MOMENTS
        yield from (span._replace(state=PlayState.STALLED) for span in still) if is_stall else still


def _moments(spans: Iterable[Span]) -> int:
    count, last_ms = 0, None
    for span in spans:
        if last_ms is None or span.event.ts - last_ms >= SAME_MOMENT_MS:
            count, last_ms = count + 1, span.event.ts
    return count
