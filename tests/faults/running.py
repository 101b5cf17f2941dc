"""Runs schedules: everybody comes and goes, then it is calm and the closers finish what is left."""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.storage.due_partitions import MAX_LEVEL
from tests.faults import checks, rolled_up, stream
from tests.faults.checks import violations
from tests.faults.deployment import Api, Deployment
from tests.faults.history import History
from tests.faults.players import people
from tests.faults.requests import ClientKind
from tests.faults.schedule import Schedule
from tests.support.engine import running

AFTERWARDS_MS: Final = 16 * 60_000
"""Longer than any session lives, and than a head without a start is left alone."""

ALL_LEVELS_MS: Final = 2**MAX_LEVEL * MINUTE_MS
"""A closer that runs at a multiple of this reads all sessions that were put aside."""

CHUNK: Final = 30
"""Schedules that go to a process in one piece."""

ROUNDS: Final = 2
"""The first closes all that is left, the second finds nothing left to do."""


@dataclass
class Violation:
    """A history that should not be."""

    seed: int
    sentences: list[str]
    history: list[str]


@dataclass
class Report:
    """What some schedules came to."""

    schedules: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Add what others came to."""
        self.schedules += other.schedules
        self.requests += other.requests
        self.faults += other.faults
        self.statuses += other.statuses
        self.violations += other.violations


def run(seed: int, deployment: Deployment) -> History:
    """Run one schedule from its seed."""
    schedule = Schedule(seed, deployment.wire)
    with deployment.serving(schedule) as api:
        schedule.drive(people(api, schedule))
        schedule.drive(lambda: not schedule.turns.actors)
        for _ in range(schedule.random.choice((0, 1, 2, 3))):  # the players have gone, the faults have not
            schedule.jump()
            for number in range(schedule.random.randint(1, 3)):
                schedule.turns.spawn(f"late-closer{number}", api.close)
            schedule.drive(lambda: not schedule.turns.actors)
        schedule.calm = True
        for _ in range(ROUNDS):
            schedule.forward(AFTERWARDS_MS)
            schedule.forward(-schedule.clock() % ALL_LEVELS_MS)
            schedule.turns.spawn("closer-last", lambda: _finish(api, schedule))
            schedule.drive(lambda: not schedule.turns.actors)
        schedule.history.is_quiescent = schedule.history.calls[-1].closed == []
        stream.deliver(api, schedule, stream.as_written(api.records()))
    return schedule.history


def _finish(api: Api, schedule: Schedule) -> None:
    call = api.close()
    schedule.history.tell("", f"closed {[one.sid[:6] for one in call.closed]}")


def run_all(seeds: Iterable[int], deployment: Deployment, *, stop_at_first: bool = False) -> Report:
    """Run schedules and check their histories."""
    report = Report()
    for seed in seeds:
        history = run(seed, deployment)
        report.schedules += 1
        report.requests += history.requests
        report.faults += history.faults
        report.statuses += Counter(f"{call.kind} {call.status or 'died'}" for call in history.calls)
        report.statuses += Counter(f"closed for {one.reason}" for call in history.calls for one in call.closed)
        if wrong := violations(history, (*checks.CHECKS, *rolled_up.CHECKS)):
            report.violations.append(Violation(seed, wrong, history.lines))
            if stop_at_first:
                break
    return report


def run_chunk(seeds: range, kind: ClientKind) -> Report:
    """Run schedules on an engine of their own."""
    with running() as endpoint, closing(Deployment(endpoint, kind)) as deployment:
        return run_all(seeds, deployment)


def run_side_by_side(seeds: range, *, jobs: int, kind: ClientKind = ClientKind.LEAN) -> Iterator[Report]:
    """Run schedules in several processes and yield what they come to, piece by piece."""
    chunks = [seeds[first : first + CHUNK] for first in range(0, len(seeds), CHUNK)]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as processes:
        yield from processes.map(partial(run_chunk, kind=kind), chunks)


def as_text(report: Report) -> str:
    """Write a report for people."""
    lines: list[Any] = [f"{report.schedules} schedules, {report.requests} requests, {sum(report.faults.values())} faults"]
    lines += [f"  {count:8} {kind}" for kind, count in report.faults.most_common()]
    lines += ["answers"]
    lines += [f"  {count:8} {status}" for status, count in sorted(report.statuses.items())]
    lines += [f"{len(report.violations)} schedules with violations"]
    lines += [f"  seed {one.seed}: {sentence}" for one in report.violations for sentence in one.sentences]
    return "\n".join(lines)
