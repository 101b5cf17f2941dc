"""Write units of one session, from start to summary."""

from collections import Counter
from typing import Any, NamedTuple

from mediabeat.storage.table import Item
from tests.benchmarks.database import Database, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import PING_S, Service, half_hour

SELDOM_S = 30

TOGETHER = 6
"""Events in a request, of a player that sends those of a minute together."""

ROUNDS = 2
"""Counts do not vary; the second round shows it."""


def write_units(rounds: int = ROUNDS) -> dict[str, Reading]:
    """Count the write units of half-hour sessions: per event, of the start, of the close.

    Details: with a ping each 30 s, and with six events to a request.
    """
    with database() as engine:
        counts = [cost_of_a_session(engine) for _ in range(min(rounds, ROUNDS))]
        seldom = cost_of_a_session(engine, ping_s=SELDOM_S)
        together = cost_of_a_session(engine, at_a_time=TOGETHER)
    often = counts[-1]
    return {
        "write_units_per_event": reading(
            (one.writes / one.events for one in counts),
            writes_of_due=often.index_writes["due"],
            writes_of_newest=often.index_writes["newest"],
            **often.told("often"),
            **seldom.told("seldom"),
            **together.told("together"),
        ),
        "write_units_per_session_start": reading(one.start for one in counts),
        "write_units_per_close": reading(one.close for one in counts),
    }


class Cost(NamedTuple):
    """What one session has cost: its start, its close, and all together."""

    events: int
    requests: int
    start: float
    close: float
    writes: float
    reads: float
    index_writes: Counter[str]
    stored_bytes: int

    def told(self, kind: str) -> dict[str, float]:
        """Return what the arithmetic of COSTS.md needs of it."""
        return {f"{kind}_{name}": getattr(self, name) for name in ("events", "requests", "writes", "reads", "stored_bytes")}


def cost_of_a_session(engine: Database, *, ping_s: int = PING_S, at_a_time: int = 1) -> Cost:
    """Play one session of half an hour, which the closer looks at and closes; return what each part of its life cost."""
    service = Service(engine)
    bodies = half_hour(ping_s)
    service.units.taken()
    sid = service.start()
    start = service.units.taken()
    requests = service.send(sid, bodies, at_a_time, is_looked_at=True)
    appends = service.units.taken()
    (closed,) = service.close().closed
    assert closed.sid == sid
    close = service.units.taken()
    parts = (start, appends, close)
    return Cost(
        events=len(bodies) + 1,
        requests=requests + 1,
        start=start.writes,
        close=close.writes,
        writes=sum(part.writes for part in parts),
        reads=sum(part.reads for part in parts),
        index_writes=sum((part.index_writes for part in parts), Counter()),
        stored_bytes=sum(map(_bytes_of, service.items_of(sid))),
    )


def _bytes_of(item: Item) -> int:
    """Return what an item weighs by DynamoDB's rules, with the 100 bytes that it adds to each."""
    return 100 + sum(len(name) + _weight(value) for name, value in item.items())


def _weight(value: dict[str, Any]) -> int:
    ((kind, held),) = value.items()
    return sum(map(len, held)) if kind == "BS" else len(held) // 2 + 1 if kind == "N" else len(held)
