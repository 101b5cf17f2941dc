"""The closer: which due sessions a run takes, in which order. `look_at_session` says what happens with each.

A run has three lanes, each with a share of its time: usual sessions, large ones, and those that failed. Within a lane, projects
take turns. The head alone decides about the lane, and the index `due` keeps it. A session that needs memory or has failed is
first moved aside, to a partition that is read more rarely each time. So one that ends the process cannot do so in each run.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from math import ceil
from typing import Final, NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits
from mediabeat.errors import LargeSession, StorageUnavailable
from mediabeat.storage import due_partitions
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.look_at_session import BusinessErrors, Closed, close_or_rearm
from mediabeat.use_cases.take_due_sessions import DueSessions, Turns, Waiting

SHARDS_PER_RUN: Final = 2
"""One run has one processor; COSTS.md has how many sessions it closes per second. More shards get more runs."""

WORKERS: Final = 16
"""Sessions that are closed in parallel: the closer mostly waits for the database."""

MAX_PARALLEL_WEIGHT: Final = due_partitions.LARGE_WEIGHT

MIN_MS_LEFT_FOR_BATCH: Final = 10_000
MIN_MS_LEFT_FOR_ONE: Final = 15_000
"""Time that a run must have left to begin a batch, or a session of the largest size: several times what they take."""

BATCH_SIZE: Final = 4 * WORKERS
STEP_MS: Final = 2_000
"""Sessions between two looks at the clock: usually a second's work, and fewer when the last ones took longer than STEP_MS."""


class Failed(NamedTuple):
    """One session that this run could not close. It keeps its mark, and the next run tries again."""

    sid: str
    error: Exception


class Run(NamedTuple):
    """The result of one run of the closer; `has_more` when time was up before it had reached every due session."""

    closed: list[Closed]
    failed: list[Failed]
    has_more: bool

    @property
    def closed_by_reason(self) -> Counter[CloseReason]:
        """How many sessions were closed, by reason."""
        return Counter(one.reason for one in self.closed)

    @property
    def max_lag_ms(self) -> int:
        """The longest delay of a closed session; 0 when none was closed."""
        return max((one.lag_ms for one in self.closed), default=0)


def slices_of(index_shards: int) -> int:
    """Return into how many slices the shards are divided, each with a run of its own."""
    return ceil(index_shards / SHARDS_PER_RUN)


Outcome = Closed | Failed | None
Look = Callable[[Waiting], Outcome]


class _Looks:
    """How a run looks at a session, by the lane in which the session waits."""

    def __init__(self, store: Store, limits: Limits, clock: Callable[[], int], business_errors: BusinessErrors) -> None:
        self._store = store
        self._limits = limits
        self._clock = clock
        self._business_errors = cache(business_errors)
        self.found_large: deque[Waiting] = deque()

    def usual(self, one: Waiting) -> Outcome:
        """Look at a session beside others. One that turns out to be large, or fails, changes its lane."""
        try:
            return self._look(one.sid, max_weight=MAX_PARALLEL_WEIGHT)
        except LargeSession:
            with suppress(StorageUnavailable):
                self._store.due.move(one.sid, due_partitions.large(one.queue))
            self.found_large.append(one)
            return None
        except StorageUnavailable as error:
            return Failed(one.sid, error)
        except Exception as error:
            with suppress(StorageUnavailable):
                self._store.due.move(one.sid, due_partitions.aside(0))
            return Failed(one.sid, error)

    def large(self, one: Waiting) -> Outcome:
        """Look at a large session, with nothing else in memory if all of it has to be read."""
        try:
            return self._look(one.sid, max_weight=MAX_PARALLEL_WEIGHT)
        except LargeSession:
            return self._alone(one.sid, while_looking=due_partitions.aside(0), afterwards=due_partitions.large(one.queue))
        except Exception as error:
            return Failed(one.sid, error)

    def failed(self, one: Waiting) -> Outcome:
        """Look at a session that has failed. If it fails again, it waits longer."""
        level = due_partitions.after(int(one.queue))
        return self._alone(one.sid, while_looking=due_partitions.aside(level), afterwards=self._store.due.home_of(one.sid))

    def _alone(self, sid: str, *, while_looking: str, afterwards: str) -> Outcome:
        try:
            if not self._store.due.move(sid, while_looking):
                return None  # the index lags behind: another closer was here
            closed = self._look(sid, max_weight=None)
            if closed is None:
                self._store.due.move(sid, afterwards)
        except Exception as error:
            return Failed(sid, error)
        return closed

    def _look(self, sid: str, *, max_weight: int | None) -> Closed | None:
        return close_or_rearm(
            sid,
            self._store,
            self._limits,
            now=self._clock(),
            max_weight=max_weight,
            business_errors=self._business_errors,
        )


