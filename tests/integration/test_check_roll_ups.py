"""Checking a day's counters against the sessions, and correcting them, with a stream that does what the test says."""

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any, Final

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.rollups.counters import Period
from mediabeat.core.rollups.figures import ATTEMPT
from mediabeat.runtime.settings import settings
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.rollup_items import ViewerDay, place_of, seen_key
from mediabeat.storage.rollups.rollup_repairs import RollUpRepairs
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item, key
from mediabeat.use_cases.check_roll_ups import DayCheck, Rebuilt, RollUpChecks
from tests.support.api import Api, app
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock
from tests.support.table_stream import STREAM, Record, TableStream, as_event, passes

SHARDS: Final = settings().index_shards


class Day:
    """A deployment on one day, with a stream that is delivered when the test says so."""

    def __init__(self, api: Api, clock: Clock, checks: RollUpChecks, stream: TableStream) -> None:
        self.api, self.clock, self.checks, self._stream = api, clock, checks, stream
        self.day = clock() // DAY_MS

    def records(self) -> list[Record]:
        """Return what came since the last call."""
        return list(filter(passes, self._stream.read()))

    def deliver(self, records: list[Record] | None = None) -> None:
        """Hand the records to the stream's function, all that are new if none are given."""
        delivered = as_event(self.records() if records is None else records)
        app("roll_up").lambda_handler(delivered, SimpleNamespace(aws_request_id="1"))

    def watch(self, viewer: str = "jane", seconds: int = 60, *, ends: bool = True) -> str:
        """Watch for a while, and return the session's id."""
        sid = self.api.start(wire_start(analytics_visitorId=viewer))
        for at in (1, seconds):
            self.clock.forward(minutes=at / 60)
            assert self.api.send(sid, wire("play" if at == 1 else "ping", at, at))["statusCode"] == 204
        if ends:
            self.api.send(sid, wire("sessionEnd", seconds, seconds))
            self.clock.forward(minutes=1)
            self.api.close_due()
        return sid

    def check(self) -> DayCheck:
        return self.checks.check("demo", self.day, now=self.clock())

    def rebuild(self) -> Rebuilt:
        return self.checks.rebuild("demo", self.day, now=self.clock, wait=self.deliver)


@pytest.fixture
def day(
    engine: str, api: Api, api_key: str, clock: Clock, dynamodb: DynamoDBClient, table: str, registry: Registry, store: Store
) -> Iterator[Day]:
    """A day of a deployment whose table has a stream."""
    dynamodb.update_table(TableName=table, StreamSpecification=STREAM)  # type: ignore[arg-type]
    kept = {"retention_s": settings().retention_s, "rollup_retention_s": 400 * 86_400}
    repairs = RollUpRepairs(table, dynamodb, index_shards=SHARDS, **kept)
    with closing(TableStream(engine, table)) as stream:
        stream.read()  # the engine still has the records of an earlier table of that name
        app("roll_up").counters._named.clear()  # and the function remembers what it named there
        yield Day(api, clock, RollUpChecks(SessionQueries(table, dynamodb), store, registry, repairs, shards=SHARDS), stream)


def counters(dynamodb: DynamoDBClient, table: str) -> list[dict[str, Any]]:
    items = dynamodb.scan(TableName=table)["Items"]
    return [item for item in items if item["pk"]["S"].startswith("roll#")]


def test_counters_that_are_right_stay_as_they_are(day: Day, dynamodb: DynamoDBClient, table: str) -> None:
    for viewer in ("jane", "joe", "jane"):
        day.watch(viewer)
    day.deliver()
    before = counters(dynamodb, table)
    assert (day.check().is_right, day.check().sessions) == (True, 3)
    done = day.rebuild()
    assert (done.sessions, done.counters, done.viewers, done.stands_still) == (0, 0, 0, True)
    assert counters(dynamodb, table) == before


def test_batch_that_was_given_up_is_found_and_counted(day: Day) -> None:
    day.watch("jane")
    day.deliver()
    day.watch("joe")
    lost = day.records()
    found = day.check()
    assert (found.stale, found.unreadable, len(found.seats)) == ((), (), 1)
    changed = {(one.place.period, one.name): (one.stored, one.right) for one in found.differences}
    assert changed[Period.DAY, "a0"] == changed[Period.DAY, "p0"] == changed[Period.DAY, "u1"] == (1, 2)
    assert changed[Period.CONTENT_DAY, "p0"] == (1, 2)
    done = day.rebuild()
    assert (done.counters, done.viewers, done.stands_still) == (len(found.differences), 1, True)
    assert day.check().is_right
    # If the batch comes after all, its sessions count twice, which the next rebuild corrects.
    day.deliver(lost)
    assert not day.check().is_right
    assert day.rebuild().stands_still


