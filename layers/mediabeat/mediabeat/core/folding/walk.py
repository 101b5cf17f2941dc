"""The walk over the events of a session, in order: what the player did between each event and the next, by the clock.

The rules are those at the head of `session`. Whether the playhead kept up with the clock is left to `motion`.
"""

from typing import Final, NamedTuple

from mediabeat.core.event import SECONDS_PER_DAY, Event, EventType
from mediabeat.core.folding.context import Context, apply
from mediabeat.core.folding.moments import MOVING_S, in_order, is_moving
from mediabeat.core.folding.motion import SAME_MOMENT_MS, STEADY_S, STEADY_SHARE, is_steady
from mediabeat.core.folding.spans import FASTEST, SLOWEST, PlayState, Span, is_near

GROWTH_S: Final = 0.25
"""Steady spans are kept as one as long as no playhead in it is farther off the clock than this."""


class Moment(NamedTuple):
    """A point in a session: epoch milliseconds by the player's clock, and the playhead."""

    ts: int
    playhead: float


class Walked(NamedTuple):
    """The spans of a session, the positions of those of content that are not steady (by run), and where the content began."""

    spans: list[Span]
    odd: list[list[int]]
    content_start: Moment | None


_OF_BREAKS: Final = frozenset(
    {EventType.AD_BREAK_START, EventType.AD_BREAK_COMPLETE, EventType.AD_START, EventType.PLAY, EventType.PAUSE_START}
)

_WAITS: Final = (PlayState.WAITING, PlayState.STARTING)


