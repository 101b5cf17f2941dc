"""A flood on one project, a session too large, many that fail: the others are closed in their turn, their list costs the same."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.close_rules import Limits
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT
from mediabeat.core.projects import new_project
from mediabeat.protocols.media_analytics.requests import parse_query
from mediabeat.protocols.media_collection.requests import parse_session_start
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage import session_items
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import key
from mediabeat.use_cases.append_events import append_event
from mediabeat.use_cases.close_sessions import BATCH_SIZE, Run, close_due
from mediabeat.use_cases.list_sessions import list_sessions
from mediabeat.use_cases.start_session import start_session
from tests.support.builders import BASE_MS, NO_IDS, play, wire_start
from tests.support.engine import Units
from tests.support.engine_connection import client_of
from tests.support.template import table_definition

TABLE: Final = "flood"
LIMITS: Final = Limits()
CALLER: Final = caller_of({})
SHARDS: Final = 2
DUE: Final = BASE_MS + 2 * LIMITS.quiet_ms


@pytest.fixture
def client(engine: str) -> Iterator[DynamoDBClient]:
    with client_of(engine) as client:
        client.create_table(TableName=TABLE, **table_definition())
        for project in ("flooded", "quiet"):
            Registry(TABLE, client).create_project(new_project(project, 0)[0])
        yield client
        client.delete_table(TableName=TABLE)


@pytest.fixture
def store(client: DynamoDBClient) -> Store:
    return Store(TABLE, client, retention_s=86_400, index_shards=SHARDS)


@pytest.fixture
def start(client: DynamoDBClient) -> Callable[[str, int], str]:
    """Start a session of a project, so many milliseconds after the first."""
    registry = Registry(TABLE, client)
    starts = SessionStarts(TABLE, client, retention_s=86_400, index_shards=SHARDS)

    def start(project: str, after_ms: int) -> str:
        event = parse_session_start(wire_start(analytics_reportSuite=project))
        return start_session(event, CALLER, starts, registry, NO_IDS, LIMITS, now=BASE_MS + after_ms).sid

    return start


def run_with_time_for(batches: int, store: Store) -> Run:
    """Let the closer run until it has looked at so many batches."""
    left = iter([55_000] * batches)
    return close_due(store, LIMITS, lambda: DUE, ms_left=lambda: next(left, 0))


def sids(run: Run) -> set[str]:
    return {one.sid for one in run.closed}


def test_closer_gives_each_project_its_share_during_a_flood(store: Store, start: Callable[[str, int], str]) -> None:
    flood = [start("flooded", after_ms) for after_ms in range(5 * BATCH_SIZE)]
    quiet = [start("quiet", after_ms) for after_ms in (0, BATCH_SIZE // 2, BATCH_SIZE + BATCH_SIZE // 2)]
    first, second = (sids(run_with_time_for(1, store)) for _ in range(2))
    assert [len(first), len(second)] == [BATCH_SIZE, BATCH_SIZE]
    assert first == {*quiet, *flood[: BATCH_SIZE - len(quiet)]}, "all of the quiet project, and the oldest of the flooded one"
    rest = run_with_time_for(9, store)
    assert (len(rest.closed), rest.failed, rest.has_more) == (3 * BATCH_SIZE + 3, [], False)


def test_failing_sessions_do_not_delay_the_others(store: Store, start: Callable[[str, int], str]) -> None:
    broken = [start("flooded", after_ms) for after_ms in range(3 * BATCH_SIZE)]
    for sid in broken:
        store.append(sid, {b"\x01cut"}, Limits(), now=BASE_MS + 3 * BATCH_SIZE)
    sound = {start("quiet", 4 * BATCH_SIZE + after_ms) for after_ms in range(BATCH_SIZE)}
    runs = [run_with_time_for(1, store) for _ in range(4)]
    assert [(len(run.failed), len(run.closed)) for run in runs] == [(BATCH_SIZE // 2,) * 2] * 2 + [(BATCH_SIZE, 0)] * 2
    assert sids(runs[0]) | sids(runs[1]) == sound
    again = start("quiet", 5 * BATCH_SIZE)
    assert again in sids(run_with_time_for(1, store))
    one_by_one = run_with_time_for(len(broken), store)
    assert sorted(one.sid for one in one_by_one.failed) == sorted(broken)


def test_largest_session_is_closed_after_all_others(
    client: DynamoDBClient, store: Store, start: Callable[[str, int], str]
) -> None:
    huge = start("flooded", 0)
    client.update_item(
        TableName=TABLE,
        Key=key(huge, session_items.HEAD),
        UpdateExpression="SET taken = :taken",
        ExpressionAttributeValues={":taken": {"N": str(MAX_SESSION_WEIGHT)}},
    )
    others = {start("quiet", 1 + after_ms) for after_ms in range(BATCH_SIZE)}
    run = run_with_time_for(2, store)
    assert (sids(run), run.has_more) == (others, True)
    assert [one.sid for one in run_with_time_for(9, store).closed] == [huge]


def test_flood_does_not_change_the_cost_of_another_projects_list(
    client: DynamoDBClient, store: Store, start: Callable[[str, int], str]
) -> None:
    units = Units(client)
    for number in range(5):
        append_event(start("quiet", number), play(1), store, LIMITS, now=BASE_MS + 10)
    query, queries = parse_query({}, now=BASE_MS + 60_000), SessionQueries(TABLE, client)
    ask: Callable[[], Any] = partial(list_sessions, "quiet", query, queries, shards=SHARDS, now=BASE_MS)
    units.taken()
    before, cost = ask(), units.taken()
    flood = [start("flooded", after_ms) for after_ms in range(300)]
    for number in range(500):
        append_event(flood[0], play(number), store, LIMITS, now=BASE_MS + 1_000)
    units.taken()
    assert (ask(), units.taken()) == (before, cost)
    assert cost < 20
