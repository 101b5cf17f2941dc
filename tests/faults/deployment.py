"""The functions as they are deployed, on an engine, a clock and a wire of the schedule's own."""

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any, Final
from unittest import mock

import functions.close_idle_sessions.app as closer
import functions.create_session.app as create_session
import functions.ingest_event.app as ingest_event
import functions.media_edge.app as media_edge
import functions.roll_up.app as roll_up
from mediabeat.core.projects import new_project
from mediabeat.runtime.settings import settings
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases import receive_events as use_case
from mediabeat.use_cases.close_sessions import Run, close_due
from tests.faults.history import Call, Kind
from tests.faults.interleaver import TakingTurns
from tests.faults.requests import ClientKind, Wire
from tests.faults.schedule import LIMITS, Schedule
from tests.support.api import Answer, answer, request
from tests.support.builders import Wire as Body
from tests.support.edge import Xdm, body_of, session_in
from tests.support.engine_connection import client_of
from tests.support.table_stream import Record, TableStream, as_event, passes, streamed_table_definition

SHARDS: Final = 2
SPARE_MS: Final = 55_000
VIEWER_KEY: Final = b"key"
KEPT: Final = {"retention_s": 90 * 86_400, "rollup_retention_s": 400 * 86_400}

MODULES: Final = (create_session, ingest_event, closer)

numbers = itertools.count()


class Deployment:
    """One engine and the clients of the functions; each schedule gets a table of its own.

    `kind` is the client of the functions that have the small one.
    """

    def __init__(self, endpoint: str, kind: ClientKind = ClientKind.LEAN) -> None:
        self.wire = Wire(endpoint)
        self._stack = ExitStack()
        self.direct = self._stack.enter_context(client_of(endpoint))
        client = self.wire.lean_client if kind is ClientKind.LEAN else self.wire.client
        self._starter, self._roller = self.wire.client(), self.wire.client()
        self._ingester, self._edge, self._closer = client(), client(), client()

    def close(self) -> None:
        """Hang up."""
        self.wire.close()
        self._stack.close()
        for client in (self._starter, self._ingester, self._roller, self._edge, self._closer):
            client.close()

    @contextmanager
    def serving(self, schedule: Schedule) -> Iterator["Api"]:
        """Deploy for one schedule: a new table with the project `demo`."""
        table = f"faults-{next(numbers)}"
        self.direct.create_table(TableName=table, **streamed_table_definition())
        Registry(table, self.direct).create_project(new_project("demo", 0)[0])
        deployed = SimpleNamespace(limits=LIMITS, index_shards=SHARDS, retention_s=settings().retention_s)
        stored = {"retention_s": deployed.retention_s, "index_shards": SHARDS}
        bits = SimpleNamespace(token_bytes=lambda _: schedule.random.getrandbits(256).to_bytes(32, "big"))
        starts, store = SessionStarts(table, self._edge, **stored), Store(table, self._edge, **stored)
        key = SimpleNamespace(read=lambda: VIEWER_KEY)
        edge = use_case.Deployment(starts, store, Registry(table, self._edge), key, LIMITS)  # type: ignore[arg-type]
        self.wire.refill_retries()
        patches: list[tuple[Any, dict[str, Any]]] = [
            (create_session, {"store": SessionStarts(table, self._starter, **stored)}),
            (create_session, {"registry": Registry(table, self._starter)}),
            (create_session, {"viewer_key": SimpleNamespace(read=lambda: VIEWER_KEY)}),
            (ingest_event, {"store": Store(table, self._ingester, **stored)}),
            (media_edge, {"deployed": edge, "server_clock": schedule.clock}),
            (closer, {"store": Store(table, self._closer, index_shards=SHARDS)}),
            (closer, {"business_errors": Registry(table, self._closer).business_errors}),
            (roll_up, {"counters": RollUpStore(table, self._roller, **KEPT, pause=lambda _: None)}),
            (roll_up, {"viewers": LiveViewers(table, self._roller)}),
            *((module, {"deployed": deployed, "server_clock": schedule.clock}) for module in MODULES),
            (closer, {"close_due": partial(_close_due, schedule)}),
            (self.wire, {"gate": schedule.gate}),
        ]
        with ExitStack() as stack:
            for target, changes in patches:
                stack.enter_context(mock.patch.multiple(target, **changes))
            stack.enter_context(
                mock.patch("mediabeat.use_cases.close_sessions.ThreadPoolExecutor", return_value=TakingTurns(schedule.turns))
            )
            # Ids without a skew, so that no event is stored with its arrival; the same random bytes are the same session.
            stack.enter_context(mock.patch("mediabeat.use_cases.start_session.secrets", bits))
            stack.enter_context(mock.patch("mediabeat.use_cases.start_session._new_sid", lambda random, _: random.hex()))
            stack.enter_context(mock.patch("mediabeat.storage.due_partitions.PROJECT_BUCKETS", 2))
            for limit in ("storage.due_partitions.LARGE_WEIGHT", "use_cases.close_sessions.MAX_PARALLEL_WEIGHT"):
                stack.enter_context(mock.patch(f"mediabeat.{limit}", schedule.large))
            stack.enter_context(mock.patch("mediabeat.core.event_codec.MAX_SESSION_WEIGHT", schedule.history.most))
            for name, weight in (("CHECKPOINT_FROM", 3), ("CHECKPOINT_STEP", 5)):
                stack.enter_context(mock.patch(f"mediabeat.core.lifecycle.{name}", weight))
            stack.enter_context(mock.patch("botocore.endpoint.time.sleep"))
            stack.enter_context(mock.patch("mediabeat.runtime.telemetry.Telemetry.publish"))
            logging.disable()
            try:
                yield Api(schedule, table)
            finally:
                schedule.turns.end()
                logging.disable(logging.NOTSET)
                schedule.history.items = self._items(table)

    def _items(self, table: str) -> dict[str, list[dict[str, Any]]]:
        found = [item for page in self.direct.get_paginator("scan").paginate(TableName=table) for item in page["Items"]]
        by_pk: Callable[[Any], str] = lambda item: item["pk"]["S"]  # noqa: E731
        ordered = sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
        return {pk: list(items) for pk, items in itertools.groupby(ordered, by_pk)}


