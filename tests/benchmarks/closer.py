"""What the closer costs: with nothing due, and per session that is due."""

import time
from itertools import chain
from typing import Final, NamedTuple

from mediabeat.runtime.settings import settings
from mediabeat.storage.table import Item
from tests.benchmarks.cores import core
from tests.benchmarks.database import database, filled_database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import Service, half_hour, in_turns
from tests.support.builders import BASE_MS, Wire

FEW_OPEN, MANY_OPEN = 100, 100_000
FEW_DUE, MANY_DUE = 100, 1_000
ROUNDS: Final = 2


def idle(rounds: int) -> dict[str, Reading]:
    """Let the closer run while sessions are open and none is due, on a table with few of them and on one with many."""
    heads = [[item for item in items if "due_at" in item] for items in played([])]
    contents = {str(count): chain.from_iterable(in_turns(heads, count)) for count in (FEW_OPEN, MANY_OPEN)}
    with filled_database(contents) as engine:
        few, many = (Service(engine, table) for table in contents)
        spent = [(_idle_reads(few), _idle_reads(many)) for _ in range(min(rounds, ROUNDS))]
    return {"closer_idle_units": reading((reads for _, reads in spent), at_100=spent[-1][0])}


def closes(rounds: int) -> dict[str, Reading]:
    """Let the closer close what is due: a hundred sessions, and a thousand."""
    models = played(half_hour())
    due = {f"{count}-{turn}": count for turn in range(min(rounds, ROUNDS)) for count in (FEW_DUE, MANY_DUE)}
    contents = {table: chain.from_iterable(in_turns(models, count)) for table, count in due.items()}
    with core(1), filled_database(contents) as engine, core(0):
        taken = [_closing(Service(engine, table), count) for table, count in due.items()]
    few, many = taken[::2], taken[1::2]
    last = many[-1]
    return {
        "closes_per_s": reading((one.per_s for one in many), at_100=reading(one.per_s for one in few).value),
        "units_per_close": reading((one.units for one in many), at_100=few[-1].units, reads=last.reads, writes=last.writes),
    }


def played(bodies: list[Wire]) -> list[list[Item]]:
    """Return the items of sessions that were really played, one in each shard."""
    with database() as engine:
        service = Service(engine)
        sids = [service.start_in(shard) for shard in range(settings().index_shards)]
        for sid in sids:
            service.send(sid, bodies)
        return [service.items_of(sid) for sid in sids]


def _idle_reads(service: Service) -> float:
    service.units.taken()
    assert service.close(now=BASE_MS + 1).closed == []
    return service.units.taken().reads


class Closing(NamedTuple):
    """How fast due sessions were closed, and what one cost."""

    per_s: float
    reads: float
    writes: float

    @property
    def units(self) -> float:
        """All units together."""
        return self.reads + self.writes


def _closing(service: Service, due: int) -> Closing:
    service.units.taken()
    began = time.perf_counter()
    run = service.close()
    took_s = time.perf_counter() - began
    assert (len(run.closed), run.failed, run.has_more) == (due, [], False), run.failed[:1]
    spent = service.units.taken()
    return Closing(due / took_s, spent.reads / due, spent.writes / due)
