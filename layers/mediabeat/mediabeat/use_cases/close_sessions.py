"""The closer: looks at the sessions whose due mark has passed, closes those whose time is up, and writes their summaries.

Two steps that survive a crash between them: mark closed (exactly one closer wins), then write the summary and drop the due mark.
A closed session without its summary still has its mark, so the next run finishes it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple

from mediabeat.core.close_rules import CloseReason, Limits, next_due
from mediabeat.core.lifecycle import decide_close, liveness_of
from mediabeat.core.records import Phase
from mediabeat.core.summary import summarize
from mediabeat.errors import LargeSession, StorageUnavailable
from mediabeat.storage.session_store import Store

UNFINISHED_MS: Final = 15 * 60_000
"""A head without its start for this long belongs to a creation that failed: a request lasts seconds."""

SIDE_BY_SIDE: Final = 16
"""Sessions looked at at once: the closer mostly waits for the database."""

SMALL: Final = 10_000
"""What the events of a session count that is looked at beside others; larger ones come last and alone, as all of a session is
held in memory while it is measured."""

BATCH_MS: Final = 10_000
LARGE_MS: Final = 40_000
"""Time that must be left to begin with a batch, and with a session as large as one can be: several times what they take."""

BATCH: Final = 4 * SIDE_BY_SIDE
"""Sessions taken up between two looks at the clock: a fraction of a second's work."""


class Closed(NamedTuple):
    """One session that this run, and no other, has finished. `lag_ms` is from when that was due to when the closer came."""

    sid: str
    reason: CloseReason
    lag_ms: int


class Failed(NamedTuple):
    """One session that this run could not deal with; it keeps its mark, and the next run tries again."""

    sid: str
    error: Exception


class Run(NamedTuple):
    """What one run of the closer did; `has_more` when time was up before all that is due was looked at."""

    closed: list[Closed]
    failed: list[Failed]
    has_more: bool


def close_due(
    store: Store, limits: Limits, clock: Callable[[], int], *, ms_left: Callable[[], int], part: int = 0, parts: int = 1
) -> Run:
    """Look at every session that is due (of several parts of them, in one), many side by side, as long as there is time.

    What is left keeps its mark: the next run takes it up, or another closer that runs at the same time.
    """
    large: list[str] = []

    def attempt(sid: str, up_to: int | None = SMALL) -> Closed | Failed | None:
        try:
            return look_at(sid, store, limits, now=clock(), up_to=up_to)
        except LargeSession:
            large.append(sid)
            return None
        except StorageUnavailable as error:
            return Failed(sid, error)
        except Exception as error:
            # Whatever it is, the next run will meet it again: it must not meet it first.
            with suppress(StorageUnavailable):
                store.quarantine(sid)
            return Failed(sid, error)

    due = store.due_sessions(clock(), part, parts)
    outcomes: list[Closed | Failed | None] = []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        while batch := list(islice(due, BATCH)):
            if ms_left() < BATCH_MS:
                break
            outcomes += threads.map(attempt, batch)
    while large and ms_left() >= LARGE_MS:
        outcomes.append(attempt(large.pop(0), up_to=None))
    return Run(
        [one for one in outcomes if isinstance(one, Closed)],
        [one for one in outcomes if isinstance(one, Failed)],
        has_more=bool(batch or large),
    )


def look_at(sid: str, store: Store, limits: Limits, *, now: int, up_to: int | None = None) -> Closed | None:
    """Close a due session if its time is up, else move its mark; finish a closing that was cut off. None if not finished now.

    Raises LargeSession when its events count more than `up_to`.
    """
    stored = store.read_session(sid, up_to=up_to)
    if stored is None or (due_at := stored.head.due_at) is None or due_at > now:
        return None  # the index lags: somebody has been here
    if stored.start is None:
        if stored.head.last_at + UNFINISHED_MS < now:
            store.forget_unfinished(sid)
        return None
    if not stored.head.phase.is_known:
        raise ValueError(f"phase {stored.head.phase.value!r:.100} is of a later release, whose closer has to close the session")
    reason, closed_at = stored.head.close_reason, stored.head.closed_at
    if stored.head.phase is not Phase.CLOSED:
        decided = decide_close(stored, limits, now=now)
        if decided is None:
            store.rearm(sid, due_at=next_due(liveness_of(stored), limits), seen=stored.head)
            return None
        reason, closed_at = decided
        if not store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=stored.head):
            return None  # an event or another closer was quicker: the next run looks again
    # What was read is all that there is: an event in between would have kept it from closing, and none can come from here on.
    store.write_summary(sid, summarize(stored, reason).to_bytes())
    if not store.drop_due_mark(sid) or closed_at is None or reason is None:
        return None  # another closer did the same, and counts it
    # What has ended waits for stragglers, and what was downloaded has ended long ago: neither is the closer's delay.
    return Closed(sid, reason, now - max(closed_at, due_at))
