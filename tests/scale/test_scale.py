"""Long sessions and many at once, on a real engine: handlers' code in this process, a table of their own."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.close_rules import Limits
from mediabeat.core.projects import new_project
from mediabeat.core.summary import Summary
from mediabeat.protocols.media_collection.requests import parse_session_start
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import append_event, append_events
from mediabeat.use_cases.close_sessions import close_due
from mediabeat.use_cases.start_session import start_session
from tests.support.builders import BASE_MS, NO_IDS, ping, play, wire_start
from tests.support.due import due_sids
from tests.support.engine_connection import client_of
from tests.support.template import table_definition

LIMITS = Limits()
CALLER = caller_of({})


TABLE = "scale"
PINGS_PER_REQUEST = 6  # a minute of them; of more, those that pass a due mark would be stored one by one


@pytest.fixture
def client(engine: str) -> Iterator[DynamoDBClient]:
    """The engine with a new table, and the project `demo` in it."""
    with client_of(engine) as client:
        client.create_table(TableName=TABLE, **table_definition())
        Registry(TABLE, client).create_project(new_project("demo", 0)[0])
        yield client
        client.delete_table(TableName=TABLE)


@pytest.fixture
def store(client: DynamoDBClient) -> Store:
    return Store(TABLE, client, retention_s=86_400, index_shards=2)


@pytest.fixture
def starts(client: DynamoDBClient) -> SessionStarts:
    return SessionStarts(TABLE, client, retention_s=86_400, index_shards=2)


@pytest.fixture
def registry(client: DynamoDBClient) -> Registry:
    return Registry(TABLE, client)


START = parse_session_start(wire_start())


def run(store: Store, now: int) -> Any:
    return close_due(store, LIMITS, lambda: now, ms_left=lambda: 55_000)


def test_session_of_a_day_keeps_every_ping_and_is_closed(starts: SessionStarts, store: Store, registry: Registry) -> None:
    start = parse_session_start(wire_start(media_length=86_400))
    sid = start_session(start, CALLER, starts, registry, NO_IDS, LIMITS, now=BASE_MS).sid
    append_event(sid, play(0), store, LIMITS, now=BASE_MS)
    seconds = range(10, 86_390, 10)
    for first in range(0, len(seconds), PINGS_PER_REQUEST):
        sent = seconds[first : first + PINGS_PER_REQUEST]
        pings = [ping(second, second) for second in sent]
        assert append_events(sid, pings, store, LIMITS, now=BASE_MS + sent[-1] * 1_000) == [None] * len(sent)
    assert [one.reason for one in run(store, BASE_MS + 86_400_000).closed] == ["max_age"]
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.summary is not None
    assert len(stored.events) == 8_640
    metrics = Summary.from_bytes(stored.summary).metrics
    assert (metrics.content_time_spent_ms, metrics.unique_time_played_ms) == (86_380_000, 86_380_000)


def test_two_parallel_closers_close_many_sessions_once_each(starts: SessionStarts, store: Store, registry: Registry) -> None:
    with ThreadPoolExecutor(16) as players:
        sids = list(
            players.map(
                lambda _: start_session(START, CALLER, starts, registry, NO_IDS, LIMITS, now=BASE_MS).sid,
                range(500),
            )
        )
    now = BASE_MS + LIMITS.quiet_ms
    with ThreadPoolExecutor(2) as closers:
        runs = list(closers.map(lambda _: run(store, now), range(2)))
    closed = Counter(one.sid for each in runs for one in each.closed)
    assert [each.failed for each in runs] == [[], []]
    assert closed == Counter(sids)
    assert due_sids(store, now) == []
    assert all(each.closed for each in runs), "both closers took their part"


def test_session_keeps_all_events_of_parallel_clients(starts: SessionStarts, store: Store, registry: Registry) -> None:
    sid = start_session(START, CALLER, starts, registry, NO_IDS, LIMITS, now=BASE_MS).sid
    events = [ping(second / 10, second) for second in range(400)]
    with ThreadPoolExecutor(16) as players:
        list(players.map(lambda event: append_event(sid, event, store, LIMITS, now=BASE_MS), events + events))
    stored = store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 401
