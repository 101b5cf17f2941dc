"""The list of sessions against a brute-force reading of thousands, and what it costs, on a real engine."""

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.action_log import action_log, totals
from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.event_codec import pack
from mediabeat.core.metrics import measure
from mediabeat.core.records import ListEntry, Start
from mediabeat.core.session import fold
from mediabeat.core.summary import Summary
from mediabeat.protocols.media_analytics.requests import parse_query
from mediabeat.protocols.media_analytics.texts import number_of
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage import session_items
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.use_cases.list_sessions import list_sessions
from tests.support.builders import BASE_MS, ping, play, start
from tests.support.engine import Units
from tests.support.engine_connection import client_of
from tests.support.template import table_definition

TABLE = "queries"
SHARDS = 2
PROJECTS = ("one", "two", "three")
NOW = BASE_MS + 10 * DAY_MS


@pytest.fixture(scope="module")
def client(engine: str) -> Iterator[DynamoDBClient]:
    with client_of(engine) as client:
        client.create_table(TableName=TABLE, **table_definition())
        yield client
        client.delete_table(TableName=TABLE)


def sessions(count: int, dice: random.Random) -> list[tuple[str, Start]]:
    caller = caller_of({}).to_json()
    packed = pack(start())
    return [
        (
            f"{dice.getrandbits(256):064x}",
            Start(
                project_id=dice.choice(PROJECTS),
                device=dice.choice(("PC", "PC", "Mobile")),
                video_type=dice.choice(("VOD", "VOD", "VOD", "LIVE")),
                viewer="00000000-0000-4000-8000-000000000000",
                caller=caller,
                started_at=BASE_MS + dice.randrange(10 * DAY_MS),
                ts_skew=0,
                event=packed,
            ),
        )
        for _ in range(count)
    ]


def write(client: DynamoDBClient, stored: list[tuple[str, Start]]) -> None:
    """Put closed sessions' entries into the list, twenty-five at a time."""
    session = fold([start(), play(1), ping(11, 10)])
    log = action_log(session)
    summary = Summary(measure(session, "session_end"), log, totals(log)).to_bytes()
    items = [
        session_items.start_item(sid, one, shards=SHARDS, expires_at=NOW) | {"summary": {"B": summary}} for sid, one in stored
    ]
    for begin in range(0, len(items), 25):
        puts: Any = [{"PutRequest": {"Item": item}} for item in items[begin : begin + 25]]
        assert not client.batch_write_item(RequestItems={TABLE: puts})["UnprocessedItems"]


def brute_force(stored: list[tuple[str, Start]], project: str, since: int, until: int, **query: str) -> list[str]:
    devices, kinds = query.get("device", "PC,Mobile").split(","), query.get("videoType", "VOD,LIVE").split(",")
    found = [
        number_of(ListEntry(sid, one.started_at, 0, "", "", None))
        for sid, one in stored
        if one.project_id == project and one.device in devices and one.video_type in kinds and since <= one.started_at <= until
    ]
    return sorted(found, key=int, reverse=True)[: int(query.get("limit", "100"))]


def test_list_of_5000_sessions_equals_a_brute_force_search(client: DynamoDBClient) -> None:
    dice = random.Random(5)
    queries = SessionQueries(TABLE, client)
    units = Units(client)
    stored = sessions(1_000, dice)  # enough to fill a page of each listing
    write(client, stored)

    def asked(project: str, **query: str) -> list[str]:
        listed = list_sessions(project, parse_query(query, now=NOW), queries, shards=SHARDS, now=NOW)
        return [number_of(one.entry) for one in listed]

    asked("one", limit="20")
    few = units.taken()
    stored += (more := sessions(4_000, dice))
    write(client, more)
    asked("one", limit="20")
    many = units.taken()
    assert many <= 1.5 * few, "the cost follows the answer, not what is there"

    for device, kind, limit in product(("PC,Mobile", "PC", "Mobile"), ("VOD,LIVE", "VOD", "LIVE"), ("100", "7")):
        for project in PROJECTS:
            query = {"device": device, "videoType": kind, "limit": limit}
            assert asked(project, **query) == brute_force(stored, project, NOW - 7 * DAY_MS, NOW, **query)
    day = {"startDate": "2026-11-20", "endDate": "2026-11-20"}
    midnight = 1_795_132_800_000
    assert asked("two", **day) == brute_force(stored, "two", midnight, midnight + DAY_MS - 1)
