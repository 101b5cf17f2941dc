"""Write units of one session, from start to summary."""

from tests.benchmarks.database import Database, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import PING_S, Service, half_hour

ROUNDS = 2
"""Counts do not vary; the second round shows it."""


def write_units(rounds: int = ROUNDS) -> dict[str, Reading]:
    """Count the write units of half-hour sessions: per event, of the start, of the close; details: with a ping each 30 s."""
    with database() as engine:
        counts = [units_of_a_session(engine) for _ in range(min(rounds, ROUNDS))]
        seldom = units_of_a_session(engine, ping_s=30)
    last = counts[-1]
    return {
        "write_units_per_event": reading(
            (one["per_event"] for one in counts),
            events=last["events"],
            writes=last["writes"],
            appends=last["appends"],
            events_ping_30_s=seldom["events"],
            writes_ping_30_s=seldom["writes"],
        ),
        "write_units_per_session_start": reading(one["start"] for one in counts),
        "write_units_per_close": reading((one["close"] for one in counts), reads=last["close_reads"]),
    }


def units_of_a_session(engine: Database, ping_s: int = PING_S) -> dict[str, float]:
    """Play one session of half an hour and close it; return its events and what each part of its life cost."""
    service = Service(engine)
    bodies = half_hour(ping_s)
    sid = service.start()
    start = service.units.taken()
    service.send(sid, bodies)
    appends = service.units.taken()
    (closed,) = service.close().closed
    assert closed.sid == sid
    close = service.units.taken()
    events = len(bodies) + 1
    writes = start.writes + appends.writes + close.writes
    return {
        "events": events,
        "writes": writes,
        "per_event": writes / events,
        "start": start.writes,
        "appends": appends.writes,
        "close": close.writes,
        "close_reads": close.reads,
    }