class Walk:
    """One walk over the events of a session, in order."""

    def __init__(self, events: list[Event], *, is_live: bool, length_s: float, quiet_ms: int) -> None:
        self._events = events
        self._is_live = is_live
        self._most_s = length_s or SECONDS_PER_DAY
        self._quiet_ms = quiet_ms
        self._spans: list[Span] = []
        self._content_start: Moment | None = None
        self._context = Context()
        self._later_ms = 0  # by how much the events are later than they count
        self._may_grow = False
        self._odd: list[list[int]] = []
        self._is_running = False
        self._resting = 0  # the first span of those in which content rests and its playhead stands

    def walked(self) -> Walked:
        """Return what the walk found."""
        events, spans = self._events, self._spans
        last = len(events) - 1
        ordered_to = self._order_moment(0)
        grown_to: Event | None = None  # the event to which the last span has grown
        for position, is_last in enumerate([*[False] * last, True]):
            event = following = events[position]
            is_ping = event.type is EventType.PING
            if not is_ping:
                self._change(event, position)
            if not is_last:
                if position + 1 >= ordered_to and position + 1 < last and events[position + 1].ts == events[position + 2].ts:
                    ordered_to = self._order_moment(position + 1)
                following = events[position + 1]
            if self._may_grow and is_ping and self._grows(event, following):
                grown_to = following
                continue
            if grown_to:
                spans[-1] = spans[-1]._replace(end_ms=grown_to.ts, reach_s=grown_to.playhead, end_s=grown_to.playhead)
                grown_to = None
            self._add(position, event, following)
        return Walked(spans, self._odd, self._content_start)

    def _add(self, position: int, event: Event, following: Event) -> None:
        """Add the span that an event opens."""
        elapsed_ms = following.ts - event.ts
        if self._later_ms:
            event = self._events[position] = event._replace(ts=event.ts - self._later_ms)
        context, begin_s, end_s = self._context, event.playhead, following.playhead
        if self._is_live and begin_s - end_s > SECONDS_PER_DAY / 2:
            end_s += SECONDS_PER_DAY
        if elapsed_ms > self._quiet_ms:
            counted_ms = min(elapsed_ms, self._moved_in_gap_ms(position, begin_s, end_s))
            self._later_ms += elapsed_ms - counted_ms
            elapsed_ms = counted_ms
        state = context.content if context.ad_break is None else context.in_break
        if state is PlayState.WAITING and elapsed_ms < SAME_MOMENT_MS and following.type in _OF_BREAKS:
            state = self._in_passing()
        end_ms = event.ts + elapsed_ms
        self._spans.append(
            Span(event, event.ts, end_ms, begin_s, end_s, end_s, state, context.ad_break, context.ad, context.chapter)
        )
        if state is PlayState.PLAYING and context.ad is None:
            self._may_grow = is_steady(end_s - begin_s, elapsed_ms / 1_000) and not self._later_ms
            if not self._may_grow:
                self._note_odd()
        else:
            self._may_grow = self._is_running = False
            if context.resumes and context.ad_break is None and self._resumes(position):
                self._context = context._replace(content=PlayState.PLAYING, resumes=False)

    def _grows(self, ping: Event, following: Event) -> bool:
        """Return whether steady content goes on after a ping, so that the span before it reaches to the following event.

        Nearly all events are such pings: one span for all of them saves most of the time.
        """
        span = self._spans[-1]
        took_ms, moved_s = following.ts - ping.ts, following.playhead - ping.playhead
        off_s = following.playhead - span.begin_s - (following.ts - span.begin_ms) / 1_000
        limit_s = STEADY_SHARE * took_ms / 1_000 + STEADY_S
        return (
            -GROWTH_S <= off_s <= GROWTH_S
            and 0 < took_ms <= self._quiet_ms
            and moved_s > 0
            and -limit_s <= moved_s - took_ms / 1_000 <= limit_s
            and not ping.qoe
        )

    def _note_odd(self) -> None:
        """Keep the position of the last span, content that is not steady, with the others of its run."""
        if not self._is_running:
            self._odd.append([])
            self._is_running = True
        self._odd[-1].append(len(self._spans) - 1)

    def _in_passing(self) -> PlayState:
        """Return the state of milliseconds between the events of a break: players send them one after the other."""
        content = self._context.content
        if content not in (PlayState.WAITING, PlayState.PLAYING):
            return content
        return PlayState.WAITING if self._content_start is None else PlayState.PLAYING

    def _order_moment(self, first: int) -> int:
        """Put the events with the same `ts` as the first one in order, and return the position after them."""
        events, context = self._events, self._context
        end = first + 1
        while end < len(events) and events[end].ts == events[first].ts:
            end += 1
        events[first:end] = in_order(
            events[first:end],
            lambda: (events[at] for at in range(end, len(events))),
            break_is_open=context.ad_break is not None,
            ad_is_open=context.ad is not None,
            chapter_is_open=context.chapter is not None,
        )
        return end

    def _change(self, event: Event, position: int) -> None:
        """Let an event change what the player does."""
        context = self._context
        self._context = after = apply(context, event, position)
        if after.resumes and after.ad_break is None and not (context.resumes and context.ad_break is None):
            self._resting = len(self._spans)
        if self._content_start is None and after.content is PlayState.PLAYING and after.ad_break is None:
            self._content_start = Moment(event.ts - self._later_ms, event.playhead)

    def _resumes(self, position: int) -> bool:
        """Let content play for as long as its playhead has moved in the last span, if it has. Return whether it has."""
        spans, rested = self._spans, self._resting
        last, moved_s = spans[-1], spans[-1].end_s - spans[rested].begin_s
        rested_ms = last.end_ms - spans[rested].begin_ms
        is_slow = last.end_s - last.begin_s < SLOWEST * last.duration_ms / 1_000 and self._context.content not in _WAITS
        if is_slow or not is_moving(moved_s, rested_ms / 1_000):
            if abs(moved_s) > MOVING_S:
                self._resting = len(spans)
            return False
        cut_ms = last.end_ms - min(rested_ms, round(1_000 * moved_s / self._pace_near(position)))
        resting_spans, spans[rested:] = spans[rested:], []
        for span in resting_spans:
            if span.begin_ms < cut_ms:
                still_s = span.begin_s
                spans.append(span._replace(end_ms=min(cut_ms, span.end_ms), reach_s=still_s, end_s=still_s))
            if span.end_ms > cut_ms or span is last:
                spans.append(span._replace(state=PlayState.PLAYING, begin_ms=max(cut_ms, span.begin_ms)))
                self._note_odd()
        if self._content_start is None:
            self._content_start = Moment(cut_ms, spans[rested].begin_s)
        return True

    def _moved_in_gap_ms(self, position: int, begin_s: float, end_s: float) -> int:
        return max(0, round(1_000 * min(end_s - begin_s, self._most_s) / self._pace_near(position)))

    def _pace_near(self, position: int) -> float:
        """Return the pace before, or else after, the span that an event opens."""
        before = [span for span in self._spans[-5:] if span.is_content and span.duration_ms <= self._quiet_ms]
        moved_s = sum(span.end_s - span.begin_s for span in before)
        elapsed_s = sum(span.duration_ms for span in before) / 1_000
        if not elapsed_s and position + 2 < len(self._events):
            now, then = self._events[position + 1 : position + 3]
            moved_s, elapsed_s = then.playhead - now.playhead, (then.ts - now.ts) / 1_000
        is_pace = elapsed_s > 0 and SLOWEST <= moved_s / elapsed_s <= FASTEST and not is_near(moved_s, elapsed_s)
        return moved_s / elapsed_s if is_pace else 1.0
