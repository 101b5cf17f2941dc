"""A stream as Lambda may deliver it at its worst: repeated, reordered, cut off, cut otherwise, and by two consumers at once."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, Final, NamedTuple
from zlib import crc32

from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.rollups.counters import Change
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.rollups.rollup_store import RollUpStore

SHARDS: Final = 4
"""Shards of the stream of a new table: each is read on its own."""


class Killed(Exception):
    """The function ended after its write, before anybody knew."""


class Mischief(NamedTuple):
    """How often what happens, of a hundred batches or transactions, and how many records a batch has at most."""

    killed: int = 20
    conflicts: int = 20
    set_back: int = 20
    reordered: int = 20
    twice_at_once: int = 15
    largest_batch: int = 60


class Delivered(NamedTuple):
    """What was delivered."""

    records: int
    repeats: int
    kills: int
    conflicts: int


def deliver(
    changes: Sequence[Change],
    client: DynamoDBClient,
    table: str,
    random: Random,
    mischief: Mischief = Mischief(),  # noqa: B008
) -> Delivered:
    """Deliver all these changes at least once, those of a session to one shard, each shard in a thread."""
    happened = Counter[str]()
    shards: list[list[Change]] = [[] for _ in range(SHARDS)]
    for change in sorted(changes, key=lambda change: change.at):
        shards[crc32(change.counted.sid.encode()) % SHARDS].append(change)
    seeds = [random.random() for _ in shards]
    with _mischievous(client, mischief, Random(random.random()), happened), ThreadPoolExecutor(SHARDS) as threads:
        for _ in threads.map(lambda shard, seed: _read(shard, client, table, Random(seed), mischief, happened), shards, seeds):
            pass
    return Delivered(len(changes), happened["delivered"] - len(changes), happened["killed"], happened["conflicts"])


def _read(
    shard: Sequence[Change], client: DynamoDBClient, table: str, random: Random, mischief: Mischief, happened: Counter[str]
) -> None:
    """Read a shard, as an event source mapping does: a batch that fails comes again, cut somewhere else."""
    first, failures = 0, 0
    while first < len(shard):
        batch = list(shard[first : first + random.randint(1, mischief.largest_batch)])
        if random.randrange(100) < mischief.reordered:
            random.shuffle(batch)
        happened["delivered"] += len(batch)
        times = 1 + (random.randrange(100) < mischief.twice_at_once)
        happened["delivered"] += (times - 1) * len(batch)
        try:
            _at_once([partial(new_store(client, table).count, batch) for _ in range(times)])
        except (Killed, StorageUnavailable):
            failures += 1
            assert failures < 200
            continue
        first += len(batch)
        if random.randrange(100) < mischief.set_back:
            first = max(0, first - random.randint(1, 2 * mischief.largest_batch))


def _at_once(calls: Sequence[Callable[[], None]]) -> None:
    """Make calls at the same time, and raise what one of them raised."""
    with ThreadPoolExecutor(len(calls)) as threads:
        for done in [threads.submit(call) for call in calls]:
            done.result()


def new_store(client: DynamoDBClient, table: str) -> RollUpStore:
    """Return a store as a new process has it. It never waits."""
    return RollUpStore(table, client, retention_s=90 * 86_400, rollup_retention_s=400 * 86_400, pause=lambda _: None)


@contextmanager
def _mischievous(client: DynamoDBClient, mischief: Mischief, random: Random, happened: Counter[str]) -> Iterator[None]:
    """Let transactions of a client meet others, and processes end after theirs took effect."""
    lock = threading.Lock()

    def happens(name: str, share: int) -> bool:
        with lock:
            now = random.randrange(100) < share
            happened[name] += now
            return now

    def before(params: dict[str, Any], **_: Any) -> Any:
        if not happens("conflicts", mischief.conflicts):
            return None
        count = len(json.loads(params["body"])["TransactItems"])
        reasons = [{"Code": "None"}] * (count - 1) + [{"Code": "TransactionConflict"}]
        error = {"Error": {"Code": "TransactionCanceledException", "Message": "a conflict"}, "CancellationReasons": reasons}
        return SimpleNamespace(status_code=400), error

    def after(http_response: Any, **_: Any) -> None:
        if http_response.status_code == 200 and happens("killed", mischief.killed):
            raise Killed

    events: Any = client.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", before, unique_id="mischief-before")
    events.register("after-call.dynamodb.TransactWriteItems", after, unique_id="mischief-after")
    try:
        yield
    finally:
        events.unregister("before-call.dynamodb.TransactWriteItems", unique_id="mischief-before")
        events.unregister("after-call.dynamodb.TransactWriteItems", unique_id="mischief-after")
