"""Acknowledged events per second: handler and engine on a core each, beside a raw loop on the same engine."""

import itertools
import json
import time
from collections.abc import Callable, Iterable
from typing import Any
from unittest import mock

import boto3

import functions.ingest_event.app as ingest_event
from tests.benchmarks.cores import core
from tests.benchmarks.database import Database, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.layer import scratch
from tests.benchmarks.service import Service, half_hour, request
from tests.builders import BASE_MS


def durable_events(rounds: int) -> dict[str, Reading]:
    """Measure the ingest function and UpdateItems of a default client, in turns."""
    with core(1), database("--db-path", str(scratch() / "throughput.db")) as engine, core(0):
        service, raw = Service(engine), Raw(engine)
        _round(service, raw)  # connections are made, models are built
        taken = [_round(service, raw) for _ in range(rounds)]
    details = {"events_per_s": reading(ours for ours, _ in taken).value, "raw_per_s": reading(raw for _, raw in taken).value}
    return {"durable_events_per_s": reading((ours / theirs for ours, theirs in taken), **details)}


def _round(service: Service, raw: "Raw") -> tuple[float, float]:
    """Return the rates of a session's events through the handler, and of as many raw updates."""
    sid = service.start()
    bodies = half_hour()
    event = request("ingest_event") | {"pathParameters": {"sid": sid}}
    events = [(event | {"body": json.dumps(body)}, body["playerTime"]["ts"]) for body in bodies]
    now = iter([ts for _, ts in events])

    def invoke(one: tuple[dict[str, Any], int]) -> None:
        answer = ingest_event.lambda_handler(one[0], None)
        assert answer["statusCode"] == 204, answer

    with mock.patch.multiple(ingest_event, store=service.store, server_clock=lambda: next(now)):
        ours = _per_s(invoke, events)
    stored = service.store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == len(events) + 1, "every acknowledged event is there"
    return ours, _per_s(raw.update, range(len(events)))


def _per_s(do: Callable[[Any], None], things: Iterable[Any]) -> float:
    listed = list(things)
    began = time.perf_counter()
    for one in listed:
        do(one)
    return len(listed) / (time.perf_counter() - began)


class Raw:
    """The plainest way to note an event: a conditional UpdateItem of a default client on one item."""

    def __init__(self, engine: Database) -> None:
        self._table = engine.new_table()
        self._client = boto3.client("dynamodb", endpoint_url=engine.endpoint)
        self._key = {"pk": {"S": "0" * 64}, "sk": {"S": "head"}}
        self._client.put_item(TableName=self._table, Item=self._key | {"last_at": {"N": "0"}})
        self._times = itertools.count(BASE_MS)

    def update(self, number: int) -> None:
        """Make one update."""
        self._client.update_item(
            TableName=self._table,
            Key=self._key,
            UpdateExpression="SET last_at = :now, newest = :event",
            ConditionExpression="last_at < :now",
            ExpressionAttributeValues={":now": {"N": str(next(self._times))}, ":event": {"B": number.to_bytes(15)}},
        )
