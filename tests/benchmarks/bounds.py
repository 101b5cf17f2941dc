"""What the dearest requests cost: with sessions as large, and with summaries as fat, as the limits permit.

Run it alone: `python -m tests.benchmarks.bounds`. Times are processor time of this process. A function with 512 MB has 0.289 of a
core, one with 1,769 MB a whole one.
"""

# ruff: noqa: T201 - a command prints
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import tests.conftest  # noqa: F401 - sets the environment before any client exists
from mediabeat.protocols.media_analytics.requests import parse_query
from mediabeat.protocols.media_collection.requests import parse_event, parse_events
from mediabeat.runtime.settings import processor_s, settings
from mediabeat.storage.table import Item
from mediabeat.use_cases.append_events import append_event, append_events
from mediabeat.use_cases.list_sessions import list_sessions
from mediabeat.use_cases.show_session import show_session
from tests.benchmarks.database import PROJECT, Database, database
from tests.benchmarks.service import Service, clones
from tests.support.builders import BASE_MS, Wire, noise, wire
from tests.support.viewings import LIMITS

MINUTE_MS: Final = 60_000
SESSIONS: Final = 100
INGEST_CORE: Final = 0.289
"""The share of a core that 512 MB bring."""


def chapters(first: int, count: int = 100) -> list[Wire]:
    """Return events that are the dearest to fold."""
    names = ("index", "offset", "length", "friendlyName")
    values = ((at, at / 7, at / 3, str(at)) for at in range(first, first + count))
    params = ({f"media.chapter.{name}": value for name, value in zip(names, one, strict=True)} for one in values)
    return [wire("chapterStart", 1 + at / 1_000, at, params=one) for at, one in enumerate(params, first)]


def large(service: Service, weight: int) -> str:
    """Store an open session of a weight."""
    sid = service.start()
    for first in range(0, weight - 100, 100):
        assert not any(append_events(sid, parse_events(chapters(first)), service.store, LIMITS, now=BASE_MS + 1_000))
    append_event(sid, parse_event(wire("ping", 540, 5)), service.store, LIMITS, now=BASE_MS + 9 * MINUTE_MS)
    return sid


def fat(service: Service) -> str:
    """Store and close a session whose summary is as large as it can be."""
    sid = service.start()
    for first in range(0, 1_500, 20):
        errors = (wire("error", at, at, params={"media.errorId": noise(60, at)}) for at in range(first, first + 20))
        changes = (wire(("play", "pauseStart")[at % 2], at + 0.37 * (at % 3), at) for at in range(first, first + 20))
        some = [*errors, *changes, *chapters(first, 5)]
        assert not any(append_events(sid, parse_events(some), service.store, LIMITS, now=BASE_MS + 1_000))
    append_event(sid, parse_event(wire("sessionEnd", 3_000)), service.store, LIMITS, now=BASE_MS + 2_000)
    assert service.close(BASE_MS + 60_000).closed
    return sid


def copies(service: Service, sid: str) -> Iterator[Item]:
    """Yield the items of a hundred sessions like one."""
    for number, items in zip(range(SESSIONS), clones(service.items_of(sid)), strict=False):
        for item in items:
            yield item | ({"started_at": {"N": str(BASE_MS + number)}} if "listing" in item else {})


def table_of(engine: Database, items: Iterator[Item]) -> Service:
    """Return a service with these items in a table of its own."""
    service = Service(engine)
    for item in items:
        service.client.put_item(TableName=service.table, Item=item)
    return service


def told(name: str, service: Service, request: Callable[[], Any], core: float = 1) -> None:
    """Print what a request costs."""
    service.units.taken()
    began = time.process_time()
    request()
    taken_ms = 1_000 * (time.process_time() - began)
    spent = service.units.taken()
    share = "" if core == 1 else f", {taken_ms / core:.0f} ms at {core} of a core"
    print(f"{name:62} {taken_ms:6.0f} ms CPU{share}; {spent.reads:.1f} read units, {spent.writes:.1f} write units")


def main() -> None:
    """Measure each route."""
    with database() as engine:
        service = Service(engine)
        sid = large(service, 100_000)
        now = BASE_MS + 11 * MINUTE_MS
        ping = parse_event(wire("ping", 660, 6))
        told(
            "append to a session of 100,000 units",
            service,
            lambda: append_event(sid, ping, service.store, LIMITS, now=now),
            INGEST_CORE,
        )
        detail: Callable[[Service, str], Any] = lambda one, sid: show_session(  # noqa: E731
            PROJECT, sid, one.queries, one.registry, shards=settings().index_shards, now=now
        )
        query = parse_query({}, now=now)
        recent: Callable[[Service], Any] = lambda one: list_sessions(  # noqa: E731
            PROJECT, query, one.queries, shards=settings().index_shards, now=now, spent_s=processor_s
        )
        service.close(now)
        told("detail of an open session of 100,000 units, by its checkpoint", service, lambda: detail(service, sid))
        edge = large(service, 8_000)
        told("detail of an open session of 8,000 units, measured", service, lambda: detail(service, edge))
        listed = table_of(engine, copies(service, large(service, 1_000)))
        told("list of 100 open sessions of 1,000 units", listed, lambda: recent(listed))
        closed = fat(service)
        told("detail of a closed session with the fattest summary", service, lambda: detail(service, closed))
        listed = table_of(engine, copies(service, closed))
        told("list of 100 closed sessions with the fattest summaries", listed, lambda: recent(listed))


if __name__ == "__main__":
    main()
