"""The closer: which due sessions a run takes, in which order. `look_at_session` says what happens with each."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from math import ceil
from typing import Final, NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits
from mediabeat.errors import LargeSession, StorageUnavailable
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.look_at_session import Closed, close_or_rearm

SHARDS_PER_RUN: Final = 2
"""One run has one processor, which closes 32 to 58 sessions per second (COSTS.md). More shards get more runs."""

WORKERS: Final = 16
"""Sessions that are closed in parallel: the closer mostly waits for the database."""

MAX_PARALLEL_WEIGHT: Final = 10_000
"""Sessions up to this weight are closed in parallel.

Larger ones run last, one at a time, because a whole session is held in memory.
"""

MIN_MS_LEFT_FOR_BATCH: Final = 10_000
MIN_MS_LEFT_FOR_LARGE: Final = 40_000
"""Time that a run must have left to begin a batch, or a session of the largest size: several times what they take."""

BATCH_SIZE: Final = 4 * WORKERS
"""Sessions between two looks at the clock: a fraction of a second's work."""


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


def close_due(
    store: Store, limits: Limits, clock: Callable[[], int], *, ms_left: Callable[[], int], number: int = 0, slices: int = 1
) -> Run:
    """Close or re-arm every due session in one slice of the shards, in parallel, until time runs out.

    The sessions that are left keep their marks. The next run takes them, or another one that runs at the same time.
    """
    large: list[str] = []

    def attempt(sid: str, max_weight: int | None = MAX_PARALLEL_WEIGHT) -> Closed | Failed | None:
        try:
            return close_or_rearm(sid, store, limits, now=clock(), max_weight=max_weight)
        except LargeSession:
            large.append(sid)
            return None
        except StorageUnavailable as error:
            return Failed(sid, error)
        except Exception as error:
            # The next run will fail on this session too, so it must come to all others first.
            with suppress(StorageUnavailable):
                store.quarantine(sid)
            return Failed(sid, error)

    due = store.due_sessions(clock(), number, slices)
    outcomes: list[Closed | Failed | None] = []
    with ThreadPoolExecutor(WORKERS) as threads:
        while batch := list(islice(due, BATCH_SIZE)):
            if ms_left() < MIN_MS_LEFT_FOR_BATCH:
                break
            outcomes += threads.map(attempt, batch)
    while large and ms_left() >= MIN_MS_LEFT_FOR_LARGE:
        outcomes.append(attempt(large.pop(0), max_weight=None))
    return Run(
        [one for one in outcomes if isinstance(one, Closed)],
        [one for one in outcomes if isinstance(one, Failed)],
        has_more=bool(batch or large),
    )
