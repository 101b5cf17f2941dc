"""What happened in one schedule: calls and their answers, what reached the database, and the truth that follows from that."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS, CloseReason, Limits, Liveness, close_reason, next_due
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT, event_weight, pack, unpack
from mediabeat.core.lifecycle import is_straggler, liveness_of
from mediabeat.core.records import Head, Phase, Start, StoredSession
from mediabeat.storage.table import Item
from mediabeat.use_cases.close_sessions import Failed
from mediabeat.use_cases.look_at_session import Closed

GOOD = frozenset({200, 201, 204})


def is_session(partition: str) -> bool:
    """Return whether a partition is that of a session's items."""
    return len(partition) == 64


class Kind(StrEnum):
    """What a call is for."""

    START = "start"
    DOWNLOAD = "download"
    EVENT = "event"
    CLOSE = "close"
    ROLL_UP = "roll up"


@dataclass(eq=False)
class Call:
    """One call of a handler. Steps count the turns of the schedule, times are the simulated clock's (epoch ms)."""

    kind: Kind
    actor: str
    began_step: int
    began_at: int
    sid: str = ""
    events: tuple[Event, ...] = ()
    ended_step: int = 0
    status: int | None = None  # none: it died, and nobody got an answer
    headers: dict[str, str] = field(default_factory=dict)
    is_dead: bool = False
    closed: list[Closed] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    parts: list["Call"] = field(default_factory=list)

    @property
    def each(self) -> list["Call"]:
        """The call itself, or of one with an array of events a call for each, as each is answered by itself."""
        return self.parts or [self]

    @property
    def event(self) -> Event:
        """The one event that it brought."""
        return self.events[0]

    @cached_property
    def packed(self) -> bytes:
        """That event as it is stored."""
        return pack(self.event)

    @property
    def is_good(self) -> bool:
        """Whether it was acknowledged."""
        return self.status in GOOD


@dataclass(frozen=True)
class Arrival:
    """An event took its place in the database; `lost`: the client got no answer. A step may have several writes."""

    step: int
    call: Call
    lost: bool
    write: int = 0