def _close_due(schedule: Schedule, *args: Any, **options: Any) -> Run:
    """Let the closer do its work, and note what it did."""
    run = close_due(*args, **options)
    call = schedule.turns.running.call
    call.closed, call.failed = run.closed, run.failed
    return run


class Api:
    """The handlers, called by actors of a schedule with events as API Gateway makes them."""

    def __init__(self, schedule: Schedule, table: str) -> None:
        self.schedule = schedule
        self._table = table

    def records(self) -> list[Record]:
        """Return what the stream has for the roll-ups, as the filters of its mapping let it through."""
        with closing(TableStream(self.schedule.wire.endpoint, self._table)) as stream:
            return [record for record in stream.read() if passes(record)]

    def start(self, body: Body | list[Body], **about: Any) -> Call:
        """Start a session, or send a downloaded one."""
        kind = Kind.DOWNLOAD if isinstance(body, list) else Kind.START
        event = request("POST", "/api/v1/sessions", body)
        with self.schedule.calling(kind, **about) as call:
            self._note(call, answer(event))
            call.sid = call.headers.get("Location", "").rpartition("/")[2]
        return call

    def send(self, sid: str, body: Body, **about: Any) -> Call:
        """Send an event of a session."""
        event = request("POST", f"/api/v1/sessions/{sid}/events", body)
        with self.schedule.calling(Kind.EVENT, sid=sid, **about) as call:
            self._note(call, answer(event))
        return call

    def start_edge(self, xdm: Xdm, name: str, **about: Any) -> Call:
        """Start a session as an Edge client does; its tries have one name."""
        event = request("POST", f"/ee/v1/interact?configId=demo&requestId={name}", body_of(xdm))
        with self.schedule.calling(Kind.START, **about) as call:
            answered = answer(event)
            self._note(call, answered)
            call.sid = session_in(answered) if call.is_good else ""
        return call

    def send_edge(self, xdm: Xdm, **about: Any) -> Call:
        """Send an event of a session as an Edge client does."""
        event = request("POST", f"/ee/va/v1/{xdm['eventType'].removeprefix('media.')}?configId=demo", body_of(xdm))
        with self.schedule.calling(Kind.EVENT, **about) as call:
            self._note(call, answer(event))
        return call

    def send_each(self, sid: str, bodies: list[Body], **about: Any) -> Call:
        """Send several events of a session in one request."""
        event = request("POST", f"/api/v1/sessions/{sid}/events", bodies)
        with self.schedule.calling(Kind.EVENT, by_each=True, sid=sid, **about) as call:
            answered = answer(event)
            self._note(call, answered)
            told = json.loads(answered["body"])["events"] if answered["body"] else [{"code": 204}] * len(bodies)
            for part, one in zip(call.parts, told, strict=True):
                part.status, part.headers = one["code"], call.headers
        return call

    def close(self, *, remaining_ms: int = SPARE_MS) -> Call:
        """Let the closer run once."""
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: remaining_ms)
        with self.schedule.calling(Kind.CLOSE) as call:
            closer.lambda_handler({}, context)
            call.status = 200
        return call

    def roll_up(self, records: list[Record]) -> Call:
        """Hand a batch of the stream to its function."""
        with self.schedule.calling(Kind.ROLL_UP) as call:
            roll_up.lambda_handler(as_event(records), SimpleNamespace(aws_request_id=""))
            call.status = 200
        return call

    @staticmethod
    def _note(call: Call, answered: Answer) -> None:
        call.status, call.headers = answered["statusCode"], answered["headers"]
