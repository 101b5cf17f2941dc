"""What the closer costs: with nothing due, and per session that is due."""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Final

from mediabeat.settings import settings
from mediabeat.table import Item
from tests.benchmarks.cores import core
from tests.benchmarks.database import Database, Spent, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import Service, clones, half_hour
from tests.builders import BASE_MS

FEW_OPEN, MANY_OPEN = 100, 100_000
FEW_DUE, MANY_DUE = 100, 1_000
ROUNDS: Final = 3


def idle(rounds: int) -> dict[str, Reading]:
    """Let the closer run while sessions are open and none is due, on a table with few of them and on one with many."""
    with database() as engine:
        heads = [[item for item in items if "due_at" in item] for items in played(engine, to_the_end=False)]
        few, many = (_filled(engine, heads, count) for count in (FEW_OPEN, MANY_OPEN))
        spent = [(_idle_reads(few), _idle_reads(many)) for _ in range(min(rounds, ROUNDS))]
    return {"closer_idle_units": reading((reads for _, reads in spent), at_100=spent[-1][0])}


def closes(rounds: int) -> dict[str, Reading]:
    """Let the closer close what is due: a hundred sessions, and a thousand."""
    rates, per_close = [], []
    with core(1), database() as engine, core(0):
        models = list(played(engine, to_the_end=True))
        for _ in range(min(rounds, ROUNDS)):
            few_s, few = _closing(_filled(engine, models, FEW_DUE), FEW_DUE)
            many_s, many = _closing(_filled(engine, models, MANY_DUE), MANY_DUE)
            rates.append((FEW_DUE / few_s, MANY_DUE / many_s))
            per_close.append(((few.reads + few.writes) / FEW_DUE, (many.reads + many.writes) / MANY_DUE))
    return {
        "closes_per_s": reading((rate for _, rate in rates), at_100=reading(rate for rate, _ in rates).value),
        "units_per_close": reading(
            (units for _, units in per_close),
            at_100=per_close[-1][0],
            reads=many.reads / MANY_DUE,
            writes=many.writes / MANY_DUE,
        ),
    }


def played(engine: Database, *, to_the_end: bool) -> Iterator[list[Item]]:
    """Yield the items of sessions that were really played, one in each shard; the id of the first is in them all."""
    service = Service(engine)
    for shard in range(settings().index_shards):
        sid = service.start_in(shard)
        service.send(sid, half_hour() if to_the_end else half_hour()[:60])
        yield service.items_of(sid)


def _filled(engine: Database, models: list[list[Item]], count: int) -> Service:
    """Return a deployment with so many copies of these sessions."""
    service = Service(engine)
    turns = zip(*(clones(items, _sid_of(items)) for items in models), strict=True)
    sessions = itertools.islice(itertools.chain.from_iterable(turns), count)
    engine.load(service.table, itertools.chain.from_iterable(sessions))
    service.units.taken()
    return service


def _sid_of(items: Iterable[Item]) -> str:
    return next(item["pk"]["S"] for item in items if "due_at" in item)


def _idle_reads(service: Service) -> float:
    assert service.close(now=BASE_MS + 1).closed == []
    return service.units.taken().reads


def _closing(service: Service, due: int) -> tuple[float, Spent]:
    began = time.perf_counter()
    run = service.close()
    took_s = time.perf_counter() - began
    assert (len(run.closed), run.failed, run.has_more) == (due, [], False)
    return took_s, service.units.taken()
