"""Write units of half an hour that a stock player reports with CMCD, and what 1,000 viewer-hours of it cost.

`python -m tests.benchmarks.cmcd` prints both; COSTS.md has the figures.
"""

import sys
from functools import partial
from typing import Final, NamedTuple

from mediabeat.protocols.cmcd.requests import parse_body, start_of
from mediabeat.runtime.settings import settings
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.cmcd.sessions import LineSessions
from mediabeat.use_cases.receive_lines import Lines
from tests.benchmarks import prices
from tests.benchmarks.database import PROJECT, Database, database
from tests.benchmarks.service import DESKTOP, LENGTH_S, Service
from tests.support.builders import BASE_MS
from tests.support.cmcd import text_of
from tests.support.viewings import LIMITS

LOOK_MS: Final = 601_000
"""The closer looks at a session each ten minutes."""


class Cost(NamedTuple):
    """What a session has cost, from its first line to its summary."""

    lines: int
    start: float
    writes: float
    reads: float


def half_hour(interval_s: int) -> list[str]:
    """Return what hls.js sends in half an hour: a line each interval, two pauses, a seek, a change of bitrate, the end."""
    reports = {1.0: "s", 2.0: "p", 900: "a", 910: "p", 1_200: "k", 1_200.1: "r", 1_200.5: "p", LENGTH_S - 0.5: "e"}
    states = [(float(at), "ps", sta) for at, sta in reports.items()]

    def state_at(second: int) -> str:
        return [sta for at, sta in reports.items() if at <= second][-1]

    ticks = [(float(second), "t", state_at(second)) for second in range(2, LENGTH_S, interval_s)]
    lines = sorted([*states, *ticks, (600.0, "bc", "p")])
    rate = {True: "(2400)", False: "(800)"}
    return [
        text_of(at, e=event, sta=sta, sf="h", st="v", sn=number, br=rate[at >= 600])
        for number, (at, event, sta) in enumerate(lines)
    ]


def cost_of_a_session(engine: Database, interval_s: int, at_a_time: int = 1) -> Cost:
    """Let a player report half an hour, and close the session; return what it cost."""
    service = Service(engine)
    sessions = LineSessions(
        service.table, service.client, index_shards=settings().index_shards, retention_s=settings().retention_s
    )
    lines = Lines(service.store, sessions, service.registry, LIMITS)
    service.units.taken()
    texts, looked_at = half_hour(interval_s), BASE_MS
    costs = []
    for first in range(0, len(texts), at_a_time):
        body = parse_body("\n".join(texts[first : first + at_a_time]).encode())
        [read] = body.lines.values()
        begin = partial(start_of, project_id=PROJECT, query={})
        received = lines.receive(PROJECT, body.lines, begin, lambda: caller_of({"user-agent": DESKTOP}), now=read[-1].ts)
        assert received.stored == len(read)
        costs.append(service.units.taken())
        if read[-1].ts >= looked_at + LOOK_MS:
            looked_at = read[-1].ts
            service.close(now=looked_at)
            costs.append(service.units.taken())
    assert len(service.close(now=BASE_MS + (LENGTH_S + 660) * 1_000).closed) == 1
    costs.append(service.units.taken())
    return Cost(len(texts), costs[0].writes, sum(one.writes for one in costs), sum(one.reads for one in costs))


def dollars(cost: Cost, at_a_time: int = 1) -> float:
    """Return what 1,000 viewer-hours of such sessions cost: requests, calls, write and read units, without time and storage."""
    requests = cost.lines / at_a_time
    a_session = requests * (prices.HTTP_API_A_MILLION + prices.LAMBDA_A_MILLION)
    a_session += cost.writes * prices.WRITE_UNITS_A_MILLION + cost.reads * prices.READ_UNITS_A_MILLION
    return 2_000 * a_session / prices.MILLION


def main() -> None:
    """Write the costs to the standard output."""
    with database() as engine:
        for interval_s, at_a_time in ((10, 1), (30, 1), (10, 5)):
            cost = cost_of_a_session(engine, interval_s, at_a_time)
            kind = f"a line each {interval_s} s, {at_a_time} to a request"
            sys.stdout.write(f"{kind}: {cost}, {dollars(cost, at_a_time):.2f} $ per 1,000 viewer-hours\n")


if __name__ == "__main__":
    main()
