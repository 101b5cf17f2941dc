"""Many viewers at once for ten minutes: the stream's function knows exactly how many there were in each minute.

The suite has some; `python -m tests.scale.test_current_viewers` has 1,000.
"""

# ruff: noqa: T201 - the command prints
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock
from zlib import crc32

from mypy_boto3_dynamodb import DynamoDBClient

import tests.conftest  # noqa: F401 - sets the environment before any client exists
from mediabeat.core.close_rules import DAY_MS, MINUTE_MS, Limits
from mediabeat.core.event_codec import pack
from mediabeat.core.projects import new_project
from mediabeat.core.records import Head, Phase, Start
from mediabeat.core.session_query import DEVICES
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import append_event
from tests.support import builders
from tests.support.api import app
from tests.support.builders import BASE_MS, ping
from tests.support.engine import running
from tests.support.engine_connection import client_of
from tests.support.table_stream import Record, TableStream, as_event, passes, streamed_table_definition

TABLE = "current-viewers"
VIEWERS = 120
ALL_VIEWERS = 1_000
MINUTES = 10
SHARDS = 4  # of the stream of a new table
WINDOW_S = 20
FIRST = BASE_MS // MINUTE_MS
KINDS = 0, 2


@contextmanager
def deployed(engine: str) -> Iterator[DynamoDBClient]:
    """Deploy a new table that has a stream, and the function that reads it."""
    with client_of(engine) as client:
        client.create_table(TableName=TABLE, **streamed_table_definition())
        Registry(TABLE, client).create_project(new_project("demo", 0)[0])
        kept = {"retention_s": 86_400, "rollup_retention_s": 86_400}
        counters, viewers = RollUpStore(TABLE, client, **kept, pause=lambda _: None), LiveViewers(TABLE, client)
        with mock.patch.multiple(app("roll_up"), counters=counters, viewers=viewers):
            yield client
        client.delete_table(TableName=TABLE)


def sid_of(viewer: int) -> str:
    return f"{viewer:064x}"


def start(client: DynamoDBClient, number: int, random: Random) -> None:
    """Start all sessions within a minute. Their items are those of a start, written in large batches."""
    starts = SessionStarts(TABLE, client, retention_s=86_400, index_shards=2)
    items = []
    for viewer in range(number):
        now = FIRST * MINUTE_MS + random.randrange(MINUTE_MS)
        begun = Start("demo", DEVICES[viewer % 2], "VOD", f"{viewer:032x}", "{}", now, 0, pack(builders.start()))
        head = Head(Phase.OPEN, now, now + DAY_MS, began_at=now, moved_at=now, playhead=0.0)
        items += starts._items(sid_of(viewer), head, begun, now // 1_000 + 86_400)
    for first in range(0, len(items), 25):
        puts: list[Any] = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
        assert client.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"] == {}


def deliver(records: list[Record], random: Random) -> None:
    """Hand records over as Lambda does, shard by shard; some batches come twice, because the answer was lost."""
    shards = defaultdict[int, list[Record]](list)
    for record in filter(passes, records):
        shards[crc32(record["dynamodb"]["Keys"]["pk"]["S"].encode()) % SHARDS].append(record)
    for batch in shards.values():
        for _ in range(random.choice((1, 1, 1, 2))):
            done = app("roll_up").lambda_handler(as_event(batch), SimpleNamespace(aws_request_id="1"))
            assert done["skipped"] == 0


def watch(client: DynamoDBClient, engine: str, number: int) -> tuple[dict[int, Counter[int]], dict[int, Counter[int]]]:
    """Let so many viewers watch, and return by minute and kind how many were counted, and how many there were."""
    random, limits = Random(26), Limits()
    store = Store(TABLE, client, retention_s=86_400, index_shards=2)
    moments = sorted(
        (random.randrange(minute * MINUTE_MS, (minute + 1) * MINUTE_MS), viewer)
        for viewer in range(number)
        for minute in range(1, MINUTES)
        for _ in range(random.choice((0, 1, 1, 1)))  # some are silent for a minute
    )
    right = defaultdict[tuple[int, int], set[int]](set)
    with closing(TableStream(engine, TABLE)) as stream:
        for viewer in range(number):
            right[FIRST, KINDS[viewer % 2]].add(viewer)
        start(client, number, random)
        deliver(stream.read(), random)
        delivered_at = 0
        for at, viewer in moments:
            if at - delivered_at >= WINDOW_S * 1_000:
                deliver(stream.read(), random)
                delivered_at = at
            append_event(sid_of(viewer), ping(at / 1_000, at / 1_000), store, limits, now=FIRST * MINUTE_MS + at)
            right[FIRST + at // MINUTE_MS, KINDS[viewer % 2]].add(viewer)
        deliver(stream.read(), random)
    counted = LiveViewers(TABLE, client).minutes("demo", FIRST - 1, FIRST + MINUTES + 1)
    expected = defaultdict[int, Counter[int]](Counter)
    for (minute, kind), viewers in right.items():
        expected[minute][kind] = len(viewers)
    return counted, dict(expected)


def attempts(client: DynamoDBClient) -> int:
    """Return how many sessions were counted."""
    day = FIRST * MINUTE_MS // DAY_MS
    counted = RollUpQueries(TABLE, client, index_shards=2).days("demo", day, day)[day]
    return counted["a0"] + counted["a2"]


def test_viewers_of_every_minute_are_exact(engine: str) -> None:
    with deployed(engine) as client:
        counted, right = watch(client, engine, VIEWERS)
        assert counted == right
        assert min(sum(counted[FIRST + minute].values()) for minute in range(MINUTES)) > VIEWERS / 2
        assert attempts(client) == VIEWERS


def main(number: int) -> int:
    """Let so many viewers watch, print what was counted in each minute, and return in how many minutes that was wrong."""
    began = time.monotonic()
    with running() as engine, deployed(engine) as client:
        counted, right = watch(client, engine, number)
        print(f"{number} viewers in {time.monotonic() - began:.0f} s, {attempts(client)} attempts")
    for minute in sorted(counted.keys() | right.keys()):
        print(f"  minute {minute - FIRST}: {sum(counted.get(minute, {}).values())} of {sum(right.get(minute, {}).values())}")
    return sum(counted.get(minute) != right.get(minute) for minute in counted.keys() | right.keys())


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]) if sys.argv[1:] else ALL_VIEWERS)))
