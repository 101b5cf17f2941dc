"""Acknowledged events per second, and what each costs: handler and engine on a core each, beside raw loops on the same engine."""

import gc
import itertools
import json
import time
from collections.abc import Callable
from typing import NamedTuple
from unittest import mock

import boto3

import functions.ingest_event.app as ingest_event
from tests.benchmarks.cores import core
from tests.benchmarks.database import Database, database
from tests.benchmarks.figures import Reading, ratio, reading
from tests.benchmarks.layer import scratch
from tests.benchmarks.service import Service, half_hour, request
from tests.support.builders import BASE_MS, Wire

IN_TURN = 16
"""Events until it is the other's turn: what else the machine does then falls on both."""

EVENTS_OF_A_HEAD = 76
"""Pings of ten bytes until the tail moves to a page."""


def durable_events(rounds: int) -> dict[str, Reading]:
    """Measure the ingest function and UpdateItems of a default client, in turns: the rates, and the processor time of each."""
    with core(1), database("--db-path", str(scratch() / "throughput.db")) as engine, core(0):
        service, raw, appending = Service(engine), Raw(engine), RawAppending(engine)
        _round(service, raw, appending)  # connections are made, models are built
        gc.freeze()  # what only tests load is not in a function's process either, to be looked through again and again
        taken = [_round(service, raw, appending) for _ in range(2 * rounds + 1)]
    events, updates, appends = zip(*taken, strict=True)
    named = {"events_per_s": events, "raw_updates_per_s": updates, "raw_appends_per_s": appends}
    rates = {name: reading(1 / spent.wall_s for spent in each).value for name, each in named.items()}
    rates["of_raw_updates"] = ratio([(1 / ours.wall_s, 1 / raw.wall_s) for ours, raw, _ in taken]).value
    named = {"event_us": events, "raw_update_us": updates, "raw_append_us": appends}
    times = {name: reading(1e6 * spent.cpu_s for spent in each).value for name, each in named.items()}
    return {
        "durable_events_per_s": ratio([(1 / ours.wall_s, 1 / raw.wall_s) for ours, _, raw in taken], **rates),
        "durable_cpu_ratio": ratio([(ours.cpu_s, raw.cpu_s) for ours, raw, _ in taken], **times),
    }


class Spent(NamedTuple):
    """What one request takes, in seconds: on the clock, and of this process's processor time."""

    wall_s: float
    cpu_s: float

    def plus(self, other: "Spent") -> "Spent":
        """Return both together."""
        return Spent(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


def _round(service: Service, raw: "Raw", appending: "RawAppending") -> tuple[Spent, Spent, Spent]:
    """Return what an event through the handler, a raw update and a raw append take; a few of each in turns."""
    sid = service.start()
    event = request("ingest_event") | {"pathParameters": {"sid": sid}}
    bodies = half_hour()

    now = iter([body["playerTime"]["ts"] for body in bodies])

    def invoke(body: Wire) -> None:
        answer = ingest_event.lambda_handler(event | {"body": json.dumps(body)}, None)
        assert answer["statusCode"] == 204, answer

    ours = updates = appends = Spent(0, 0)
    with mock.patch.multiple(ingest_event, store=service.lean_store, server_clock=lambda: next(now)):
        for first in range(0, len(bodies), IN_TURN):
            some = bodies[first : first + IN_TURN]
            ours = ours.plus(_spent(invoke, some))
            updates = updates.plus(_spent(raw.update, some))
            appends = appends.plus(_spent(appending.append, some))
    stored = service.store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == len(bodies) + 1, "every acknowledged event is there"
    each = [Spent(all_s.wall_s / len(bodies), all_s.cpu_s / len(bodies)) for all_s in (ours, updates, appends)]
    return each[0], each[1], each[2]


def _spent(do: Callable[[Wire], None], bodies: list[Wire]) -> Spent:
    began = time.perf_counter(), time.process_time()
    for body in bodies:
        do(body)
    return Spent(time.perf_counter() - began[0], time.process_time() - began[1])


class Raw:
    """The plainest write that there is: a conditional UpdateItem of a default client, each of which overwrites the one before."""

    def __init__(self, engine: Database) -> None:
        self._table = engine.new_table()
        self._client = boto3.client("dynamodb", endpoint_url=engine.endpoint)
        self._key = {"pk": {"S": "0" * 64}, "sk": {"S": "head"}}
        self._client.put_item(TableName=self._table, Item=self._key | {"last_at": {"N": "0"}})
        self._times = itertools.count(BASE_MS)

    def update(self, body: Wire) -> None:
        """Make one update."""
        self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET last_at = :now, newest = :event",
            ConditionExpression="last_at < :now",
            ExpressionAttributeValues={":now": {"N": str(next(self._times))}, ":event": {"B": b"0123456789abcde"}},
        )


class RawAppending:
    """The plainest way to keep each event: a default client adds it to the set of an item that is in the index `due`."""

    def __init__(self, engine: Database) -> None:
        self._table = engine.new_table()
        self._client = boto3.client("dynamodb", endpoint_url=engine.endpoint)
        self._times = itertools.count(BASE_MS)
        self._key: dict[str, dict[str, str]] = {}

    def append(self, body: Wire) -> None:
        """Make one append, to a new item when that has as many events as a head of ours."""
        now = next(self._times)
        if (now - BASE_MS) % EVENTS_OF_A_HEAD == 0:
            self._key = {"pk": {"S": f"{now:064}"}, "sk": {"S": "head"}}
            numbers = {"last_at": {"N": "0"}, "due_at": {"N": str(2 * now)}}
            item = {**self._key, **numbers, "phase": {"S": "open"}, "due_shard": {"S": "0"}}
            self._client.put_item(TableName=self._table, Item=item)
        self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET last_at = :now ADD tail :events",
            ConditionExpression="phase = :open AND due_at > :now AND last_at <= :now",
            ExpressionAttributeValues={
                ":now": {"N": str(now)},
                ":open": {"S": "open"},
                ":events": {"BS": [now.to_bytes(10, "big")]},
            },
        )
