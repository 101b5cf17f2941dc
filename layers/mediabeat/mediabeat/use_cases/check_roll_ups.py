"""Comparing a day's counters with the sessions that are stored, and correcting them.

The truth is the fold of all sessions that started on the day or on the one before, which may have played into it. What differs is
of two kinds. A session's stored figures may be others than its events say: rebuilding writes them, and the stream counts the
change as any other. Or the counters may not be the sum of the figures: rebuilding adds what is missing, and looks again until
nothing changes any more. So a change that is on its way through the stream meanwhile does no harm.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final, NamedTuple

from mediabeat.core.close_rules import DAY_MS, HOUR_MS
from mediabeat.core.records import StoredSession
from mediabeat.core.rollups.counters import Period, Place, counted
from mediabeat.core.rollups.day import DaySums, Difference
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.core.rollups.measured import measured
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.rollup_items import ViewerDay
from mediabeat.storage.rollups.rollup_repairs import RollUpRepairs, SeatChanges, StoredDay
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store

SETTLED_MS: Final = 48 * HOUR_MS
"""No session lives longer, so a day that ended this long ago changes by erasing, importing and recomputing only."""

WORKERS: Final = 8
BATCH_SIZE: Final = 2 * WORKERS
"""Sessions held in memory at once; each can have megabytes."""

PAGE_SIZE: Final = 500

MAX_ROUNDS: Final = 20
"""Looks at a day until it stands still. Each follows a correction, or a change by somebody else."""


class Stale(NamedTuple):
    """A closed session, and its figures by its events, which are not those that are stored."""

    stored: StoredSession
    figures: Figures


class DayCheck(NamedTuple):
    """What differs on a project's epoch day. `unreadable`: sessions that could not be measured, and why."""

    project_id: str
    day: int
    sessions: int
    stale: tuple[Stale, ...]
    unreadable: tuple[tuple[str, Exception], ...]
    has_expired: bool
    """Whether a session of the day has expired: then the counters have more than is stored."""
    differences: tuple[Difference, ...]
    seats: tuple[SeatChanges, ...]
    sums: DaySums
    read: StoredDay

    @property
    def is_right(self) -> bool:
        """Whether nothing differs, and all sessions could be read."""
        return not (self.stale or self.unreadable or self.differences or self.seats)


class Rebuilt(NamedTuple):
    """How many sessions got new figures, how many counters and viewers were corrected, and how it is in the end."""

    sessions: int
    counters: int
    viewers: int
    last: DayCheck
    stands_still: bool


class RollUpChecks:
    """The means of checking and correcting: the sessions and the counters of one deployment."""

    def __init__(self, queries: SessionQueries, store: Store, registry: Registry, repairs: RollUpRepairs, *, shards: int) -> None:
        self._queries = queries
        self._store = store
        self._registry = registry
        self._repairs = repairs
        self._shards = shards

    def check(self, project_id: str, day: int, *, now: int) -> DayCheck:
        """Return what differs on an epoch day. `now` in epoch ms. Raises StorageUnavailable."""
        # The counters are read first. A session that is counted meanwhile is then a difference that the next look explains.
        read, business_errors = self._repairs.read(project_id, day), self._registry.business_errors(project_id)
        sums, stale, unreadable = DaySums(project_id, day), list[Stale](), list[tuple[str, Exception]]()
        sessions, has_expired = 0, False
        for sid, shard, found in self._sessions(project_id, day):
            if isinstance(found, Exception):
                unreadable.append((sid, found))
                continue
            if found is None or found.start is None:
                continue
            has_expired |= found.has_expired(now)
            try:
                figures = _figures(found, business_errors)
                session = counted(sid, found.start, shard=shard)
            except Exception as error:  # damaged items
                unreadable.append((sid, error))
                continue
            sessions += 1
            if session is not None:
                sums.add(session, figures)
            if _is_stale(found, figures):
                stale.append(Stale(found._replace(events=frozenset()), figures))
        differences = tuple(sums.differences(read.sums))
        checked = (tuple(stale), tuple(unreadable), has_expired, differences, tuple(self._seats(sums)))
        return DayCheck(project_id, day, sessions, *checked, sums, read)

    def rebuild(self, project_id: str, day: int, *, now: Callable[[], int], wait: Callable[[], None]) -> Rebuilt:
        """Correct what differs on an epoch day, until it stands still; `wait` waits until the stream has been counted.

        Nothing is corrected while sessions cannot be read or have expired. Can be interrupted and repeated. Raises
        StorageUnavailable.
        """
        sessions = counters = viewers = 0
        for _ in range(MAX_ROUNDS):
            look = self.check(project_id, day, now=now())
            if look.is_right or look.unreadable or look.has_expired:
                return Rebuilt(sessions, counters, viewers, look, look.is_right)
            if look.stale:
                sessions += sum(self._store.entries.write_figures(one.stored, one.figures.to_bytes()) for one in look.stale)
            elif self._repairs.correct(
                look.read, look.differences, look.seats, look.sums.newest, Place(project_id, 0, Period.DAY, day)
            ):
                counters, viewers = counters + len(look.differences), viewers + len(look.seats)
            wait()
        return Rebuilt(sessions, counters, viewers, look, stands_still=False)

    def _sessions(self, project_id: str, day: int) -> Iterator[tuple[str, int, StoredSession | Exception | None]]:
        """Yield the id and the shard of each session that may count on a day, with all that is stored of it."""
        since, until = (day - 1) * DAY_MS, (day + 1) * DAY_MS - 1

        def read(found: tuple[str, int]) -> tuple[str, int, StoredSession | Exception | None]:
            try:
                return *found, self._queries.read_session(found[0])
            except (LookupError, TypeError, ValueError) as error:  # damaged items
                return *found, error

        entries = (
            (entry.sid, int(listing.rpartition("#")[2]))
            for listing in listings(project_id, DEVICES, VIDEO_TYPES, self._shards)
            # With a time of 0, expired sessions are among them.
            for entry in self._queries.newest(listing, since=since, until=until, page_size=PAGE_SIZE, now=0)
        )
        with ThreadPoolExecutor(WORKERS) as threads:
            while batch := list(islice(entries, BATCH_SIZE)):
                yield from threads.map(read, batch)

    def _seats(self, sums: DaySums) -> Iterator[SeatChanges]:
        """Yield by how much the seats of the day's viewers differ."""
        viewers = {ViewerDay(sums.project_id, viewer, sums.day): seats for viewer, seats in sums.seats.items()}
        for viewer, seen in self._repairs.seats(list(viewers)).items():
            right = viewers[viewer]
            changes = {seat: right[seat] - seen.seats.get(seat, 0) for seat in sorted({*right, *seen.seats})}
            if any(changes.values()):
                yield SeatChanges(viewer, seen, {seat: change for seat, change in changes.items() if change})


def _figures(stored: StoredSession, business_errors: tuple[str, ...]) -> Figures:
    """Return what a session should count: a closed one by its events, an open one as its last look left it."""
    if stored.summary is not None:
        return measured(stored, business_errors=business_errors).figures
    if stored.figures is not None:
        return Figures.from_bytes(stored.figures)
    return NOTHING if stored.version is None else ATTEMPT


def _is_stale(stored: StoredSession, figures: Figures) -> bool:
    return stored.summary is not None and (stored.figures is None or Figures.from_bytes(stored.figures) != figures)
