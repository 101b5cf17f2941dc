"""Steps of the player's clock: the events of a session, by the clock that the player had at the start.

An event has its arrival if the two clocks differ by more than 10 s from what they did at the start (`core.session_id`). It may
be late, sent again, replayed faster than it was recorded, or sent after the clock was set. These rules tell what it was.

**Order.** `sessionStart` always arrives first. Events more than the quiet time before it come after a step back. They go last.

**Back.** An event that arrives after one with a later `ts` is late, or the clock was set back in between. It was set back if

* from there on events arrive as far apart as their `ts` say, while those of a queue arrive together; or
* the playhead is farther on than in the event before, though `ts` is earlier, and the next event goes on from there. This needs
  no times, so it also holds for events that were sent in a burst, if nothing else arrived out of order; or
* its `ts` is earlier than that of the `sessionStart`, though a later one arrived in between.

It was not set back if the playhead next moves as far as `ts` says since the event before.

**Forward.** An event that arrives before its `ts` is early: nothing can arrive before it was sent. The clock was set forward
if it became early at once, between two events that arrived apart, and if events before or after it arrive as far apart as their
`ts` say. In a replay and after a `sessionStart` that was sent late, events become early little by little.

After a step the time between two events is that between their arrivals, or what the playhead moved if that is about the same.
"""

from collections.abc import Sequence
from typing import Final

from mediabeat.core.event import Event, EventType
from mediabeat.core.folding.arrivals import Heard, in_order_of_arrival
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, FASTEST, is_near

AGREEING_MS: Final = 3_000
"""Requests take more or less time: events arrive as far apart as their `ts` say if they do so within this time."""

STEADY_MS: Final = 20_000
STEADY_EVENTS: Final = 3
"""So many events, and over such a time, must arrive as far apart as their `ts` say."""

REORDERED_MS: Final = 2_000
"""Players send in parallel. Events of so short a time arrive in any order."""

APART_MS: Final = 1_000
"""Events that arrive at shorter intervals may have been sent together, or have waited for the same connection."""

MOST_MOVED_S: Final = 60.0
"""In a burst, the playhead goes on at a step by at most this much: players report at least so often."""

LEAST_STEP_MS: Final = 15_000
"""A step is longer. The arrival of an event on time is known to 10 s only."""

LEAST_SHARE: Final = 0.25
"""A step forward is more than this share of the time between its two events: a replay may be a little too fast."""


def on_one_clock(events: list[Event], ts_skew: int | None, quiet_ms: int) -> list[Event]:
    """Return the events of a session, given by `ts`, with their `ts` by the clock that the player had at the start, in its order.

    `ts_skew` is the server's clock minus the player's at the start; None if it is unknown. The same list if there was no step.
    """
    if ts_skew is not None and any(event.arrived_at is not None for event in events):
        heard = in_order_of_arrival(events, ts_skew)
        places = _Walk(heard, quiet_ms, trusts_order=True).places() or _Walk(heard, quiet_ms, trusts_order=False).places()
        if any(place != one.event.ts for place, one in zip(places, heard, strict=True)):
            events = [one.event._replace(ts=place) for place, one in zip(places, heard, strict=True)]
            events.sort(key=lambda event: event.ts)
    return _after_the_start(events, quiet_ms)


def _after_the_start(events: list[Event], quiet_ms: int) -> list[Event]:
    """Put what lies more than the quiet time before the `sessionStart` after the last event."""
    start = next(event for event in events if event.type is EventType.SESSION_START)
    if start.ts - events[0].ts <= quiet_ms:
        return events
    end = 1
    while events[end].ts < start.ts and events[end].ts - events[end - 1].ts <= quiet_ms:
        end += 1
    shift = events[-1].ts + quiet_ms + 1 - events[0].ts  # such a gap counts what the playhead moved
    return [*events[end:], *(event._replace(ts=event.ts + shift) for event in events[:end])]


