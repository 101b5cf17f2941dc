"""204 means stored, for CMCD lines too: players that send in parallel to processes whose database fails, on a real engine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from botocore.awsrequest import AWSResponse

from mediabeat.core.cmcd.line import Line, pack, session_id
from mediabeat.core.projects import new_project
from mediabeat.errors import StorageUnavailable
from mediabeat.protocols.cmcd.requests import parse_body, start_of
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.cmcd.sessions import LineSessions
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.receive_lines import Lines
from tests.faults.faults import FAULTS, Effect
from tests.faults.requests import Request, Wire
from tests.faults.schedule import LIMITS
from tests.support.builders import BASE_MS
from tests.support.cmcd import text_of
from tests.support.engine_connection import client_of
from tests.support.template import table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIDS = ("s-1", "s-2")
PROCESSES = 4
NOW = BASE_MS + 60_000


@pytest.fixture
def direct(engine: str) -> Iterator["DynamoDBClient"]:
    """A client whose requests do not fail."""
    with client_of(engine) as client, mock.patch("botocore.endpoint.time.sleep"):
        yield client


class Process:
    """One process of the function, with a way to the database that fails now and then."""

    def __init__(self, engine: str, table: str, seed: int) -> None:
        self._random = Random(seed)
        self._wire = Wire(engine)
        self._client = self._wire.client()
        self._wire.gate = self._gate
        sessions = LineSessions(table, self._client, index_shards=2, retention_s=90 * 86_400)
        store = Store(table, self._client, retention_s=90 * 86_400)
        self._lines = Lines(store, sessions, Registry(table, self._client), LIMITS)

    def _gate(self, request: Request) -> AWSResponse:
        if self._random.random() > 0.5:
            return self._wire.send(request)
        fault = self._random.choice([fault for fault in FAULTS if fault.fits(request)])
        if fault.effect is not Effect.NONE:
            self._wire.send(request)
        outcome = fault.outcome(request)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def close(self) -> None:
        """Hang up."""
        self._client.close()
        self._wire.close()

    def acknowledged(self, sent: list[str]) -> set[str]:
        """Send lines one after the other, each until it is acknowledged or given up; return the acknowledged ones."""
        acknowledged = set[str]()
        for text in sent:
            body = parse_body(text.encode())
            for _ in range(self._random.choice((1, 3, 30))):
                self._wire.refill_retries()
                try:
                    begin = partial(start_of, project_id="demo", query={})
                    self._lines.receive("demo", body.lines, begin, lambda: caller_of({}), now=NOW)
                except StorageUnavailable:
                    continue
                acknowledged.add(text)
                break
        return acknowledged


def line_in(text: str) -> Line:
    [[line]] = parse_body(text.encode()).lines.values()
    return line


@pytest.mark.parametrize("seed", range(6))
def test_every_acknowledged_line_is_stored_once(seed: int, engine: str, direct: "DynamoDBClient") -> None:
    table = f"cmcd-{seed}"
    direct.create_table(TableName=table, **table_definition())
    Registry(table, direct).create_project(new_project("demo", 0)[0])
    sent = [text_of(at, sid=f'"{sid}"', e="t", sta="p", sn=at) for sid in SIDS for at in range(20)]
    Random(seed).shuffle(sent)
    shares = [sent[number::PROCESSES] for number in range(PROCESSES)]  # so nobody else stores what one has lost
    with ExitStack() as stack:
        # Made here, because making a client changes the environment for a moment.
        processes = [stack.enter_context(closing(Process(engine, table, 100 * seed + number))) for number in range(PROCESSES)]
        with ThreadPoolExecutor(PROCESSES) as threads:
            acknowledged = set[str]().union(*threads.map(Process.acknowledged, processes, shares))
    assert acknowledged
    store = Store(table, direct)
    for sid in SIDS:
        stored = store.read_session(session_id("demo", sid))
        mine = {text for text in acknowledged if f'sid="{sid}"' in text}
        assert stored is not None
        assert stored.start is not None
        assert {pack(line_in(text)) for text in mine} <= stored.events
        assert stored.events <= {pack(line_in(text)) for text in sent} | {stored.start.event}
    starts = [item for item in direct.scan(TableName=table)["Items"] if item["sk"]["S"] == "start"]
    assert len(starts) == len(SIDS)