def test_change_that_arrives_during_a_rebuild_does_no_harm(day: Day) -> None:
    day.watch("jane")
    late = day.records()
    deliveries = iter([late, [], []])
    done = day.checks.rebuild("demo", day.day, now=day.clock, wait=lambda: day.deliver(next(deliveries, [])))
    assert done.stands_still
    assert day.check().is_right


def test_figures_that_are_not_those_of_the_events_are_named_and_counted_through_the_stream(
    day: Day, dynamodb: DynamoDBClient, table: str
) -> None:
    sid, other = day.watch("jane"), day.watch("joe")
    values: Item = {":figures": {"B": ATTEMPT.to_bytes()}, ":one": {"N": "1"}}
    dynamodb.update_item(
        TableName=table,
        Key=key(sid, "start"),
        UpdateExpression="SET was = figures, figures = :figures ADD version :one",
        ExpressionAttributeValues=values,
    )
    dynamodb.update_item(TableName=table, Key=key(other, "start"), UpdateExpression="REMOVE figures, was, version")
    day.deliver()
    assert {one.stored.sid for one in day.check().stale} == {sid, other}
    done = day.rebuild()
    assert (done.sessions, done.stands_still) == (2, True)
    assert day.check().is_right


def test_counters_that_were_changed_or_lost_are_right_again(day: Day, dynamodb: DynamoDBClient, table: str) -> None:
    day.watch("jane")
    day.watch("joe", seconds=400)
    day.deliver()
    right = {place_of(item): item for item in counters(dynamodb, table)}
    for place, item in right.items():
        if place.period in (Period.HOUR, Period.CONTENT_DAY):
            dynamodb.delete_item(TableName=table, Key=key(item["pk"]["S"], item["sk"]["S"]))
        else:
            dynamodb.update_item(
                TableName=table,
                Key=key(item["pk"]["S"], item["sk"]["S"]),
                UpdateExpression="ADD a0 :five, u3 :five",
                ExpressionAttributeValues={":five": {"N": "5"}},
            )
    assert not day.check().is_right
    assert day.rebuild().stands_still
    for item in counters(dynamodb, table):
        nonzero = {name: value for name, value in item.items() if value != {"N": "0"}}
        assert nonzero | {"v": None} == right[place_of(item)] | {"v": None}


def test_viewers_that_were_forgotten_are_known_again(day: Day, dynamodb: DynamoDBClient, table: str) -> None:
    day.watch("jane")
    day.deliver()
    [seats] = [ViewerDay("demo", viewer, day.day) for viewer in day.check().sums.seats]
    before = dynamodb.get_item(TableName=table, Key=seen_key(seats))["Item"]
    dynamodb.delete_item(TableName=table, Key=seen_key(seats))
    assert (len(day.check().seats), day.check().differences) == (1, ())
    assert day.rebuild().viewers == 1
    after = dynamodb.get_item(TableName=table, Key=seen_key(seats))["Item"]
    assert {name: value for name, value in after.items() if name[0] == "n"} == {
        name: value for name, value in before.items() if name[0] == "n"
    }


def test_open_session_counts_as_its_last_look_left_it(day: Day) -> None:
    day.watch("jane", ends=False)
    day.deliver()
    assert day.check().is_right
    day.clock.forward(minutes=9)
    day.api.close_due()  # a look
    day.deliver()
    assert day.check().is_right


def test_time_played_after_midnight_counts_on_the_next_day(day: Day) -> None:
    day.clock.forward(minutes=(DAY_MS - day.clock() % DAY_MS) / 60_000 - 1)
    day.day = day.clock() // DAY_MS
    day.watch("jane", seconds=300)
    lost = day.records()
    day.day += 1
    found = day.check()
    assert found.sessions == 1
    assert {one.name[0] for one in found.differences} == {"t"}
    assert day.rebuild().stands_still
    day.day -= 1
    assert not day.check().is_right
    assert day.rebuild().stands_still
    assert lost


def test_nothing_is_corrected_if_sessions_cannot_be_read_or_have_expired(day: Day, dynamodb: DynamoDBClient, table: str) -> None:
    sid = day.watch("jane")
    dynamodb.update_item(
        TableName=table,
        Key=key(sid, "start"),
        UpdateExpression="SET event = :damaged",
        ExpressionAttributeValues={":damaged": {"B": b"\x3f"}},
    )
    done = day.rebuild()
    assert (done.counters, [sid for sid, _ in done.last.unreadable], done.stands_still) == (0, [sid], False)
    assert counters(dynamodb, table) == []
    day.clock.forward(minutes=(settings().retention_s + 86_400) / 60)
    other = day.watch("joe")
    assert other
    done = day.rebuild()
    assert not done.stands_still
    assert counters(dynamodb, table) == []
