"""What the list of the newest sessions costs when there are few sessions, and when there are many."""

import itertools
import time
from collections.abc import Iterator

from mediabeat.recent import parse_query, recent_sessions
from mediabeat.settings import settings
from mediabeat.table import Item
from tests.benchmarks.cores import core
from tests.benchmarks.database import PROJECT, Database, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import DESKTOP, LENGTH_S, PHONE, Service, clones, half_hour
from tests.builders import BASE_MS

FEW, MANY = 1_000, 100_000
OPEN = 5
"""Of the newest hundred, as many are still open: the list has to read those one by one."""

GAP_MS = 5_000
"""From one start to the next: a hundred thousand are six days, so that all are within the query's seven."""

ASKED = 10
"""Queries a round."""


def recent(rounds: int) -> dict[str, Reading]:
    """Ask the default query of a table with few sessions and of one with many, in turns."""
    with core(1), database() as engine, core(0):
        models = Models(engine)
        tables = _filled(engine, models, FEW), _filled(engine, models, MANY)
        reads = [_asked(service)[1] for service in tables]
        taken = [tuple(_asked(service)[0] for service in tables) for _ in range(rounds)]
    few_ms, many_ms = (1_000 * reading(each).value for each in zip(*taken, strict=True))
    details = {
        "units_at_1000": reads[0],
        "units_at_100000": reads[1],
        "latency_ratio": reading(many / few for few, many in taken).value,
        "ms_at_1000": few_ms,
        "ms_at_100000": many_ms,
    }
    return {"recent_cost": reading([reads[1] / reads[0]], **details)}


def _asked(service: Service) -> tuple[float, float]:
    """Return seconds and read units of a default query."""
    query = parse_query({}, now=BASE_MS + LENGTH_S * 1_000)
    spent = []
    for _ in range(ASKED):
        service.units.taken()
        began = time.perf_counter()
        answer = recent_sessions(PROJECT, query, service.store, shards=settings().index_shards)
        spent.append((time.perf_counter() - began, service.units.taken().reads))
        assert len(answer["result"]) == query.limit
    return min(seconds for seconds, _ in spent), spent[-1][1]


def _filled(engine: Database, models: "Models", count: int) -> Service:
    """Return a deployment with so many sessions, the newest ones the same whatever their number."""
    service = Service(engine)
    entries = itertools.islice(models.entries(), count - OPEN)
    engine.load(service.table, itertools.chain(models.opened(OPEN), entries))
    return service


class Models:
    """Sessions that were really played, to be copied: an open one, and a closed one for each listing."""

    def __init__(self, engine: Database) -> None:
        service = Service(engine)
        bodies = half_hour()
        shards = range(settings().index_shards)
        sids = [
            service.start_in(shard, user_agent=user_agent, video_type=video_type)
            for user_agent, video_type, shard in itertools.product((DESKTOP, PHONE), ("VOD", "LIVE"), shards)
        ]
        for sid in sids:
            service.send(sid, bodies)
        service.close()
        still_open = service.start()
        service.send(still_open, bodies[: len(bodies) // 2])
        self._open = service.items_of(still_open), still_open
        self._closed = [([item for item in service.items_of(sid) if "listing" in item], sid) for sid in sids]

    def opened(self, count: int) -> Iterator[Item]:
        """Yield all items of open sessions."""
        return itertools.chain.from_iterable(itertools.islice(clones(*self._open), count))

    def entries(self) -> Iterator[Item]:
        """Yield what the list reads of closed sessions, newest first, in turns of all listings."""
        for number, (entry,) in enumerate(
            itertools.chain.from_iterable(zip(*(clones(*one) for one in self._closed), strict=True)), 1
        ):
            yield entry | {"started_at": {"N": str(BASE_MS - number * GAP_MS)}}
