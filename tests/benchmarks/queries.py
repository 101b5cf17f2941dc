"""What the list of the newest sessions costs when there are few sessions, and when there are many."""

import time
from collections.abc import Iterable, Iterator
from itertools import chain, product

from mediabeat.protocols.media_analytics.requests import parse_query
from mediabeat.protocols.media_analytics.responses import list_body
from mediabeat.runtime.http_api import Request
from mediabeat.runtime.settings import settings
from mediabeat.storage.table import Item
from mediabeat.use_cases.list_sessions import list_sessions
from tests.benchmarks.cores import core
from tests.benchmarks.database import PROJECT, database, filled_database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import DESKTOP, LENGTH_S, PHONE, Service, half_hour, in_turns
from tests.support.builders import BASE_MS

FEW, MANY = 1_000, 100_000
OPEN = 5
"""Of the newest hundred, as many are still open: the list has to read those one by one."""

GAP_MS = 5_000
"""From one start to the next: a hundred thousand are six days, so that all are within the query's seven."""

ASKED = 5
"""Queries a round."""


def recent(rounds: int) -> dict[str, Reading]:
    """Ask the default query of a table with few sessions and of one with many, in turns."""
    contents = dict(zip(("few", "many"), _contents(), strict=True))
    with core(1), filled_database(contents) as engine, core(0):
        tables = [Service(engine, table) for table in contents]
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
        listed = list_sessions(PROJECT, query, service.queries, shards=settings().index_shards, now=query.until)
        answer = list_body(listed, query, Request({}))
        spent.append((time.perf_counter() - began, service.units.taken().reads))
        assert len(answer["result"]) == query.limit
    return min(seconds for seconds, _ in spent), spent[-1][1]


def _contents() -> Iterator[Iterable[Item]]:
    """Yield the items of both tables; sessions that were really played are copied, the newest ones are the same in both."""
    bodies = half_hour()
    with database() as engine:
        service = Service(engine)
        kinds = product((DESKTOP, PHONE), ("VOD", "LIVE"), range(settings().index_shards))
        sids = [service.start_in(shard, user_agent=agent, video_type=kind) for agent, kind, shard in kinds]
        for sid in sids:
            service.send(sid, bodies)
        service.close()
        still_open = service.start()
        service.send(still_open, bodies[: len(bodies) // 2])
        opened = list(chain.from_iterable(in_turns([service.items_of(still_open)], OPEN)))
        entries = [[item for item in service.items_of(sid) if "listing" in item] for sid in sids]
    for count in (FEW, MANY):
        yield chain(opened, _newest_first(chain.from_iterable(in_turns(entries, count - OPEN))))


def _newest_first(entries: Iterable[Item]) -> Iterator[Item]:
    for number, entry in enumerate(entries, 1):
        yield entry | {"started_at": {"N": str(BASE_MS - number * GAP_MS)}}
