"""Acknowledged events per second: handler and engine on a core each, beside a raw loop on the same engine."""

import gc
import itertools
import json
import time
from collections.abc import Callable
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
    """Measure the ingest function and UpdateItems of a default client, in turns."""
    with core(1), database("--db-path", str(scratch() / "throughput.db")) as engine, core(0):
        service, raw, appending = Service(engine), Raw(engine), RawAppending(engine)
        _round(service, raw, appending)  # connections are made, models are built
        gc.freeze()  # what only tests load is not in a function's process either, to be looked through again and again
        taken = [_round(service, raw, appending) for _ in range(2 * rounds + 1)]
    named = zip(("events_per_s", "raw_updates_per_s", "raw_appends_per_s"), zip(*taken, strict=True), strict=True)
    details = {name: reading(rates).value for name, rates in named}
    details["of_raw_updates"] = ratio([(ours, updates) for ours, updates, _ in taken]).value
    return {"durable_events_per_s": ratio([(ours, appends) for ours, _, appends in taken], **details)}


def _round(service: Service, raw: "Raw", appending: "RawAppending") -> tuple[float, float, float]:
    """Return the rates of a session's events through the handler, of raw updates and of raw appends; a few of each in turns."""
    sid = service.start()
    event = request("ingest_event") | {"pathParameters": {"sid": sid}}
    bodies = half_hour()

    now = iter([body["playerTime"]["ts"] for body in bodies])

    def invoke(body: Wire) -> None:
        answer = ingest_event.lambda_handler(event | {"body": json.dumps(body)}, None)
        assert answer["statusCode"] == 204, answer

    ours_s = updates_s = appends_s = 0.0
    with mock.patch.multiple(ingest_event, store=service.lean_store, server_clock=lambda: next(now)):
        for first in range(0, len(bodies), IN_TURN):
            some = bodies[first : first + IN_TURN]
            ours_s += _seconds(invoke, some)
            updates_s += _seconds(raw.update, some)
            appends_s += _seconds(appending.append, some)
    stored = service.store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == len(bodies) + 1, "every acknowledged event is there"
    return len(bodies) / ours_s, len(bodies) / updates_s, len(bodies) / appends_s


def _seconds(do: Callable[[Wire], None], bodies: list[Wire]) -> float:
    began = time.perf_counter()
    for body in bodies:
        do(body)
    return time.perf_counter() - began


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