@dataclass
class Truth:
    """One session as it really went, from what took effect and nothing else."""

    sid: str
    start: Call
    arrivals: list[Arrival] = field(default_factory=list)
    _earlier: dict[int, "Truth"] = field(default_factory=dict)

    def before(self, step: int) -> "Truth":
        """The truth as it was before a step."""
        count = bisect_left(self.arrivals, step, key=lambda arrival: arrival.step)
        if count not in self._earlier:
            self._earlier[count] = Truth(self.sid, self.start, self.arrivals[:count])
        return self._earlier[count]

    @cached_property
    def head(self) -> Head:
        """What the head of the session should say, but for its mark."""
        last_at = self.start.began_at
        for arrival in self.arrivals:
            last_at = max(last_at, arrival.call.began_at)  # calls overtake each other
            if arrival.call.event.type is EventType.SESSION_END:
                together = [other.call.event for other in self.arrivals if other.write == arrival.write]
                ended_ts = max(event.ts for event in together if event.type is EventType.SESSION_END)
                return Head(Phase.ENDED, last_at, last_at + LATE_EVENT_GRACE_MS, last_at, ended_ts)
        return Head(Phase.OPEN, last_at, None)

    @property
    def last_at(self) -> int:
        """When the last event came. Stragglers come after the head has ended."""
        return max([self.start.began_at, *(arrival.call.began_at for arrival in self.arrivals)])

    @cached_property
    def stored(self) -> StoredSession:
        """What should be stored of it."""
        began, event = self.start.began_at, self.start.event
        start = Start("", "", "", "", "", began, began - event.ts, pack(event))
        events = frozenset({start.event, *(arrival.call.packed for arrival in self.arrivals)})
        return StoredSession(self.sid, self.head, start, events, None)

    @cached_property
    def life(self) -> Liveness:
        """What the closing rules look at."""
        return liveness_of(self.stored)

    def struck(self, limits: Limits, now: int) -> tuple[CloseReason, int] | None:
        """Return which time-out has struck by now, and when."""
        return close_reason(self.life, limits, now=now)

    def strikes_at(self, limits: Limits) -> int:
        """Return when the first time-out strikes."""
        return next_due(self.life, limits)

    @cached_property
    def moved_by(self) -> int:
        """When an event came the last time whose playhead was not that of the event before it, by arrival or by its `ts`."""
        last_at = moved_by = self.start.began_at
        events = [self.start.event]
        for arrival in self.arrivals:
            event, last_at = arrival.call.event, max(last_at, arrival.call.began_at)
            earlier = max((one for one in events if one.ts <= event.ts), key=lambda one: one.ts, default=events[0])
            if {events[-1].playhead, earlier.playhead} != {event.playhead}:
                moved_by = last_at
            events.append(event)
        return moved_by

    def verdict(self, limits: Limits, seen_moved_at: int) -> tuple[CloseReason, int]:
        """Return why and when it should be closed, once nothing comes in any more. Looks may have seen it move meanwhile."""
        if self.head.ended_at is not None:
            return CloseReason.SESSION_END, self.head.ended_at
        life = self.life._replace(moved_at=max(self.life.moved_at, seen_moved_at))
        reason, at = close_reason(life, limits, now=1 << 60) or (None, 0)
        assert reason is not None
        is_complete = any(unpack(event).type is EventType.SESSION_COMPLETE for event in self.stored.events)
        return (CloseReason.COMPLETED if is_complete else reason), at

    def has_room_for(self, event: Event, most: int) -> bool:
        """Say whether what it has taken leaves room for an event; for a `sessionEnd` there always is."""
        distinct = {(arrival.write, arrival.call.packed) for arrival in self.arrivals}  # one write has each event once
        taken = sum(event_weight(packed) for _, packed in distinct)
        return taken < most or event.type is EventType.SESSION_END

    def may_take(self, event: Event, limits: Limits, now: int, most: int) -> bool:
        """Say whether it may take an event: as `takes`, but only a closer finds out that a playhead stands still."""
        return self.takes(event, limits._replace(stuck_ms=limits.max_age_ms), now, most)

    def takes(self, event: Event, limits: Limits, now: int, most: int) -> bool:
        """Say whether it has to take an event at this moment."""
        if not self.has_room_for(event, most):
            return False
        if self.head.phase is Phase.ENDED:
            return event.type is EventType.SESSION_END or is_straggler(event, self.head, now)
        return self.struck(limits, now) is None


@dataclass
class History:
    """One schedule from beginning to end; `seed` and `mode` bring it back."""

    seed: int
    limits: Limits
    most: int = MAX_SESSION_WEIGHT
    """What a session's events may count."""

    calls: list[Call] = field(default_factory=list)
    truths: dict[str, Truth] = field(default_factory=dict)
    clock_at: list[int] = field(default_factory=list)  # by step
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    items: dict[str, list[Item]] = field(default_factory=dict)  # by partition, as they were in the end
    is_quiescent: bool = False
    crashes: list[str] = field(default_factory=list)
    unmarked: dict[str, Call] = field(default_factory=dict)
    """By session, the closer's call that took its due mark away."""

    def tell(self, actor: str, text: Any) -> None:
        """Write a line of the readable history."""
        step = len(self.clock_at) - 1
        seconds = (self.clock_at[-1] - self.clock_at[0]) / 1_000
        self.lines.append(f"{step:5} {seconds:+9.3f}s {actor:12} {text}")

    def refusals(self, sid: str) -> list[Call]:
        """Return the calls that were answered that their session is over, in the order of the answers."""
        refused = [call for call in self.calls if call.sid == sid and call.status == 410]
        return sorted(refused, key=lambda call: call.ended_step)

    def events_of(self, sid: str) -> list[Call]:
        """Return the calls that brought a session's later events."""
        return [call for call in self.calls if call.kind is Kind.EVENT and call.sid == sid]