class _Walk:
    """One walk over the events in the order of their arrival. All times are on the player's clock at the start."""

    def __init__(self, heard: Sequence[Heard], quiet_ms: int, *, trusts_order: bool) -> None:
        self._heard = heard
        self._quiet_ms = quiet_ms
        self._trusts_order = trusts_order
        self._shift = 0  # by how much the clock has been set back since the start
        self._latest = heard[0].event.ts
        self._before, self._before_ts = heard[0], heard[0].event.ts  # the last event that was not late
        self._least_late = self._steady_late = heard[0].at - heard[0].event.ts
        self._steady = heard[0]  # since then events arrive as far apart as their `ts` say
        self._has_slid = False  # whether events become early little by little
        self._last_at_once = {one.at: one.event.ts for one in heard}  # of one request, whose order is not known
        self._looks = 16 * len(heard)  # no order of events takes more time than others

    def places(self) -> list[int]:
        """Return the `ts` of the events by the clock at the start; none if the order was trusted, and is not to be."""
        places: list[int] = []
        has_ended = has_late = has_trusted = False
        for position, (at, event) in enumerate(self._heard):
            ts = event.ts + self._shift
            late, step = at - ts - self._least_late, None
            if ts < self._latest - REORDERED_MS:
                step = self._back(position) if late > LEAST_STEP_MS and not has_ended else None
                has_trusted = has_trusted or (step is not None and step > self._latest + self._quiet_ms)
                if step is None:
                    has_late = True
                    places.append(ts)
                    continue
            elif late > LEAST_STEP_MS:
                step = self._back_a_little(position)
            elif late < -LEAST_STEP_MS:
                step = self._forward(position)
            if step is not None:
                self._set(position, step)
            self._take(position)
            has_ended = has_ended or event.type is EventType.SESSION_END
            places.append(event.ts + self._shift)
        return [] if has_trusted and has_late else places

    @property
    def _steady_ms(self) -> int:
        """For how long events have arrived as far apart as their `ts` say."""
        return self._before.at - self._steady.at

    def _set(self, position: int, ts: int) -> None:
        """Note that the clock was set: the event at this position has this `ts` by the clock at the start."""
        self._steady = one = self._heard[position]
        self._shift = ts - one.event.ts
        self._least_late = self._steady_late = one.at - ts

    def _take(self, position: int) -> None:
        """Take note of an event by the clock as it is set."""
        one = self._heard[position]
        ts = one.event.ts + self._shift
        late = one.at - ts
        self._latest = max(self._latest, ts)
        self._has_slid = late < self._least_late - AGREEING_MS
        self._least_late = min(self._least_late, late)
        if late < self._steady_late - AGREEING_MS:
            self._steady, self._steady_late = one, late
        if late <= self._least_late + AGREEING_MS:
            self._before, self._before_ts = one, ts

    def _back(self, position: int) -> int | None:
        """Return the `ts` of an event by the clock at the start, if the clock was set back before it."""
        at, event = self._heard[position]
        count, over_ms, is_last = self._steady_from(position)
        start = self._heard[0].event
        # A player may send its `sessionStart` after earlier events, but all at once.
        is_before_start = event.ts + self._shift < start.ts - LEAST_STEP_MS and self._before.event is not start
        if self._keeps_pace(position):
            is_set = False
        elif count >= STEADY_EVENTS and over_ms >= STEADY_MS:
            is_set = True
        elif self._steady_ms >= STEADY_MS:  # the session ends soon, or the clock is set again
            moved_s = event.playhead - self._before.event.playhead
            goes_on = 0 < moved_s <= FASTEST * (at - self._before.at) / 1_000 + CLOCK_TOLERANCE_S
            is_set = is_before_start or (over_ms >= STEADY_MS / 4 and count >= STEADY_EVENTS) or (is_last and goes_on)
        elif (
            self._trusts_order
            and self._last_at_once[at] + self._shift < self._latest
            and (is_before_start or self._goes_on(position))
        ):
            return self._latest + self._quiet_ms + 1  # such a gap counts what the playhead moved
        else:
            is_set = False
        return self._before_ts + self._passed_ms(position) if is_set else None

    def _back_a_little(self, position: int) -> int | None:
        """Return the same if the clock was set back by less than the time between two events: then the playhead tells it."""
        passed_ms = self._passed_ms(position)
        moved_s = self._heard[position].event.playhead - self._before.event.playhead
        if passed_ms != round(1_000 * moved_s):
            return None
        count, over_ms, _ = self._steady_from(position)
        return self._before_ts + passed_ms if count >= STEADY_EVENTS and over_ms >= STEADY_MS else None

    def _forward(self, position: int) -> int | None:
        """Return the `ts` of an event by the clock at the start, if the clock was set forward before it."""
        at, event = self._heard[position]
        gap_ms, passed_ms = event.ts + self._shift - self._before_ts, at - self._before.at
        moved_s = event.playhead - self._before.event.playhead
        if (
            self._before.event.type is EventType.SESSION_START  # it may have been sent late
            or self._has_slid
            or (passed_ms < APART_MS and self._steady_ms < STEADY_MS)
            or gap_ms - passed_ms <= max(LEAST_STEP_MS, LEAST_SHARE * gap_ms)
            or (moved_s > 0 and is_near(moved_s, gap_ms / 1_000))
            or self._steady_ms + self._steady_from(position)[1] < STEADY_MS
        ):
            return None
        return self._before_ts + self._passed_ms(position)

    def _passed_ms(self, position: int) -> int:
        """Return how long before an event the last one was: by the playhead if it agrees with the arrivals, else by these."""
        at, event = self._heard[position]
        passed_ms, moved_ms = at - self._before.at, round(1_000 * (event.playhead - self._before.event.playhead))
        return moved_ms if moved_ms > 0 and abs(moved_ms - passed_ms) <= 1_000 * CLOCK_TOLERANCE_S else max(0, passed_ms)

    def _steady_from(self, position: int) -> tuple[int, int, bool]:
        """Return how many events arrive as far apart as their `ts` say, from this one on, over which time, and if none is left.

        It looks no farther than it has to. An event that is early ends them, and more late events than others disprove them.
        """
        first = self._heard[position]
        count, late, over_ms = 1, 0, 0
        for later in range(position + 1, len(self._heard)):
            at, event = self._heard[later]
            off_ms = (at - event.ts) - (first.at - first.event.ts)
            self._looks -= 1
            if off_ms > AGREEING_MS:
                late += 1
            if late > count or self._looks < 0:
                return 1, 0, False
            if off_ms < -AGREEING_MS:
                return count, over_ms, False
            if off_ms <= AGREEING_MS and at - first.at - over_ms >= APART_MS:
                count, over_ms = count + 1, at - first.at
            if count >= STEADY_EVENTS and over_ms >= STEADY_MS:
                break
        else:
            return count, over_ms, True
        return count, over_ms, False

    def _keeps_pace(self, position: int) -> bool:
        """Return whether the playhead next moves as far as `ts` says: then the clock that goes on is the one before."""
        before = self._before.event
        for later in range(position, len(self._heard)):
            event = self._heard[later].event
            elapsed_s = (event.ts + self._shift - self._before_ts) / 1_000
            self._looks -= 1
            if self._looks < 0 or (elapsed_s > CLOCK_TOLERANCE_S and event.playhead != before.playhead):
                return is_near(event.playhead - before.playhead, elapsed_s)
        return False

    def _goes_on(self, position: int) -> bool:
        """Return whether the playhead goes on from the event before in this event or the next ones, though `ts` is earlier."""
        before = self._before.event
        for later in range(position, len(self._heard) - 1):
            event, following = self._heard[later].event, self._heard[later + 1].event
            self._looks -= 1
            if event.ts + self._shift >= self._before_ts - REORDERED_MS or self._looks < 0:
                return False
            if event.playhead != before.playhead:
                moved_ms = 1_000 * (following.playhead - event.playhead)
                moved_since_ms = 1_000 * (following.playhead - before.playhead)
                gap_since_ms = following.ts + self._shift - self._before_ts
                goes_on = abs(moved_ms - (following.ts - event.ts)) < abs(moved_since_ms - gap_since_ms)
                return goes_on and 0 < event.playhead - before.playhead <= MOST_MOVED_S
        return False
