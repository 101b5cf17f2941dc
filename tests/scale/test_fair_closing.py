"""The closer under attack, on a real engine: other projects' sessions are closed, and every lane makes progress."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, islice

import pytest

from mediabeat.core.close_rules import MINUTE_MS, CloseReason, Limits
from mediabeat.core.event_codec import pack
from mediabeat.core.records import Head, Phase, Start
from mediabeat.storage import session_items
from mediabeat.storage.due_partitions import bucket_of, partition_of
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item
from mediabeat.use_cases.close_sessions import Run, close_due
from tests.benchmarks.database import filled_database
from tests.benchmarks.service import clones
from tests.support import builders
from tests.support.builders import BASE_MS
from tests.support.engine import NoEngine, binary

SHARDS = 2
TABLE = "under-attack"
ATTACKER, VICTIM = "attacker", "victim"
NOW = BASE_MS // MINUTE_MS * MINUTE_MS + 64 * MINUTE_MS


@pytest.fixture(scope="module", autouse=True)
def engine_is_there() -> None:
    try:
        binary()
    except NoEngine as error:
        pytest.skip(str(error))


def session(
    project: str, number: int, pages: list[list[bytes]] | None = None, *, weight: int = 1, due_at: int = BASE_MS + 30_000
) -> list[Item]:
    """Return the items of a session that has ended, waiting in the usual lane."""
    sid = f"{number:064x}"
    head = Head(Phase.ENDED, BASE_MS, due_at, BASE_MS, BASE_MS, weight=weight)
    start = Start(project, "PC", "VOD", "viewer", "{}", BASE_MS, 0, pack(builders.start()))
    partition = partition_of(sid, project, weight=1, shards=SHARDS)
    return [
        session_items.head_item(sid, head, due_shard=partition, expires_at=BASE_MS),
        session_items.start_item(sid, start, shards=SHARDS, expires_at=BASE_MS),
        *(session_items.page_item(sid, page, expires_at=BASE_MS) for page in pages or []),
    ]


def copies(model: list[Item], number: int) -> Iterator[Item]:
    """Return the items of so many sessions like this one."""
    return chain.from_iterable(islice(clones(model), number))


def run_for(seconds: float, store: Store, *, now: int = NOW) -> Run:
    """Let the closer run until a run of 55 seconds would have so much time less left."""
    ends = time.monotonic() + seconds
    left: Callable[[], int] = lambda: 15_000 + int(1_000 * (ends - time.monotonic()))  # noqa: E731
    return close_due(store, Limits(), lambda: now + int(1_000 * (time.monotonic() - ends)), ms_left=left)


def test_flood_of_one_project_does_not_delay_another() -> None:
    assert bucket_of(ATTACKER) != bucket_of(VICTIM)
    flood, few = session(ATTACKER, 1), session(VICTIM, 2 << 200)
    with filled_database({TABLE: chain(copies(flood, 20_000), copies(few, 10))}) as engine:
        store = Store(TABLE, engine.client(16), index_shards=SHARDS)
        run = run_for(2, store)
    victims = [one for one in run.closed if one.sid.startswith(few[0]["pk"]["S"][:16])]
    assert (len(victims), run.failed, run.has_more) == (10, [], True)
    assert Counter(one.reason for one in run.closed) == {CloseReason.SESSION_END: len(run.closed)}


def test_every_run_of_a_busy_closer_closes_some_of_each_kind() -> None:
    late = [pack(builders.ping(at, at)) for at in range(1, 11_000)]
    pages = [late[first : first + 100] for first in range(0, len(late), 100)]
    models = {
        "large": session(ATTACKER, 1 << 240, pages, weight=11_000),
        "unclosable": session(ATTACKER, 2 << 240, [[b"\x01cut"]]),
        "flood": session(ATTACKER, 3 << 240),
        "small": session(VICTIM, 4 << 240),
        "large of the victim": session(VICTIM, 5 << 240, pages, weight=11_000, due_at=BASE_MS),
    }
    # More small ones than three runs can close, on any machine: all runs must have some of each kind to choose from.
    numbers = {"large": 60, "unclosable": 60, "flood": 4_000, "small": 3_000, "large of the victim": 2}
    kinds = {model[0]["pk"]["S"][:16]: kind for kind, model in models.items()}
    items = chain.from_iterable(copies(models[kind], number) for kind, number in numbers.items())
    closed: list[Counter[str]] = []
    failed: list[int] = []
    with filled_database({TABLE: items}) as engine:
        store = Store(TABLE, engine.client(16), index_shards=SHARDS)
        for minute in range(3):
            run = run_for(4, store, now=NOW + minute * MINUTE_MS)
            closed.append(Counter(kinds[one.sid[:16]] for one in run.closed))
            failed.append(len(run.failed))
            assert run.has_more
    assert all(some["small"] > 20 and some["large"] >= 1 for some in closed), closed
    assert sum(some["large of the victim"] for some in closed) == 2, closed
    assert failed[0] >= 1, failed