class _Lane:
    """A part of the due sessions: its share of a run's time, and how many of them are looked at together."""

    def __init__(
        self, turns: Turns, look: Look, *, share: int, together: int = 1, min_ms_left: int = MIN_MS_LEFT_FOR_ONE
    ) -> None:
        self.turns = turns
        self.min_ms_left = min_ms_left
        self._look = look
        self._share = share
        self._together = self._most = together
        self._used_ms = 0

    @property
    def used(self) -> float:
        """The time that the lane has used, for its share. The lane with the least comes next."""
        return self._used_ms / self._share

    def step(self, side_by_side: Callable[..., Iterable[tuple[Outcome, int]]], clock: Callable[[], int]) -> list[Outcome]:
        """Look at the next sessions."""

        def timed(one: Waiting) -> tuple[Outcome, int]:
            began = clock()
            return self._look(one), clock() - began

        began, taken = clock(), self.turns.take(self._together)
        outcomes = list((side_by_side if self._most > 1 else map)(timed, taken))
        for one, (_, took_ms) in zip(taken, outcomes, strict=True):
            self.turns.note(one.queue, took_ms)
        took_ms = max(1, clock() - began)
        self._used_ms += took_ms
        # Sessions of one lane differ in weight by a factor of thousands, and no step may outlast the run.
        self._together = min(self._most, max(WORKERS, self._together * STEP_MS // took_ms))
        return [outcome for outcome, _ in outcomes]


def close_due(
    store: Store,
    limits: Limits,
    clock: Callable[[], int],
    *,
    ms_left: Callable[[], int],
    number: int = 0,
    slices: int = 1,
    business_errors: BusinessErrors = lambda _: (),
) -> Run:
    """Close or re-arm every due session in one slice of the shards until time runs out.

    The sessions that are left keep their marks. The next run takes them, or another one that runs at the same time.
    `business_errors` is called once for each project. Raises StorageUnavailable when the database does not say of any session
    whether it is due.
    """
    looks = _Looks(store, limits, clock, business_errors)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(WORKERS) as threads:
        due = DueSessions(store.due, clock(), threads.map, number=number, slices=slices)
        lanes = (
            _Lane(due.usual, looks.usual, share=6, together=BATCH_SIZE, min_ms_left=MIN_MS_LEFT_FOR_BATCH),
            _Lane(due.large, looks.large, share=3),
            _Lane(due.failed, looks.failed, share=1),
        )
        while ready := [lane for lane in lanes if lane.turns.has_more and ms_left() >= lane.min_ms_left]:
            outcomes += min(ready, key=lambda lane: lane.used).step(threads.map, clock)
            while looks.found_large:
                due.large.add(looks.found_large.popleft())
    if due.refused and not outcomes:
        raise due.refused[0]
    return Run(
        [one for one in outcomes if isinstance(one, Closed)],
        [one for one in outcomes if isinstance(one, Failed)],
        has_more=bool(due.refused) or any(lane.turns.has_more for lane in lanes),
    )
