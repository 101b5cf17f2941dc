"""Whom a run of the closer serves when there is more to do than it has time for, on an index in memory and a clock of its own."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Final, Self

import pytest

from mediabeat.core.close_rules import MINUTE_MS, CloseReason, Limits
from mediabeat.errors import LargeSession, StorageUnavailable
from mediabeat.storage.due_index import DueIndex
from mediabeat.storage.due_partitions import bucket_of, partition_of
from mediabeat.use_cases import close_sessions
from mediabeat.use_cases.close_sessions import Run, close_due
from mediabeat.use_cases.look_at_session import BusinessErrors, Closed

RUN_MS: Final = 55_000
SMALL_MS, LARGE_MS, FAILING_MS = 20, 1_500, 300
MIDNIGHT: Final = 1_795_046_400_000 // (64 * MINUTE_MS) * 64 * MINUTE_MS
"""A minute in which the closer reads every level."""


class Session(SimpleNamespace):
    """A due session: where it waits, since when, what kind it is and how long a look at it takes."""

    partition: str
    due_at: int
    kind: str
    took_ms: int


class Closer:
    """A closer over sessions in memory. A look takes time of its clock, as if there were one worker."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shards: int = 2) -> None:
        self.now = MIDNIGHT
        self.sessions: dict[str, Session] = {}
        self.looks: Counter[str] = Counter()
        self.reads: list[str] = []
        self.refused: set[str] = set()
        self.shards = shards
        self.store: Any = SimpleNamespace(due=Index(self, shards))
        self.look_with: Callable[[Any], None] = lambda look: monkeypatch.setattr(close_sessions, "close_or_rearm", look)
        self.look_with(self.look)
        monkeypatch.setattr(close_sessions, "ThreadPoolExecutor", OneByOne)

    def add(self, project: str, number: int, kind: str = "small", weight: int = 1, took_ms: int = SMALL_MS) -> list[str]:
        """Let sessions of a project be due."""
        sids = [f"{project}-{kind}-{len(self.sessions) + place}" for place in range(number)]
        for sid in sids:
            partition = partition_of(sid, project, weight=weight, shards=self.shards)
            self.sessions[sid] = Session(partition=partition, due_at=self.now, kind=kind, took_ms=took_ms)
        return sids

    def look(
        self, sid: str, store: Any, limits: Limits, *, now: int, max_weight: int | None, business_errors: BusinessErrors
    ) -> Closed | None:
        """Do what the look at a session does, as far as a run can tell."""
        business_errors(sid.partition("-")[0])
        session = self.sessions[sid]
        if session.kind in ("large", "killing") and max_weight is not None:
            self.now += SMALL_MS
            raise LargeSession
        self.looks[sid] += 1
        self.now += session.took_ms
        if session.kind == "failing":
            raise ValueError(sid)
        if session.kind == "killing":
            raise KeyboardInterrupt
        if session.kind == "busy":
            session.due_at = self.now + 10 * MINUTE_MS
            return None
        del self.sessions[sid]
        return Closed(sid, CloseReason.SESSION_END, 0)

    def run(self, run_ms: int = RUN_MS, **slices: Any) -> Run:
        """Let the closer run once; the next run is in the next minute."""
        began = self.now
        run = close_due(self.store, Limits(), lambda: self.now, ms_left=lambda: began + run_ms - self.now, **slices)
        self.now = (began // MINUTE_MS + 1) * MINUTE_MS
        return run


class Index(DueIndex):
    """The index over the sessions of a closer."""

    def __init__(self, closer: Closer, shards: int) -> None:
        self._closer = closer
        self._shards = shards

    def read(self, partition: str, now: int) -> Iterator[tuple[int, str]]:
        """Yield what is due in a partition."""
        self._closer.reads.append(partition)
        if partition in self._closer.refused:
            raise StorageUnavailable(partition)
        found = [(one.due_at, sid) for sid, one in self._closer.sessions.items() if one.partition == partition]
        yield from sorted(due for due in found if due[0] <= now)

    def move(self, sid: str, partition: str) -> bool:
        """Move a session that is still marked."""
        if sid not in self._closer.sessions:
            return False
        self._closer.sessions[sid].partition = partition
        return True


class OneByOne:
    """One worker in place of sixteen."""

    def __init__(self, workers: int) -> None:
        self.map = map

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Leave nothing behind."""


@pytest.fixture
def closer(monkeypatch: pytest.MonkeyPatch) -> Closer:
    return Closer(monkeypatch)


def closed_of(run: Run, *, of: str) -> int:
    return sum(one.sid.startswith(f"{of}-") for one in run.closed)


def test_project_with_few_sessions_is_served_beside_a_flood(closer: Closer) -> None:
    closer.add("flood", 20_000)
    closer.add("small-one", 10)
    assert bucket_of("flood") != bucket_of("small-one")
    run = closer.run()
    assert closed_of(run, of="small-one") == 10
    assert closed_of(run, of="flood") > 2_000
    assert run.has_more


def test_business_errors_of_a_project_are_read_once_in_a_run(closer: Closer) -> None:
    read: list[str] = []
    for project in ("demo", "other"):
        closer.add(project, 100)

    def business_errors(project_id: str) -> tuple[str, ...]:
        read.append(project_id)
        return ()

    closer.run(business_errors=business_errors)
    assert (sorted(read), closer.sessions) == (["demo", "other"], {})


def test_projects_share_time_not_numbers_of_sessions(closer: Closer) -> None:
    closer.add("heavy", 2_000, took_ms=10 * SMALL_MS)
    closer.add("light", 3_000)
    run = closer.run()
    heavy, light = closed_of(run, of="heavy") * 10, closed_of(run, of="light")
    assert 0.8 < heavy / light < 1.25


def test_every_lane_makes_progress_in_every_run_of_a_busy_closer(closer: Closer) -> None:
    large = closer.add("attacker", 260, "large", took_ms=LARGE_MS)
    failing = closer.add("attacker", 60, "failing", took_ms=FAILING_MS)
    closer.add("victim", 1, "large", took_ms=LARGE_MS)
    victims_large_closed = False
    for _ in range(8):
        closer.add("victim", 1_000)
        closer.add("attacker", 5_000)
        before = sum(closer.looks[sid] for sid in failing)
        run = closer.run()
        kinds = Counter("large" if "large" in one.sid else "small" for one in run.closed)
        assert (kinds["large"] >= 1, kinds["small"] >= 1_000, run.has_more) == (True, True, True)
        victims_large_closed |= any(one.sid.startswith("victim-large") for one in run.closed)
        assert sum(closer.looks[sid] for sid in failing) > before or closer.now // MINUTE_MS % 2
    assert victims_large_closed
    assert sum(sid in closer.sessions for sid in large) < 220


def test_run_of_heavy_sessions_ends_in_time(closer: Closer) -> None:
    closer.add("heavy", 1_000, took_ms=300)
    began = closer.now
    ended = 0

    def look_until(*args: Any, **options: Any) -> Closed | None:
        nonlocal ended
        closed = closer.look(*args, **options)
        ended = closer.now
        return closed

    closer.look_with(look_until)
    assert closer.run().has_more
    assert RUN_MS - 10_000 - 300 <= ended - began <= RUN_MS - 5_000


def test_failing_session_is_tried_after_growing_intervals(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "failing")
    tried = []
    for minute in range(6 * 64):
        before = closer.looks[sid]
        closer.run()
        tried += [minute] * (closer.looks[sid] - before)
    assert tried[:2] == [0, 1]
    waited = [after - before for before, after in pairwise(tried)]
    assert all(2**level <= 2 * wait <= 2 ** (level + 2) for level, wait in enumerate(waited[1:7]))
    assert set(waited[7:]) == {64}
    assert len(tried) < 15


def test_failing_sessions_leave_time_for_those_behind_them(closer: Closer) -> None:
    sids = closer.add("demo", 50, "failing", took_ms=2_000)
    for sid in sids:
        closer.sessions[sid].partition = "aside.6"
    for _ in range(15):
        closer.now = (closer.now // (64 * MINUTE_MS) + 1) * 64 * MINUTE_MS
        closer.run()
    assert min(closer.looks[sid] for sid in sids) >= 1


def test_session_that_recovers_leaves_the_failing_lane(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "failing")
    closer.run()
    assert closer.sessions[sid].partition == "aside.0"
    closer.sessions[sid].kind = "busy"
    closer.run()
    assert closer.sessions[sid].partition in {"0", "1"}
    closer.now += 10 * MINUTE_MS
    closer.sessions[sid].kind = "small"
    assert [one.sid for one in closer.run().closed] == [sid]


def test_large_session_that_goes_on_stays_in_its_lane(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "busy", weight=10_001)
    assert closer.sessions[sid].partition == f"large.{bucket_of('demo')}"
    closer.run()
    assert (closer.looks[sid], closer.sessions[sid].partition) == (1, f"large.{bucket_of('demo')}")


def test_large_session_found_by_a_run_is_closed_by_the_same_run(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "large")
    run = closer.run()
    assert ([one.sid for one in run.closed], run.failed, run.has_more) == ([sid], [], False)


def test_session_that_ends_the_process_waits_before_it_is_tried_again(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "killing", weight=10_001)
    others = closer.add("demo", 300)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            closer.run()
        closer.now = (closer.now // (8 * MINUTE_MS) + 1) * 8 * MINUTE_MS
    assert closer.sessions[sid].partition == "aside.3"
    closer.now += MINUTE_MS
    closer.run()
    assert not set(others) & set(closer.sessions)


def test_session_without_a_mark_is_not_moved_nor_looked_at(closer: Closer, monkeypatch: pytest.MonkeyPatch) -> None:
    closer.add("demo", 1, "large", weight=10_001)
    monkeypatch.setattr(Index, "move", lambda *args: False)
    run = closer.run()
    assert (run.closed, run.failed, closer.looks) == ([], [], Counter())


def test_old_forms_of_the_partitions_are_read(closer: Closer) -> None:
    sids = closer.add("demo", 3)
    for sid, partition in zip(sids, ("0", "1", "aside"), strict=True):
        closer.sessions[sid].partition = partition
    assert {one.sid for one in closer.run().closed} == set(sids)


def test_large_session_of_an_unknown_project_waits_in_the_queue_of_all(closer: Closer) -> None:
    (sid,) = closer.add("demo", 1, "large")
    closer.sessions[sid].partition = "1"
    assert [one.sid for one in closer.run(run_ms=12_000).closed] == []
    assert closer.sessions[sid].partition == "large.any"
    assert [one.sid for one in closer.run().closed] == [sid]


@pytest.mark.parametrize("slices", [1, 3, 24])
def test_slices_together_read_every_partition_once(monkeypatch: pytest.MonkeyPatch, slices: int) -> None:
    closer = Closer(monkeypatch, shards=48)
    index, began = closer.store.due, closer.now
    for number in range(slices):
        closer.now = began
        closer.run(number=number, slices=slices)
    lanes = [*index.usual().values(), *index.large().values(), list(index.aside(began).values())]
    assert Counter(closer.reads) == Counter(partition for lane in lanes for partition in lane)
    assert len(closer.reads) == len(set(closer.reads)) > 48 * 16


def test_refused_partition_keeps_no_run_from_the_others(closer: Closer) -> None:
    sids = closer.add("one", 3) + closer.add("other", 3)
    closer.refused = {closer.sessions[sids[0]].partition}
    run = closer.run()
    assert len(run.closed) + len(closer.sessions) == len(sids)
    assert {one.partition for one in closer.sessions.values()} == closer.refused
    assert run.has_more


def test_run_fails_when_the_index_is_refused(closer: Closer) -> None:
    closer.add("demo", 3)
    closer.refused = {one.partition for one in closer.sessions.values()}
    with pytest.raises(StorageUnavailable):
        closer.run()
